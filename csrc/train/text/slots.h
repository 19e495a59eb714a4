/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * slots.h: the hash table by which an image finds symbols.
 *
 * A symbol lies in the first free slot from its own on, and no further away than PYLM__MOST_TRIED. The hash has a
 * factor which depends on all words and the whole text, so nobody can choose words that come into the same slots. By
 * chance the furthest of 2^24 is some 230 slots away.
 */
#ifndef PYLM_TRAIN_SLOTS_H
#define PYLM_TRAIN_SLOTS_H

#include "string_table.h"

/* Makes the table of n strings; of those that are the same, and of the empty one, only the first one is found.
 *   factor   of the model's hashes
 *   slots    out: 2^bits numbers + 1, or 0; the caller frees them
 * PYLM_ERR_MEMORY; PYLM_ERR_LARGE if there is no such table. */
int pylm__slots_make(const struct pylm__strings *strings, uint32_t n, const uint8_t *factor, uint32_t **slots,
                     unsigned *bits);

#endif
