/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic.h: what the last hundreds of symbols were about.
 *
 * Every symbol has a vector: what usually comes in its neighbourhood. A state keeps sums of the vectors of what it has
 * read. They fade: with each symbol a sum loses 2^-fade of itself. There are two sums, of about the last 2^4 and the
 * last 2^7 symbols. Both together, scaled to bytes, are the *reading*. Every node of a tree has a vector, too. Its
 * product with the reading says which side this topic favours. That is one more input of the first stage of mixing,
 * behind the constant.
 *
 * All numbers are whole, and the product is linear in each symbol that was read.
 */
#ifndef PYLM_CORE_TOPIC_H
#define PYLM_CORE_TOPIC_H

#include "core/fast/dot.h"
#include "fixed.h"
#include "image.h"

#if defined(__SSE2__)
#include "core/fast/sums_sse2.h"
#endif

#define PYLM__TOPIC_MAX_SCALE 24u /* log2 of what a byte of a reading stands for */
#define PYLM__TOPIC_MAX_SHIFT 12u /* of a symbol's vector */
#define PYLM__TOPIC_MAX_FADE 10u
#define PYLM__TOPIC_MAX_SUM (INT32_C(127) << (PYLM__TOPIC_MAX_SHIFT + PYLM__TOPIC_MAX_FADE))

/* The symbols' vectors of a model. */
struct pylm__topics {
    const uint8_t *symbols; /* by symbol: log2 of what its numbers are multiplied by, then n numbers */
    uint32_t n;             /* a multiple of 8; 0: there are none */
    uint32_t is_short;      /* 1: two numbers in a byte, here and in the nodes' records; 0: one */
    uint8_t fade[PYLM__N_FADES], scale[PYLM__N_FADES];
};

/* What a node's vector is multiplied by. */
struct pylm__reading {
    uint32_t n; /* numbers: n of the topics for each fade; 0: there are none */
    uint32_t is_short;
    int16_t of[PYLM__MAX_READING];
    uint32_t n_records;     /* of nodes */
    const uint8_t *records; /* the vectors of nodes */
    const uint8_t *own;     /* bytes: what says which of them belong to the word so far; NULL: none. See words.h */
};

/* A node's record: a log-odds (q10) that is added, log2 of what the product is divided by, a zero; then a number for
 * each of a reading. */
enum {
    PYLM__NODE_TOPIC_OFFSET = 0,  /* i16 */
    PYLM__NODE_TOPIC_SHIFT = 2,   /* u8 up to 15 */
    PYLM__NODE_TOPIC_NUMBERS = 4, /* i8[n]; or u8[n / 2], see pylm__topic_numbers() */
};

/* x / 2^n, rounded down; n up to 31. Nothing negative is shifted. */
static inline int32_t pylm__floor_shift(int32_t x, unsigned n)
{
    const uint32_t half = UINT32_C(1) << 31;
    return (int32_t)((((uint32_t)x + half) >> n) - (half >> n));
}

/* Bytes of n numbers, which are even. */
static inline uint32_t pylm__topic_numbers_nbytes(uint32_t n, uint32_t is_short)
{
    return n >> is_short;
}

/* The bytes of n numbers, which are even. Of short ones there are only the upper four bits, and the others are 0: half
 * of the numbers are in the lower halves of n / 2 bytes, the others in the upper ones.
 *   room   PYLM__MAX_READING bytes, which may be used */
static inline const uint8_t *pylm__topic_numbers(const uint8_t *numbers, uint32_t n, uint32_t is_short, uint8_t *room)
{
    uint32_t i, half = n / 2u;
    if (!is_short)
        return numbers;
    for (i = 0; i < half; i++)
        room[i] = (uint8_t)(numbers[i] << 4 & 0xf0);
    for (i = 0; i < half; i++)
        room[half + i] = numbers[i] & 0xf0u;
    return room;
}

/* Bytes of the part with the symbols' vectors, n numbers each. */
static inline uint64_t pylm__topics_nbytes(uint32_t n, uint32_t is_short, uint32_t n_symbols)
{
    return PYLM__TOPIC_NBYTES + (uint64_t)n_symbols * (pylm__topic_numbers_nbytes(n, is_short) + 1u);
}

/* Bytes of a tree's part with its nodes' vectors, for these vectors of the symbols. */
static inline uint64_t pylm__node_topics_nbytes(uint32_t n, uint32_t is_short, uint32_t n_symbols)
{
    return ((uint64_t)n_symbols - 1u) *
           (pylm__topic_numbers_nbytes(PYLM__N_FADES * n, is_short) + PYLM__NODE_TOPIC_NUMBERS);
}

