/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * typing.h: text as people type it, parted into words and signs; and upper and lower case.
 *
 * A word is a run of letters and digits, with apostrophes and hyphens inside; every byte from 128 on is taken for part
 * of a letter, but for those of typographic signs. Everything else that can be seen is a sign. Case is known of
 * ASCII and of the letters U+00C0 to U+00FE, whose upper and lower forms have the same number of bytes.
 */
#ifndef PYLM_KEYBOARD_TYPING_H
#define PYLM_KEYBOARD_TYPING_H

#include "core/context.h"
#include "pylm_keyboard.h"

enum pylm__unit { PYLM__UNIT_WORD, PYLM__UNIT_SIGN, PYLM__UNIT_LINE_END, PYLM__UNIT_END };

/* Finds the next word, sign or line end of a text from *position on, and moves *position behind it.
 *   begin    out: where it begins */
enum pylm__unit pylm__next_unit(const uint8_t *text, uint64_t nbytes, uint64_t *position, uint64_t *begin);

/* Where the word begins that a text ends with; nbytes if it ends with none. */
uint64_t pylm__started_word(const uint8_t *text, uint64_t nbytes);

/* Whether a word that begins behind this text begins a sentence. */
int pylm__begins_sentence(const uint8_t *text, uint64_t nbytes);

/* Whether a text could be a word, or a part of one that goes on: all of it letters, digits, apostrophes, hyphens. */
int pylm__is_wordlike(const uint8_t *text, uint64_t nbytes);

enum pylm__case {
    PYLM__CASE_LOWER,   /* no upper case letter */
    PYLM__CASE_CAPITAL, /* only the first letter is one */
    PYLM__CASE_UPPER,   /* all letters are, and there are two or more */
    PYLM__CASE_MIXED,
    PYLM__N_CASES
};

enum pylm__case pylm__case_of(const uint8_t *text, uint64_t nbytes);

/* Writes a text in another case: PYLM__CASE_LOWER, _UPPER, or _CAPITAL, which changes the first letter only. */
void pylm__to_case(const uint8_t *text, uint64_t nbytes, enum pylm__case to, uint8_t *out);

/* Whether n bytes of two texts agree but for case. */
int pylm__same_letters(const uint8_t *a, const uint8_t *b, uint64_t n);

/* Lets a state that has read nothing read a line end, without learning it: people begin where a line begins. */
void pylm__begin_text(const pylm_model *model, struct pylm__state *state);

/* Called for every symbol of a text. */
typedef void (*pylm__read_symbol)(void *user, uint32_t symbol);

/* The symbols of a text that was typed; see pylm_read_typed(). */
int pylm__read_typed(const pylm_model *model, const void *text, uint64_t nbytes, pylm__read_symbol read, void *user);

#endif
