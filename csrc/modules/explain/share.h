/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * share.h: splits a function of a sum among the terms of that sum, in integers that add up.
 *
 * Shares are in proportion to the terms: each is its term times a ratio, total by sum. Near a sum of 0, a quotient of
 * rounded numbers would be too coarse. There the ratio is its limit at 0.
 */
#ifndef PYLM_EXPLAIN_SHARE_H
#define PYLM_EXPLAIN_SHARE_H

#include <stdint.h>

#define PYLM__MAX_TERM (INT64_C(1) << 32)  /* q23: 512 nats. Only damaged models have larger terms */
#define PYLM__NEAR_EVEN (INT64_C(1) << 21) /* 1/4 nat, q23 */

struct pylm__ratio {
    int64_t num, den; /* |num| < 2^30.5, den != 0 */
};

static inline int64_t pylm__magnitude(int64_t x)
{
    return x < 0 ? -x : x;
}

static inline int64_t pylm__clamp64(int64_t x, int64_t limit)
{
    return x > limit ? limit : x < -limit ? -limit : x;
}

static inline int64_t pylm__sum(const int64_t *terms, uint32_t n)
{
    int64_t sum = 0;
    while (n--)
        sum += terms[n];
    return sum;
}

/* x times a ratio, rounded. */
static inline int64_t pylm__times(int64_t x, struct pylm__ratio ratio)
{
    int64_t product = pylm__clamp64(x, PYLM__MAX_TERM) * ratio.num, half = pylm__magnitude(ratio.den) / 2;
    return (product + (product < 0 ? -half : half)) / ratio.den;
}

/* Splits `total` among n terms. Each gets its product with the ratio. The remainder goes to the largest term, or to the
 * last if all are 0. */
static inline void pylm__share(int64_t total, struct pylm__ratio ratio, const int64_t *terms, uint32_t n,
                               int64_t *shares)
{
    uint32_t i, largest = n - 1u;
    for (i = 0; i < n; i++) {
        shares[i] = pylm__times(terms[i], ratio);
        total -= shares[i];
        if (pylm__magnitude(terms[i]) > pylm__magnitude(terms[largest]))
            largest = i;
    }
    shares[largest] += total;
}

/* The ratio of stage 2's term for stage 1, `total`, to stage 1's log-odds, `sum`, both q23. At sum 0 it is the weight,
 * q13. */
static inline struct pylm__ratio pylm__mixed_ratio(int64_t total, int64_t sum, int32_t weight)
{
    struct pylm__ratio exact = {total, sum}, limit = {weight, 1 << 13};
    return pylm__magnitude(sum) < PYLM__NEAR_EVEN ? limit : exact;
}

/* The ratio of a decision's saving to its log-odds z, q23. The saving is log2(2 / (1 + exp(-z))), in 1/65536 bit. Near
 * z = 0 that is (1/2 - z/8) z / ln 2. */
static inline struct pylm__ratio pylm__saving_ratio(int64_t saved, int64_t z)
{
    struct pylm__ratio exact = {saved, z}, limit = {11819 - 2955 * z / (1 << 23), 1 << 21};
    return pylm__magnitude(z) < PYLM__NEAR_EVEN ? limit : exact;
}

#endif
