/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * corpus.c: see corpus.h. While documents are added, words are numbered as they appear, after those of N_FIRST; with
 * pieces the symbols are still bytes; external symbols are ids.
 */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/hash.h"
#include "modules/text/vocabulary.h"

#define SLICE 65536u  /* symbols between two looks at the task */
#define ENCODED 4096u /* symbols encoded at once */
#define MOST_SYMBOLS (UINT64_C(1) << 40)

int pylm__corpus_init(struct pylm__corpus *corpus, uint32_t tokenizer)
{
    uint32_t number;
    memset(corpus, 0, sizeof *corpus);
    corpus->tokenizer = tokenizer;
    corpus->width = tokenizer == PYLM_TOKENIZER_WORDS || tokenizer == PYLM_TOKENIZER_EXTERNAL ? 4u : 1u;
    corpus->unknown = corpus->line_end = corpus->text_end = PYLM_NONE;
    if (tokenizer != PYLM_TOKENIZER_WORDS)
        return PYLM_OK;
    PYLM__TRY(pylm__strings_init(&corpus->vocabulary));
    PYLM__TRY(pylm__strings_number(&corpus->vocabulary, (const uint8_t *)"</s>", 4, &number));
    PYLM__TRY(pylm__strings_number(&corpus->vocabulary, (const uint8_t *)"<unk>", 5, &number));
    return pylm__strings_number(&corpus->vocabulary, (const uint8_t *)"\0", 1, &number);
}

void pylm__corpus_free(struct pylm__corpus *corpus)
{
    pylm__store_free(&corpus->symbols);
    free(corpus->document_ends);
    free(corpus->document_hashes);
    pylm__strings_free(&corpus->vocabulary);
    pylm__strings_free(&corpus->given);
    pylm__strings_free(&corpus->rare);
    free(corpus->ids);
    free(corpus->file);
    memset(corpus, 0, sizeof *corpus);
}

int pylm__corpus_reserve(struct pylm__corpus *corpus, uint64_t n)
{
    if (n >= MOST_SYMBOLS || corpus->n + n >= MOST_SYMBOLS)
        return PYLM_ERR_LARGE;
    return pylm__store_grow(&corpus->symbols, (corpus->n + n) * corpus->width);
}

/* Reports how far the reading has come. */
static int report(pylm_task *task, uint64_t position)
{
    if (pylm__task_cancelled(task))
        return PYLM_ERR_CANCELLED;
    if (task)
        task->done = (uint32_t)(position >> 10);
    return PYLM_OK;
}

static int add_bytes(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, pylm_task *task)
{
    uint64_t i, n;
    PYLM__TRY(pylm__corpus_reserve(corpus, nbytes));
    for (i = 0; i < nbytes; i += n) {
        PYLM__TRY(report(task, i));
        n = nbytes - i < SLICE ? nbytes - i : SLICE;
        memcpy((uint8_t *)corpus->symbols.data + corpus->n, text + i, (size_t)n);
        corpus->n += n;
        if (i % PYLM__PASSED == 0)
            pylm__store_rest(&corpus->symbols);
    }
    return PYLM_OK;
}

static int add_words(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, pylm_task *task)
{
    uint64_t position = 0, n;
    struct pylm__span word;
    for (n = 0; position <= nbytes; n++) {
        uint32_t symbol = FIRST_LINE_END;
        enum pylm__token token = pylm__next_token(text, nbytes, 1, &position, &word);
        if (n % SLICE == 0)
            PYLM__TRY(report(task, position));
        if (token == PYLM__TOKEN_END)
            break;
        if (token == PYLM__TOKEN_WORD)
            PYLM__TRY(
                pylm__strings_number_hashed(&corpus->vocabulary, word.hash, text + word.begin, word.nbytes, &symbol));
        PYLM__TRY(pylm__corpus_reserve(corpus, 1));
        pylm__set_symbol(corpus, corpus->n++, symbol);
    }
    return PYLM_OK;
}

static int add_ids(struct pylm__corpus *corpus, const uint32_t *ids, uint64_t n, pylm_task *task)
{
    uint64_t i;
    PYLM__TRY(pylm__corpus_reserve(corpus, n));
    for (i = 0; i < n; i++) {
        if (i % SLICE == 0)
            PYLM__TRY(report(task, i));
        if (ids[i] >= (corpus->base ? corpus->n_symbols : corpus->vocabulary.n))
            return PYLM_ERR_ARGUMENT;
        pylm__set_symbol(corpus, corpus->n++, ids[i]);
    }
    return PYLM_OK;
}

/* Adds a text in the vocabulary of the base. */
static int add_encoded(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, pylm_task *task)
{
    uint64_t position = 0, n;
    uint32_t symbols[ENCODED];
    while (position <= nbytes) {
        PYLM__TRY(report(task, position));
        n = ENCODED;
        PYLM__TRY(pylm_encode(corpus->base, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n));
        PYLM__TRY(add_ids(corpus, symbols, n, NULL));
    }
    return PYLM_OK;
}

