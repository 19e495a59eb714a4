/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * cluster.h: classes of symbols that occur in similar contexts.
 */
#ifndef PYLM_TRAIN_CLUSTER_H
#define PYLM_TRAIN_CLUSTER_H

#include "train/text/corpus.h"

/* With more symbols of text, classes hardly change (docs/ablations.md): of a longer text a sample is looked at. */
#define PYLM__CLUSTER_ENOUGH (UINT64_C(1) << 25)
#define PYLM__CLUSTER_NBYTES 8u /* of memory, for each of these symbols */

/* Puts the symbols that occur in a corpus, which are ranks by frequency, into n_classes classes.
 *   class_of     out: a class for each of them; every class gets at least one.
 *   bigrams      out: n_classes * n_classes counts, bigrams[a * n_classes + b] of class a before class b.
 * n_classes is from 1 to the number of symbols that occur.
 * The result does not depend on n_threads; 0: all processors. */
int pylm__cluster(const struct pylm__corpus *corpus, uint32_t n_classes, uint32_t n_threads, uint32_t *class_of,
                  uint64_t *bigrams, pylm_task *task);

/* x * log(x), 0 for x = 0. */
double pylm__xlogx(uint64_t x);

#endif
