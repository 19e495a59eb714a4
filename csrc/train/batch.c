/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * batch.c: scoring and predicting many texts on many threads. Texts are cut into chunks. What a model predicts without
 * learning depends only on the state before a symbol; so a chunk needs the state at its start, and no other chunk. To
 * push symbols through a state takes a hundredth of the time that scoring takes.
 */
#include <stdlib.h>
#include <string.h>

#include "pylm_adapt.h"
#include "train/base/common.h"
#include "train/threads.h"

#define CHUNK 2048u /* symbols: some milliseconds */

struct chunk {
    pylm_state state;          /* before its first symbol */
    uint64_t text, begin, end; /* symbols */
};

struct batch {
    const pylm_model *model;
    const pylm_texts *texts;
    uint32_t *costs, *best; /* of every symbol, if wanted */
    uint64_t *totals;       /* of the chunks */
    struct chunk *chunks;
    uint64_t n_chunks;
};

static uint64_t count_chunks(const pylm_texts *texts)
{
    uint64_t i, n = 0, begin = 0;
    for (i = 0; i < texts->n_texts; begin = texts->ends[i++])
        n += (texts->ends[i] - begin + CHUNK - 1u) / CHUNK;
    return n;
}

/* Finds the state at the start of every chunk. */
static int cut(struct batch *batch, const pylm_state *context, const pylm_task *task)
{
    const uint64_t *ends = batch->texts->ends;
    uint64_t text, at = 0, i;
    struct chunk *chunk = batch->chunks;
    for (text = 0; text < batch->texts->n_texts; text++) {
        pylm_state state = *context;
        for (; at < ends[text]; at = chunk++->end) {
            chunk->state = state;
            chunk->text = text;
            chunk->begin = at;
            chunk->end = ends[text] - at < CHUNK ? ends[text] : at + CHUNK;
            if (pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            for (i = at; chunk->end < ends[text] && i < chunk->end; i++)
                PYLM__TRY(pylm_state_push(batch->model, &state, batch->texts->symbols[i]));
        }
    }
    return PYLM_OK;
}

static int score_chunk(void *user, uint32_t number, pylm_task *task)
{
    struct batch *batch = user;
    struct chunk *chunk = &batch->chunks[number];
    const uint32_t *symbols = batch->texts->symbols + chunk->begin;
    uint32_t *costs = batch->costs ? batch->costs + chunk->begin : NULL;
    void *work = malloc((size_t)pylm_work_nbytes(batch->model));
    int status = PYLM_ERR_MEMORY;
    (void)task;
    if (work)
        status = pylm_score(batch->model, &chunk->state, symbols, chunk->end - chunk->begin, work, costs,
                            &batch->totals[number]);
    free(work);
    return status;
}

static int predict_chunk(void *user, uint32_t number, pylm_task *task)
{
    struct batch *batch = user;
    struct chunk *chunk = &batch->chunks[number];
    void *work = malloc((size_t)pylm_work_nbytes(batch->model));
    pylm_candidate best;
    uint32_t n;
    uint64_t i;
    int status = work ? PYLM_OK : PYLM_ERR_MEMORY;
    for (i = chunk->begin; i < chunk->end && status == PYLM_OK; i++) {
        pylm_top(batch->model, &chunk->state, 1, work, &best, &n);
        batch->best[i] = best.symbol;
        status = pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED
                                            : pylm_state_push(batch->model, &chunk->state, batch->texts->symbols[i]);
    }
    free(work);
    return status;
}

/* Cuts texts into chunks and does a job for each. */
static int run(struct batch *batch, pylm__job job, const pylm_state *context, uint32_t n_threads, pylm_task *task)
{
    pylm_state start;
    uint64_t i;
    int status = PYLM_ERR_MEMORY;
    if (context)
        start = *context;
    else
        pylm_state_init(batch->model, &start);
    pylm_state_set_learning(&start, 0);
    for (i = 1; i < batch->texts->n_texts; i++)
        if (batch->texts->ends[i] < batch->texts->ends[i - 1u])
            return PYLM_ERR_ARGUMENT;
    batch->n_chunks = count_chunks(batch->texts);
    if (batch->n_chunks > UINT32_MAX >> 1)
        return PYLM_ERR_LARGE;
    batch->chunks = pylm__array_new(batch->n_chunks, sizeof *batch->chunks);
    batch->totals = pylm__array_new(batch->n_chunks, sizeof *batch->totals);
    if (batch->chunks && batch->totals)
        status = cut(batch, &start, task);
    if (status == PYLM_OK) {
        pylm__task_begin(task, PYLM_STAGE_SCORE, batch->n_chunks);
        status =
            pylm__run_jobs(job, batch, (uint32_t)batch->n_chunks, pylm__startable(n_threads, batch->n_chunks), task);
    }
    return status;
}

static void end(struct batch *batch)
{
    free(batch->chunks);
    free(batch->totals);
}

int pylm_score_batch(const pylm_model *model, const pylm_state *context, const pylm_texts *texts, uint32_t n_threads,
                     uint32_t *costs_q16, uint64_t *totals_q16, pylm_task *task)
{
    struct batch batch = {model, texts, costs_q16, NULL, NULL, NULL, 0};
    int status = run(&batch, score_chunk, context, n_threads, task);
    uint64_t i;
    if (status == PYLM_OK && totals_q16) {
        for (i = 0; i < texts->n_texts; i++)
            totals_q16[i] = 0;
        for (i = 0; i < batch.n_chunks; i++)
            totals_q16[batch.chunks[i].text] += batch.totals[i];
    }
    end(&batch);
    return status;
}

int pylm_predict_batch(const pylm_model *model, const pylm_state *context, const pylm_texts *texts, uint32_t n_threads,
                       uint32_t *best, pylm_task *task)
{
    struct batch batch = {model, texts, NULL, best, NULL, NULL, 0};
    int status = run(&batch, predict_chunk, context, n_threads, task);
    end(&batch);
    return status;
}
