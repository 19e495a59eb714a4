/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * typing.h: splits text that people type into words and signs, and changes upper and lower case.
 *
 * A word is a run of letters and digits, with apostrophes (' and U+2019) and hyphens inside. Bytes from 128 on belong
 * to letters, except those of typographic signs and white space. Every other visible character is a sign. Case is known
 * for ASCII and for the letters U+00C0 to U+00FE, whose upper and lower forms have the same number of bytes.
 */
#ifndef PYLM_KEYBOARD_TYPING_H
#define PYLM_KEYBOARD_TYPING_H

#include "core/context.h"
#include "pylm_keyboard.h"

enum pylm__unit { PYLM__UNIT_WORD, PYLM__UNIT_SIGN, PYLM__UNIT_LINE_END, PYLM__UNIT_END };

/* Finds the next word, sign or line end of a text from *position on, and moves *position behind it.
 *   begin    out: where it begins */
enum pylm__unit pylm__next_unit(const uint8_t *text, uint64_t nbytes, uint64_t *position, uint64_t *begin);

/* Bytes of the apostrophe or hyphen that a text of n bytes begins with; 0: there is none. */
uint32_t pylm__joint(const uint8_t *text, uint64_t n);

/* Writes a word with its apostrophes in the other form: ' for U+2019, or if there is none of these U+2019 for '.
 * Returns its bytes; 0 if it has no apostrophes, or if there is no room for it. */
uint32_t pylm__other_apostrophes(const uint8_t *text, uint64_t nbytes, uint8_t *out, uint32_t capacity);

/* Where the last word of a text begins, if the text ends with a word; else nbytes. */
uint64_t pylm__started_word(const uint8_t *text, uint64_t nbytes);

/* Whether a word that begins behind this text begins a sentence. */
int pylm__begins_sentence(const uint8_t *text, uint64_t nbytes);

/* Whether a text is all letters, digits, apostrophes and hyphens: a word, or a part of one. */
int pylm__is_wordlike(const uint8_t *text, uint64_t nbytes);

enum pylm__case {
    PYLM__CASE_LOWER,   /* no upper case letter */
    PYLM__CASE_CAPITAL, /* only the first letter is upper case */
    PYLM__CASE_UPPER,   /* all letters are, two or more */
    PYLM__CASE_MIXED,
    PYLM__N_CASES
};

enum pylm__case pylm__case_of(const uint8_t *text, uint64_t nbytes);

/* Writes a text in another case: PYLM__CASE_LOWER, _UPPER, or _CAPITAL. The last changes the first letter only. */
void pylm__to_case(const uint8_t *text, uint64_t nbytes, enum pylm__case to, uint8_t *out);

/* Whether n bytes of two texts agree, case aside. */
int pylm__same_letters(const uint8_t *a, const uint8_t *b, uint64_t n);

/* Called for every symbol of a text.
 *   word   an unknown word, of nbytes bytes; NULL: it is none */
typedef void (*pylm__read_symbol)(void *user, uint32_t symbol, const uint8_t *word, uint64_t nbytes);

/* Calls `read` for the symbols of a typed text; see pylm_read_typed(). Returns a status. */
int pylm__read_typed(const pylm_model *model, const void *text, uint64_t nbytes, pylm__read_symbol read, void *user);

#endif
