/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * vocabulary.c: text to symbols and back.
 */
#include "vocabulary.h"

#include <string.h>

#include "core/hash.h"
#include "core/image.h"
#include "core/lexicon.h"

#if PYLM_MODULE_TEXT

/* Where a symbol's text begins; for n_symbols: where all texts end. Never behind that end. */
static uint64_t text_position(const struct pylm__model *m, uint32_t symbol)
{
    const uint8_t *h = pylm__root_model(m)->image;
    unsigned width = h[PYLM__H_VOCAB_POSITION_BITS];
    uint64_t end = pylm__load64(h + PYLM__H_VOCAB_TEXT_NBYTES), position;
    if (m->tokenizer == PYLM_TOKENIZER_BYTES)
        return symbol;
    position = pylm__bits(h + (size_t)pylm__load64(h + PYLM__H_VOCAB_POSITIONS), (pylm__bit)symbol * width, width);
    return position < end ? position : end;
}

const uint8_t *pylm__symbol_text(const struct pylm__model *m, uint32_t symbol, uint32_t *nbytes)
{
    const uint8_t *h = pylm__root_model(m)->image;
    uint64_t begin, end;
    if (pylm__has_lexicon(m) && symbol >= m->n_symbols)
        return pylm__lexicon_text(m, symbol - m->n_symbols, nbytes);
    begin = text_position(m, symbol);
    end = text_position(m, symbol + 1u);
    *nbytes = end > begin ? (uint32_t)(end - begin) : 0u;
    return h + (size_t)(pylm__load64(h + PYLM__H_VOCAB_TEXT) + begin);
}

int pylm_symbol_text(const pylm_model *model, uint32_t symbol, const unsigned char **text, uint32_t *text_nbytes)
{
    const struct pylm__model *m = pylm__model_view(model);
    if (symbol >= pylm__n_all_symbols(m))
        return PYLM_ERR_ARGUMENT;
    *text = pylm__symbol_text(m, symbol, text_nbytes);
    return PYLM_OK;
}

/* The symbol whose text has this hash and these bytes. */
static uint32_t find_hashed(const struct pylm__model *m, uint64_t hash, const uint8_t *word, uint64_t nbytes)
{
    const uint8_t *h = pylm__root_model(m)->image, *slots = h + (size_t)pylm__load64(h + PYLM__H_VOCAB_SLOTS), *text;
    unsigned width = pylm__width(m->n_symbols), slot_bits = h[PYLM__H_VOCAB_SLOT_BITS];
    uint32_t mask = (UINT32_C(1) << slot_bits) - 1u, tries, symbol, text_nbytes;
    uint32_t slot = pylm__slot(pylm__factor(pylm__root_model(m)), hash);
    for (tries = 0; tries < PYLM__MOST_TRIED; tries++, slot++) {
        symbol = pylm__bits(slots, (pylm__bit)(slot & mask) * width, width);
        if (!symbol || symbol > m->n_symbols)
            return PYLM_NONE;
        text = pylm__symbol_text(m, symbol - 1u, &text_nbytes);
        if (text_nbytes == nbytes && memcmp(text, word, text_nbytes) == 0)
            return symbol - 1u;
    }
    return PYLM_NONE;
}

uint32_t pylm_symbol_find(const pylm_model *model, const void *text, uint64_t text_nbytes)
{
    const struct pylm__model *m = pylm__model_view(model);
    uint32_t symbol;
    if (m->tokenizer == PYLM_TOKENIZER_BYTES)
        return text_nbytes == 1u ? *(const uint8_t *)text : PYLM_NONE;
    symbol = find_hashed(m, pylm__hash_bytes(text, text_nbytes), text, text_nbytes);
    return symbol == PYLM_NONE && pylm__has_lexicon(m) ? pylm__lexicon_find(m, text, text_nbytes) : symbol;
}

int pylm__is_unknown_word(const struct pylm__model *m, const uint8_t *word, uint64_t nbytes)
{
    uint64_t position = 0;
    struct pylm__span span;
    return m->tokenizer == PYLM_TOKENIZER_WORDS && nbytes &&
           pylm__next_token(word, nbytes, 0, &position, &span) == PYLM__TOKEN_WORD && span.nbytes == nbytes &&
           find_hashed(m, span.hash, word, nbytes) == PYLM_NONE;
}

uint64_t pylm__vocabulary_checksum(const struct pylm__model *m)
{
    return pylm__load64(pylm__root_model(m)->image + PYLM__H_HEAD_CHECKSUM);
}

/* The longest piece at the start of a text, and its length. */
static uint32_t longest_piece(const struct pylm__model *m, const uint8_t *text, uint64_t nbytes, uint32_t *length)
{
    uint64_t hashes[PYLM__MAX_PIECE_NBYTES + 1u];
    uint32_t n, most = nbytes < PYLM__MAX_PIECE_NBYTES ? (uint32_t)nbytes : PYLM__MAX_PIECE_NBYTES, symbol;
    hashes[0] = PYLM__HASH_SEED;
    for (n = 0; n < most; n++)
        hashes[n + 1u] = pylm__hash_step(hashes[n], text[n]);
    for (n = most; n; n--) {
        symbol = find_hashed(m, pylm__hash_step(hashes[n], n), text, n);
        if (symbol != PYLM_NONE) {
            *length = n;
            return symbol;
        }
    }
    *length = 1; /* every byte has a symbol, but in a damaged image */
    return 0;
}

