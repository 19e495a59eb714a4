/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * readings.h: what was read before the positions of a text, or of a part of them: as in core/topic.h.
 */
#ifndef PYLM_TRAIN_READINGS_H
#define PYLM_TRAIN_READINGS_H

#include "core/words.h"
#include "pair_counts.h"
#include "train/count/heldout.h"

/* The groups of sections. Those that are held out are in two, the others stand between them. So the events without
 * either group stand together. */
enum { PYLM__TOPIC_SECOND, PYLM__TOPIC_COMMON, PYLM__TOPIC_FIRST, PYLM__TOPIC_GROUPS };

/* A held-out block, which begins a part; or what is behind it; or a part without one. */
struct pylm__section {
    uint32_t part; /* that it is in */
    uint8_t group;
    uint64_t begin, end; /* in positions of the text */
    uint64_t last;       /* there are readings before the positions from begin on, up to here */
    uint64_t first;      /* the number of its first position among all with readings */
    uint64_t first_row;
};

/* Readings along the text. It has parts, a twentieth each: what is said at a position is learned from the others. A
 * part has one section or two. */
struct pylm__readings {
    uint64_t n_positions;
    uint32_t n; /* numbers of one */
    uint32_t n_sections;
    struct pylm__section sections[PYLM__TOPIC_SECTIONS];
    uint32_t first_section[PYLM__TOPIC_PARTS + 1u]; /* by part */
    uint64_t n_rows;                                /* readings there are; of those that are wanted at present */
    uint64_t *wanted;                               /* by position, a bit: it has a row; NULL: all have */
    uint64_t turn;                                  /* events that are listed at once, about */
    int has_second;                                 /* some section is in the second group */
    int is_short;      /* vectors have numbers of 4 bits, and there are log-odds of all levels */
    uint32_t n_used;   /* numbers of a symbol's vector: others are 0, and are not stored */
    int8_t *rows;      /* n numbers each */
    uint8_t *symbols;  /* by part of the text: the symbols' records that know nothing of it; bytes: NULL */
    uint32_t *row_of;  /* bytes, by position: its row; NULL: each position that is wanted has its own */
    uint32_t *key_of;  /* bytes, by position: the number of its prefix + 1, or 0 */
    uint8_t *prefixes; /* bytes: what the part with the nodes' vectors begins with, up to the records (core/words.h) */
    uint64_t prefixes_nbytes;
    uint32_t n_records; /* vectors of nodes */
};

#define PYLM__MOST_WORDS 32768u /* bytes: words with vectors */

/* Finds the sections and lays out their readings: of a held-out block all positions, of others `most` at most. */
void pylm__readings_lay_out(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                            const struct pylm__heldout *heldout, uint64_t most);
void pylm__readings_free(struct pylm__readings *readings);

/* The pairs from which vectors are made that know nothing of the held-out text, if that is not nearly all.
 *   corpus   the text, or what it is read as
 *   bounds   of the sections there; NULL: those of the text */
void pylm__readings_neighbourhood(const struct pylm__readings *readings, const struct pylm__corpus *corpus,
                                  const uint64_t *bounds, struct pylm__neighbourhood *around);

/* Whether a position, by its number among all with readings, has a row. */
static inline int pylm__reading_is_wanted(const struct pylm__readings *readings, uint64_t number)
{
    return !readings->wanted || readings->wanted[number / 64u] >> number % 64u & 1u;
}

/* The entry of a position's prefix, or NULL. */
static inline const uint8_t *pylm__readings_prefix(const struct pylm__readings *readings, uint64_t position)
{
    uint32_t key = readings->key_of ? readings->key_of[position] : 0u;
    const uint8_t *table = readings->prefixes + 4u;
    return key ? table + pylm__table_nbytes(pylm__load32(table), pylm__load32(table + 4)) +
                     (size_t)(key - 1u) * PYLM__PREFIX_NBYTES
               : NULL;
}

/* The record of a node, for that prefix. */
static inline uint32_t pylm__readings_record(const uint8_t *prefix, uint32_t node)
{
    return prefix ? pylm__prefix_record(prefix, node) : node;
}

#endif
