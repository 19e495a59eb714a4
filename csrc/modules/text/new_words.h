/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * new_words.h: a list of words that a model did not have when it was trained; see pylm_text.h. It was checked.
 */
#ifndef PYLM_TEXT_NEW_WORDS_H
#define PYLM_TEXT_NEW_WORDS_H

#include "core/image.h"

/* One word of a list. */
struct pylm__new_word {
    const uint8_t *text;
    uint32_t nbytes, count;
};

/* Goes through a list: `*position` is 0 at first. Returns 0 at the end. */
int pylm__next_new_word(const uint8_t *words, uint32_t *position, struct pylm__new_word *word);

/* What part of the probability of "<unk>" a word has that came `count` times, in 2^-30. */
uint32_t pylm__new_word_share(const uint8_t *words, uint32_t count);

#endif
