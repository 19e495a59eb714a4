/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * words.h: the words of passages, in the training text and in a traced text; pylm_sources.h says what a word is. Where
 * a word ends depends only on its bytes and the character behind it. Any bytes are allowed: those that are not UTF-8
 * are parts of words.
 */
#ifndef PYLM_TRAIN_SOURCE_WORDS_H
#define PYLM_TRAIN_SOURCE_WORDS_H

#include <stdint.h>

#include "modules/text/vocabulary.h"

enum pylm__character {
    PYLM__SPACE, /* Unicode's white space: parts words */
    PYLM__ALONE, /* a word by itself: of a script without spaces; also NUL, which stands behind documents */
    PYLM__PART   /* everything else */
};

/* Classifies a character of two to four bytes, and finds its length. If there is none, one byte is a part of a word. */
static inline enum pylm__character pylm__long_character(const uint8_t *p, uint64_t n, uint32_t *nbytes)
{
    uint32_t code;
    *nbytes = pylm__long_space(p, n);
    if (*nbytes)
        return PYLM__SPACE;
    *nbytes = 1;
    if (p[0] < 0xe0u || n < 3u || (p[1] & 0xc0u) != 0x80u || (p[2] & 0xc0u) != 0x80u)
        return PYLM__PART;
    if (p[0] >= 0xf0u) { /* U+20000 to U+3FFFF: Chinese characters */
        *nbytes = 4;
        if (p[0] == 0xf0u && p[1] >= 0xa0u && n > 3u && (p[3] & 0xc0u) == 0x80u)
            return PYLM__ALONE;
        *nbytes = 1;
        return PYLM__PART;
    }
    *nbytes = 3;
    code = (uint32_t)(p[0] & 15u) << 12 | (uint32_t)(p[1] & 63u) << 6 | (uint32_t)(p[2] & 63u);
    if ((code >= 0x2e80u && code <= 0x9fffu) || (code >= 0xf900u && code <= 0xfaffu) || /* Chinese, Japanese */
        (code >= 0x0e00u && code <= 0x109fu) || /* Thai, Lao, Tibetan, Myanmar */
        (code >= 0x1780u && code <= 0x17ffu))   /* Khmer */
        return PYLM__ALONE;
    *nbytes = 1;
    return PYLM__PART;
}

/* Classifies the first character of a text of n bytes, at least 1, and finds its length. */
static inline enum pylm__character pylm__character(const uint8_t *p, uint64_t n, uint32_t *nbytes)
{
    uint8_t c = p[0];
    if (c >= 0x80u)
        return pylm__long_character(p, n, nbytes);
    *nbytes = 1;
    return c > ' ' ? PYLM__PART : c == ' ' || (c >= '\t' && c <= '\r') ? PYLM__SPACE : c ? PYLM__PART : PYLM__ALONE;
}

/* The first byte from `at` on that is not white space; the end of the text if there is none. */
static inline uint64_t pylm__skip_space(const uint8_t *text, uint64_t nbytes, uint64_t at)
{
    uint32_t n;
    for (; at < nbytes; at += n)
        if (pylm__character(text + at, nbytes - at, &n) != PYLM__SPACE)
            return at;
    return nbytes;
}

/* The end of the word that begins at `at`, where there is one. */
static inline uint64_t pylm__word_end(const uint8_t *text, uint64_t nbytes, uint64_t at)
{
    uint32_t n;
    enum pylm__character first = pylm__character(text + at, nbytes - at, &n);
    do
        at += n;
    while (first == PYLM__PART && at < nbytes && pylm__character(text + at, nbytes - at, &n) == PYLM__PART);
    return at;
}

/* Finds the next word of a text from *position on. It reaches from *begin to the new *position. Returns 0 if there is
 * none. */
static inline int pylm__next_word(const uint8_t *text, uint64_t nbytes, uint64_t *position, uint64_t *begin)
{
    uint64_t at = pylm__skip_space(text, nbytes, *position);
    if (at >= nbytes)
        return 0;
    *begin = at;
    *position = pylm__word_end(text, nbytes, at);
    return 1;
}

#endif
