/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_vectors.h: the symbols' topic vectors as they are in an image (core/topic.h), and what they say along the text.
 */
#ifndef PYLM_TRAIN_TOPIC_VECTORS_H
#define PYLM_TRAIN_TOPIC_VECTORS_H

#include "core/topic.h"
#include "readings.h"
#include "word_vectors.h"

struct pylm__topic_vectors {
    uint8_t *part; /* as in an image: PYLM__TOPIC_NBYTES, then a record for each symbol; NULL: there are none */
    uint64_t part_nbytes;
};

/* Whether a corpus gets vectors: it is large enough. If so, plans the readings, and finds how many events can be
 * listed at once, so that all that is needed meanwhile fits into so many bytes; 0: no limit. */
int pylm__topic_plan(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                     const struct pylm__heldout *heldout, uint64_t max_nbytes);

/* Makes the vectors, instead of what is there, and readings->symbols. The subspace comes from the text that is not held
 * out. */
int pylm__topic_vectors_find(struct pylm__topic_vectors *out, struct pylm__readings *readings,
                             const struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task);

/* Keeps the first n numbers of each vector, those of the largest eigenvalues.
 *   is_short   1: they have 4 bits, and are kept so */
void pylm__topic_vectors_cut(struct pylm__topic_vectors *vectors, uint32_t n_symbols, uint32_t n, int is_short);
void pylm__topic_vectors_free(struct pylm__topic_vectors *vectors);

#endif
