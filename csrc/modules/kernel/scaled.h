/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * scaled.h: the kernel's numbers. They are positive and of any magnitude: a mantissa of 32 bits and an exponent.
 *
 * Products and quotients have a relative error of 2^-31. A sum has 56 bits or more of its largest term. It is rounded
 * to 32 bits at the end, so adding up loses nothing that shows.
 */
#ifndef PYLM_KERNEL_SCALED_H
#define PYLM_KERNEL_SCALED_H

#include "core/fixed.h"

/* mantissa * 2^exponent. The mantissa is 2^31 or more; or 0, which is the number 0. */
struct pylm__scaled {
    uint32_t mantissa;
    int32_t exponent;
};

/* x * 2^exponent. */
static inline struct pylm__scaled pylm__scaled_from(uint64_t x, int32_t exponent)
{
    struct pylm__scaled scaled = {0, 0};
    uint32_t high = (uint32_t)(x >> 32), shift;
    if (!x)
        return scaled;
    if (high) {
        shift = pylm__ilog2(high) + 1u;
        scaled.mantissa = (uint32_t)(x >> shift);
        scaled.exponent = exponent + (int32_t)shift;
    } else {
        shift = 31u - pylm__ilog2((uint32_t)x);
        scaled.mantissa = (uint32_t)x << shift;
        scaled.exponent = exponent - (int32_t)shift;
    }
    return scaled;
}

static inline struct pylm__scaled pylm__scaled_times(struct pylm__scaled a, struct pylm__scaled b)
{
    return pylm__scaled_from((uint64_t)a.mantissa * b.mantissa, a.exponent + b.exponent);
}

/* a / b; b is not 0. */
static inline struct pylm__scaled pylm__scaled_ratio(struct pylm__scaled a, struct pylm__scaled b)
{
    return pylm__scaled_from(((uint64_t)a.mantissa << 32) / b.mantissa, a.exponent - b.exponent - 32);
}

/* A sum of at most 256 terms: more than any image can have templates. Mantissa 0: a sum of none. */
struct pylm__scaled_sum {
    uint64_t mantissa;
    int32_t exponent;
};

#define PYLM__SCALED_SUM_SHIFT 24u /* terms have 56 bits: 2^8 of them fit in 64 */

/* Adds n times a number. */
static inline void pylm__scaled_sum_add(struct pylm__scaled_sum *sum, struct pylm__scaled scaled, uint32_t n)
{
    struct pylm__scaled term = pylm__scaled_from((uint64_t)scaled.mantissa * n, scaled.exponent);
    uint64_t mantissa = (uint64_t)term.mantissa << PYLM__SCALED_SUM_SHIFT;
    uint32_t apart = (uint32_t)(term.exponent - sum->exponent); /* modulo 2^32 */
    if (!mantissa)
        return;
    if (!sum->mantissa || term.exponent > sum->exponent) {
        sum->mantissa = apart < 64u ? sum->mantissa >> apart : 0u;
        sum->exponent = term.exponent;
    } else {
        apart = 0u - apart;
        mantissa = apart < 64u ? mantissa >> apart : 0u;
    }
    sum->mantissa += mantissa;
}

static inline struct pylm__scaled pylm__scaled_sum_value(const struct pylm__scaled_sum *sum)
{
    return pylm__scaled_from(sum->mantissa, sum->exponent - (int32_t)PYLM__SCALED_SUM_SHIFT);
}

#endif
