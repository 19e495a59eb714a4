/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layout.h: bytes: where the next byte stands on the page, and what the last ones look like.
 *
 * Verses, tables and programs repeat what stands in the line above, at the same place. Names, numbers and dates are of
 * a shape: an upper case letter, lower case ones, a space.
 */
#ifndef PYLM_CORE_LAYOUT_H
#define PYLM_CORE_LAYOUT_H

#include "config.h"

#define PYLM__MAX_COLUMN 255u /* all further ones count as this */
#define PYLM__LAYOUT_NBYTES 256u
#define PYLM__MAX_RUNS 10u /* of a shape */
#define PYLM__RUN_BITS 3u

/* Part of a state, all numbers of 32 bits. Zeros are a text in which nothing stands. */
struct pylm__layout {
    uint32_t column;                          /* bytes behind the last line end, up to PYLM__LAYOUT_NBYTES */
    uint32_t line;                            /* bytes of the line above with its end; the largest: too many */
    uint32_t runs;                            /* kinds of the last bytes, the last lowest; see below */
    uint32_t n_words;                         /* that began behind the last line end */
    uint32_t bytes[PYLM__LAYOUT_NBYTES / 4u]; /* a ring, four in each number */
};

/* The kinds of bytes. Several of a kind, one behind the other, are one run. */
enum pylm__byte_kind {
    PYLM__BYTE_NONE = 0, /* before the start of the text */
    PYLM__BYTE_LOWER = 1,
    PYLM__BYTE_UPPER = 2,
    PYLM__BYTE_DIGIT = 3,
    PYLM__BYTE_SPACE = 4, /* and a tab */
    PYLM__BYTE_LINE_END = 5,
    PYLM__BYTE_MARK = 6, /* all others of ASCII */
    PYLM__BYTE_OTHER = 7 /* of a character outside ASCII */
};

static inline uint32_t pylm__byte_kind(uint32_t byte)
{
    if (byte >= 128u)
        return PYLM__BYTE_OTHER;
    if ((byte | 32u) >= 'a' && (byte | 32u) <= 'z')
        return byte & 32u ? PYLM__BYTE_LOWER : PYLM__BYTE_UPPER;
    if (byte >= '0' && byte <= '9')
        return PYLM__BYTE_DIGIT;
    if (byte == ' ' || byte == '\t')
        return PYLM__BYTE_SPACE;
    return byte == '\n' || byte == '\r' ? PYLM__BYTE_LINE_END : PYLM__BYTE_MARK;
}

/* Reads a byte.
 *   at            how many were read before
 *   begins_word   it is the first letter of a word */
static inline void pylm__layout_read(struct pylm__layout *layout, uint32_t at, uint32_t byte, int begins_word)
{
    uint32_t kind = pylm__byte_kind(byte), shift = 8u * (at & 3u);
    uint32_t *four = &layout->bytes[at / 4u % (PYLM__LAYOUT_NBYTES / 4u)];
    *four = (*four & ~(UINT32_C(255) << shift)) | byte << shift;
    if (kind != (layout->runs & ((1u << PYLM__RUN_BITS) - 1u)))
        layout->runs = layout->runs << PYLM__RUN_BITS | kind;
    layout->column += layout->column < PYLM__LAYOUT_NBYTES;
    layout->n_words += (uint32_t)begins_word;
    if (byte == '\n') {
        layout->line = layout->column;
        layout->column = layout->n_words = 0;
    }
}

/* The byte plus one that stands in the line above where the next one comes. 0: that line is not so long, or too long to
 * be kept whole.
 *   at   how many were read */
static inline uint32_t pylm__layout_above(const struct pylm__layout *layout, uint32_t at)
{
    uint32_t place = at - layout->line;
    if (layout->column + 1u >= layout->line || layout->line >= PYLM__LAYOUT_NBYTES)
        return 0;
    return (layout->bytes[place / 4u % (PYLM__LAYOUT_NBYTES / 4u)] >> 8u * (place & 3u) & 255u) + 1u;
}

/* What the templates take: the byte above and the column in one; the kinds of the last runs; the words in the line and
 * the last two of these. */
static inline uint32_t pylm__layout_place(const struct pylm__layout *layout, uint32_t at)
{
    uint32_t column = layout->column < PYLM__MAX_COLUMN ? layout->column : PYLM__MAX_COLUMN;
    return pylm__layout_above(layout, at) << 8 | column;
}

static inline uint32_t pylm__layout_shape(const struct pylm__layout *layout, uint32_t n_runs)
{
    return layout->runs & ((UINT32_C(1) << PYLM__RUN_BITS * n_runs) - 1u);
}

static inline uint32_t pylm__layout_line(const struct pylm__layout *layout)
{
    uint32_t n = layout->n_words < PYLM__MAX_COLUMN ? layout->n_words : PYLM__MAX_COLUMN;
    return n << 2u * PYLM__RUN_BITS | pylm__layout_shape(layout, 2);
}

#endif
