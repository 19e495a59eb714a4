/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fixed.h: logarithms and probabilities in integers.
 *
 * Scales: log-odds in 1/1024 nat ("q10"), probabilities of a binary decision in 1/65536 ("q16", 1 to
 * 65535, never certain), costs in 1/65536 bit.
 */
#ifndef PYLM_CORE_FIXED_H
#define PYLM_CORE_FIXED_H

#include "bits.h"

#define PYLM__MAX_LOG_ODDS_Q10 8704 /* of an input of the first stage, and of the mean: 8.5 nats */

/* 1 / (1 + exp(-x)) in q16, for any x in q10. Error below 5 / 65536. squash(-x) = 65536 - squash(x). */
#define PYLM__SQUASH_STEP 64u /* a table entry every 1/16 nat of q10, the last two of them 65535 */
#define PYLM__SQUASH_LAST 178u
extern const uint16_t pylm__squash_table[PYLM__SQUASH_LAST + 1u];
static inline uint32_t pylm__squash(int32_t x_q10)
{
    uint32_t sign = 0u - ((uint32_t)x_q10 >> 31), x = ((uint32_t)x_q10 ^ sign) - sign, i, part, low, high, p;
    x = x < PYLM__SQUASH_LAST * PYLM__SQUASH_STEP ? x : PYLM__SQUASH_LAST * PYLM__SQUASH_STEP - 1u;
    i = x / PYLM__SQUASH_STEP;
    part = x % PYLM__SQUASH_STEP;
    low = pylm__squash_table[i];
    high = pylm__squash_table[i + 1u];
    p = low + ((high - low) * part + PYLM__SQUASH_STEP / 2u) / PYLM__SQUASH_STEP;
    return (p ^ sign) + (sign & 65537u); /* without branches: a sign cannot be foreseen */
}

/* log2(x) in 1/65536, for x >= 1. Error below 1.5 / 65536. */
extern const uint16_t pylm__log2_table[129];
uint32_t pylm__log2(uint32_t x);

/* log2(n + 1/4) of a count below 2^30, in 1/16, plus 32: a straight line from each power of two to the next. */
static inline uint32_t pylm__log2_of_count(uint32_t n)
{
    uint32_t x = 4u * n + 1u, whole = pylm__ilog2(x);
    return whole << 4 | (x << (31u - whole) >> 27 & 15u);
}

/* ln(x) in 1/1024, for x >= 1. Error below 5 / 1024: steps, each the middle of an interval of log2, rounded. The curve
 * lies above the straight line there, which is why a little more than half is added. */
static inline uint32_t pylm__ln(uint32_t x)
{
    uint32_t whole = pylm__ilog2(x), i = x << (31u - whole) >> 24 & 127u;
    return (whole * 45426u >> 6) +
           ((((uint32_t)pylm__log2_table[i] + pylm__log2_table[i + 1u]) * 2839u + 271000u) >> 19);
}

/* A sum of q13 times q10 to q10, rounded. The sum is unsigned so that damaged numbers cannot overflow it; half of the
 * range is added before the shift, so that nothing negative is shifted, and taken off after it. */
static inline int32_t pylm__round_q13(uint32_t sum)
{
    const uint32_t half = UINT32_C(1) << 31;
    return (int32_t)((sum + (UINT32_C(1) << 12) + half) >> 13) - (int32_t)(half >> 13);
}

/* 2^(-x) in units of 2^-31, x in 1/65536; 0 for x of 32 and more. */
uint32_t pylm__exp2_neg(uint32_t x_q16);

/* A bound below that, by less than a hundredth, without a table. */
uint32_t pylm__exp2_bound(uint32_t x_q16);

/* A probability far below 2^-32: value = mantissa * 2^(-31 - exponent), mantissa >= 2^31. */
struct pylm__small {
    uint32_t mantissa;
    uint32_t exponent;
};

static inline struct pylm__small pylm__small_one(void)
{
    struct pylm__small one = {UINT32_C(0x80000000), 0};
    return one;
}

/* x becomes x * p, p in q16 from 1 to 65536. Relative error below 2^-31. */
PYLM__SHARED void pylm__small_scale(struct pylm__small *x, uint32_t p_q16)
{
    /* 32 bits of the product, and 16 behind: not every processor multiplies or shifts more at once */
    uint32_t behind = (x->mantissa & 0xffffu) * p_q16, product = (x->mantissa >> 16) * p_q16 + (behind >> 16);
    unsigned lost = 31u - pylm__ilog2(product); /* 16 at most */
    x->mantissa = product << lost | (behind & 0xffffu) >> (16u - lost);
    x->exponent += lost;
}

/* x + y, at most 1. */
struct pylm__small pylm__small_plus(struct pylm__small x, struct pylm__small y);

/* -log2(x) in 1/65536 bit. */
uint32_t pylm__small_cost(struct pylm__small x);

#endif
