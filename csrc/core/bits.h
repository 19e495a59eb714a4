/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * bits.h: little-endian numbers and packed fields at any address.
 *
 * An image may lie at an odd address and on a big-endian machine, so everything is read byte by byte
 * in the source; compilers for 64-bit targets turn each of these into one load.
 */
#ifndef PYLM_CORE_BITS_H
#define PYLM_CORE_BITS_H

#include "platform.h"

#include <stddef.h>
#include <stdint.h>

/* Packed fields are read with up to 8 bytes at once, weights with 16; every image ends with this many spare
 * bytes. */
#define PYLM__SLACK_NBYTES 16u

PYLM__LOAD uint32_t pylm__load16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

PYLM__LOAD int32_t pylm__load_i16(const uint8_t *p)
{
    return (int32_t)(int16_t)(uint16_t)pylm__load16(p);
}

/* Of an image: weights and calibration, which are many. */
static inline int32_t pylm__image_i16(const uint8_t *p)
{
#if PYLM_ALIGNED && defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    int16_t value;
    __builtin_memcpy(&value, __builtin_assume_aligned(p, 2), sizeof value);
    return value;
#else
    return pylm__load_i16(p);
#endif
}

PYLM__LOAD uint32_t pylm__load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

PYLM__LOAD uint64_t pylm__load64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* A position in an image, 64 bits; what this library is not compiled for, beyond the end of any. */
PYLM__LOAD pylm__offset pylm__load_offset(const uint8_t *p)
{
    if (sizeof(pylm__offset) == 8u)
        return (pylm__offset)pylm__load64(p);
    return PYLM_TRUSTS || !pylm__load32(p + 4) ? pylm__load32(p) : UINT32_MAX;
}

PYLM__LOAD void pylm__store16(uint8_t *p, uint32_t value)
{
#if PYLM__STORES_WORDS
    uint16_t low = (uint16_t)value;
    __builtin_memcpy(p, &low, sizeof low);
#else
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
#endif
}

PYLM__LOAD void pylm__store32(uint8_t *p, uint32_t value)
{
#if PYLM__STORES_WORDS
    __builtin_memcpy(p, &value, sizeof value);
#else
    pylm__store16(p, value);
    pylm__store16(p + 2, value >> 16);
#endif
}

PYLM__LOAD void pylm__store64(uint8_t *p, uint64_t value)
{
    pylm__store32(p, (uint32_t)value);
    pylm__store32(p + 4, (uint32_t)(value >> 32));
}

/* Ones in the lowest `width` (0 to 32) bits. */
static inline uint32_t pylm__mask(unsigned width)
{
#if PYLM__WIDE_REGISTERS
    return (uint32_t)(((uint64_t)1 << width) - 1u);
#else
    return width < 32u ? (UINT32_C(1) << width) - 1u : UINT32_MAX;
#endif
}

/* The bits from `bit` behind `base` on, least significant first; 57 of them are there. */
static inline uint64_t pylm__word(const uint8_t *base, pylm__bit bit)
{
    return pylm__load64(base + (size_t)(bit >> 3)) >> ((unsigned)bit & 7u);
}

/* The 32 bits from `bit` behind `base` on. */
static inline uint32_t pylm__bits32(const uint8_t *base, pylm__bit bit)
{
#if PYLM__WIDE_REGISTERS
    return (uint32_t)pylm__word(base, bit);
#elif defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* Two words at addresses divisible by 4: many processors can read no others. Nothing is packed at the beginning of
     * an image, so the first of them does not lie before it. */
    uintptr_t at = (uintptr_t)base + (size_t)(bit >> 3);
    unsigned shift = ((unsigned)at & 3u) * 8u + ((unsigned)bit & 7u);
    const void *words = __builtin_assume_aligned((const void *)(at & ~(uintptr_t)3), 4);
    uint32_t two[2];
    __builtin_memcpy(two, words, sizeof two); /* the name alone would be a call where there is no library */
    return two[0] >> shift | two[1] << 1 << (31u - shift);
#else
    const uint8_t *p = base + (size_t)(bit >> 3);
    unsigned shift = (unsigned)bit & 7u;
    return pylm__load32(p) >> shift | (uint32_t)p[4] << 1 << (31u - shift);
#endif
}

