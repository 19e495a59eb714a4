/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prepare.c: see prepare.h.
 */
#include "prepare.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "documents.h"
#include "encode.h"
#include "factor.h"
#include "modules/text/vocabulary.h"
#include "pieces.h"
#include "text_ends.h"

#define FEWEST_RARE 2u              /* to learn spelling from: of a single one nobody knows where it ends */
#define RARE 4u                     /* words that came so often, or less, teach how unknown ones are spelled */
#define AUTO_PIECES_NBYTES 3000000u /* longer texts: pieces; DESIGN.md, "From text to symbols" */

struct counted {
    uint64_t count;
    uint32_t word;
    uint64_t in_copies; /* how often it came in documents that were left out */
};

static int by_count(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

static void count_all(const struct pylm__corpus *corpus, struct counted *counted)
{
    uint32_t i;
    uint64_t p;
    for (i = 0; i < corpus->vocabulary.n; i++) {
        counted[i].count = 0;
        counted[i].word = i;
        counted[i].in_copies = 0;
    }
    for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++))
        counted[pylm__symbol(corpus, p)].count++;
    for (; p < corpus->n + corpus->n_copied; p++)
        counted[pylm__symbol(corpus, p)].in_copies++;
}

/* Whether a word stays, by itself. */
static int is_kept(const struct pylm__corpus *corpus, const struct counted *word)
{
    uint64_t nbytes;
    const uint8_t *text;
    if (word->word < FIRST_TEXT_END || (word->word == FIRST_TEXT_END && corpus->ends == PYLM__ENDS_OWN))
        return 1;
    if (!corpus->given.n)
        return word->count + word->in_copies >= corpus->min_word_count;
    text = pylm__string_text(&corpus->vocabulary, word->word, &nbytes);
    return pylm__strings_find(&corpus->given, pylm__hash_bytes(text, nbytes), text, nbytes) != PYLM_NONE;
}

/* Counts words. The counts of those that do not stay go to "<unk>". Returns how many stay. */
static uint32_t count_words(struct pylm__corpus *corpus, struct counted *counted,
                            const struct pylm__vocabulary_limits *limits)
{
    uint32_t i, n = 0, n_left_out = 0;
    uint64_t unknown = 0;
    int has_unknown;
    count_all(corpus, counted);
    has_unknown = counted[FIRST_UNKNOWN].count > 0;
    corpus->closed_vocabulary = has_unknown || limits->closed;
    corpus->min_word_count = corpus->given.n          ? 0u
                             : limits->min_word_count ? limits->min_word_count
                             : has_unknown            ? 1u
                                                      : 2u;
    for (i = 0; i < corpus->vocabulary.n; i++) {
        if (is_kept(corpus, &counted[i])) {
            counted[n++] = counted[i];
        } else {
            unknown += counted[i].count;
            n_left_out += counted[i].count > 0;
        }
    }
    if (limits->max_words && n > limits->max_words) {
        uint32_t n_fixed = corpus->ends == PYLM__ENDS_OWN ? N_FIRST : N_FIRST - 1u;
        qsort(counted + n_fixed, n - n_fixed, sizeof *counted, by_count);
        for (; n > limits->max_words; n_left_out++)
            unknown += counted[--n].count;
    }
    counted[FIRST_UNKNOWN].count += unknown;
    corpus->n_left_out = n_left_out;
    return n;
}

/* Counts pieces, and leaves out longer ones that do not occur. Of an external vocabulary nothing is left out. Returns
 * how many stay. */
static uint32_t count_symbols(const struct pylm__corpus *corpus, struct counted *counted)
{
    int all = corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL;
    uint32_t i, n = 0;
    count_all(corpus, counted);
    for (i = 0; i < corpus->vocabulary.n; i++)
        if (all || i < 256u || counted[i].count)
            counted[n++] = counted[i];
    return n;
}

/* Whether a word teaches how unknown ones are spelled: one that does not stay, or is rare. `counted` is by rank. */
static int is_rare(const struct counted *counted, uint32_t rank)
{
    return rank == PYLM_NONE || counted[rank].count <= RARE;
}

/* Collects rare words; all words if none is rare. */
static int collect_rare(struct pylm__corpus *corpus, const struct counted *counted, const uint32_t *new_symbol)
{
    uint32_t i, number, n_rare = 0;
    for (i = N_FIRST; i < corpus->vocabulary.n; i++)
        n_rare += (uint32_t)is_rare(counted, new_symbol[i]);
    PYLM__TRY(pylm__strings_init(&corpus->rare));
    for (i = N_FIRST; i < corpus->vocabulary.n; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__string_text(&corpus->vocabulary, i, &nbytes);
        if (!n_rare || is_rare(counted, new_symbol[i]))
            PYLM__TRY(pylm__strings_number(&corpus->rare, text, nbytes, &number));
    }
    if (corpus->rare.n < FEWEST_RARE) {
        pylm__strings_free(&corpus->rare);
        corpus->closed_vocabulary = 1;
    }
    return PYLM_OK;
}

