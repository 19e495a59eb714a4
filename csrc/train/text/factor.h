/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * factor.h: the factor of a model's hashes (core/hash.h): a digest of all that the model is trained on.
 */
#ifndef PYLM_TRAIN_FACTOR_H
#define PYLM_TRAIN_FACTOR_H

#include "corpus.h"

/* Finds the factor of a corpus whose vocabulary is settled: from a digest of its symbols, of where its documents end,
 * and of its vocabulary. */
int pylm__corpus_find_factor(struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task);

#endif
