/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_ranks.h: the different words of the training text, and their ranks in the order of their bytes.
 */
#ifndef PYLM_TRAIN_WORD_RANKS_H
#define PYLM_TRAIN_WORD_RANKS_H

#include "train/text/overflow.h"

struct pylm__ranked_word {
    uint64_t prefix; /* its first 8 bytes, first byte highest, zeros behind its end: decides most comparisons */
    const uint8_t *text;
    uint32_t nbytes, number; /* number: in the order of appearance */
};

/* Set everything to 0 first. */
struct pylm__word_ranks {
    struct pylm__ranked_word *words;
    uint32_t *slots; /* a hash table: number of a word + 1, or 0 */
    uint64_t n, capacity, n_slots;
    struct pylm__overflow overflow;
};

/* The number of a word by its first appearance. The text is not copied. At most 2^32 - 1 words. PYLM_ERR_MEMORY. */
int pylm__word_ranks_add(struct pylm__word_ranks *ranks, const uint8_t *text, uint32_t nbytes, uint32_t *number);

/* Finds the rank of each word, by its number. The caller frees the array. After this, the structure can only be freed.
 * PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
int pylm__word_ranks_finish(struct pylm__word_ranks *ranks, uint32_t **ranks_ret, const pylm_task *task);

void pylm__word_ranks_free(struct pylm__word_ranks *ranks);

#endif
