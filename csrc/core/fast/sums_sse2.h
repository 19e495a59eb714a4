/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sums_sse2.h: the sums of core/topic.h for x86 processors: eight numbers at once. n is a multiple of 8.
 */
#ifndef PYLM_FAST_SUMS_SSE2_H
#define PYLM_FAST_SUMS_SSE2_H

#include <emmintrin.h>
#include <stdint.h>

/* sums += numbers * 2^shift - sums / 2^fade, rounded down */
static inline void pylm__fade_sums_sse2(int32_t *sums, const uint8_t *numbers, uint32_t n, unsigned shift,
                                        unsigned fade)
{
    const __m128i by_shift = _mm_cvtsi32_si128((int)shift), by_fade = _mm_cvtsi32_si128((int)fade);
    uint32_t j, half;
    for (j = 0; j < n; j += 8u) {
        __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)(numbers + j)), x[2];
        bytes = _mm_unpacklo_epi8(bytes, bytes);
        x[0] = _mm_srai_epi32(_mm_unpacklo_epi16(bytes, bytes), 24);
        x[1] = _mm_srai_epi32(_mm_unpackhi_epi16(bytes, bytes), 24);
        for (half = 0; half < 2u; half++) {
            __m128i *at = (__m128i *)(void *)(sums + j + 4u * half), sum = _mm_loadu_si128(at);
            sum = _mm_add_epi32(_mm_sub_epi32(sum, _mm_sra_epi32(sum, by_fade)), _mm_sll_epi32(x[half], by_shift));
            _mm_storeu_si128(at, sum);
        }
    }
}

/* sums / 2^scale, rounded, within +-127 */
static inline void pylm__scale_sums_sse2(const int32_t *sums, int16_t *out, uint32_t n, unsigned scale)
{
    const __m128i by_scale = _mm_cvtsi32_si128((int)scale), half = _mm_set1_epi32((1 << scale) >> 1);
    const __m128i most = _mm_set1_epi16(127), least = _mm_set1_epi16(-127);
    uint32_t j;
    for (j = 0; j < n; j += 8u) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(sums + j));
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(sums + j + 4u));
        a = _mm_sra_epi32(_mm_add_epi32(a, half), by_scale);
        b = _mm_sra_epi32(_mm_add_epi32(b, half), by_scale);
        a = _mm_max_epi16(_mm_min_epi16(_mm_packs_epi32(a, b), most), least);
        _mm_storeu_si128((__m128i *)(void *)(out + j), a);
    }
}

#endif
