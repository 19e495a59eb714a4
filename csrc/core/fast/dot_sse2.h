/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * dot_sse2.h: core/fast/dot.h for x86 processors: eight inputs at once.
 */
#ifndef PYLM_FAST_DOT_SSE2_H
#define PYLM_FAST_DOT_SSE2_H

#include "core/bits.h"

#include <emmintrin.h>

static inline uint32_t pylm__dot_sse2(const uint8_t *const *rows, const int16_t *inputs, uint32_t n)
{
    __m128i sum = _mm_setzero_si128();
    uint32_t k, row;
    for (k = 0; k < n; k += 8u) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(inputs + k));
        __m128i products[4];
        for (row = 0; row < 4; row++)
            products[row] = _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(const void *)(rows[row] + 2u * k)), x);
        sum = _mm_add_epi32(
            sum, _mm_add_epi32(_mm_add_epi32(products[0], products[1]), _mm_add_epi32(products[2], products[3])));
    }
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(sum);
}

static inline uint32_t pylm__dot_bytes_sse2(const uint8_t *bytes, const int16_t *x, uint32_t n)
{
    __m128i sum = _mm_setzero_si128();
    uint32_t k;
    for (k = 0; k < n; k += 8u) {
        __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)(bytes + k));
        b = _mm_srai_epi16(_mm_unpacklo_epi8(b, b), 8);
        sum = _mm_add_epi32(sum, _mm_madd_epi16(b, _mm_loadu_si128((const __m128i *)(const void *)(x + k))));
    }
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(sum);
}

static inline void pylm__add_rows_sse2(const uint8_t *a, const uint8_t *b, uint8_t *sum, uint32_t n)
{
    uint32_t at;
    for (at = 0; at < 2u * n; at += 16u) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(a + at));
        __m128i y = _mm_loadu_si128((const __m128i *)(const void *)(b + at));
        _mm_storeu_si128((__m128i *)(void *)(sum + at), _mm_adds_epi16(x, y));
    }
}

/* Sums of 64 bits: of two products no more than 32 are ever needed. */
static inline int64_t pylm__dot_wide_sse2(const uint8_t *const *rows, uint32_t n_rows, const int16_t *inputs,
                                          uint32_t n)
{
    __m128i sum = _mm_setzero_si128();
    int64_t sums[2];
    uint32_t k, row;
    for (k = 0; k < n; k += 8u) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(inputs + k));
        for (row = 0; row < n_rows; row++) {
            __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(rows[row] + 2u * k));
            __m128i product = _mm_madd_epi16(w, x), sign = _mm_srai_epi32(product, 31);
            sum = _mm_add_epi64(sum, _mm_unpacklo_epi32(product, sign));
            sum = _mm_add_epi64(sum, _mm_unpackhi_epi32(product, sign));
        }
    }
    _mm_storeu_si128((__m128i *)(void *)sums, sum);
    return sums[0] + sums[1];
}

#if defined(__x86_64__)
static inline uint32_t pylm__dot_three_sse2(const uint8_t *a, const uint8_t *b, int32_t x0, int32_t x1, int32_t x2)
{
    uint64_t packed = ((uint32_t)x0 & 0xffffu) | (uint32_t)x1 << 16 | (uint64_t)((uint32_t)x2 & 0xffffu) << 32;
    __m128i x = _mm_cvtsi64_si128((long long)packed);
    __m128i sum = _mm_add_epi32(_mm_madd_epi16(_mm_loadl_epi64((const __m128i *)(const void *)a), x),
                                _mm_madd_epi16(_mm_loadl_epi64((const __m128i *)(const void *)b), x));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x55));
    return (uint32_t)_mm_cvtsi128_si32(sum);
}
#endif

#endif