/* Bytes and pieces. */
static void encode_strings(const struct pylm__model *m, const uint8_t *text, uint64_t nbytes, int closed,
                           uint64_t *position, uint32_t *symbols, uint64_t capacity, uint64_t *n)
{
    uint32_t length = 1, last;
    while (*position < nbytes && *n < capacity) {
        symbols[(*n)++] = m->tokenizer == PYLM_TOKENIZER_BYTES
                              ? text[*position]
                              : longest_piece(m, text + *position, nbytes - *position, &length);
        *position += length;
    }
    last = pylm__missing_end(m, text, nbytes, closed);
    if (*position < nbytes || (last != PYLM_NONE && *n == capacity))
        return;
    if (last != PYLM_NONE)
        symbols[(*n)++] = last;
    *position = nbytes + 1u;
}

uint32_t pylm__next_symbol(const struct pylm__model *m, const uint8_t *text, uint64_t nbytes, int closed,
                           uint64_t *position, struct pylm__span *word)
{
    enum pylm__token token = pylm__next_token(text, nbytes, closed, position, word);
    uint32_t symbol;
    if (token != PYLM__TOKEN_WORD)
        return token == PYLM__TOKEN_LINE_END ? m->line_end : PYLM_NONE;
    symbol = find_hashed(m, word->hash, text + word->begin, word->nbytes);
    if (symbol == PYLM_NONE && pylm__has_lexicon(m))
        symbol = pylm__lexicon_find(m, text + word->begin, word->nbytes);
    return symbol != PYLM_NONE ? symbol : pylm__load32(m->image + PYLM__H_UNKNOWN);
}

static void encode_words(const struct pylm__model *m, const uint8_t *text, uint64_t nbytes, int closed,
                         uint64_t *position, uint32_t *symbols, uint64_t capacity, uint64_t *n)
{
    struct pylm__span word;
    while (*position <= nbytes && *n < capacity) {
        uint32_t symbol = pylm__next_symbol(m, text, nbytes, closed, position, &word);
        if (symbol != PYLM_NONE)
            symbols[(*n)++] = symbol;
    }
}

int pylm_encode(const pylm_model *model, const void *text, uint64_t text_nbytes, int end, uint64_t *position,
                uint32_t *symbols, uint64_t *n)
{
    const struct pylm__model *m = pylm__model_view(model);
    uint64_t capacity = *n;
    if (*position > text_nbytes || !capacity || m->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        return PYLM_ERR_ARGUMENT;
    *n = 0;
    if (m->tokenizer == PYLM_TOKENIZER_WORDS)
        encode_words(m, text, text_nbytes, end == PYLM_TEXT_CLOSED, position, symbols, capacity, n);
    else
        encode_strings(m, text, text_nbytes, end == PYLM_TEXT_CLOSED, position, symbols, capacity, n);
    return PYLM_OK;
}

int pylm_decode(const pylm_model *model, uint32_t previous, const uint32_t *symbols, uint64_t n, void *text,
                uint64_t capacity, uint64_t *nbytes_ret)
{
    const struct pylm__model *m = pylm__model_view(model);
    uint8_t *out = text;
    uint64_t i, used = 0;
    int words = m->tokenizer == PYLM_TOKENIZER_WORDS;
    for (i = 0; i < n; i++) {
        uint32_t nbytes, symbol = symbols[i];
        const uint8_t *from;
        if (symbol >= pylm__n_all_symbols(m))
            return PYLM_ERR_ARGUMENT;
        from = pylm__symbol_text(m, symbol, &nbytes);
        if (words && symbol == m->line_end) {
            from = (const uint8_t *)"\n";
            nbytes = 1;
        } else if (words && previous != PYLM_NONE && previous != m->line_end) {
            if (used < capacity)
                out[used] = ' ';
            used++;
        }
        if (used <= capacity && nbytes <= capacity - used && nbytes)
            memcpy(out + (size_t)used, from, nbytes);
        used += nbytes;
        previous = symbol;
    }
    *nbytes_ret = used;
    return used <= capacity ? PYLM_OK : PYLM_ERR_SPACE;
}

int pylm__vocabulary_check(const struct pylm__model *m)
{
    const uint8_t *h = m->image;
    unsigned position_bits = h[PYLM__H_VOCAB_POSITION_BITS], slot_bits = h[PYLM__H_VOCAB_SLOT_BITS];
    uint64_t text_nbytes = pylm__load64(h + PYLM__H_VOCAB_TEXT_NBYTES), spelling = pylm__load64(h + PYLM__H_SPELLING);
    if (!pylm__lies_inside(m, pylm__load64(h + PYLM__H_VOCAB_TEXT), text_nbytes))
        return 0;
    if (m->tokenizer == PYLM_TOKENIZER_BYTES)
        return text_nbytes == 256u;
    return text_nbytes < (UINT64_C(1) << 32) && position_bits <= 32u && slot_bits <= PYLM__MOST_SLOT_BITS &&
           pylm__packed_inside(m, pylm__load64(h + PYLM__H_VOCAB_POSITIONS), (uint64_t)m->n_symbols + 1u,
                               position_bits) &&
           pylm__packed_inside(m, pylm__load64(h + PYLM__H_VOCAB_SLOTS), (uint64_t)1 << slot_bits,
                               pylm__width(m->n_symbols)) &&
           (!spelling || pylm__lies_inside(m, spelling, pylm__load64(h + PYLM__H_SPELLING_NBYTES)));
}

#endif
