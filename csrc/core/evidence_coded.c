/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence_coded.c: see evidence_coded.h.
 */
#include "evidence_coded.h"

#define SHORT 4u /* successors that are gone through, one by one: the codes of all but the last have 21 bits */

/* Ones as wide as a code, of at most 7 bits; in a list that is not damaged, of PYLM__MAX_CODE_BITS. */
static inline uint32_t code_mask(uint32_t code_bits)
{
    return ((UINT32_C(1) << code_bits) - 1u) & pylm__mask(PYLM__MAX_CODE_BITS);
}

/* Occurrences of the successors from `at` up to `end`, added one by one. */
static uint32_t add_counts(const struct pylm__evidence *e, uint32_t k, uint32_t at, uint32_t end)
{
    uint32_t code_bits = PYLM__CODE_BITS(e, k), mask = code_mask(code_bits), sum = 0;
    uint32_t bit = PYLM__CODES_AT(e, k) + at * code_bits, behind = bit + (end - at) * code_bits;
    if (!code_bits)
        return end - at;
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

/* Occurrences of the first n successors, n at least 1. */
static uint32_t coded_before(const struct pylm__evidence *e, uint32_t k, uint32_t n)
{
    uint32_t i = PYLM__CODE_BITS(e, k) ? (n - 1u) / PYLM__SUMMED : 0u; /* without codes, no sums */
    return pylm__coded_sum(e, k, i) + add_counts(e, k, i * PYLM__SUMMED, n);
}

/* Occurrences of the first `left` successors of a slice. The quickest of three ways: add these up, subtract the others
 * from the total, or go on from the nearest sum. With more than PYLM__SUMMED / 2 others, the list has that sum. */
static uint32_t coded_left(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t left)
{
    uint32_t at = PYLM__AT(s, k, at), middle = at + left, others = PYLM__AT(s, k, n) - left, nearest;
    if (PYLM__SMALL)
        return coded_before(e, k, middle) - PYLM__AT(s, k, before);
    if ((left <= others && left <= PYLM__SUMMED / 2u) || !PYLM__CODE_BITS(e, k))
        return add_counts(e, k, at, middle);
    if (others <= PYLM__SUMMED / 2u)
        return PYLM__AT(s, k, total) - add_counts(e, k, middle, middle + others);
    nearest = (middle + PYLM__SUMMED / 2u) / PYLM__SUMMED;
    left = pylm__coded_sum(e, k, nearest) - PYLM__AT(s, k, before);
    nearest *= PYLM__SUMMED;
    return nearest <= middle ? left + add_counts(e, k, nearest, middle) : left - add_counts(e, k, middle, nearest);
}

/* Both for a short slice, in one go: where it parts, and how many occurrences lie left. */
static inline uint32_t short_part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid,
                                  uint32_t *total_left)
{
    uint32_t code_bits = PYLM__CODE_BITS(e, k), mask = code_mask(code_bits), left = 0;
    uint32_t at = PYLM__AT(s, k, at), last = at + PYLM__AT(s, k, n) - 1u;
    uint32_t word = pylm__bits25(PYLM__AT(e, k, list), PYLM__CODES_AT(e, k) + at * code_bits);
    do {
        left += pylm__coded_count(word & mask);
        word >>= code_bits;
        at++;
    } while (at < last && pylm__coded_leaf(e, k, at) < mid);
    *total_left = left;
    return at;
}

/* The first successor in (left, right] that does not lie left of mid; `left` does, `right` does not. */
static inline uint32_t coded_find(const struct pylm__evidence *e, uint32_t k, uint32_t left, uint32_t right,
                                  uint32_t mid)
{
    const uint8_t *bytes = PYLM__AT(e, k, list);
    uint32_t middle;
    while (pylm__leaf_bits(e) == 8u && right - left > 1u) {
        middle = (left + right) / 2u;
        if (bytes[middle] < mid)
            left = middle;
        else
            right = middle;
    }
    while (right - left > 1u) {
        middle = (left + right) / 2u;
        if (pylm__coded_leaf(e, k, middle) < mid)
            left = middle;
        else
            right = middle;
    }
    return right;
}

void pylm__coded_part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid)
{
    uint32_t at = PYLM__AT(s, k, at), right = at + PYLM__AT(s, k, n) - 1u, total_left;
    if (!PYLM__SMALL && right - at < SHORT) {
        right = short_part(e, s, k, mid, &total_left);
    } else {
        right = coded_find(e, k, at, right, mid);
        total_left = coded_left(e, s, k, right - at);
    }
    PYLM__AT(s, k, n_left) = right - at; /* at least 1, and less than n */
    PYLM__AT(s, k, total_left) = PYLM__DAMAGED(total_left > PYLM__AT(s, k, total)) ? PYLM__AT(s, k, total) : total_left;
}

uint32_t pylm__coded_count_at(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    return add_counts(e, k, i, i + 1u);
}

int pylm__coded_open(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                     struct pylm__slices *s)
{
    uint32_t n = PYLM__AT(s, k, n), code_bits = first >> 4 & 7u, n_sums = code_bits ? (n - 1u) / PYLM__SUMMED : 0u;
    uint32_t sum_bits = 0, bits, total;
    if (n_sums) {
        if (PYLM__DAMAGED(at == end || *at > 32u))
            return 0;
        sum_bits = *at++;
    }
    PYLM__CODE_BITS(e, k) = code_bits;
    PYLM__SUM_BITS(e, k) = sum_bits;
    PYLM__CODES_AT(e, k) = n * pylm__leaf_bits(e);
    PYLM__SUMS_AT(e, k) = PYLM__CODES_AT(e, k) + n * code_bits;
    bits = PYLM__SUMS_AT(e, k) + n_sums * sum_bits; /* at most 2^24 * (24 + 7 + 2) */
    if (PYLM__DAMAGED((bits + 7u) / 8u > (size_t)(end - at)))
        return 0;
    PYLM__AT(e, k, list) = at;
    PYLM__AT(s, k, at) = PYLM__AT(s, k, before) = 0;
    PYLM__AT(s, k, first) = pylm__coded_leaf(e, k, 0);
    PYLM__LAST_LEAF(s, k) = pylm__coded_leaf(e, k, n - 1u);
    total = coded_before(e, k, n);
    PYLM__AT(s, k, total) = total;
    return !PYLM__DAMAGED(!total);
}
