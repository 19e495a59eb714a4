/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * compare.h: words of a text that is asked about, against the training text. What is read behind a place is bounded by
 * the words asked about and the white space between those of the training text, however long its words are.
 */
#ifndef PYLM_TRAIN_SOURCE_COMPARE_H
#define PYLM_TRAIN_SOURCE_COMPARE_H

#include <string.h>

#include "sources.h"
#include "words.h"

/* Compares the word of the training text at *at, where white space may stand in front, with another one: negative if it
 * is smaller, 0 if it is the same; *at is behind it then. The end of a document is smaller than any word. */
static inline int pylm__compare_word(const struct pylm__sources *s, uint64_t *at, const uint8_t *word, uint64_t nbytes)
{
    uint64_t begin = pylm__skip_space(s->text, s->text_nbytes, *at), room, end, n;
    int order;
    if (begin >= s->text_nbytes || (!s->text[begin] && pylm__document_end(s, pylm__document_at(s, begin)) == begin))
        return -1;
    room = s->text_nbytes - begin;
    room = room > nbytes && room - nbytes > 4u ? nbytes + 4u : room; /* a character behind it, if it is the same */
    end = pylm__word_end(s->text, begin + room, begin);
    n = end - begin;
    order = memcmp(s->text + begin, word, (size_t)(n < nbytes ? n : nbytes));
    *at = end;
    return order ? order : n < nbytes ? -1 : n > nbytes;
}

/* Compares the training text from `at` on with words of a text. Negative if it is smaller, 0 if it begins with them.
 * *n_same becomes how many words are the same. */
static inline int pylm__compare_words(const struct pylm__sources *s, uint64_t at, const uint8_t *text,
                                      const pylm_span *words, uint64_t n_words, uint64_t *n_same)
{
    uint64_t i;
    int order = 0;
    for (i = 0; i < n_words; i++)
        if ((order = pylm__compare_word(s, &at, text + words[i].begin, words[i].end - words[i].begin)) != 0)
            break;
    *n_same = i;
    return order;
}

#endif
