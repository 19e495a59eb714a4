/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keyboard.h: a predictive keyboard: suggests how the word that is being typed may go on, or which may come next,
 * and learns what was typed. Knows neither screen nor keys.
 *
 * It wants a model of bytes. What is typed is learned a word at a time, once the word is complete: so it can be
 * corrected until then, and nothing has to be unlearned.
 */
#ifndef KEYBOARD_H
#define KEYBOARD_H

#include <stddef.h>

#include "pylm_adapt.h"
#include "pylm_text.h"

#define KEYBOARD_SUGGESTIONS 3u
#define KEYBOARD_WORD_NBYTES 24u      /* of a started word; a longer one is learned in parts */
#define KEYBOARD_GUESSES 12u          /* beginnings of words that are held at once while suggestions are looked for */
#define KEYBOARD_BRANCHES 4u          /* bytes that are tried behind each */
#define KEYBOARD_TRIES 24u            /* how often, at most */
#define KEYBOARD_SENTENCE_NBYTES 120u /* of one that is completed */

/* What may follow the started word. */
struct keyboard_guess {
    uint32_t cost_q16; /* of its bytes, 1/65536 bit */
    uint8_t text[KEYBOARD_WORD_NBYTES];
    uint8_t nbytes;
    uint8_t is_whole; /* the cost includes that the word ends here */
};

struct keyboard {
    const pylm_model *model;
    void *work;
    pylm_state state;     /* before the started word; learns */
    pylm_sampler sampler; /* for sentences: the same on every board */
    struct keyboard_guess guesses[KEYBOARD_GUESSES];
    uint32_t n_suggestions; /* the first guesses, the most probable first */
    uint8_t word[KEYBOARD_WORD_NBYTES];
    uint8_t n_word;
};

/* Begins an empty text.
 *   model    stays in use
 *   work     pylm_work_nbytes() bytes, at an address divisible by 8; stays in use
 *   overlay  memory to learn in, zero or more bytes; with too few of them it learns nothing
 * Returns PYLM_ERR_ARGUMENT if this is no model of bytes. */
int keyboard_begin(struct keyboard *keyboard, const pylm_model *model, void *work, void *overlay,
                   size_t overlay_nbytes);

/* Types a byte. What is no part of a word ends the started one, and both are learned. */
void keyboard_type(struct keyboard *keyboard, uint8_t byte);

/* Takes the last character of the started word back, of UTF-8 all its bytes; returns how many. */
uint32_t keyboard_erase(struct keyboard *keyboard);

/* Looks for suggestions: guesses[0] to guesses[n_suggestions - 1]. */
void keyboard_suggest(struct keyboard *keyboard);

/* Begins to complete a sentence: the started word is read, and nothing of what follows is learned. */
void keyboard_sentence(struct keyboard *keyboard);

/* The next byte of the sentence, already read; the last one is a full stop or the like. */
uint8_t keyboard_go_on(struct keyboard *keyboard);

/* Whether a byte belongs to a word: letters, the apostrophe, and all of what is not ASCII; ends a sentence. */
int keyboard_is_letter(uint8_t byte);
int keyboard_is_end(uint8_t byte);

#endif
