/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * scripts.c: see scripts.h.
 */
#include "scripts.h"

struct range {
    uint32_t first, last;
    enum pylm__script script;
};

/* In their order. */
static const struct range ranges[] = {
    {0x00a0, 0x00bf, PYLM__SCRIPT_SIGN},     {0x0e00, 0x109f, PYLM__SCRIPT_OTHER}, /* Thai, Lao, Tibetan, Myanmar */
    {0x1100, 0x11ff, PYLM__SCRIPT_OTHER},                                          /* parts of Hangul */
    {0x1780, 0x17ff, PYLM__SCRIPT_OTHER},                                          /* Khmer */
    {0x2010, 0x2bff, PYLM__SCRIPT_SIGN}, /* dashes, quotation marks, arrows, mathematics, boxes */
    {0x2e80, 0x2fdf, PYLM__SCRIPT_HAN},  /* radicals */
    {0x3000, 0x3004, PYLM__SCRIPT_SIGN}, /* the wide space, comma and full stop */
    {0x3005, 0x3007, PYLM__SCRIPT_HAN},  /* repetition, zero */
    {0x3008, 0x303f, PYLM__SCRIPT_SIGN}, /* brackets */
    {0x3040, 0x309f, PYLM__SCRIPT_HIRAGANA}, {0x30a0, 0x30a0, PYLM__SCRIPT_SIGN},  /* double hyphen */
    {0x30a1, 0x30fa, PYLM__SCRIPT_KATAKANA}, {0x30fb, 0x30fb, PYLM__SCRIPT_SIGN},  /* middle dot */
    {0x30fc, 0x30ff, PYLM__SCRIPT_KATAKANA},                                       /* long vowel, repetition */
    {0x3130, 0x318f, PYLM__SCRIPT_OTHER},                                          /* parts of Hangul */
    {0x31f0, 0x31ff, PYLM__SCRIPT_KATAKANA},                                       /* small ones */
    {0x3200, 0x33ff, PYLM__SCRIPT_SIGN},                                           /* in circles and squares */
    {0x3400, 0x9fff, PYLM__SCRIPT_HAN},      {0xac00, 0xd7ff, PYLM__SCRIPT_OTHER}, /* Hangul */
    {0xf900, 0xfaff, PYLM__SCRIPT_HAN},      {0xfe30, 0xfe6f, PYLM__SCRIPT_SIGN},  /* vertical and small forms */
    {0xff00, 0xff0f, PYLM__SCRIPT_SIGN}, /* full width, as in ASCII; the letters stay letters */
    {0xff10, 0xff19, PYLM__SCRIPT_DIGIT},    {0xff1a, 0xff20, PYLM__SCRIPT_SIGN},
    {0xff3b, 0xff40, PYLM__SCRIPT_SIGN},     {0xff5b, 0xff65, PYLM__SCRIPT_SIGN},
    {0xff66, 0xff9f, PYLM__SCRIPT_KATAKANA}, /* half width */
    {0xffe0, 0xffef, PYLM__SCRIPT_SIGN},     /* full width: currencies */
    {0x1f000, 0x1faff, PYLM__SCRIPT_SIGN},   /* pictures */
    {0x20000, 0x3ffff, PYLM__SCRIPT_HAN},    /* rare ones */
};

#define N_RANGES (sizeof ranges / sizeof ranges[0])

/* The code point of the character, of two to four bytes, that a text begins with; 0: there is none. */
static uint32_t read_long(const uint8_t *text, uint64_t n, uint32_t *nbytes)
{
    static const uint32_t least[] = {0x80, 0x800, 0x10000};
    uint32_t i, more = text[0] >= 0xf0u ? 3u : text[0] >= 0xe0u ? 2u : 1u, code = text[0] & (0x3fu >> more);
    *nbytes = 1;
    if (text[0] < 0xc2u || text[0] > 0xf4u || n <= more)
        return 0;
    for (i = 1; i <= more; i++) {
        if (!pylm__continues(text[i]))
            return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    if (code < least[more - 1u] || code > 0x10ffffu || (code >= 0xd800u && code <= 0xdfffu))
        return 0;
    *nbytes = more + 1u;
    return code;
}

static enum pylm__script script_of_byte(uint8_t byte)
{
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
        return PYLM__SCRIPT_LETTER;
    if (byte >= '0' && byte <= '9')
        return PYLM__SCRIPT_DIGIT;
    return byte == ' ' || (byte >= '\t' && byte <= '\r') ? PYLM__SCRIPT_BLANK : PYLM__SCRIPT_SIGN;
}

enum pylm__script pylm__script_of(const uint8_t *text, uint64_t n, uint32_t *nbytes)
{
    uint32_t code, low = 0, high = N_RANGES;
    *nbytes = 1;
    if (text[0] < 0x80u)
        return script_of_byte(text[0]);
    code = read_long(text, n, nbytes);
    while (low < high) {
        uint32_t middle = (low + high) / 2u;
        if (ranges[middle].last < code)
            low = middle + 1u;
        else
            high = middle;
    }
    return low < N_RANGES && ranges[low].first <= code ? ranges[low].script : PYLM__SCRIPT_LETTER;
}
