/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * vocabulary.h: splits text into words, for the trainer and the engine alike.
 */
#ifndef PYLM_TEXT_VOCABULARY_H
#define PYLM_TEXT_VOCABULARY_H

#include "core/hash.h"
#include "core/image.h"
#include "pylm_text.h"

#define PYLM__MAX_PIECE_NBYTES 24u

/* White space but for the line end, which also separates words but is a token of its own. */
static inline int pylm__is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

static inline int pylm__parts_words(uint8_t c)
{
    return c <= ' ' && (c == '\n' || pylm__is_space(c));
}

enum pylm__token { PYLM__TOKEN_WORD, PYLM__TOKEN_LINE_END, PYLM__TOKEN_END };

/* The text of a symbol that the model has. */
const uint8_t *pylm__symbol_text(const struct pylm__model *model, uint32_t symbol, uint32_t *nbytes);

/* Where a word lies in a text. */
struct pylm__span {
    uint64_t begin, nbytes;
    uint64_t hash; /* pylm__hash_bytes(); cheap to make while the word is read */
};

/* Finds the next token of a text from *position on; moves *position behind it.
 *   closed   whether the end of the text also ends its last line
 *   word     out, for PYLM__TOKEN_WORD
 * PYLM__TOKEN_END comes once, with *position = nbytes + 1. */
static inline enum pylm__token pylm__next_token(const uint8_t *text, uint64_t nbytes, int closed, uint64_t *position,
                                                struct pylm__span *word)
{
    uint64_t at = *position, hash = PYLM__HASH_SEED;
    while (at < nbytes && pylm__is_space(text[at]))
        at++;
    if (at == nbytes) {
        *position = nbytes + 1u;
        return closed && nbytes && text[nbytes - 1u] != '\n' ? PYLM__TOKEN_LINE_END : PYLM__TOKEN_END;
    }
    if (text[at] == '\n') {
        *position = at + 1u;
        return PYLM__TOKEN_LINE_END;
    }
    word->begin = at;
    for (; at < nbytes && !pylm__parts_words(text[at]); at++)
        hash = pylm__hash_step(hash, text[at]);
    word->nbytes = at - word->begin;
    word->hash = pylm__hash_step(hash, word->nbytes);
    *position = at;
    return PYLM__TOKEN_WORD;
}

/* Whether a model's vocabulary lies inside its image. For pylm_model_open(). */
int pylm__vocabulary_check(const struct pylm__model *model);

#endif