/* A view of the part of an image, which was checked. */
static inline struct pylm__topics pylm__topics_view(const uint8_t *part)
{
    struct pylm__topics topics;
    uint32_t i;
    topics.symbols = part + PYLM__TOPIC_NBYTES;
    topics.n = part[PYLM__TOPIC_N];
    topics.is_short = part[PYLM__TOPIC_SHORT];
    for (i = 0; i < PYLM__N_FADES; i++) {
        topics.fade[i] = part[PYLM__TOPIC_FADES + i];
        topics.scale[i] = part[PYLM__TOPIC_SCALES + i];
    }
    return topics;
}

/* The vectors that a model has, or the one that it lies on. */
static inline struct pylm__topics pylm__topics_of(const struct pylm__model *model)
{
    struct pylm__topics none = {NULL, 0, 0, {0, 0}, {0, 0}};
    const uint8_t *image = pylm__root_model(model)->image;
    pylm__offset at = PYLM_MODULE_TOPIC ? pylm__load_offset(image + PYLM__H_TOPIC) : 0u;
    return at ? pylm__topics_view(image + (size_t)at) : none;
}

/* A symbol's record. */
static inline const uint8_t *pylm__topic_symbol(const struct pylm__topics *topics, uint32_t symbol)
{
    return topics->symbols + (size_t)symbol * (pylm__topic_numbers_nbytes(topics->n, topics->is_short) + 1u);
}

/* sums += numbers * 2^shift - sums / 2^fade, rounded down; n is a multiple of 8. */
static inline void pylm__fade_sums(int32_t *sums, const uint8_t *numbers, uint32_t n, unsigned shift, unsigned fade)
{
#if defined(__SSE2__)
    pylm__fade_sums_sse2(sums, numbers, n, shift, fade);
#else
    uint32_t j;
    for (j = 0; j < n; j++)
        sums[j] += (int32_t)(int8_t)numbers[j] * (1 << shift) - pylm__floor_shift(sums[j], fade);
#endif
}

/* sums / 2^scale, rounded, within +-127 */
static inline void pylm__scale_sums(const int32_t *sums, int16_t *out, uint32_t n, unsigned scale)
{
#if defined(__SSE2__)
    pylm__scale_sums_sse2(sums, out, n, scale);
#else
    uint32_t j;
    for (j = 0; j < n; j++) {
        int32_t x = pylm__floor_shift(sums[j] + ((1 << scale) >> 1), scale);
        out[j] = (int16_t)(x > 127 ? 127 : x < -127 ? -127 : x);
    }
#endif
}

/* Adds a symbol to the sums, n of each fade. */
static inline void pylm__topic_read(const struct pylm__topics *topics, int32_t *sums, uint32_t symbol)
{
    const uint8_t *record = pylm__topic_symbol(topics, symbol), *numbers;
    unsigned shift = record[0] < PYLM__TOPIC_MAX_SHIFT ? record[0] : PYLM__TOPIC_MAX_SHIFT;
    uint32_t i, n = topics->n;
    uint8_t room[PYLM__MAX_READING];
    numbers = pylm__topic_numbers(record + 1, n, topics->is_short, room);
    for (i = 0; i < PYLM__N_FADES; i++)
        pylm__fade_sums(sums + i * n, numbers, n, shift, topics->fade[i]);
}

/* What the sums say, in bytes. */
static inline void pylm__topic_reading(const struct pylm__topics *topics, const int32_t *sums,
                                       struct pylm__reading *reading)
{
    uint32_t i, n = topics->n;
    reading->n = PYLM__N_FADES * n;
    reading->is_short = topics->is_short;
    for (i = 0; i < PYLM__N_FADES; i++)
        pylm__scale_sums(sums + i * n, reading->of + i * n, n, topics->scale[i]);
}

/* The log-odds of a node, q10, within +-PYLM__MAX_LOG_ODDS_Q10.
 *   sum   the product of its numbers and the reading */
static inline int32_t pylm__topic_log_odds_of(const uint8_t *record, uint32_t sum)
{
    unsigned shift = record[PYLM__NODE_TOPIC_SHIFT] & 15u;
    int32_t x = pylm__image_i16(record + PYLM__NODE_TOPIC_OFFSET) +
                pylm__floor_shift((int32_t)(sum + ((UINT32_C(1) << shift) >> 1)), shift);
    return x > PYLM__MAX_LOG_ODDS_Q10    ? PYLM__MAX_LOG_ODDS_Q10
           : x < -PYLM__MAX_LOG_ODDS_Q10 ? -PYLM__MAX_LOG_ODDS_Q10
                                         : x;
}

static inline int32_t pylm__topic_log_odds(const uint8_t *record, const struct pylm__reading *reading)
{
    uint8_t room[PYLM__MAX_READING];
    const uint8_t *numbers =
        pylm__topic_numbers(record + PYLM__NODE_TOPIC_NUMBERS, reading->n, reading->is_short, room);
    return pylm__topic_log_odds_of(record, pylm__dot_bytes(numbers, reading->of, reading->n));
}

#endif
