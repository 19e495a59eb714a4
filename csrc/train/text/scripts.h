/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * scripts.h: the characters of a text in UTF-8, and their scripts. Any bytes are allowed: one that is no part
 * of a character is a letter, as in texts of other encodings.
 */
#ifndef PYLM_TRAIN_SCRIPTS_H
#define PYLM_TRAIN_SCRIPTS_H

#include <stdint.h>

enum pylm__script {
    PYLM__SCRIPT_LETTER, /* everything that is not below: Latin, Greek, Cyrillic and so on */
    PYLM__SCRIPT_DIGIT,
    PYLM__SCRIPT_BLANK, /* white space of ASCII */
    PYLM__SCRIPT_SIGN,
    PYLM__SCRIPT_HAN, /* Chinese characters */
    PYLM__SCRIPT_HIRAGANA,
    PYLM__SCRIPT_KATAKANA,
    PYLM__SCRIPT_OTHER /* Hangul, and besides Chinese and Japanese what has no spaces, such as Thai */
};

/* Classifies the first character of a text of n bytes, at least 1, and finds its length. */
enum pylm__script pylm__script_of(const uint8_t *text, uint64_t n, uint32_t *nbytes);

/* Whether a byte is not the first one of a character, if it belongs to one of several bytes. */
static inline int pylm__continues(uint8_t byte)
{
    return (byte & 0xc0u) == 0x80u;
}

#endif
