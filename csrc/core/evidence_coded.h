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
 *          15 the rest, as in evidence.h; if the list is long, its total, as a rest, and a byte with the width of a
 *          number of splits; then packed: d leaves; d codes; the splits of long slices in preorder: (splits of the
 *          left part, successors left: width of d - 1, occurrences left: width of the total). An inline count is a
 *          code, too.
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
#define PYLM__WIDTHS(e, k)                                                                                             \
    PYLM__AT(e, k, total_at) /* a byte each: of a number of splits, of successors left, of
                                                            occurrences left */
#define PYLM__LAST_LEAF(s, k) PYLM__AT(s, k, right)
#define PYLM__CODE_BITS(e, k) PYLM__AT(e, k, code_bits)

/* The leaf of a coded list's successor. */
static inline uint32_t pylm__coded_leaf(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    if (pylm__leaf_bits(e) == 8u) /* models of bytes */
        return PYLM__AT(e, k, list)[i];
    return pylm__bits(PYLM__AT(e, k, list), (pylm__bit)i * e->leaf_bits, e->leaf_bits);
}

/* Where code is to be small, and lists of bytes are the longest, they are searched from their first successor on. */
#define PYLM__READS_SPLITS !(PYLM__SMALL && PYLM_BYTES)

static inline int pylm__coded_is_long(const struct pylm__evidence *e, uint32_t n)
{
    return n > pylm__coded_short(pylm__leaf_bits(e));
}

/* The bit of the split of a slice. */
static inline uint32_t pylm__coded_split(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k)
{
    return PYLM__SPLITS_AT(e, k) + PYLM__AT(s, k, split) * PYLM__AT(e, k, split_bits);
}

/* Ones as wide as a code, of at most 7 bits; in a list that is not damaged, of PYLM__MAX_CODE_BITS. */
static inline uint32_t pylm__code_mask(uint32_t code_bits)
{
    return ((UINT32_C(1) << code_bits) - 1u) & pylm__mask(PYLM__MAX_CODE_BITS);
}

/* Occurrences of n successors from `at` on, added one by one. */
PYLM__SHARED uint32_t pylm__coded_add(const struct pylm__evidence *e, uint32_t k, uint32_t at, uint32_t n)
{
    uint32_t code_bits = PYLM__CODE_BITS(e, k), mask = pylm__code_mask(code_bits), sum = 0;
    uint32_t bit = PYLM__CODES_AT(e, k) + at * code_bits, behind = bit + n * code_bits;
    if (!code_bits)
        return n;
    while (bit < behind) { /* as many as 25 bits hold of at most 7 each */
        uint32_t word = pylm__bits25(PYLM__AT(e, k, list), bit), last = behind - bit < 25u ? behind : bit + 25u;
        do {
            sum += pylm__coded_count(word & mask);
            word >>= code_bits;
            bit += code_bits;
        } while (bit + code_bits <= last);
    }
    return sum;
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

#endif
