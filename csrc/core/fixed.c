/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fixed.c: tables with straight lines between their entries; see fixed.h for scales and errors.
 */
#include "fixed.h"

#include "tables.h"

uint32_t pylm__log2(uint32_t x)
{
    unsigned e = pylm__ilog2(x);
    uint32_t fraction = x << (31u - e) << 1; /* the bits behind the leading one */
    uint32_t i = fraction >> 25;             /* 128 intervals */
    uint32_t part = fraction >> 9 & 0xffffu; /* place in the interval, q16 */
    uint32_t low = pylm__log2_table[i], high = i < 127u ? pylm__log2_table[i + 1u] : 65536u;
    return ((uint32_t)e << 16) + low + (((high - low) * part + 32768u) >> 16);
}

uint32_t pylm__exp2_neg(uint32_t x_q16)
{
    uint32_t whole = x_q16 >> 16, i = x_q16 >> 9 & 127u, part = x_q16 & 511u;
    uint32_t high = exp2_table[i], low = exp2_table[i + 1];
    uint32_t value; /* units of 2^-31 for whole = 0: at most 65535 * 2^15 */
    if (whole > 31u)
        return 0;
    value = (high << 15) - ((high - low) * part << 6);
    return value >> whole;
}

uint32_t pylm__exp2_bound(uint32_t x_q16)
{
    uint32_t whole = x_q16 >> 16, part = x_q16 & 0xffffu;
    uint32_t lost = part * (43900u - (part * 11300u >> 16)) >> 16; /* of 65536: a parabola, 1 to 170 / 65536 too much */
    return whole > 31u ? 0u : (65536u - 169u - lost) << 15 >> whole;
}

struct pylm__small pylm__small_plus(struct pylm__small x, struct pylm__small y)
{
    uint32_t apart;
    uint64_t sum;
    if (x.exponent > y.exponent) {
        struct pylm__small t = x;
        x = y;
        y = t;
    }
    apart = y.exponent - x.exponent;
    sum = (uint64_t)x.mantissa + (apart < 32u ? y.mantissa >> apart : 0u);
    if (sum >> 32) {
        sum >>= 1;
        x.exponent -= x.exponent ? 1u : 0u;
    }
    x.mantissa = (uint32_t)sum;
    return x;
}

uint32_t pylm__small_cost(struct pylm__small x)
{
    return ((x.exponent + 31u) << 16) - pylm__log2(x.mantissa);
}
