/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence_coded.c: see evidence_coded.h.
 */
#include "evidence_coded.h"

/* Ones as wide as a code, of at most 7 bits; in a list that is not damaged, of PYLM__MAX_CODE_BITS. */
static inline uint32_t code_mask(uint32_t code_bits)
{
    return ((UINT32_C(1) << code_bits) - 1u) & pylm__mask(PYLM__MAX_CODE_BITS);
}

/* Occurrences of n successors from `at` on, added one by one. */
static uint32_t add_counts(const struct pylm__evidence *e, uint32_t k, uint32_t at, uint32_t n)
{
    uint32_t code_bits = PYLM__CODE_BITS(e, k), mask = code_mask(code_bits), sum = 0;
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

/* Both for a slice of few successors, in one go: how many lie left of mid, and how many occurrences. The codes of all
 * but the last are in one word. */
static inline uint32_t few_left(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k, uint32_t mid,
                                uint32_t *total_left)
{
    uint32_t code_bits = PYLM__CODE_BITS(e, k), mask = code_mask(code_bits), left = 0;
    uint32_t at = PYLM__AT(s, k, at), first = at, last = at + PYLM__AT(s, k, n) - 1u;
    uint32_t word = pylm__bits25(PYLM__AT(e, k, list), PYLM__CODES_AT(e, k) + at * code_bits);
    do {
        left += pylm__coded_count(word & mask);
        word >>= code_bits;
        at++;
    } while (at < last && pylm__coded_leaf(e, k, at) < mid);
    *total_left = left;
    return at - first;
}

/* How many successors lie left of mid: the first does, the last does not. */
static inline uint32_t short_left(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k,
                                  uint32_t mid)
{
    uint32_t at = PYLM__AT(s, k, at), left = at, right = at + PYLM__AT(s, k, n) - 1u, middle;
    while (right - left > 1u) {
        middle = (left + right) / 2u;
        if (pylm__coded_leaf(e, k, middle) < mid)
            left = middle;
        else
            right = middle;
    }
    return right - at;
}

void pylm__coded_part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid)
{
    uint32_t n = PYLM__AT(s, k, n), at = PYLM__AT(s, k, at), n_left, total_left;
    if (pylm__coded_is_long(e, n)) {
        uint32_t widths = PYLM__WIDTHS(e, k);
        struct pylm__pair split =
            pylm__pair(PYLM__AT(e, k, list), pylm__coded_split(e, s, k), widths & 255u, widths >> 8 & 255u);
        n_left = PYLM__DAMAGED(split.first - 1u >= n - 1u) ? 1u : split.first;
        total_left = split.second;
    } else if (!PYLM__SMALL && (n - 1u) * PYLM__CODE_BITS(e, k) <= 25u && n <= PYLM__SHORT_OF_BYTES) {
        n_left = few_left(e, s, k, mid, &total_left);
    } else {
        n_left = short_left(e, s, k, mid);
        if (PYLM__SMALL || n_left <= n / 2u)
            total_left = add_counts(e, k, at, n_left);
        else
            total_left = PYLM__AT(s, k, total) - add_counts(e, k, at + n_left, n - n_left);
    }
    PYLM__AT(s, k, n_left) = n_left; /* at least 1, and less than n */
    PYLM__AT(s, k, total_left) = PYLM__DAMAGED(total_left > PYLM__AT(s, k, total)) ? PYLM__AT(s, k, total) : total_left;
}

void pylm__coded_step(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, int side)
{
    uint32_t widths = PYLM__WIDTHS(e, k), n = PYLM__AT(s, k, n), n_left = PYLM__AT(s, k, n_left), leaf;
    uint32_t split = PYLM__AT(s, k, split) + 1u;
    if (side && pylm__coded_is_long(e, n - n_left))
        split += pylm__bits(PYLM__AT(e, k, list), pylm__coded_split(e, s, k) + (widths & 255u) + (widths >> 8 & 255u),
                            widths >> 16 & 255u);
    PYLM__AT(s, k, split) = PYLM__DAMAGED(split >= PYLM__AT(e, k, n_splits)) ? PYLM__AT(e, k, n_splits) - 1u : split;
    leaf = PYLM__AT(s, k, at) + n_left;
    if (side) {
        PYLM__AT(s, k, total) -= PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, n) = n - n_left;
        PYLM__AT(s, k, at) = leaf;
        PYLM__AT(s, k, first) = pylm__coded_leaf(e, k, leaf);
    } else {
        PYLM__AT(s, k, total) = PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, n) = n_left;
        PYLM__LAST_LEAF(s, k) = pylm__coded_leaf(e, k, leaf - 1u);
    }
}

