/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topics.c: see topics.h.
 */
#include "topics.h"

#include <string.h>

#include "prefixes.h"
#include "word_places.h"

struct finding {
    struct pylm__topic_vectors *symbols;
    struct pylm__node_vectors *nodes;
    struct pylm__readings *readings;
    const struct pylm__topic_text *text;
    struct pylm__byte_words words;
    struct pylm__node_events events;
    uint32_t n_threads;
};

/* Bytes: cuts the text into words, and chooses what has vectors. */
static int find_words(struct finding *f, pylm_task *task)
{
    PYLM__TRY(pylm__byte_words_find(&f->words, f->text->corpus, f->readings, task));
    return pylm__prefixes_find(f->readings, f->text->corpus, f->text->tree, task);
}

static int find(struct finding *f, pylm_task *task)
{
    const struct pylm__topic_text *text = f->text;
    int is_bytes = text->corpus->tokenizer == PYLM_TOKENIZER_BYTES;
    if (is_bytes)
        PYLM__TRY(find_words(f, task));
    if (is_bytes && !f->words.corpus.unknown) /* no word is frequent */
        return PYLM_OK;
    PYLM__TRY(pylm__node_events_list(&f->events, f->readings, text->corpus, text->tree, f->n_threads, task));
    if (is_bytes)
        PYLM__TRY(pylm__word_places_find(f->symbols, f->readings, &f->words, f->n_threads, task));
    else
        PYLM__TRY(pylm__topic_vectors_find(f->symbols, f->readings, text->corpus, f->n_threads, task));
    return pylm__node_vectors_find(f->nodes, &f->events, text->heldout, f->n_threads, task);
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
    return status;
}
