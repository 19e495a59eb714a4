/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * dot.h: the weighted sum of the first stage: inputs times the sum of four rows of weights, of which one is itself
 * the sum of two.
 *
 * This is the one place with instructions of particular processors. pylm__dot_portable() says what is meant; all
 * versions add the same products modulo 2^32, so they agree to the last bit (a test compares them).
 */
#ifndef PYLM_CORE_DOT_H
#define PYLM_CORE_DOT_H

#include "bits.h"
#include "config.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define PYLM__DOT_DENSE 1
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(__AARCH64EB__)
#include <arm_neon.h>
#define PYLM__DOT_DENSE 1
#else
#define PYLM__DOT_DENSE 0 /* inputs that are 0 are passed over, and need not be written */
#endif

#define PYLM__DOT_STEP 8u /* inputs at once: rows may be read, and inputs are zero, up to a multiple of this */
#define PYLM__DOT_MAX ((PYLM__MOST_TEMPLATES + PYLM__DOT_STEP) & ~(PYLM__DOT_STEP - 1u)) /* templates and a constant */
#define PYLM__DOT_ROWS 4u

static inline uint32_t pylm__dot_one(const uint8_t *const *rows, const int16_t *inputs, uint32_t k)
{
    int32_t weight = pylm__image_i16(rows[0] + 2u * k) + pylm__image_i16(rows[1] + 2u * k) +
                     pylm__image_i16(rows[2] + 2u * k) + pylm__image_i16(rows[3] + 2u * k);
    return (uint32_t)weight * (uint32_t)inputs[k];
}

/* The sum of (rows[0][k] + ... + rows[3][k]) * inputs[k] for k below n. Unsigned, so that a damaged image cannot
 * overflow it; the trainer keeps true sums far below 2^31. */
static inline uint32_t pylm__dot_portable(const uint8_t *const *rows, const int16_t *inputs, uint32_t n)
{
    uint32_t k, sum = 0;
    for (k = 0; k < n; k++)
        sum += pylm__dot_one(rows, inputs, k);
    return sum;
}

/* Likewise, where all but the last input and those of a set, a bit each, are 0: by the instructions of the processor for
 * all of them, where it has some, and inputs[n] and on are 0 up to a multiple of PYLM__DOT_STEP; else only these are
 * looked at. */
static inline uint32_t pylm__dot(const uint8_t *const *rows, const int16_t *inputs, uint32_t n, uint32_t set)
{
#if PYLM__DOT_DENSE
    (void)set;
#endif
#if defined(__SSE2__)
    __m128i sum = _mm_setzero_si128();
    uint32_t k, row;
    for (k = 0; k < n; k += PYLM__DOT_STEP) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(inputs + k));
        __m128i products[PYLM__DOT_ROWS];
        for (row = 0; row < PYLM__DOT_ROWS; row++)
            products[row] = _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(const void *)(rows[row] + 2u * k)), x);
        sum = _mm_add_epi32(sum, _mm_add_epi32(_mm_add_epi32(products[0], products[1]),
                                               _mm_add_epi32(products[2], products[3])));
    }
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(sum);
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(__AARCH64EB__)
    int32x4_t sum = vdupq_n_s32(0);
    uint32_t k, row;
    for (k = 0; k < n; k += PYLM__DOT_STEP) {
        int16x8_t x = vld1q_s16(inputs + k);
        for (row = 0; row < PYLM__DOT_ROWS; row++) {
            int16x8_t w = vreinterpretq_s16_u8(vld1q_u8(rows[row] + 2u * k));
            sum = vmlal_s16(sum, vget_low_s16(w), vget_low_s16(x));
            sum = vmlal_high_s16(sum, w, x);
        }
    }
    return (uint32_t)vaddvq_s32(sum);
#else
    uint32_t k = 0, sum = pylm__dot_one(rows, inputs, n - 1u);
    for (; set; set &= set - 1u) {
        k = pylm__lowest_from(set, k);
        sum += pylm__dot_one(rows, inputs, k);
    }
    return sum;
#endif
}

/* The sum of (a[k] + b[k]) * x[k] for three inputs of 16 bits each. */
static inline uint32_t pylm__dot_three(const uint8_t *a, const uint8_t *b, int32_t x0, int32_t x1, int32_t x2)
{
#if defined(__SSE2__) && defined(__x86_64__)
    uint64_t packed = ((uint32_t)x0 & 0xffffu) | (uint32_t)x1 << 16 | (uint64_t)((uint32_t)x2 & 0xffffu) << 32;
    __m128i x = _mm_cvtsi64_si128((long long)packed);
    __m128i sum = _mm_add_epi32(_mm_madd_epi16(_mm_loadl_epi64((const __m128i *)(const void *)a), x),
                                _mm_madd_epi16(_mm_loadl_epi64((const __m128i *)(const void *)b), x));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x55));
    return (uint32_t)_mm_cvtsi128_si32(sum);
#else
    uint32_t sum = (uint32_t)(pylm__image_i16(a) + pylm__image_i16(b)) * (uint32_t)x0;
    sum += (uint32_t)(pylm__image_i16(a + 2) + pylm__image_i16(b + 2)) * (uint32_t)x1;
    return sum + (uint32_t)(pylm__image_i16(a + 4) + pylm__image_i16(b + 4)) * (uint32_t)x2;
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
    uint32_t at;
    for (at = 0; at < 2u * n; at += 2u * PYLM__DOT_STEP) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(a + at));
        __m128i y = _mm_loadu_si128((const __m128i *)(const void *)(b + at));
        _mm_storeu_si128((__m128i *)(void *)(sum + at), _mm_adds_epi16(x, y));
    }
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(__AARCH64EB__)
    uint32_t at;
    for (at = 0; at < 2u * n; at += 2u * PYLM__DOT_STEP) {
        int16x8_t x = vreinterpretq_s16_u8(vld1q_u8(a + at)), y = vreinterpretq_s16_u8(vld1q_u8(b + at));
        vst1q_u8(sum + at, vreinterpretq_u8_s16(vqaddq_s16(x, y)));
    }
#else
    pylm__add_rows_portable(a, b, sum, n);
#endif
}

#endif
