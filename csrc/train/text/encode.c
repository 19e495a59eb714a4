/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * encode.c: see encode.h. Threads encode parts of the text side by side, each as if a piece began at its start. If the
 * last piece of the part before reaches over that start, pieces are found again from its end on, until one of them ends
 * where a piece of the part ends. From there on both ways give the same pieces.
 */
#include "encode.h"

#include <stdlib.h>
#include <string.h>

#include "trie.h"

#define PART_NBYTES 262144u
#define N_PARTS 16u /* encoded before they are joined */

struct part {
    uint64_t begin, end; /* bytes of the text */
    uint64_t text_end;   /* of the document: no piece reaches further */
    uint32_t *pieces;
    uint64_t n;
    uint64_t reached; /* where the last piece ends */
};

struct encoding {
    struct pylm__corpus *corpus;
    const struct pylm__store *store; /* of the text */
    const uint8_t *text;
    struct pylm__trie trie; /* of the vocabulary */
    struct part parts[N_PARTS];
};

static const uint8_t *text_of(const void *vocabulary, uint32_t piece, uint64_t *nbytes)
{
    return pylm__string_text(vocabulary, piece, nbytes);
}

static uint64_t length_of(const struct encoding *e, uint32_t piece)
{
    uint64_t nbytes;
    (void)text_of(&e->corpus->vocabulary, piece, &nbytes);
    return nbytes;
}

static int encode_part(void *user, uint32_t number, pylm_task *task)
{
    struct encoding *e = user;
    struct part *part = &e->parts[number];
    uint64_t at = part->begin;
    uint32_t length;
    (void)task;
    for (part->n = 0; at < part->end; at += length)
        part->pieces[part->n++] = pylm__trie_longest(&e->trie, e->text + at, part->text_end - at, &length);
    part->reached = at;
    return PYLM_OK;
}

static void put(struct encoding *e, uint32_t piece)
{
    pylm__set_symbol(e->corpus, e->corpus->n++, piece);
}

/* Appends a part from `at` on, where the part before it ended. Returns where this one ends. */
static uint64_t append_part(struct encoding *e, const struct part *part, uint64_t at)
{
    uint64_t i = 0, begin = part->begin;
    while (begin != at && at < part->end) {
        if (begin < at) {
            begin += length_of(e, part->pieces[i++]);
        } else {
            uint32_t length;
            put(e, pylm__trie_longest(&e->trie, e->text + at, part->text_end - at, &length));
            at += length;
        }
    }
    if (at >= part->end)
        return at;
    for (; i < part->n; i++)
        put(e, part->pieces[i]);
    return part->reached;
}

static int encode_document(struct encoding *e, uint64_t begin, uint64_t end, uint32_t n_threads, pylm_task *task)
{
    uint64_t at = begin, reached = begin;
    uint32_t i, n;
    while (at < end) {
        for (n = 0; n < N_PARTS && at < end; n++) {
            struct part *part = &e->parts[n];
            part->begin = at;
            part->end = at = end - at < PART_NBYTES ? end : at + PART_NBYTES;
            part->text_end = end;
        }
        PYLM__TRY(pylm__run_jobs(encode_part, e, n, n_threads, NULL));
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        pylm__store_rest(e->store);
        pylm__store_rest(&e->corpus->symbols);
        for (i = 0; i < n; i++) {
            /* every piece has one byte at least */
            PYLM__TRY(pylm__corpus_reserve(e->corpus, e->parts[i].end - e->parts[i].begin));
            reached = append_part(e, &e->parts[i], reached);
        }
    }
    return PYLM_OK;
}

static int encode_all(struct encoding *e, uint32_t n_threads, pylm_task *task)
{
    struct pylm__corpus *corpus = e->corpus;
    uint64_t d, begin = 0, end, ended;
    uint32_t i;
    PYLM__TRY(pylm__trie_init(&e->trie, corpus->vocabulary.n, text_of, &corpus->vocabulary));
    for (i = 0; i < N_PARTS; i++) {
        e->parts[i].pieces = pylm__array_new(PART_NBYTES, sizeof *e->parts[i].pieces);
        if (!e->parts[i].pieces)
            return PYLM_ERR_MEMORY;
    }
    for (d = 0; d < corpus->n_documents; d++, begin = end) {
        end = corpus->document_ends[d];
        ended = corpus->ends && begin < end; /* its last byte is no part of a longer piece */
        PYLM__TRY(encode_document(e, begin, end - ended, n_threads, task));
        if (ended) {
            PYLM__TRY(pylm__corpus_reserve(corpus, 1));
            pylm__set_symbol(corpus, corpus->n++, e->text[end - 1u]); /* the first pieces are the bytes */
        }
        corpus->document_ends[d] = corpus->n;
    }
    return PYLM_OK;
}

int pylm__corpus_encode(struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task)
{
    struct encoding e;
    struct pylm__store text = corpus->symbols;
    uint32_t i;
    int status;
    memset(&e, 0, sizeof e);
    e.corpus = corpus;
    e.store = &text;
    e.text = text.data;
    corpus->symbols = pylm__store_like(&text);
    corpus->n = corpus->n_copied = 0;
    corpus->width = corpus->vocabulary.n > UINT16_MAX + 1u ? 4u : 2u;
    status = encode_all(&e, n_threads, task);
    for (i = 0; i < N_PARTS; i++)
        free(e.parts[i].pieces);
    pylm__trie_free(&e.trie);
    pylm__store_free(&text);
    return status;
}
