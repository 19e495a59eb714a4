/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * vocab.h: how text is parted into words, shared by the trainer and the engine.
 */
#ifndef PYLM_CORE_VOCAB_H
#define PYLM_CORE_VOCAB_H

#include <stdint.h>

#define PYLM__MAX_PIECE_NBYTES 24u

static inline int pylm__is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

enum pylm__token { PYLM__TOKEN_WORD, PYLM__TOKEN_LINE_END, PYLM__TOKEN_END };

/* Finds the next token of a text from *position on; moves *position behind it.
 *   closed   whether the end of the text ends a line that has begun
 *   word     out: where the word begins; it ends at *position
 * PYLM__TOKEN_END comes once, with *position = nbytes + 1. */
static inline enum pylm__token pylm__next_token(const uint8_t *text, uint64_t nbytes, int closed,
                                                uint64_t *position, uint64_t *word)
{
    uint64_t at = *position;
    while (at < nbytes && pylm__is_space(text[at]))
        at++;
    if (at == nbytes) {
        *position = nbytes + 1u;
        return closed && nbytes && text[nbytes - 1u] != '\n' ? PYLM__TOKEN_LINE_END : PYLM__TOKEN_END;
    }
    *word = at;
    if (text[at] == '\n') {
        *position = at + 1u;
        return PYLM__TOKEN_LINE_END;
    }
    while (at < nbytes && text[at] != '\n' && !pylm__is_space(text[at]))
        at++;
    *position = at;
    return PYLM__TOKEN_WORD;
}

#endif
