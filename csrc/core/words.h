/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * words.h: bytes: what the last words say about the next one.
 *
 * A *word* is a run of letters, or any other byte that is not a space. Frequent words have a vector for each place in
 * which they may stand: last, last but one, and so on. The vectors of the last words, one behind the other, are the
 * reading (topic.h). What it is multiplied by depends on the letters of the word so far, its *prefix*: behind a
 * frequent prefix, frequent nodes have vectors of their own.
 */
#ifndef PYLM_CORE_WORDS_H
#define PYLM_CORE_WORDS_H

#include "context.h"
#include "hash_table.h"

/* The vectors of words begin with this; then come the table of their hashes, and n numbers (i8) of each. */
enum {
    PYLM__WORDS_N = 0,    /* u8 numbers of a reading: a multiple of 8, up to PYLM__MAX_READING */
    PYLM__WORDS_DIMS = 1, /* u8 by place: numbers of its vectors. Together n */
    PYLM__WORDS_NBYTES = 1 + PYLM__MAX_PLACES + 3
};

/* The vectors of nodes begin with the number of records (u32) and the table of prefixes. Then comes for each prefix: */
enum {
    PYLM__PREFIX_FIRST = 0,  /* u32 the record of its first node */
    PYLM__PREFIX_RANKS = 4,  /* u8 by word of the bits: how many are set in those before it */
    PYLM__PREFIX_BITS = 12,  /* u32 of 32 nodes: which have records of their own */
    PYLM__PREFIX_NBYTES = 44 /* and then the records: as in topic.h, first one for each node, whatever the prefix */
};

/* Bytes of both parts, whose heads are there. */
static inline uint64_t pylm__words_nbytes(const uint8_t *part)
{
    const uint8_t *table = part + PYLM__WORDS_NBYTES;
    uint32_t n = pylm__load32(table);
    return PYLM__WORDS_NBYTES + pylm__table_nbytes(n, pylm__load32(table + 4)) + (uint64_t)n * part[PYLM__WORDS_N];
}

static inline uint64_t pylm__prefixes_nbytes(const uint8_t *part, uint32_t n)
{
    uint32_t n_prefixes = pylm__load32(part + 4);
    return 4u + pylm__table_nbytes(n_prefixes, pylm__load32(part + 8)) + (uint64_t)n_prefixes * PYLM__PREFIX_NBYTES +
           (uint64_t)pylm__load32(part) * (n + PYLM__NODE_TOPIC_NUMBERS);
}

/* The prefix of what comes next: the word so far, or the last byte. */
static inline uint32_t pylm__prefix(const struct pylm__state *state)
{
    return state->word[0] ? state->word[0] : pylm__word_of_byte(pylm__state_recent(state, 1));
}

/* Writes what the last words say.
 *   part   the vectors of words */
static inline void pylm__words_reading(const uint8_t *part, const uint32_t *words, struct pylm__reading *reading)
{
    const uint8_t *table = part + PYLM__WORDS_NBYTES, *dims = part + PYLM__WORDS_DIMS;
    const uint8_t *vectors = table + (size_t)pylm__table_nbytes(pylm__load32(table), pylm__load32(table + 4));
    uint32_t place, i = 0, n = part[PYLM__WORDS_N];
    for (place = 0; place < PYLM__MAX_PLACES && dims[place]; place++) {
        uint32_t word = words[place] ? pylm__table_find(table, words[place]) : PYLM_NONE, end = i + dims[place];
        const uint8_t *vector = vectors + (size_t)(word == PYLM_NONE ? 0u : word) * n;
        int known = -(int)(word != PYLM_NONE);
        for (; i < end; i++)
            reading->of[i] = (int16_t)((int8_t)vector[i] & known);
    }
    reading->n = n;
    reading->is_short = 0;
}

/* Finds the records of a tree's nodes.
 *   part     its vectors of nodes
 *   prefix   of the state */
static inline void pylm__words_records(const uint8_t *part, uint32_t prefix, struct pylm__reading *reading)
{
    const uint8_t *table = part + 4u;
    uint32_t n = pylm__load32(table), number = pylm__table_find(table, prefix);
    const uint8_t *prefixes = table + (size_t)pylm__table_nbytes(n, pylm__load32(table + 4));
    reading->n_records = pylm__load32(part);
    reading->own = number == PYLM_NONE ? NULL : prefixes + (size_t)number * PYLM__PREFIX_NBYTES;
    reading->records = prefixes + (size_t)n * PYLM__PREFIX_NBYTES;
}

/* The number of a node's record behind a prefix. */
static inline uint32_t pylm__prefix_record(const uint8_t *prefix, uint32_t node)
{
    uint32_t i = node / 32u % 8u, bits = pylm__load32(prefix + PYLM__PREFIX_BITS + 4u * i);
    if (!(bits >> node % 32u & 1u))
        return node;
    return pylm__load32(prefix + PYLM__PREFIX_FIRST) + prefix[PYLM__PREFIX_RANKS + i] +
           pylm__count_bits(bits & pylm__mask(node % 32u));
}

/* The record of a node, in bytes and others. */
static inline const uint8_t *pylm__reading_record(const struct pylm__reading *reading, uint32_t node)
{
    uint32_t number = reading->own ? pylm__prefix_record(reading->own, node) : node;
    if (PYLM__DAMAGED(number >= reading->n_records))
        number = 0;
    return reading->records +
           (size_t)number * (pylm__topic_numbers_nbytes(reading->n, reading->is_short) + PYLM__NODE_TOPIC_NUMBERS);
}

#endif
