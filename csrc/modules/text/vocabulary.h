/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * vocabulary.h: splits text into words, for the trainer and the engine alike.
 */
#ifndef PYLM_TEXT_VOCABULARY_H
#define PYLM_TEXT_VOCABULARY_H

#include <string.h>

#include "core/hash.h"
#include "core/image.h"
#include "pylm_text.h"

#define PYLM__MAX_PIECE_NBYTES 24u
#define PYLM__MOST_SLOT_BITS 28u
#define PYLM__MOST_TRIED 512u /* slots in which a symbol is looked for; see train/text/slots.h */

/* White space of one byte but for the line end, which also separates words but is a token of its own. */
static inline int pylm__is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

/* Bytes of the white space of several bytes that begins at p, of n bytes; 0: there is none. It is Unicode's
 * White_Space: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
static inline uint32_t pylm__long_space(const uint8_t *p, uint64_t n)
{
    uint32_t code;
    if (p[0] == 0xc2u)
        return n > 1u && (p[1] == 0x85u || p[1] == 0xa0u) ? 2u : 0u;
    if (p[0] < 0xe1u || p[0] > 0xe3u || n < 3u)
        return 0;
    code = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    return code == 0xe19a80u || (code >= 0xe28080u && code <= 0xe2808au) || code == 0xe280a8u || code == 0xe280a9u ||
                   code == 0xe280afu || code == 0xe2819fu || code == 0xe38080u
               ? 3u
               : 0u;
}

/* Bytes of the white space that a text of n bytes, at least 1, begins with, but for the line end; 0: there is none. */
static inline uint32_t pylm__space(const uint8_t *p, uint64_t n)
{
    return p[0] < 0x80u ? (uint32_t)pylm__is_space(p[0]) : pylm__long_space(p, n);
}

static inline int pylm__parts_words(const uint8_t *p, uint64_t n)
{
    return p[0] <= ' ' ? p[0] == '\n' || pylm__is_space(p[0]) : p[0] >= 0xc2u && pylm__long_space(p, n);
}

static inline uint64_t pylm__skip_spaces(const uint8_t *text, uint64_t nbytes, uint64_t at)
{
    uint32_t n;
    while (at < nbytes && (n = pylm__space(text + at, nbytes - at)) != 0)
        at += n;
    return at;
}

enum pylm__token { PYLM__TOKEN_WORD, PYLM__TOKEN_LINE_END, PYLM__TOKEN_END };

/* The text of a symbol that the model has. */
const uint8_t *pylm__symbol_text(const struct pylm__model *model, uint32_t symbol, uint32_t *nbytes);

/* The slot, of 2^32, in which the vocabulary has the string with a hash. */
static inline uint32_t pylm__slot(const uint8_t *factor, uint64_t hash)
{
    return (uint32_t)(pylm__hash_by(factor, hash, 0) >> 32);
}

/* Where a word lies in a text. */
struct pylm__span {
    uint64_t begin, nbytes;
    uint64_t hash; /* pylm__hash_bytes(); cheap to make while the word is read */
};

/* Whether a word is "<s>" or "</s>", by which some texts mark where their lines begin and end. */
static inline int pylm__is_mark(const uint8_t *text, const struct pylm__span *word, const char *mark, uint64_t nbytes)
{
    return text[word->begin] == '<' && word->nbytes == nbytes && memcmp(text + word->begin, mark, (size_t)nbytes) == 0;
}

/* Where the text goes on behind "</s>", which ends a line together with the line end behind it. */
static inline uint64_t pylm__behind_mark(const uint8_t *text, uint64_t nbytes, uint64_t at)
{
    at = pylm__skip_spaces(text, nbytes, at);
    return at == nbytes || text[at] == '\n' ? at + 1u : at;
}

/* Finds the next token of a text from *position on; moves *position behind it. "<s>" is none.
 *   closed   whether the end of the text also ends its last line
 *   word     out, for PYLM__TOKEN_WORD
 * At the end *position is nbytes + 1; from there on, there is only PYLM__TOKEN_END. */
static inline enum pylm__token pylm__next_token(const uint8_t *text, uint64_t nbytes, int closed, uint64_t *position,
                                                struct pylm__span *word)
{
    uint64_t at = *position, hash;
    do {
        at = pylm__skip_spaces(text, nbytes, at);
        if (at >= nbytes) {
            *position = nbytes + 1u;
            return at == nbytes && closed && nbytes && text[nbytes - 1u] != '\n' ? PYLM__TOKEN_LINE_END
                                                                                 : PYLM__TOKEN_END;
        }
        if (text[at] == '\n') {
            *position = at + 1u;
            return PYLM__TOKEN_LINE_END;
        }
        word->begin = at;
        for (hash = PYLM__HASH_SEED; at < nbytes && !pylm__parts_words(text + at, nbytes - at); at++)
            hash = pylm__hash_step(hash, text[at]);
        word->nbytes = at - word->begin;
    } while (pylm__is_mark(text, word, "<s>", 3));
    word->hash = pylm__hash_step(hash, word->nbytes);
    *position = at;
    if (!pylm__is_mark(text, word, "</s>", 4))
        return PYLM__TOKEN_WORD;
    *position = pylm__behind_mark(text, nbytes, at);
    return PYLM__TOKEN_LINE_END;
}

/* Finds the next symbol of a text, of a model of words, as pylm__next_token() finds tokens. PYLM_NONE at the end.
 *   word   out: where the word stands, if it is one */
uint32_t pylm__next_symbol(const struct pylm__model *m, const uint8_t *text, uint64_t nbytes, int closed,
                           uint64_t *position, struct pylm__span *word);

/* Of a text of bytes or pieces that is complete, the line end that it lacks, in a model of texts that end with their
 * line. */
static inline uint32_t pylm__missing_end(const struct pylm__model *m, const uint8_t *text, uint64_t nbytes, int closed)
{
    return closed && nbytes && text[nbytes - 1u] != '\n' && m->text_end == m->line_end ? m->text_end : PYLM_NONE;
}

/* Whether a text is one word that the vocabulary does not have, that of a lexicon aside. */
int pylm__is_unknown_word(const struct pylm__model *m, const uint8_t *word, uint64_t nbytes);

/* What tells apart models of different vocabularies: the same for a model and all layers on it. */
uint64_t pylm__vocabulary_checksum(const struct pylm__model *m);

/* Whether a model's vocabulary lies inside its image. For pylm_model_open(). */
int pylm__vocabulary_check(const struct pylm__model *model);

#endif