/* Makes the symbols ranks by frequency. */
static int rank_symbols(struct pylm__corpus *corpus, const struct pylm__vocabulary_limits *limits,
                        struct counted *counted, uint32_t *order, uint32_t *new_symbol)
{
    int words = corpus->tokenizer == PYLM_TOKENIZER_WORDS;
    uint32_t i, n = words ? count_words(corpus, counted, limits) : count_symbols(corpus, counted);
    uint64_t p;
    qsort(counted, n, sizeof *counted, by_count);
    for (i = 0; i < corpus->vocabulary.n; i++)
        new_symbol[i] = PYLM_NONE;
    for (i = 0; i < n; i++) {
        order[i] = counted[i].word;
        new_symbol[counted[i].word] = i;
    }
    corpus->n_symbols = corpus->n_seen = n;
    if (corpus->tokenizer != PYLM_TOKENIZER_PIECES) /* there, bytes that never occur count as seen, like "<unk>" */
        while (!counted[corpus->n_seen - 1u].count && !(words && counted[corpus->n_seen - 1u].word == FIRST_UNKNOWN))
            corpus->n_seen--; /* ends: some symbol occurs */
    if (words && !corpus->closed_vocabulary)
        PYLM__TRY(collect_rare(corpus, counted, new_symbol));
    if (words) {
        corpus->line_end = new_symbol[FIRST_LINE_END];
        corpus->unknown = new_symbol[FIRST_UNKNOWN];
        for (i = 0; i < corpus->vocabulary.n; i++)
            if (new_symbol[i] == PYLM_NONE)
                new_symbol[i] = corpus->unknown;
    }
    for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++))
        pylm__set_symbol(corpus, p, new_symbol[pylm__symbol(corpus, p)]);
    return corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL ? PYLM_OK : pylm__strings_select(&corpus->vocabulary, order, n);
}

/* Given words that do not occur are symbols, too. */
static int add_given(struct pylm__corpus *corpus)
{
    uint32_t i, number;
    for (i = 0; i < corpus->given.n; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__string_text(&corpus->given, i, &nbytes);
        PYLM__TRY(pylm__strings_number(&corpus->vocabulary, text, nbytes, &number));
    }
    return PYLM_OK;
}

static int settle(struct pylm__corpus *corpus, const struct pylm__vocabulary_limits *limits)
{
    uint32_t n, *order, *new_symbol;
    struct counted *counted;
    int status = PYLM_ERR_MEMORY;
    PYLM__TRY(add_given(corpus));
    n = corpus->vocabulary.n;
    counted = pylm__array_new(n, sizeof *counted);
    order = pylm__array_new(n, sizeof *order);
    new_symbol = pylm__array_new(n, sizeof *new_symbol);
    if (counted && order && new_symbol)
        status = rank_symbols(corpus, limits, counted, order, new_symbol);
    free(counted);
    free(new_symbol);
    if (corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        corpus->ids = order;
    else
        free(order);
    return status;
}

/* Finds the vocabulary, and writes the text in it. */
static int find_vocabulary(struct pylm__corpus *corpus, const struct pylm__vocabulary_limits *limits,
                           uint32_t n_threads, pylm_task *task)
{
    if (corpus->tokenizer == PYLM_TOKENIZER_BYTES) {
        corpus->n_symbols = 256;
        return PYLM_OK;
    }
    if (corpus->tokenizer == PYLM_TOKENIZER_PIECES) {
        uint32_t n_pieces = limits->n_pieces ? limits->n_pieces : pylm__pieces_default(corpus);
        PYLM__TRY(pylm__strings_init(&corpus->vocabulary));
        PYLM__TRY(pylm__pieces_learn(&corpus->vocabulary, corpus, n_pieces, n_threads, task));
        PYLM__TRY(pylm__corpus_encode(corpus, n_threads, task));
    }
    PYLM__TRY(settle(corpus, limits));
    pylm__corpus_narrow(corpus, corpus->n_symbols);
    return PYLM_OK;
}

int pylm__corpus_prepare(struct pylm__corpus *corpus, const struct pylm__vocabulary_limits *limits, uint32_t n_threads,
                         pylm_task *task)
{
    if (corpus->in_document)
        return PYLM_ERR_ARGUMENT;
    if (!corpus->n)
        return PYLM_ERR_EMPTY;
    PYLM__TRY(pylm__corpus_sort_documents(corpus, task));
    if (corpus->tokenizer == PYLM_TOKENIZER_AUTO) /* symbols are bytes so far, also of pieces */
        corpus->tokenizer = corpus->n < AUTO_PIECES_NBYTES ? PYLM_TOKENIZER_BYTES : PYLM_TOKENIZER_PIECES;
    PYLM__TRY(pylm__corpus_end_documents(corpus));
    if (corpus->base)
        return PYLM_OK;
    PYLM__TRY(find_vocabulary(corpus, limits, n_threads, task));
    return pylm__corpus_find_factor(corpus, n_threads, task);
}
