/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_STRING_TABLE_H
#define PYLM_TRAIN_STRING_TABLE_H

#include "train/base/common.h"

/* The text of every word seen, one behind the other, and a hash table over them. */
struct pylm__words {
    uint8_t *text;
    uint64_t text_nbytes, text_capacity;
    uint64_t *ends; /* where word i ends in `text` */
    uint32_t n, capacity;
    uint32_t *slots; /* word + 1, or 0 */
    uint32_t n_slots; /* a power of two */
};

int pylm__words_init(struct pylm__words *words);
void pylm__words_free(struct pylm__words *words);

/* Fills an empty table with n words that need not differ and cannot be found, only read: their texts one
 * behind the other, and where each ends. PYLM_ERR_ARGUMENT if an end is before the one before it. */
int pylm__words_copy(struct pylm__words *words, const uint8_t *texts, const uint64_t *ends, uint32_t n);

/* The number of a word; a new one is added. At most 2^24 - 1 words: else PYLM_ERR_LARGE. The second knows its
 * pylm__hash_bytes(). */
int pylm__words_number(struct pylm__words *words, const uint8_t *text, uint64_t nbytes, uint32_t *number);
int pylm__words_number_hashed(struct pylm__words *words, uint64_t hash, const uint8_t *text, uint64_t nbytes,
                              uint32_t *number);

/* Likewise, but PYLM_NONE for a word that is not there. */
uint32_t pylm__words_find(const struct pylm__words *words, uint64_t hash, const uint8_t *text, uint64_t nbytes);

/* Replaces the words by n of them: word i becomes the old word order[i]. */
int pylm__words_select(struct pylm__words *words, const uint32_t *order, uint32_t n);

/* The text of a word. */
const uint8_t *pylm__word_text(const struct pylm__words *words, uint32_t word, uint64_t *nbytes);

#endif
