/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * slots.h: the hash table by which an image finds symbols.
 *
 * The hash is public, so words can be chosen that all belong into the same slots; a reader would compare each word of a
 * text with thousands. So no symbol lies further from its slot than PYLM__MOST_TRIED. Words that would are not taken
 * into the vocabulary. By chance that happens to none: where symbols that are far from their slots take the places of
 * those that are near (Robin Hood hashing: Celis, Larson and Munro 1985), the furthest of 2^24 is some 30 slots away.
 */
#ifndef PYLM_TRAIN_SLOTS_H
#define PYLM_TRAIN_SLOTS_H

#include "string_table.h"

/* Which strings find a place when they are put in one after the other, in the order of their numbers in `order`.
 *   n_fixed   the first of them, which always do
 *   fits      out: of each of `order`, whether it does
 * PYLM_ERR_MEMORY. */
int pylm__slots_choose(const struct pylm__strings *strings, const uint32_t *order, uint32_t n, uint32_t n_fixed,
                       uint8_t *fits);

/* Makes the table of all strings; of those that are the same, and of the empty one, only the first one is found.
 *   slots   out: 2^bits numbers + 1, or 0; the caller frees them
 * PYLM_ERR_MEMORY; PYLM_ERR_LARGE if strings were chosen so that there is no table. */
int pylm__slots_make(const struct pylm__strings *strings, uint32_t n, uint32_t **slots, unsigned *bits);

#endif
