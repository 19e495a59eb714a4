/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * byte_words.c: see byte_words.h. The text is read as a state reads it, so that words are those of the engine.
 */
#include "byte_words.h"

#include <stdlib.h>
#include <string.h>

#include "frequent.h"

#define LEAST 8u     /* occurrences of a word that has a vector */
#define SLICE 65536u /* positions between two looks at the task */

struct finding {
    struct pylm__byte_words *words;
    const struct pylm__corpus *text;
    struct pylm__readings *readings;
    struct pylm__frequencies frequencies;
};

static int add_word(struct finding *f, uint32_t hash)
{
    struct pylm__corpus *corpus = &f->words->corpus;
    PYLM__TRY(pylm__corpus_reserve(corpus, 1));
    pylm__set_symbol(corpus, corpus->n++, hash);
    return hash ? pylm__frequencies_count(&f->frequencies, hash) : PYLM_OK;
}

/* Adds the last n words that a state has read. */
static int add_words(struct finding *f, const struct pylm__state *state, uint32_t n)
{
    for (; n; n--)
        PYLM__TRY(add_word(f, state->read.words.last[n - 1u]));
    return PYLM_OK;
}

/* Reads a symbol, and adds the words that end with it. */
static int read_symbol(struct finding *f, struct pylm__state *state, uint32_t symbol)
{
    uint32_t before = state->read.words.n;
    pylm__state_read(state, PYLM_TOKENIZER_BYTES, symbol, f->text->factor);
    return add_words(f, state, state->read.words.n - before);
}

/* Reads a document: its words, and behind them an unknown one, so that what comes next has a number of its own.
 *   n_begun   sections that have begun before it; in, out */
static int read_document(struct finding *f, uint64_t document, uint32_t *n_begun, const pylm_task *task)
{
    const struct pylm__corpus *text = f->text;
    struct pylm__readings *readings = f->readings;
    const struct pylm__section *section;
    uint64_t p = pylm__corpus_document_begin(text, document), end = text->document_ends[document];
    pylm_state state;
    struct pylm__state *s = pylm__state_view(&state);
    pylm__corpus_begin(text, &state);
    PYLM__TRY(add_words(f, s, s->read.words.n));
    for (; p < end; p++) {
        if (p % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        while (*n_begun < readings->n_sections && readings->sections[*n_begun].begin <= p)
            f->words->bounds[(*n_begun)++] = f->words->corpus.n;
        section = &readings->sections[*n_begun - 1u];
        if (p < section->last) {
            uint64_t at = section->first + p - section->begin;
            readings->row_of[at] = (uint32_t)f->words->corpus.n;
            readings->key_of[at] = pylm__prefix(s);
        }
        if (p + 1u < end)
            PYLM__TRY(read_symbol(f, s, pylm__symbol(text, p)));
    }
    return add_word(f, 0);
}

static int read_text(struct finding *f, const pylm_task *task)
{
    struct pylm__corpus *corpus = &f->words->corpus;
    uint64_t d;
    uint32_t n_begun = 0;
    corpus->document_ends = pylm__array_new(f->text->n_documents, sizeof *corpus->document_ends);
    f->readings->row_of = pylm__array_new(f->readings->n_positions, sizeof *f->readings->row_of);
    f->readings->key_of = pylm__array_new(f->readings->n_positions, sizeof *f->readings->key_of);
    if (!corpus->document_ends || !f->readings->row_of || !f->readings->key_of)
        return PYLM_ERR_MEMORY;
    for (d = 0; d < f->text->n_documents; d++) {
        PYLM__TRY(read_document(f, d, &n_begun, task));
        corpus->document_ends[corpus->n_documents++] = corpus->n;
    }
    while (n_begun <= f->readings->n_sections)
        f->words->bounds[n_begun++] = corpus->n;
    return PYLM_OK;
}

/* Gives each section of the readings its rows; until now, row_of is the number of words before a position, of which
 * only differences matter. */
static void number_rows(struct pylm__readings *readings)
{
    uint32_t i;
    uint64_t at;
    for (i = 0; i < readings->n_sections; i++) {
        struct pylm__section *section = &readings->sections[i];
        uint64_t begin = section->first, end = begin + (section->last - section->begin);
        uint32_t first = readings->row_of[begin], last = readings->row_of[end - 1u];
        section->first_row = readings->n_rows;
        for (at = begin; at < end; at++)
            readings->row_of[at] = (uint32_t)(readings->n_rows + readings->row_of[at] - first);
        readings->n_rows += last - first + 1u;
    }
}

static int find(struct finding *f, const pylm_task *task)
{
    struct pylm__byte_words *words = f->words;
    struct pylm__corpus *corpus = &words->corpus;
    uint32_t *symbols;
    uint64_t i;
    PYLM__TRY(pylm__corpus_init(corpus, PYLM_TOKENIZER_EXTERNAL));
    corpus->width = sizeof *symbols;
    corpus->symbols = pylm__store_like(&f->text->symbols); /* in a file, if the text is */
    PYLM__TRY(read_text(f, task));
    number_rows(f->readings);
    PYLM__TRY(pylm__frequencies_table(&f->frequencies, LEAST, PYLM__MOST_WORDS, &words->table, &words->table_nbytes));
    corpus->unknown = pylm__load32(words->table);
    corpus->n_symbols = corpus->unknown + 1u;
    symbols = corpus->symbols.data;
    for (i = 0; i < corpus->n; pylm__corpus_passed(corpus, i++)) {
        symbols[i] = symbols[i] ? pylm__table_find(words->table, symbols[i]) : PYLM_NONE;
        symbols[i] = symbols[i] == PYLM_NONE ? corpus->unknown : symbols[i];
    }
    return PYLM_OK;
}

int pylm__byte_words_find(struct pylm__byte_words *words, const struct pylm__corpus *text,
                          struct pylm__readings *readings, const pylm_task *task)
{
    struct finding f;
    int status;
    memset(&f, 0, sizeof f);
    f.words = words;
    f.text = text;
    f.readings = readings;
    memset(words, 0, sizeof *words);
    status = find(&f, task);
    pylm__frequencies_free(&f.frequencies);
    return status;
}

void pylm__byte_words_free(struct pylm__byte_words *words)
{
    pylm__corpus_free(&words->corpus);
    free(words->table);
    memset(words, 0, sizeof *words);
}
