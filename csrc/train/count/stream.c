/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stream.c: see stream.h.
 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "scale.h"
#include "train/base/sort.h"

#define SLICE 65536u /* keys between two looks at the task */

/* Who takes the keys. */
struct taker {
    pylm__take_keys *take;
    void *user;
};

/* How many keys are sorted at once: no more than a context may occur, since only counts of merged runs are scaled. */
static uint64_t most_keys(const struct pylm__stream *s)
{
    uint64_t n = s->contexts.corpus->n < s->max_keys ? s->contexts.corpus->n : s->max_keys;
    return n < PYLM__MOST_OCCURRENCES ? n : PYLM__MOST_OCCURRENCES;
}

/* ---- with room for all keys ---- */

static int stream_all(const struct pylm__stream *s, uint64_t *keys, struct taker to, const pylm_task *task)
{
    const struct pylm__hash_range range = {0, PYLM__ALL_HASHES};
    struct pylm__sorted_keys sorted = {keys, NULL, s->contexts.corpus->n};
    struct pylm__keys_cursor cursor;
    memset(&cursor, 0, sizeof cursor);
    PYLM__TRY(pylm__keys_next(&s->contexts, s->heldout, &cursor, keys, &sorted.n, s->of_blocks, task));
    PYLM__TRY(pylm__sort_alone(keys, sorted.n, task));
    return to.take(to.user, sorted, range, task);
}

/* ---- with less ---- */

/* Sorts as many keys as there is room for, and writes them as a run, until all are written. */
static int write_runs(const struct pylm__stream *s, struct pylm__runs *runs, uint64_t *keys, uint64_t capacity,
                      const pylm_task *task)
{
    struct pylm__keys_cursor cursor;
    uint64_t n;
    memset(&cursor, 0, sizeof cursor);
    for (;;) {
        n = capacity;
        PYLM__TRY(pylm__keys_next(&s->contexts, s->heldout, &cursor, keys, &n, s->of_blocks, task));
        if (!n)
            return PYLM_OK;
        PYLM__TRY(pylm__sort_alone(keys, n, task));
        PYLM__TRY(pylm__runs_add(runs, keys, n, task));
    }
}

/* Keys of whole contexts, as they come out of a merge. */
struct chunk {
    uint64_t *keys, *sums;
    uint64_t n, capacity;
};

static int add_key(struct chunk *chunk, uint64_t key, uint64_t count)
{
    if (chunk->n == chunk->capacity) {
        uint64_t capacity = chunk->capacity + chunk->capacity / 4u + PYLM__STREAM_CHUNK;
        uint64_t *keys = pylm__array_grow(chunk->keys, capacity, sizeof *keys), *sums;
        chunk->keys = keys ? keys : chunk->keys;
        sums = keys ? pylm__array_grow(chunk->sums, capacity, sizeof *sums) : NULL;
        if (!sums)
            return PYLM_ERR_MEMORY;
        chunk->sums = sums;
        chunk->capacity = capacity;
    }
    chunk->keys[chunk->n] = key;
    chunk->sums[chunk->n] = (chunk->n ? chunk->sums[chunk->n - 1u] : 0u) + count;
    chunk->n++;
    return PYLM_OK;
}

/* Hands on keys of whole contexts, some of which may have to be scaled. */
static int hand_on(const struct pylm__stream *s, const uint64_t *keys, uint64_t *sums, uint64_t n,
                   struct pylm__hash_range range, struct taker to, const pylm_task *task)
{
    const struct pylm__sorted_keys sorted = {keys, sums, n};
    unsigned leaf_bits = pylm__key_leaf_bits(s->contexts.tree->n_symbols);
    PYLM__TRY(pylm__scale_contexts(s->heldout, s->of_blocks, leaf_bits, keys, sums, n, PYLM__MOST_OCCURRENCES));
    return to.take(to.user, sorted, range, task);
}