/* Likewise PYLM__ONE_READ bits, 25 at least: fewer where words may be read at any address, so that one is enough. */
#if defined(__ARM_FEATURE_UNALIGNED) && !PYLM__WIDE_REGISTERS
#define PYLM__ONE_READ 25u
#else
#define PYLM__ONE_READ 32u
#endif
static inline uint32_t pylm__bits25(const uint8_t *base, pylm__bit bit)
{
#if PYLM__ONE_READ < 32
    return pylm__load32(base + (size_t)(bit >> 3)) >> ((unsigned)bit & 7u);
#else
    return pylm__bits32(base, bit);
#endif
}

/* The `width` (0 to 32) bits that begin `bit` bits behind `base`. */
PYLM__SHARED uint32_t pylm__bits(const uint8_t *base, pylm__bit bit, unsigned width)
{
    return pylm__bits32(base, bit) & pylm__mask(width);
}

#define PYLM__WORD_BITS 57u /* that pylm__word() reads at least */

/* Two fields of up to 32 bits, one right behind the other. */
struct pylm__pair {
    uint32_t first, second;
};

static inline struct pylm__pair pylm__pair(const uint8_t *base, pylm__bit bit, unsigned first, unsigned second)
{
    struct pylm__pair pair;
    if (PYLM__SMALL) {
        pair.first = pylm__bits(base, bit, first);
        pair.second = pylm__bits(base, bit + first, second);
    } else if (PYLM__WIDE_REGISTERS && first + second <= PYLM__WORD_BITS) {
        uint64_t word = pylm__word(base, bit);
        pair.first = (uint32_t)word & pylm__mask(first);
        pair.second = (uint32_t)(word >> first) & pylm__mask(second);
    } else if (first + second <= PYLM__ONE_READ) {
        uint32_t word = pylm__bits25(base, bit);
        pair.first = word & pylm__mask(first);
        pair.second = second ? word << (32u - first - second) >> (32u - second) : 0u;
    } else if (PYLM__ONE_READ < 32u && first <= PYLM__ONE_READ && second <= PYLM__ONE_READ) {
        pair.first = pylm__bits25(base, bit) & pylm__mask(first);
        pair.second = pylm__bits25(base, bit + first) & pylm__mask(second);
    } else {
        pair.first = pylm__bits(base, bit, first);
        pair.second = pylm__bits(base, bit + first, second);
    }
    return pair;
}

/* floor(log2(x)) for x >= 1. */
static inline unsigned pylm__ilog2(uint32_t x)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    return (unsigned)__builtin_clz(x) ^ 31u; /* one instruction there */
#elif defined(__GNUC__)
    return 31u - (unsigned)__builtin_clz(x);
#else
    unsigned n = 0;
    while (x >>= 1)
        n++;
    return n;
#endif
}

/* The number of the lowest bit that is set, which is known to be `from` or above, for x >= 1. */
static inline unsigned pylm__lowest_from(uint32_t x, unsigned from)
{
#if defined(__GNUC__) && !defined(__ARM_ARCH_6M__) && (!defined(__riscv) || defined(__riscv_zbb))
    (void)from;
    return (unsigned)__builtin_ctz(x); /* one or two instructions on these processors, a call on others */
#else
    while (!(x >> from & 1u))
        from++;
    return from;
#endif
}

/* How many bits are set. */
static inline unsigned pylm__count_bits(uint32_t x)
{
#if defined(__GNUC__) && (defined(__POPCNT__) || defined(__aarch64__))
    return (unsigned)__builtin_popcount(x); /* elsewhere that is a call */
#else
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return ((x + (x >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
#endif
}

/* Bits that hold every number from 0 to x. */
static inline unsigned pylm__width(uint32_t x)
{
    return x ? pylm__ilog2(x) + 1u : 0u;
}

static inline unsigned pylm__width64(uint64_t x)
{
    return x >> 32 ? 32u + pylm__width((uint32_t)(x >> 32)) : pylm__width((uint32_t)x);
}

#endif