uint32_t pylm__coded_count_at(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    return add_counts(e, k, i, 1u);
}

/* How many splits lie before `end`: of a damaged list too few. A list that is not damaged may seem to have more than it
 * has. */
static inline uint32_t splits_before(const struct pylm__evidence *e, uint32_t k, const uint8_t *at, const uint8_t *end)
{
    size_t nbytes = (size_t)(end - at), begin = (PYLM__SPLITS_AT(e, k) + 7u) / 8u;
    if (nbytes > UINT32_MAX / 8u)
        nbytes = UINT32_MAX / 8u;
    return nbytes < begin ? 0u : ((uint32_t)nbytes * 8u - PYLM__SPLITS_AT(e, k)) / PYLM__AT(e, k, split_bits);
}

/* The rest of a long list's header. Returns where its leaves begin; NULL if the list does not lie before `end`. */
static inline const uint8_t *open_long(const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                                       struct pylm__slices *s)
{
    uint32_t n_bits = pylm__width(PYLM__AT(s, k, n) - 1u), total_bits, skip_bits;
    if (PYLM__DAMAGED(end - at < 6 || at[0] > 32u || at[1] > 24u))
        return NULL;
    total_bits = at[0];
    skip_bits = at[1];
    PYLM__AT(s, k, total) = pylm__load32(at + 2) & pylm__mask(total_bits);
    PYLM__WIDTHS(e, k) |= n_bits | total_bits << 8 | skip_bits << 16;
    PYLM__AT(e, k, split_bits) = n_bits + total_bits + skip_bits;
    at += 2u + (total_bits + 7u) / 8u;
    if (!PYLM_TRUSTS)
        PYLM__AT(e, k, n_splits) = splits_before(e, k, at, end);
    return PYLM__DAMAGED(!PYLM__AT(e, k, n_splits) || !PYLM__AT(s, k, total)) ? NULL : at;
}

int pylm__coded_open(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                     struct pylm__slices *s)
{
    uint32_t n = PYLM__AT(s, k, n), code_bits = first >> 4 & 7u;
    PYLM__CODES_AT(e, k) = n * pylm__leaf_bits(e);
    PYLM__SPLITS_AT(e, k) = PYLM__CODES_AT(e, k) + n * code_bits; /* at most 2^24 * (24 + 7) */
    PYLM__WIDTHS(e, k) = code_bits << 24;
    PYLM__AT(s, k, total) = 0;
    if (pylm__coded_is_long(e, n)) {
        at = open_long(at, end, k, e, s);
        if (PYLM__DAMAGED(!at))
            return 0;
    } else if (PYLM__DAMAGED((PYLM__SPLITS_AT(e, k) + 7u) / 8u > (size_t)(end - at))) {
        return 0;
    }
    PYLM__AT(e, k, list) = at;
    PYLM__AT(s, k, at) = PYLM__AT(s, k, split) = 0;
    PYLM__PREFETCH(at + (PYLM__CODES_AT(e, k) >> 3));
    PYLM__PREFETCH(at + (PYLM__SPLITS_AT(e, k) >> 3));
    return 1;
}

void pylm__coded_opened(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k)
{
    uint32_t n = PYLM__AT(s, k, n);
    PYLM__AT(s, k, first) = pylm__coded_leaf(e, k, 0);
    PYLM__LAST_LEAF(s, k) = pylm__coded_leaf(e, k, n - 1u);
    if (!PYLM__AT(s, k, total))
        PYLM__AT(s, k, total) = add_counts(e, k, 0, n); /* each is 1 or more */
}
