/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow_coded.h: for narrow.c, where a slice of a coded list parts, and how it narrows.
 */
#ifndef PYLM_CORE_NARROW_CODED_H
#define PYLM_CORE_NARROW_CODED_H

#include "evidence_coded.h"

/* What lies left of a node: at least one successor, and not all. */
struct pylm__left {
    uint32_t n, total;
};

/* Of a slice of few successors, in one go. The codes of all but the last are in one word. */
static inline struct pylm__left pylm__coded_few(const struct pylm__evidence *e, const struct pylm__slices *s,
                                                uint32_t k, uint32_t mid)
{
    uint32_t code_bits = PYLM__CODE_BITS(e, k), mask = pylm__code_mask(code_bits);
    uint32_t first = PYLM__AT(s, k, at), at = first, last = at + PYLM__AT(s, k, n) - 1u;
    uint32_t word = pylm__bits25(PYLM__AT(e, k, list), PYLM__CODES_AT(e, k) + at * code_bits);
    struct pylm__left left = {0, 0};
    do {
        left.total += pylm__coded_count(word & mask);
        word >>= code_bits;
        at++;
    } while (at < last && pylm__coded_leaf(e, k, at) < mid);
    left.n = at - first;
    return left;
}

/* How many successors of a slice lie left of mid: the first does, the last does not. */
static inline uint32_t pylm__coded_search(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k,
                                          uint32_t mid)
{
    uint32_t at = PYLM__AT(s, k, at), left = at, right = at + PYLM__AT(s, k, n) - 1u, middle;
    while (right - left > 1u) {
        middle = PYLM__SMALL ? left + 1u : (left + right) / 2u;
        if (pylm__coded_leaf(e, k, middle) < mid)
            left = middle;
        else if (PYLM__SMALL)
            break;
        else
            right = middle;
    }
    return (PYLM__SMALL ? left + 1u : right) - at;
}

/* Of a slice that parts at mid: that lies right of its first leaf, and not right of its last. */
PYLM__QUICK struct pylm__left pylm__coded_part(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k,
                                               uint32_t mid)
{
    uint32_t n = PYLM__AT(s, k, n), at = PYLM__AT(s, k, at);
    struct pylm__left left;
    if (PYLM__READS_SPLITS && pylm__coded_is_long(e, n)) {
        uint32_t widths = PYLM__WIDTHS(e, k);
        struct pylm__pair split = pylm__pair(PYLM__AT(e, k, list), pylm__coded_split(e, s, k) + (widths & 255u),
                                             widths >> 8 & 255u, widths >> 16);
        left.n = PYLM__DAMAGED(split.first - 1u >= n - 1u) ? 1u : split.first;
        left.total = split.second;
    } else if (!PYLM__SMALL && (n - 1u) * PYLM__CODE_BITS(e, k) <= 25u && n <= PYLM__SHORT_OF_BYTES) {
        left = pylm__coded_few(e, s, k, mid);
    } else {
        left.n = pylm__coded_search(e, s, k, mid);
        if (PYLM__SMALL || left.n <= n / 2u)
            left.total = pylm__coded_add(e, k, at, left.n);
        else
            left.total = PYLM__AT(s, k, total) - pylm__coded_add(e, k, at + left.n, n - left.n);
    }
    if (PYLM__DAMAGED(left.total > PYLM__AT(s, k, total)))
        left.total = PYLM__AT(s, k, total);
    return left;
}

/* It becomes one side of itself, 0 or 1. */
PYLM__QUICK void pylm__coded_step(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k,
                                  const struct pylm__left *left, int side)
{
    uint32_t n = PYLM__AT(s, k, n), at = PYLM__AT(s, k, at) + left->n;
    if (PYLM__READS_SPLITS && pylm__coded_is_long(e, n)) {
        uint32_t split = PYLM__AT(s, k, split) + 1u;
        if (side && pylm__coded_is_long(e, n - left->n))
            split += pylm__bits(PYLM__AT(e, k, list), pylm__coded_split(e, s, k), PYLM__WIDTHS(e, k) & 255u);
        PYLM__AT(s, k, split) =
            PYLM__DAMAGED(split >= PYLM__AT(e, k, n_splits)) ? PYLM__AT(e, k, n_splits) - 1u : split;
    }
    if (side) {
        PYLM__AT(s, k, total) -= left->total;
        PYLM__AT(s, k, n) = n - left->n;
        PYLM__AT(s, k, at) = at;
        PYLM__AT(s, k, first) = pylm__coded_leaf(e, k, at);
    } else {
        PYLM__AT(s, k, total) = left->total;
        PYLM__AT(s, k, n) = left->n;
        PYLM__LAST_LEAF(s, k) = pylm__coded_leaf(e, k, at - 1u);
    }
    PYLM__PREFETCH(PYLM__AT(e, k, list) +
                   ((pylm__coded_is_long(e, PYLM__AT(s, k, n)) ? pylm__coded_split(e, s, k)
                                                               : PYLM__AT(s, k, at) * pylm__leaf_bits(e)) >>
                    3));
}

#endif
