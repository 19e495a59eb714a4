/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_ranks.h: the different words of the training text, numbered in the order of their bytes.
 */
#ifndef PYLM_TRAIN_WORD_RANKS_H
#define PYLM_TRAIN_WORD_RANKS_H

#include "train/base/common.h"

struct pylm__source_word {
    uint64_t prefix; /* its first 8 bytes, first byte highest, zeros behind its end: decides most comparisons */
    const uint8_t *text;
    uint32_t nbytes, number; /* number: in the order of appearance */
};

/* Set everything to 0 first. */
struct pylm__source_vocabulary {
    struct pylm__source_word *words;
    uint32_t *slots; /* a hash table: number of a word + 1, or 0 */
    uint64_t n, capacity, n_slots;
};

/* The number of a word by its first appearance; its text stays where it is. Below 2^32 words. PYLM_ERR_MEMORY. */
int pylm__source_vocabulary_add(struct pylm__source_vocabulary *vocabulary, const uint8_t *text, uint32_t nbytes,
                                uint32_t *number);

/* The place of each word in the order of their bytes, by its number: n of them, to be freed by the caller. The
 * vocabulary can only be freed then. PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
int pylm__source_vocabulary_rank(struct pylm__source_vocabulary *vocabulary, uint32_t **ranks, const pylm_task *task);

void pylm__source_vocabulary_free(struct pylm__source_vocabulary *vocabulary);

#endif
