/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spelling.c: see spelling.h.
 */
#include "spelling.h"

#include <math.h>
#include <stdlib.h>

#define SLICE 8192u  /* words scored at once: each takes memory for a state */
#define COST 65536.0 /* units of a bit */

/* Words of the vocabulary on their way to be scored. */
struct words {
    uint32_t *symbols, text_end;
    uint64_t n, capacity;
    uint64_t ends[SLICE], totals[SLICE];
};

static int add_word(struct words *words, uint32_t number, const uint8_t *text, uint64_t nbytes)
{
    uint64_t i;
    if (words->capacity - words->n < nbytes + 1u) {
        uint64_t capacity = 2u * words->capacity + nbytes + SLICE;
        uint32_t *symbols = pylm__array_grow(words->symbols, capacity, sizeof *symbols);
        if (!symbols)
            return PYLM_ERR_MEMORY;
        words->symbols = symbols;
        words->capacity = capacity;
    }
    for (i = 0; i < nbytes; i++)
        words->symbols[words->n++] = text[i];
    words->symbols[words->n++] = words->text_end;
    words->ends[number] = words->n;
    return PYLM_OK;
}

/* Adds the probabilities of `n` words of the vocabulary from number `first` on. "</s>" and "<unk>" are none. */
static int add_known(struct words *words, const pylm_model *model, const struct pylm__corpus *corpus, uint32_t first,
                     uint32_t n, uint32_t n_threads, double *known, pylm_task *task)
{
    pylm_texts texts = {NULL, NULL, 0};
    uint32_t i;
    words->n = 0;
    for (i = 0; i < n; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__string_text(&corpus->vocabulary, first + i, &nbytes);
        PYLM__TRY(add_word(words, i, text, nbytes));
    }
    texts.symbols = words->symbols;
    texts.ends = words->ends;
    texts.n_texts = n;
    PYLM__TRY(pylm_score_batch(model, NULL, &texts, n_threads, NULL, words->totals, task));
    for (i = 0; i < n; i++)
        if (first + i != corpus->unknown && first + i != corpus->line_end)
            *known += exp2(-(double)words->totals[i] / COST);
    return PYLM_OK;
}

/* The probability of the empty word. */
static int add_empty(const pylm_model *model, uint32_t text_end, double *known)
{
    pylm_texts texts = {NULL, NULL, 1};
    uint64_t end = 1, total;
    texts.symbols = &text_end;
    texts.ends = &end;
    PYLM__TRY(pylm_score_batch(model, NULL, &texts, 1, NULL, &total, NULL));
    *known += exp2(-(double)total / COST);
    return PYLM_OK;
}

int pylm__spelling_saves(struct pylm__spelling *spelling, const struct pylm__corpus *corpus, uint32_t n_threads,
                         pylm_task *task)
{
    struct words *words = pylm__array_new(1, sizeof *words);
    pylm_model model;
    pylm_info info;
    uint32_t first;
    double known = 0;
    int status = words ? pylm_model_open(&model, spelling->image, spelling->nbytes) : PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        pylm_model_info(&model, &info);
        words->text_end = info.text_end;
        status = add_empty(&model, info.text_end, &known);
    }
    for (first = 0; first < corpus->n_symbols && status == PYLM_OK; first += SLICE) {
        uint32_t n = corpus->n_symbols - first < SLICE ? corpus->n_symbols - first : SLICE;
        status = add_known(words, &model, corpus, first, n, n_threads, &known, task);
    }
    if (words)
        free(words->symbols);
    free(words);
    /* rounded down, so that all spellings together never have more than 1 */
    spelling->saves_q16 = known < 1.0 ? (uint32_t)floor(-log2(1.0 - known) * COST) : 0u;
    return status;
}
