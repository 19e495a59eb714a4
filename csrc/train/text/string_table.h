/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * string_table.h: different strings, such as words or pieces, and their numbers by first appearance.
 */
#ifndef PYLM_TRAIN_STRING_TABLE_H
#define PYLM_TRAIN_STRING_TABLE_H

#include "overflow.h"

/* The text of all strings, concatenated, and a hash table over them. */
struct pylm__strings {
    uint8_t *text;
    uint64_t text_nbytes, text_capacity;
    uint64_t *ends; /* where string i ends in `text` */
    uint32_t n, capacity;
    uint32_t *slots;  /* number of a string + 1, or 0 */
    uint32_t n_slots; /* a power of two */
    struct pylm__overflow overflow;
};

int pylm__strings_init(struct pylm__strings *strings);
void pylm__strings_free(struct pylm__strings *strings);

/* Fills an empty table with n strings, which may be equal. They can be read by number, but not be found by text.
 *   texts, ends   their texts, concatenated, and where each ends
 * PYLM_ERR_ARGUMENT if an end is before the one before it. */
int pylm__strings_copy(struct pylm__strings *strings, const uint8_t *texts, const uint64_t *ends, uint32_t n);

/* The number of a string; a new one is added. At most 2^24 - 1 strings: else PYLM_ERR_LARGE. The second function is
 * given the pylm__hash_bytes() of the string. */
int pylm__strings_number(struct pylm__strings *strings, const uint8_t *text, uint64_t nbytes, uint32_t *number);
int pylm__strings_number_hashed(struct pylm__strings *strings, uint64_t hash, const uint8_t *text, uint64_t nbytes,
                                uint32_t *number);

/* Likewise, but PYLM_NONE for a string that is not there. */
uint32_t pylm__strings_find(const struct pylm__strings *strings, uint64_t hash, const uint8_t *text, uint64_t nbytes);

/* Keeps n of the strings: string i becomes what was string order[i]. */
int pylm__strings_select(struct pylm__strings *strings, const uint32_t *order, uint32_t n);

/* The text of a string. */
const uint8_t *pylm__string_text(const struct pylm__strings *strings, uint32_t number, uint64_t *nbytes);

#endif
