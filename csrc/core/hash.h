/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * hash.h: the one hash of the project, for contexts, vocabulary and checksums.
 *
 * Each step multiplies by an odd constant and folds the high half down, both of which can be undone: so
 * two inputs that differ in one step only never give the same value.
 *
 * Contexts, words and the vocabulary of a model are hashed with a factor of its own, which comes from a digest of its
 * whole training text. So whoever writes a part of that text cannot choose contexts or words that collide: for a random
 * odd factor the upper n bits of two given inputs are equal with a probability of 2^(1-n) (Dietzfelbinger, Hagerup,
 * Katajainen and Penttonen 1997).
 */
#ifndef PYLM_CORE_HASH_H
#define PYLM_CORE_HASH_H

#include "bits.h"

#define PYLM__HASH_SEED UINT64_C(0x243f6a8885a308d3)   /* first fraction bits of pi */
#define PYLM__HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

PYLM__SHARED uint64_t pylm__hash_mix(uint64_t hash, const uint8_t *factor)
{
    hash *= pylm__load64(factor);
    return hash ^ hash >> 32;
}

/* A step with the factor of a model. */
static inline uint64_t pylm__hash_by(const uint8_t *factor, uint64_t hash, uint64_t value)
{
    return pylm__hash_mix(hash ^ value, factor);
}

/* A step with the one of all others. */
PYLM__SHARED uint64_t pylm__hash_step(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * PYLM__HASH_FACTOR;
    return hash ^ hash >> 32;
}

/* The 32 bits of a hash from one of its upper 48 on, which are counted from the highest. */
static inline uint32_t pylm__hash_part(uint64_t hash, unsigned from)
{
#if PYLM__WIDE_REGISTERS
    return (uint32_t)(hash << from >> 32);
#else
    uint32_t high = (uint32_t)(hash >> 32), low = (uint32_t)hash;
    return PYLM_TRUSTS || from < 32u ? high << from | low >> 1 >> (31u - from) : low << (from - 32u);
#endif
}

/* The upper `n` bits of a hash: of 0 to 39, or of what an image can have where positions of bits have 32. */
static inline pylm__bit pylm__hash_bucket(uint64_t hash, unsigned n)
{
    if (sizeof(pylm__bit) == 8u)
        return (pylm__bit)(hash >> 1 >> (63u - n));
    return (uint32_t)(hash >> 32) >> 1 >> (31u - (n & 31u)); /* n is larger only in an index of width 0 */
}

/* Hash of n bytes. */
static inline uint64_t pylm__hash_bytes(const uint8_t *p, uint64_t n)
{
    uint64_t hash = PYLM__HASH_SEED, i;
    for (i = 0; i < n; i++)
        hash = pylm__hash_step(hash, p[i]);
    return pylm__hash_step(hash, n);
}

/* Checksum of n bytes, eight at a time. */
static inline uint64_t pylm__checksum(const uint8_t *p, uint64_t n)
{
    uint64_t hash = PYLM__HASH_SEED, tail = 0;
    size_t i, end = (size_t)n; /* they are in memory */
    for (i = 0; end - i >= 8u; i += 8u)
        hash = pylm__hash_step(hash, pylm__load64(p + i));
    for (; i < end; i++)
        tail = tail << 8 | p[i];
    return pylm__hash_step(pylm__hash_step(hash, tail), n);
}

#endif
