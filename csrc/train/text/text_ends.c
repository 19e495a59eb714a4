/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * text_ends.c: see text_ends.h. A text of one line ends with its line: names, commands, queries. If documents have
 * several lines, they end with a symbol of their own, the byte 0, as strings do in C. One running text does not end.
 */
#include "text_ends.h"

#include <string.h>

static uint64_t begin_of(const struct pylm__corpus *corpus, uint64_t document)
{
    return document ? corpus->document_ends[document - 1u] : 0u;
}

/* Whether a symbol is in a document, but for its last symbols. */
static int is_within(const struct pylm__corpus *corpus, uint32_t symbol, uint32_t n_last)
{
    uint64_t d, p, end;
    for (d = 0; d < corpus->n_documents; d++) {
        end = corpus->document_ends[d];
        for (p = begin_of(corpus, d); p + n_last < end; pylm__corpus_passed(corpus, p++))
            if (pylm__symbol(corpus, p) == symbol)
                return 1;
    }
    return 0;
}

/* Whether a document needs a symbol at its end. One without any symbol says nothing, not even that it ends. */
static int is_open(const struct pylm__corpus *corpus, uint64_t document, uint32_t symbol)
{
    uint64_t begin = begin_of(corpus, document), end = corpus->document_ends[document];
    return begin < end && pylm__symbol(corpus, end - 1u) != symbol;
}

static uint64_t count_open(const struct pylm__corpus *corpus, uint32_t symbol)
{
    uint64_t d, n = 0;
    for (d = 0; d < corpus->n_documents; d++)
        n += (uint64_t)is_open(corpus, d, symbol);
    return n;
}

/* Moves n symbols up. */
static void move_up(struct pylm__corpus *corpus, uint64_t from, uint64_t n, uint64_t by)
{
    uint8_t *symbols = corpus->symbols.data;
    memmove(symbols + (size_t)(from + by) * corpus->width, symbols + (size_t)from * corpus->width,
            (size_t)n * corpus->width);
}

/* Ends all documents with a symbol, the last one first. */
static int append(struct pylm__corpus *corpus, uint32_t symbol)
{
    uint64_t n_new = count_open(corpus, symbol), left = n_new, d;
    PYLM__TRY(pylm__corpus_reserve(corpus, corpus->n_copied + n_new));
    move_up(corpus, corpus->n, corpus->n_copied, n_new);
    for (d = corpus->n_documents; left; d--) {
        uint64_t begin = begin_of(corpus, d - 1u), end = corpus->document_ends[d - 1u];
        int opened = is_open(corpus, d - 1u, symbol);
        move_up(corpus, begin, end - begin, left - (uint64_t)opened);
        corpus->document_ends[d - 1u] = end + left;
        if (opened)
            pylm__set_symbol(corpus, end + --left, symbol);
    }
    corpus->n += n_new;
    return PYLM_OK;
}

/* The id that all documents end with, if it is nowhere else: the one by which their tokenizer ends a text. */
static uint32_t common_end(const struct pylm__corpus *corpus)
{
    uint32_t last = pylm__symbol(corpus, corpus->n - 1u);
    return count_open(corpus, last) || is_within(corpus, last, 1) ? PYLM_NONE : last;
}

int pylm__corpus_end_documents(struct pylm__corpus *corpus)
{
    int words = corpus->tokenizer == PYLM_TOKENIZER_WORDS;
    uint32_t line_end = words ? FIRST_LINE_END : '\n', own = words ? FIRST_TEXT_END : 0u;
    if (corpus->endless || corpus->n_documents < 2u)
        return PYLM_OK;
    if (corpus->base) /* ends as its base does */
        return corpus->text_end == PYLM_NONE ? PYLM_OK : append(corpus, corpus->text_end);
    if (corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        corpus->text_end = common_end(corpus); /* nothing is added to ids */
    else if (!is_within(corpus, line_end, 1))
        corpus->ends = PYLM__ENDS_LINE;
    else if (!is_within(corpus, own, 0)) /* else it is no text, but something that has that byte */
        corpus->ends = PYLM__ENDS_OWN;
    return corpus->ends ? append(corpus, corpus->ends == PYLM__ENDS_LINE ? line_end : own) : PYLM_OK;
}

/* The symbol that has this text of one byte. */
static uint32_t find_byte(const struct pylm__corpus *corpus, uint8_t byte)
{
    uint32_t i;
    uint64_t nbytes;
    if (corpus->tokenizer == PYLM_TOKENIZER_BYTES)
        return byte;
    for (i = 0; i < corpus->vocabulary.n; i++) {
        const uint8_t *text = pylm__string_text(&corpus->vocabulary, i, &nbytes);
        if (nbytes == 1u && *text == byte) /* an external symbol may have no text */
            return i;
    }
    return PYLM_NONE;
}

void pylm__corpus_find_ends(struct pylm__corpus *corpus)
{
    if (corpus->base) /* a layer, which has those of its base */
        return;
    if (corpus->line_end == PYLM_NONE) /* not words */
        corpus->line_end = find_byte(corpus, '\n');
    if (corpus->ends == PYLM__ENDS_LINE)
        corpus->text_end = corpus->line_end;
    else if (corpus->ends == PYLM__ENDS_OWN)
        corpus->text_end = find_byte(corpus, 0);
}