static int make_room_for_document(struct pylm__corpus *corpus)
{
    if (corpus->n_documents == corpus->documents_capacity) {
        uint64_t capacity = 2u * corpus->documents_capacity + 16u;
        uint64_t *ends = pylm__array_grow(corpus->document_ends, capacity, sizeof *ends), *hashes;
        if (!ends)
            return PYLM_ERR_MEMORY;
        corpus->document_ends = ends;
        hashes = pylm__array_grow(corpus->document_hashes, capacity, sizeof *hashes);
        if (!hashes)
            return PYLM_ERR_MEMORY;
        corpus->document_hashes = hashes;
        corpus->documents_capacity = capacity;
    }
    return PYLM_OK;
}

static void digest_begin(struct pylm__digest *d)
{
    memset(d, 0, sizeof *d);
    d->hash = PYLM__HASH_SEED;
}

static void digest_add(struct pylm__digest *d, const uint8_t *text, uint64_t nbytes)
{
    uint64_t i = 0;
    while (i < nbytes) {
        if (d->n % 8u == 0 && nbytes - i >= 8u) {
            d->hash = pylm__hash_step(d->hash, pylm__load64(text + i));
            d->n += 8u;
            i += 8u;
            continue;
        }
        d->rest[d->n++ % 8u] = text[i++];
        if (d->n % 8u == 0)
            d->hash = pylm__hash_step(d->hash, pylm__load64(d->rest));
    }
}

static uint64_t digest_end(const struct pylm__digest *d)
{
    uint64_t tail = 0, i;
    for (i = 0; i < d->n % 8u; i++)
        tail = tail << 8 | d->rest[i];
    return pylm__hash_step(pylm__hash_step(d->hash, tail), d->n);
}

/* Whether a document may be added in parts such as this. */
static int may_be_part(const struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, int is_last)
{
    if (is_last && !corpus->in_document)
        return 1;
    return !corpus->base &&
           (corpus->tokenizer != PYLM_TOKENIZER_WORDS || is_last || !nbytes || text[nbytes - 1u] == '\n');
}

int pylm__corpus_add_part(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, int is_last,
                          pylm_task *task)
{
    if (corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL || !may_be_part(corpus, text, nbytes, is_last))
        return PYLM_ERR_ARGUMENT;
    PYLM__TRY(make_room_for_document(corpus));
    if (!corpus->in_document)
        digest_begin(&corpus->digest);
    corpus->in_document = 1;
    pylm__task_begin(task, PYLM_STAGE_READ, (nbytes >> 10) + 1u);
    PYLM__TRY((corpus->base                                ? add_encoded
               : corpus->tokenizer == PYLM_TOKENIZER_WORDS ? add_words
                                                           : add_bytes)(corpus, text, nbytes, task));
    digest_add(&corpus->digest, text, nbytes);
    corpus->n_bytes += nbytes;
    if (!is_last)
        return PYLM_OK;
    corpus->in_document = 0;
    corpus->document_hashes[corpus->n_documents] = digest_end(&corpus->digest);
    corpus->document_ends[corpus->n_documents++] = corpus->n;
    return PYLM_OK;
}

int pylm__corpus_add(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, pylm_task *task)
{
    return corpus->in_document ? PYLM_ERR_ARGUMENT : pylm__corpus_add_part(corpus, text, nbytes, 1, task);
}

/* Whether a text is read as one word and nothing else, or is "</s>", which lists of words often have. */
static int is_word(const uint8_t *text, uint64_t nbytes)
{
    uint64_t position = 0;
    struct pylm__span word = {0, 0, 0};
    enum pylm__token token = pylm__next_token(text, nbytes, 0, &position, &word);
    return (token == PYLM__TOKEN_WORD || token == PYLM__TOKEN_LINE_END) && nbytes && word.nbytes == nbytes;
}

static int give_words(struct pylm__corpus *corpus, uint32_t n, const uint8_t *texts, const uint64_t *ends)
{
    uint64_t begin = 0;
    uint32_t i, number;
    PYLM__TRY(pylm__strings_init(&corpus->given));
    for (i = 0; i < n; begin = ends[i++]) {
        if (ends[i] < begin || !is_word(texts + begin, ends[i] - begin))
            return PYLM_ERR_ARGUMENT;
        PYLM__TRY(pylm__strings_number(&corpus->given, texts + begin, ends[i] - begin, &number));
    }
    return PYLM_OK;
}

