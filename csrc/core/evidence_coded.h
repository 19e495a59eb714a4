/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence_coded.h: successor lists of models that have to be small.
 *
 * A coded list takes half the room of one with splits, and is slower to walk. It has leaves, and for each leaf a code
 * that stands for its rounded count. After every PYLM__SUMMED successors it has the sum of all counts so far. So any
 * sum takes a few steps. Bisection finds where a slice parts at a node.
 *
 * Coded:   a byte: low nibble min(d - 1, 15), above it, three bits, the width of a code; for a nibble of
 *          15 the rest, as in evidence.h; if there are sums, a byte with their width; then packed: d leaves;
 *          d codes; sums of the first 16, 32, ... successors, less than d. No sums for codes of width 0.
 *          An inline count is a code, too.
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

#define PYLM__SUMMED 16u /* successors from one sum of a coded list to the next */

/* What some fields of the evidence, and one of a slice, mean for a coded list. */
#define PYLM__CODE_BITS(e, k) PYLM__AT(e, k, total_at)  /* width of a code */
#define PYLM__CODES_AT(e, k) PYLM__AT(e, k, n_mask)     /* bit of the first code */
#define PYLM__SUM_BITS(e, k) PYLM__AT(e, k, split_bits) /* width of a sum */
#define PYLM__SUMS_AT(e, k) PYLM__AT(e, k, total_mask)  /* bit of the first sum */
#define PYLM__LAST_LEAF(s, k) PYLM__AT(s, k, right)

/* The leaf of a coded list's successor. */
static inline uint32_t pylm__coded_leaf(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    if (pylm__leaf_bits(e) == 8u) /* models of bytes */
        return PYLM__AT(e, k, list)[i];
    return pylm__bits(PYLM__AT(e, k, list), (pylm__bit)i * e->leaf_bits, e->leaf_bits);
}

/* Occurrences of the first PYLM__SUMMED * i successors. */
static inline uint32_t pylm__coded_sum(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    uint32_t sum_bits = PYLM__SUM_BITS(e, k);
    return i ? pylm__bits(PYLM__AT(e, k, list), PYLM__SUMS_AT(e, k) + (i - 1u) * sum_bits, sum_bits) : 0u;
}

/* Its count. */
uint32_t pylm__coded_count_at(const struct pylm__evidence *e, uint32_t k, uint32_t i);

/* Opens the list of template k, whose number of successors is known.
 *   first   its first byte; `at`: what stands behind the number
 * Returns 0 if the list does not lie before `end`. */
int pylm__coded_open(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                     struct pylm__slices *s);

/* Where a slice parts at `mid`, which lies right of its first leaf and not right of its last: sets n_left and
 * total_left. */
void pylm__coded_part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid);

#endif
