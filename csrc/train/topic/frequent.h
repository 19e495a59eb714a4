/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * frequent.h: the hashes that come often, and their table as it is in an image (core/hash_table.h).
 */
#ifndef PYLM_TRAIN_FREQUENT_H
#define PYLM_TRAIN_FREQUENT_H

#include "train/text/overflow.h"

/* How often each hash came. Zeros are an empty one. */
struct pylm__frequencies {
    struct pylm__frequency {
        uint32_t hash, count;
    } *entries;       /* in the order in which they came first */
    uint32_t *slots;  /* a hash table: number of an entry + 1, or 0 */
    uint32_t n, bits; /* entries; log2 of the slots */
    struct pylm__overflow overflow;
};

/* Counts a hash, which is not 0. */
int pylm__frequencies_count(struct pylm__frequencies *frequencies, uint32_t hash);
void pylm__frequencies_free(struct pylm__frequencies *frequencies);

/* Makes the table of those that came `least` times at least; of very many, of more frequent ones.
 *   most     so many at most
 *   table    out, to be freed: as in an image
 *   nbytes   out: its size */
int pylm__frequencies_table(const struct pylm__frequencies *frequencies, uint32_t least, uint32_t most, uint8_t **table,
                            uint64_t *nbytes);

#endif
