/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * documents.c: see documents.h. The order matters to a model: held-out blocks are positions in the text, and of equally
 * frequent symbols the first to appear comes first. The same documents must give the same model when they are added in
 * another order, or in parts that are merged later.
 */
#include "documents.h"

#include <stdlib.h>
#include <string.h>

struct document {
    uint64_t hash, begin, end;
};

static int by_hash(const void *a, const void *b)
{
    const struct document *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Words are compared by their texts: their numbers depend on the order in which documents were added. */
static int compare_words(const struct pylm__strings *vocabulary, uint32_t a, uint32_t b)
{
    uint64_t a_nbytes, b_nbytes;
    const uint8_t *a_text = pylm__string_text(vocabulary, a, &a_nbytes);
    const uint8_t *b_text = pylm__string_text(vocabulary, b, &b_nbytes);
    int order = memcmp(a_text, b_text, (size_t)(a_nbytes < b_nbytes ? a_nbytes : b_nbytes));
    return order ? order : a_nbytes < b_nbytes ? -1 : a_nbytes > b_nbytes;
}

/* Whether symbols are words, numbered by their first appearance. */
static int numbers_appearance(const struct pylm__corpus *corpus)
{
    return corpus->tokenizer == PYLM_TOKENIZER_WORDS && !corpus->base;
}

static int compare_content(const struct pylm__corpus *corpus, const struct document *x, const struct document *y)
{
    uint64_t i, n = x->end - x->begin, m = y->end - y->begin;
    for (i = 0; i < n && i < m; i++) {
        uint32_t a = pylm__symbol(corpus, x->begin + i), b = pylm__symbol(corpus, y->begin + i);
        if (a != b)
            return numbers_appearance(corpus) ? compare_words(&corpus->vocabulary, a, b) : a < b ? -1 : 1;
    }
    return n < m ? -1 : n > m;
}

/* Sorts [from, to) by content. There is more than one only if documents are equal, or if their hashes are by chance. */
static void sort_equal_hashes(const struct pylm__corpus *corpus, struct document *documents, uint64_t from, uint64_t to)
{
    uint64_t i, j;
    for (i = from + 1u; i < to; i++) {
        struct document moving = documents[i];
        for (j = i; j > from && compare_content(corpus, &moving, &documents[j - 1u]) < 0; j--)
            documents[j] = documents[j - 1u];
        documents[j] = moving;
    }
}

static void sort_documents(const struct pylm__corpus *corpus, struct document *documents)
{
    uint64_t i, j, begin = 0;
    for (i = 0; i < corpus->n_documents; i++) {
        documents[i].hash = corpus->document_hashes[i];
        documents[i].begin = begin;
        documents[i].end = begin = corpus->document_ends[i];
    }
    qsort(documents, (size_t)corpus->n_documents, sizeof *documents, by_hash);
    for (i = 0; i < corpus->n_documents; i = j) {
        for (j = i; j < corpus->n_documents && documents[j].hash == documents[i].hash; j++)
            continue;
        sort_equal_hashes(corpus, documents, i, j);
    }
}

/* Moves the documents, in their order, to another array of symbols. */
static void move_documents(struct pylm__corpus *corpus, const struct document *documents, uint8_t *to)
{
    uint64_t i, n = 0;
    for (i = 0; i < corpus->n_documents; i++) {
        uint64_t length = documents[i].end - documents[i].begin;
        if (length)
            memcpy(to + (size_t)n * corpus->width,
                   (const uint8_t *)corpus->symbols + (size_t)documents[i].begin * corpus->width,
                   (size_t)length * corpus->width);
        corpus->document_ends[i] = n += length;
        corpus->document_hashes[i] = documents[i].hash;
    }
    free(corpus->symbols);
    corpus->symbols = to;
    corpus->capacity = n;
}

/* Numbers words by their first appearance. */
static int number_words(struct pylm__corpus *corpus)
{
    uint32_t n = corpus->vocabulary.n, next = N_FIRST, i, s;
    uint32_t *new_number = pylm__array_new(n, sizeof *new_number), *order = pylm__array_new(n, sizeof *order);
    int status = PYLM_ERR_MEMORY;
    uint64_t p;
    if (new_number && order) {
        for (i = 0; i < n; i++)
            new_number[i] = order[i] = i < N_FIRST ? i : PYLM_NONE;
        for (p = 0; p < corpus->n; p++) {
            s = pylm__symbol(corpus, p);
            if (new_number[s] == PYLM_NONE) {
                order[next] = s;
                new_number[s] = next++;
            }
            pylm__set_symbol(corpus, p, new_number[s]);
        }
        status = pylm__strings_select(&corpus->vocabulary, order, next);
    }
    free(new_number);
    free(order);
    return status;
}

static int is_sorted(const struct document *documents, uint64_t n)
{
    uint64_t i, at = 0;
    for (i = 0; i < n && documents[i].begin == at; i++)
        at = documents[i].end;
    return i == n;
}

int pylm__corpus_sort_documents(struct pylm__corpus *corpus)
{
    struct document *documents = pylm__array_new(corpus->n_documents, sizeof *documents);
    int status = documents ? PYLM_OK : PYLM_ERR_MEMORY;
    if (documents)
        sort_documents(corpus, documents);
    if (documents && !is_sorted(documents, corpus->n_documents)) {
        uint8_t *to = pylm__array_new(corpus->n, corpus->width);
        if (to)
            move_documents(corpus, documents, to);
        status = !to ? PYLM_ERR_MEMORY : numbers_appearance(corpus) ? number_words(corpus) : PYLM_OK;
    }
    free(documents);
    return status;
}
