/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * dot_neon.h: core/fast/dot.h for 64-bit ARM processors: eight inputs at once.
 */
#ifndef PYLM_FAST_DOT_NEON_H
#define PYLM_FAST_DOT_NEON_H

#include "core/bits.h"

#include <arm_neon.h>

static inline uint32_t pylm__dot_neon(const uint8_t *const *rows, const int16_t *inputs, uint32_t n)
{
    int32x4_t sum = vdupq_n_s32(0);
    uint32_t k, row;
    for (k = 0; k < n; k += 8u) {
        int16x8_t x = vld1q_s16(inputs + k);
        for (row = 0; row < 4u; row++) {
            int16x8_t w = vreinterpretq_s16_u8(vld1q_u8(rows[row] + 2u * k));
            sum = vmlal_s16(sum, vget_low_s16(w), vget_low_s16(x));
            sum = vmlal_high_s16(sum, w, x);
        }
    }
    return (uint32_t)vaddvq_s32(sum);
}

static inline uint32_t pylm__dot_bytes_neon(const uint8_t *bytes, const int16_t *x, uint32_t n)
{
    int32x4_t sum = vdupq_n_s32(0);
    uint32_t k;
    for (k = 0; k < n; k += 8u) {
        int16x8_t b = vmovl_s8(vreinterpret_s8_u8(vld1_u8(bytes + k))), numbers = vld1q_s16(x + k);
        sum = vmlal_s16(sum, vget_low_s16(b), vget_low_s16(numbers));
        sum = vmlal_high_s16(sum, b, numbers);
    }
    return (uint32_t)vaddvq_s32(sum);
}

static inline void pylm__add_rows_neon(const uint8_t *a, const uint8_t *b, uint8_t *sum, uint32_t n)
{
    uint32_t at;
    for (at = 0; at < 2u * n; at += 16u) {
        int16x8_t x = vreinterpretq_s16_u8(vld1q_u8(a + at)), y = vreinterpretq_s16_u8(vld1q_u8(b + at));
        vst1q_u8(sum + at, vreinterpretq_u8_s16(vqaddq_s16(x, y)));
    }
}

#endif