int pylm__corpus_vocabulary(struct pylm__corpus *corpus, uint32_t n_symbols, const uint8_t *texts,
                            const uint64_t *text_ends, const uint8_t *file, uint64_t file_nbytes)
{
    if (corpus->base || corpus->given.n || !n_symbols)
        return PYLM_ERR_ARGUMENT;
    if (corpus->tokenizer == PYLM_TOKENIZER_WORDS && !corpus->n_documents && !file_nbytes)
        return give_words(corpus, n_symbols, texts, text_ends);
    if (corpus->tokenizer != PYLM_TOKENIZER_EXTERNAL || corpus->vocabulary.n)
        return PYLM_ERR_ARGUMENT;
    if (n_symbols > PYLM__MAX_SYMBOLS)
        return PYLM_ERR_LARGE;
    PYLM__TRY(pylm__strings_copy(&corpus->vocabulary, texts, text_ends, n_symbols));
    corpus->file = pylm__array_new(file_nbytes, 1);
    if (!corpus->file)
        return PYLM_ERR_MEMORY;
    if (file_nbytes)
        memcpy(corpus->file, file, (size_t)file_nbytes);
    corpus->file_nbytes = file_nbytes;
    return PYLM_OK;
}

static uint64_t hash_of_ids(const uint32_t *ids, uint64_t n)
{
    uint64_t hash = PYLM__HASH_SEED, i;
    for (i = 0; i < n; i++)
        hash = pylm__hash_step(hash, ids[i]);
    return pylm__hash_step(hash, n);
}

/* Length of an id's text. */
static uint64_t id_nbytes(const struct pylm__corpus *corpus, uint32_t id)
{
    const unsigned char *text;
    uint32_t of_base = 0;
    uint64_t nbytes = 0;
    if (corpus->base)
        (void)pylm_symbol_text(corpus->base, id, &text, &of_base);
    else
        (void)pylm__string_text(&corpus->vocabulary, id, &nbytes);
    return corpus->base ? of_base : nbytes;
}

int pylm__corpus_add_ids(struct pylm__corpus *corpus, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                         pylm_task *task)
{
    uint64_t i;
    if (corpus->in_document ||
        (!corpus->base && (corpus->tokenizer != PYLM_TOKENIZER_EXTERNAL || !corpus->vocabulary.n)))
        return PYLM_ERR_ARGUMENT;
    PYLM__TRY(make_room_for_document(corpus));
    pylm__task_begin(task, PYLM_STAGE_READ, (n >> 10) + 1u);
    PYLM__TRY(add_ids(corpus, ids, n, task));
    corpus->document_hashes[corpus->n_documents] = hash_of_ids(ids, n);
    corpus->document_ends[corpus->n_documents++] = corpus->n;
    corpus->n_bytes += text_nbytes;
    for (i = 0; i < n && !text_nbytes; i++) {
        corpus->n_bytes += id_nbytes(corpus, ids[i]);
    }
    return PYLM_OK;
}

void pylm__corpus_free_symbols(struct pylm__corpus *corpus)
{
    pylm__store_free(&corpus->symbols);
}

void pylm__corpus_narrow(struct pylm__corpus *corpus, uint32_t n_symbols)
{
    struct pylm__corpus from = *corpus;
    uint64_t p;
    corpus->width = pylm__symbol_width(n_symbols);
    if (corpus->width < from.width)
        for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++)) /* what is overwritten has been read */
            pylm__set_symbol(corpus, p, pylm__symbol(&from, p));
    else
        corpus->width = from.width;
    pylm__store_shrink(&corpus->symbols, corpus->n * corpus->width);
}

int pylm__corpus_renumber(struct pylm__corpus *corpus, const uint32_t *new_symbol)
{
    uint32_t i, *order;
    uint64_t p;
    int status;
    for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++))
        pylm__set_symbol(corpus, p, new_symbol[pylm__symbol(corpus, p)]);
    if (corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        return PYLM_OK; /* its vocabulary is by id */
    order = pylm__array_new(corpus->n_symbols, sizeof *order);
    if (!order)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < corpus->n_symbols; i++)
        order[new_symbol[i]] = i;
    if (corpus->tokenizer == PYLM_TOKENIZER_WORDS) {
        corpus->line_end = new_symbol[corpus->line_end];
        corpus->unknown = new_symbol[corpus->unknown];
    }
    status = pylm__strings_select(&corpus->vocabulary, order, corpus->n_symbols);
    free(order);
    return status;
}

uint64_t pylm__corpus_document(const struct pylm__corpus *corpus, uint64_t position)
{
    uint64_t from = 0, to = corpus->n_documents;
    while (from < to) {
        uint64_t middle = from + (to - from) / 2u;
        if (corpus->document_ends[middle] <= position)
            from = middle + 1u;
        else
            to = middle;
    }
    return from;
}

int pylm__corpus_starts_document(const struct pylm__corpus *corpus, uint64_t position)
{
    return pylm__corpus_document_begin(corpus, pylm__corpus_document(corpus, position)) == position;
}

void pylm__corpus_begin(const struct pylm__corpus *corpus, pylm_state *state)
{
    memset(state, 0, sizeof *state);
    if (corpus->line_end != PYLM_NONE)
        pylm__state_read(pylm__state_view(state), corpus->tokenizer, corpus->line_end, corpus->factor);
}
