/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence_coded.h: successor lists of models that have to be small.
 *
 * A coded list has leaves, and for each leaf a code that stands for its rounded count. A long slice has a split, which
 * says where the slice parts; its first leaf right of that is among the leaves anyway. A short slice has none: a search
 * finds where it parts, and codes are added up. So the list takes a little more than half the room of one with splits,
 * and most of the steps down a tree that are long for a search are one read.
 *
 * Coded:   a byte: low nibble min(d - 1, 15), above it, three bits, the width of a code; for a nibble of
 *          15 the rest, as in evidence.h; if the list is long, a byte with the width of its total, one with the width of
 *          a number of splits, and the total in whole bytes; then packed: d leaves; d codes; the splits of long slices
 *          in preorder: (successors left: width of d - 1, occurrences left: width of the total, splits of the left
 *          part). An inline count is a code, too.
 */
#ifndef PYLM_CORE_EVIDENCE_CODED_H
#define PYLM_CORE_EVIDENCE_CODED_H

#include "evidence.h"

/* The count that a code stands for: 1, 2, 3, 4, 6, 8, 12, 16, 24, ... */
#define PYLM__MAX_CODE 57u /* 2^29 */
#define PYLM__MAX_CODE_BITS 6u
PYLM__INLINE uint32_t pylm__coded_count(uint32_t code)
{
    return (3u + (code & 1u)) << (code >> 1) >> 1;
}

/* The most successors of a slice without a split. Splits cost more of a list whose leaves are narrow; but such models
 * are for processors that search slowly. */
#define PYLM__SHORT 32u
#define PYLM__SHORT_OF_BYTES 8u
PYLM__INLINE uint32_t pylm__coded_short(uint32_t leaf_bits)
{
    return leaf_bits > 8u ? PYLM__SHORT : PYLM__SHORT_OF_BYTES;
}

/* What some fields of the evidence, and of a slice, mean for a coded list. */
#define PYLM__CODES_AT(e, k) PYLM__AT(e, k, n_mask)      /* bit of the first code */
#define PYLM__SPLITS_AT(e, k) PYLM__AT(e, k, total_mask) /* bit of the first split */
#define PYLM__WIDTHS(e, k) PYLM__AT(e, k, total_at)      /* a byte each: of successors left, of occurrences left, of a
                                                            number of splits, of a code */
#define PYLM__LAST_LEAF(s, k) PYLM__AT(s, k, right)
#define PYLM__CODE_BITS(e, k) (PYLM__WIDTHS(e, k) >> 24)

/* The leaf of a coded list's successor. */
static inline uint32_t pylm__coded_leaf(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    if (pylm__leaf_bits(e) == 8u) /* models of bytes */
        return PYLM__AT(e, k, list)[i];
    return pylm__bits(PYLM__AT(e, k, list), (pylm__bit)i * e->leaf_bits, e->leaf_bits);
}

static inline int pylm__coded_is_long(const struct pylm__evidence *e, uint32_t n)
{
    return n > pylm__coded_short(pylm__leaf_bits(e));
}

/* The bit of the split of a slice. */
static inline uint32_t pylm__coded_split(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k)
{
    return PYLM__SPLITS_AT(e, k) + PYLM__AT(s, k, split) * PYLM__AT(e, k, split_bits);
}

/* Its count. */
uint32_t pylm__coded_count_at(const struct pylm__evidence *e, uint32_t k, uint32_t i);

/* Opens the list of template k, whose number of successors is known: all but what lies far behind its first byte. That
 * is fetched, but not waited for. The slice has no total yet.
 *   first   its first byte; `at`: what stands behind the number
 * Returns 0 if the list does not lie before `end`. */
int pylm__coded_open(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                     struct pylm__slices *s);

/* The rest of it. */
void pylm__coded_opened(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k);

/* Where a slice parts at `mid`, which lies right of its first leaf and not right of its last: sets n_left and
 * total_left. */
void pylm__coded_part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid);

/* A slice that has been parted becomes one side of itself, 0 or 1. */
void pylm__coded_step(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, int side);

#endif