/* Hands on what a merge gives, chunk by chunk. */
static int stream_merged(const struct pylm__stream *s, struct pylm__merge *merge, struct chunk *chunk, struct taker to,
                         const pylm_task *task)
{
    struct pylm__hash_range range = {0, 0};
    unsigned leaf_bits = pylm__key_leaf_bits(s->contexts.tree->n_symbols);
    uint64_t key, hash, last = 0, seen = 0, count;
    while (pylm__merge_next(merge, &key, &count)) {
        hash = key >> leaf_bits;
        if (chunk->n >= PYLM__STREAM_CHUNK && hash != last) {
            range.to = hash;
            PYLM__TRY(hand_on(s, chunk->keys, chunk->sums, chunk->n, range, to, task));
            range.from = hash;
            chunk->n = 0;
        }
        PYLM__TRY(add_key(chunk, key, count));
        last = hash;
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
    }
    PYLM__TRY(pylm__merge_status(merge));
    range.to = PYLM__ALL_HASHES;
    return hand_on(s, chunk->keys, chunk->sums, chunk->n, range, to, task);
}

static int merge_runs(const struct pylm__stream *s, const struct pylm__runs *runs, struct taker to,
                      const pylm_task *task)
{
    struct pylm__merge *merge = pylm__merge_new(runs);
    struct chunk chunk = {NULL, NULL, 0, 0};
    int status = merge ? stream_merged(s, merge, &chunk, to, task) : PYLM_ERR_MEMORY;
    pylm__merge_free(merge);
    free(chunk.keys);
    free(chunk.sums);
    return status;
}

static int stream_contexts(const struct pylm__stream *s, struct taker to, const pylm_task *task)
{
    uint64_t capacity = most_keys(s), *keys = pylm__array_new(capacity, sizeof *keys);
    int in_runs = s->contexts.corpus->n > capacity, status = PYLM_ERR_MEMORY;
    struct pylm__runs runs;
    pylm__runs_init(&runs, s->scratch);
    if (keys)
        status = in_runs ? write_runs(s, &runs, keys, capacity, task) : stream_all(s, keys, to, task);
    free(keys);
    if (status == PYLM_OK && in_runs)
        status = merge_runs(s, &runs, to, task);
    pylm__runs_free(&runs);
    return status;
}

/* ---- the empty context ---- */

/* The empty context has all symbols as successors, so there is nothing to sort. `keys` and `sums` have room for every
 * symbol. */
static int stream_nothing_in(const struct pylm__stream *s, uint64_t *keys, uint64_t *sums, struct taker to,
                             const pylm_task *task)
{
    const struct pylm__corpus *corpus = s->contexts.corpus;
    const struct pylm__symbol_tree *tree = s->contexts.tree;
    const struct pylm__hash_range all = {0, PYLM__ALL_HASHES};
    pylm_state opaque;
    unsigned leaf_bits = pylm__key_leaf_bits(tree->n_symbols);
    uint64_t p, at = 0, n = 0, hash;
    uint32_t leaf, b;
    pylm__corpus_begin(corpus, &opaque);
    hash = pylm__template_hash(s->contexts.templates, s->contexts.k, tree, pylm__state_view(&opaque));
    hash = hash >> leaf_bits << leaf_bits;
    for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++))
        sums[tree->leaf_of[pylm__symbol(corpus, p)]]++;
    for (leaf = 0; leaf < tree->n_symbols; leaf++)
        if (sums[leaf]) {
            uint64_t before = n ? sums[n - 1u] : 0u;
            keys[n] = hash | leaf;
            sums[n++] = before + sums[leaf];
        }
    for (b = 0; b < s->heldout->n_blocks; b++)
        for (p = s->heldout->begins[b]; p < s->heldout->ends[b]; p++)
            s->of_blocks[at++] = hash | tree->leaf_of[pylm__symbol(corpus, p)];
    return hand_on(s, keys, sums, n, all, to, task);
}

static int stream_nothing(const struct pylm__stream *s, struct taker to, const pylm_task *task)
{
    uint32_t n = s->contexts.tree->n_symbols;
    uint64_t *sums = pylm__array_new(n, sizeof *sums), *keys = pylm__array_new(n, sizeof *keys);
    int status = keys && sums ? stream_nothing_in(s, keys, sums, to, task) : PYLM_ERR_MEMORY;
    free(keys);
    free(sums);
    return status;
}

int pylm__stream_keys(const struct pylm__stream *stream, pylm__take_keys *take, void *user, const pylm_task *task)
{
    const struct taker to = {take, user};
    int is_nothing = stream->contexts.templates->of[stream->contexts.k].kind == PYLM__KIND_NOTHING;
    return (is_nothing ? stream_nothing : stream_contexts)(stream, to, task);
}
