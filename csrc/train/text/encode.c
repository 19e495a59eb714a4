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

#include "core/hash.h"
#include "core/image.h"
#include "modules/text/vocabulary.h"

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
    const uint8_t *text;
    uint32_t *lengths; /* by the first two bytes: bit n - 1 is set if there is a piece of n bytes */
    struct part parts[N_PARTS];
};

static uint64_t length_of(const struct encoding *e, uint32_t piece)
{
    uint64_t nbytes;
    (void)pylm__string_text(&e->corpus->vocabulary, piece, &nbytes);
    return nbytes;
}

static int find_lengths(struct encoding *e)
{
    uint32_t i;
    e->lengths = pylm__array_new(65536, sizeof *e->lengths);
    if (!e->lengths)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < e->corpus->vocabulary.n; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__string_text(&e->corpus->vocabulary, i, &nbytes);
        if (nbytes > 1u)
            e->lengths[(uint32_t)text[0] << 8 | text[1]] |= UINT32_C(1) << (nbytes - 1u);
    }
    return PYLM_OK;
}

/* The longest piece at the start of a text. */
static uint32_t longest(const struct encoding *e, const uint8_t *text, uint64_t nbytes)
{
    uint64_t hashes[PYLM__MAX_PIECE_NBYTES + 1u];
    uint32_t n, most, possible = nbytes > 1u ? e->lengths[(uint32_t)text[0] << 8 | text[1]] : 0u;
    if (nbytes < PYLM__MAX_PIECE_NBYTES)
        possible &= pylm__mask((unsigned)nbytes);
    if (!possible)
        return text[0];
    most = pylm__ilog2(possible) + 1u;
    hashes[0] = PYLM__HASH_SEED;
    for (n = 0; n < most; n++)
        hashes[n + 1u] = pylm__hash_step(hashes[n], text[n]);
    for (n = most; n > 1u; n--) {
        uint32_t piece = possible >> (n - 1u) & 1u
                             ? pylm__strings_find(&e->corpus->vocabulary, pylm__hash_step(hashes[n], n), text, n)
                             : PYLM_NONE;
        if (piece != PYLM_NONE)
            return piece;
    }
    return text[0];
}

static int encode_part(void *user, uint32_t number, pylm_task *task)
{
    struct encoding *e = user;
    struct part *part = &e->parts[number];
    uint64_t at = part->begin;
    (void)task;
    for (part->n = 0; at < part->end; part->n++) {
        uint32_t piece = longest(e, e->text + at, part->text_end - at);
        part->pieces[part->n] = piece;
        at += length_of(e, piece);
    }
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
            uint32_t piece = longest(e, e->text + at, part->text_end - at);
            put(e, piece);
            at += length_of(e, piece);
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
    PYLM__TRY(find_lengths(e));
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
    uint8_t *text = corpus->symbols;
    uint32_t i;
    int status;
    memset(&e, 0, sizeof e);
    e.corpus = corpus;
    e.text = text;
    corpus->symbols = NULL;
    corpus->n = corpus->n_copied = corpus->capacity = 0;
    corpus->width = corpus->vocabulary.n > UINT16_MAX + 1u ? 4u : 2u;
    status = encode_all(&e, n_threads, task);
    for (i = 0; i < N_PARTS; i++)
        free(e.parts[i].pieces);
    free(e.lengths);
    free(text);
    return status;
}
