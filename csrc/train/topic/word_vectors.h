/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_vectors.h: vectors of symbols. Those of symbols that occur in texts about the same have the same direction.
 */
#ifndef PYLM_TRAIN_WORD_VECTORS_H
#define PYLM_TRAIN_WORD_VECTORS_H

#include "pair_counts.h"

#define PYLM__TOPIC_DIMS 64u

struct pylm__word_vectors {
    uint32_t n_symbols; /* vectors there are: symbols of the corpus */
    float *vectors;     /* n_symbols * PYLM__TOPIC_DIMS, row by symbol; zeros for symbols without one */
    float *gain;        /* by symbol: a / (a + f), f the relative frequency, a = 2e-4: what it says of the topic */
    float *keep;        /* by symbol: its weight in pairs, min(1, 5 * gain), 0 below 0.02; 1 if all count alike */
};

/* Finds the vectors of the symbols of a corpus, but for the unknown one if all count alike.
 * The result does not depend on n_threads; 0: all processors. */
int pylm__word_vectors_find(struct pylm__word_vectors *out, const struct pylm__neighbourhood *around,
                            uint32_t n_threads, pylm_task *task);

/* Also after pylm__word_vectors_find() failed, and of zeros. */
void pylm__word_vectors_free(struct pylm__word_vectors *v);

#endif
