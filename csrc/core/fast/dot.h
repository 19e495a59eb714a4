/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * dot.h: the weighted sum of the first stage: inputs times the sum of four rows of weights, of which one is itself
 * the sum of two.
 *
 * pylm__dot_portable() says what is meant. The versions for particular processors (fast/) add the same products modulo
 * 2^32, so they agree to the last bit: a test compares them.
 */
#ifndef PYLM_FAST_DOT_H
#define PYLM_FAST_DOT_H

#include "core/bits.h"
#include "core/config.h"

#if defined(__SSE2__)
#include "dot_sse2.h"
#define PYLM__DOT_DENSE 1
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(__AARCH64EB__)
#include "dot_neon.h"
#define PYLM__DOT_DENSE 1
#else
#define PYLM__DOT_DENSE 0 /* inputs that are 0 are passed over, and need not be written */
#endif

#define PYLM__DOT_STEP 8u /* inputs at once: rows may be read, and inputs are zero, up to a multiple of this */
#define PYLM__DOT_MAX ((PYLM__MOST_TEMPLATES + PYLM__DOT_STEP) & ~(PYLM__DOT_STEP - 1u)) /* templates and a constant */
#define PYLM__DOT_ROWS 4u

/* Input k, times its weights. */
static inline uint32_t pylm__dot_one(const uint8_t *const *rows, int16_t input, uint32_t k)
{
    int32_t weight = pylm__image_i16(rows[0] + 2u * k) + pylm__image_i16(rows[1] + 2u * k) +
                     pylm__image_i16(rows[2] + 2u * k) + pylm__image_i16(rows[3] + 2u * k);
    return (uint32_t)weight * (uint32_t)input;
}

/* The sum of (rows[0][k] + ... + rows[3][k]) * inputs[k] for k below n. Unsigned, so that a damaged image cannot
 * overflow it; the trainer keeps true sums far below 2^31. */
static inline uint32_t pylm__dot_portable(const uint8_t *const *rows, const int16_t *inputs, uint32_t n)
{
    uint32_t k, sum = 0;
    for (k = 0; k < n; k++)
        sum += pylm__dot_one(rows, inputs[k], k);
    return sum;
}

/* The same sum, where only the last input and those of a set (a bit each) are not 0. With vector instructions all are
 * multiplied; then inputs from n on have to be 0 up to a multiple of PYLM__DOT_STEP. Else only these are read. */
static inline uint32_t pylm__dot(const uint8_t *const *rows, const int16_t *inputs, uint32_t n, uint32_t set)
{
#if defined(__SSE2__)
    (void)set;
    return pylm__dot_sse2(rows, inputs, n);
#elif PYLM__DOT_DENSE
    (void)set;
    return pylm__dot_neon(rows, inputs, n);
#else
    uint32_t k = 0, sum = pylm__dot_one(rows, inputs[n - 1u], n - 1u);
    for (; set; set &= set - 1u) {
        k = pylm__lowest_from(set, k);
        sum += pylm__dot_one(rows, inputs[k], k);
    }
    return sum;
#endif
}

/* The sum of (a[k] + b[k]) * x[k] for three inputs of 16 bits each. */
static inline uint32_t pylm__dot_three(const uint8_t *a, const uint8_t *b, int32_t x0, int32_t x1, int32_t x2)
{
#if defined(__SSE2__) && defined(__x86_64__)
    return pylm__dot_three_sse2(a, b, x0, x1, x2);
#else
    uint32_t sum = (uint32_t)(pylm__image_i16(a) + pylm__image_i16(b)) * (uint32_t)x0;
    sum += (uint32_t)(pylm__image_i16(a + 2) + pylm__image_i16(b + 2)) * (uint32_t)x1;
    return sum + (uint32_t)(pylm__image_i16(a + 4) + pylm__image_i16(b + 4)) * (uint32_t)x2;
#endif
}

/* The sum of (rows[0][k] + rows[1][k] + ...) * inputs[k] for k below n, without overflow. No input is -32768. With
 * vector instructions inputs from n on have to be 0 up to a multiple of PYLM__DOT_STEP, and rows are read so far. */
static inline int64_t pylm__dot_wide(const uint8_t *const *rows, uint32_t n_rows, const int16_t *inputs, uint32_t n)
{
#if defined(__SSE2__)
    return pylm__dot_wide_sse2(rows, n_rows, inputs, n);
#else
    int64_t sum = 0;
    uint32_t k, row;
    for (k = 0; k < n; k++) {
        int32_t weight = 0;
        if (!inputs[k])
            continue;
        for (row = 0; row < n_rows; row++)
            weight += pylm__load_i16(rows[row] + 2u * k);
        sum += (int64_t)weight * inputs[k];
    }
    return sum;
#endif
}

/* The sum of bytes[k] * x[k] for signed bytes and for x within +-127; n is a multiple of 8. */
static inline uint32_t pylm__dot_bytes_portable(const uint8_t *bytes, const int16_t *x, uint32_t n)
{
    int32_t sum = 0;
    uint32_t k;
    for (k = 0; k < n; k++)
        sum += (int32_t)(int8_t)bytes[k] * x[k];
    return (uint32_t)sum;
}

static inline uint32_t pylm__dot_bytes(const uint8_t *bytes, const int16_t *x, uint32_t n)
{
#if defined(__SSE2__)
    return pylm__dot_bytes_sse2(bytes, x, n);
#elif PYLM__DOT_DENSE
    return pylm__dot_bytes_neon(bytes, x, n);
#else
    return pylm__dot_bytes_portable(bytes, x, n);
#endif
}

/* The row of the sums a[k] + b[k] for k below n, clamped to 16 bits: those of a trainer are far below. */
static inline void pylm__add_rows_portable(const uint8_t *a, const uint8_t *b, uint8_t *sum, uint32_t n)
{
    uint32_t k;
    for (k = 0; k < n; k++) {
        int32_t x = pylm__load_i16(a + 2u * k) + pylm__load_i16(b + 2u * k);
        x = x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
        pylm__store16(sum + 2u * k, (uint32_t)x & 0xffffu);
    }
}

/* Likewise; writes up to a multiple of PYLM__DOT_STEP. */
static inline void pylm__add_rows(const uint8_t *a, const uint8_t *b, uint8_t *sum, uint32_t n)
{
#if defined(__SSE2__)
    pylm__add_rows_sse2(a, b, sum, n);
#elif PYLM__DOT_DENSE
    pylm__add_rows_neon(a, b, sum, n);
#else
    pylm__add_rows_portable(a, b, sum, n);
#endif
}

#endif
