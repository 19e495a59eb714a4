/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topics.c: see topics.h.
 */
#include "topics.h"

#include <string.h>

#include "prefixes.h"
#include "topic_rows.h"
#include "word_places.h"

struct finding {
    struct pylm__topic_vectors *symbols;
    struct pylm__node_vectors *nodes;
    struct pylm__readings *readings;
    const struct pylm__topic_text *text;
    struct pylm__byte_words words;
    struct pylm__node_events events;
    struct pylm__node_solving solving;
    uint32_t n_threads;
};

/* Bytes: cuts the text into words, and chooses what has vectors. */
static int find_words(struct finding *f, pylm_task *task)
{
    PYLM__TRY(pylm__byte_words_find(&f->words, f->text->corpus, f->readings, task));
    return pylm__prefixes_find(f->readings, f->text->corpus, f->text->tree, task);
}

/* The job behind the last one that still has its events in a turn that begins with `job`. */
static uint32_t turn_end(const struct finding *f, uint32_t job)
{
    const uint64_t *starts = f->events.starts, begin = starts[pylm__node_solving_record(&f->solving, job)];
    uint32_t end = job + 1u;
    while (end < PYLM__NODE_VECTORS_STEPS &&
           starts[pylm__node_solving_record(&f->solving, end + 1u)] - begin <= f->readings->turn)
        end++;
    return end;
}

/* Finds the nodes' vectors. So that memory is bounded, nodes take turns: not all of their events, and the readings of
 * these, are there at once. */
static int solve(struct finding *f, pylm_task *task)
{
    const struct pylm__corpus *corpus = f->text->corpus;
    uint32_t job, end;
    PYLM__TRY(pylm__node_solving_begin(&f->solving, &f->events, f->text->heldout, f->n_threads));
    for (job = 0; job < PYLM__NODE_VECTORS_STEPS; job = end) {
        end = turn_end(f, job);
        PYLM__TRY(pylm__node_events_list(&f->events, pylm__node_solving_record(&f->solving, job),
                                         pylm__node_solving_record(&f->solving, end), f->n_threads, task));
        if (corpus->tokenizer != PYLM_TOKENIZER_BYTES)
            PYLM__TRY(pylm__topic_rows_write(f->readings, f->symbols->part, corpus, f->n_threads, task));
        PYLM__TRY(pylm__node_solving_jobs(&f->solving, job, end, task));
    }
    return pylm__node_solving_end(&f->solving, f->nodes);
}

static int find(struct finding *f, pylm_task *task)
{
    const struct pylm__topic_text *text = f->text;
    int is_bytes = text->corpus->tokenizer == PYLM_TOKENIZER_BYTES;
    if (is_bytes)
        PYLM__TRY(find_words(f, task));
    if (is_bytes && !f->words.corpus.unknown) /* no word is frequent */
        return PYLM_OK;
    if (is_bytes)
        PYLM__TRY(pylm__word_places_find(f->symbols, f->readings, &f->words, f->n_threads, task));
    else
        PYLM__TRY(pylm__topic_vectors_find(f->symbols, f->readings, text->corpus, f->n_threads, task));
    PYLM__TRY(pylm__node_events_count(&f->events, f->readings, text, f->n_threads, task));
    PYLM__TRY(solve(f, task));
    if (!f->readings->is_short && f->readings->n_used < PYLM__MAX_TOPIC) {
        pylm__node_vectors_cut(f->nodes, f->readings->n_records, f->readings->n_used, 0);
        pylm__topic_vectors_cut(f->symbols, text->corpus->n_symbols, f->readings->n_used, 0);
    }
    return PYLM_OK;
}

int pylm__topics_find(struct pylm__topic_vectors *symbols, struct pylm__node_vectors *nodes,
                      struct pylm__readings *readings, const struct pylm__topic_text *text, uint32_t n_threads,
                      pylm_task *task)
{
    struct finding f;
    int status;
    memset(&f, 0, sizeof f);
    f.symbols = symbols;
    f.nodes = nodes;
    f.readings = readings;
    f.text = text;
    f.n_threads = n_threads;
    pylm__task_begin(task, PYLM_STAGE_TOPICS, PYLM__NODE_VECTORS_STEPS);
    readings->n_records = text->tree->n_symbols - 1u;
    status = find(&f, task);
    pylm__byte_words_free(&f.words);
    pylm__node_events_free(&f.events);
    pylm__node_solving_free(&f.solving);
    return status;
}
