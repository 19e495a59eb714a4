/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * count.c: see count.h. The keys of a template are sorted. So the successors of a context lie side by side, and its
 * evidence in a held-out block is the difference of two ranks. If there is no room for all keys of the text, they come
 * sorted out of a merge (train/base/runs.h), in chunks of whole contexts.
 */
#include "count.h"

#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "elsewhere.h"
#include "keys.h"
#include "platform/platform.h"
#include "train/base/runs.h"
#include "train/base/sort.h"

#define RECORDS_SHARE 8u  /* symbols of the text for each context that is kept, of any template; rarely fewer */
#define RECORD_NBYTES 24u /* of a context while its table is being packed */
#define FURTHER_NBYTES (UINT64_C(8) << 20) /* for a template: keys of a held-out block, buffers */
#define CHUNK 262144u                      /* keys that come out of a merge together, about */
#define MERGE_NBYTES ((uint64_t)PYLM__MAX_RUNS_MERGED * PYLM__RUN_BLOCK_NBYTES + 15u * CHUNK)
#define SLICE 65536u /* keys between two looks at the task */

/* One template at work. */
struct job {
    const struct pylm__counting *c;
    struct pylm__contexts contexts;
    uint32_t min_count;
    struct pylm__spill scratch; /* a file of its own, open if it is needed: it goes when the template is counted */
    struct pylm__packing *packing;
    struct pylm__evidence_work *work;
    uint64_t *of_blocks; /* keys of all held-out symbols */
    struct pylm__evidence_out out;
};

uint64_t pylm__count_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout, int spills)
{
    uint64_t all = 8u * heldout->n_symbols + 12u * (uint64_t)corpus->n_symbols + FURTHER_NBYTES;
    return spills ? all + MERGE_NBYTES : all + corpus->n / RECORDS_SHARE * RECORD_NBYTES;
}

/* Adds contexts to the table, and finds their evidence. They come in the order of their hashes, a range at a time. */
static int add_contexts(struct job *job, struct pylm__sorted_keys sorted, struct pylm__hash_range range,
                        const pylm_task *task)
{
    const struct pylm__evidence_input input = {job->c->heldout, job->c->tree, sorted,
                                               job->of_blocks,  range,        job->min_count};
    PYLM__TRY(pylm__packing_add_keys(job->packing, sorted, job->min_count, task));
    return pylm__heldout_evidence(&input, job->out, job->work, task);
}

/* ---- with room for all keys ---- */

static int count_all(struct job *job, uint64_t *keys, const pylm_task *task)
{
    const struct pylm__hash_range range = {0, PYLM__ALL_HASHES};
    struct pylm__sorted_keys sorted = {keys, NULL, job->c->corpus->n};
    struct pylm__keys_cursor cursor;
    memset(&cursor, 0, sizeof cursor);
    PYLM__TRY(pylm__keys_next(&job->contexts, job->c->heldout, &cursor, keys, &sorted.n, job->of_blocks, task));
    PYLM__TRY(pylm__sort_alone(keys, sorted.n, task));
    return add_contexts(job, sorted, range, task);
}

/* ---- with less ---- */

/* Sorts as many keys as there is room for, and writes them as a run, until all are written. */
static int write_runs(struct job *job, struct pylm__runs *runs, uint64_t *keys, uint64_t capacity,
                      const pylm_task *task)
{
    struct pylm__keys_cursor cursor;
    uint64_t n;
    memset(&cursor, 0, sizeof cursor);
    for (;;) {
        n = capacity;
        PYLM__TRY(pylm__keys_next(&job->contexts, job->c->heldout, &cursor, keys, &n, job->of_blocks, task));
        if (!n)
            return PYLM_OK;
        PYLM__TRY(pylm__sort_alone(keys, n, task));
        PYLM__TRY(pylm__runs_add(runs, keys, n, task));
    }
}

/* Keys of whole contexts, as they come out of a merge. */
struct chunk {
    uint64_t *keys;
    uint32_t *sums;
    uint64_t n, capacity;
};

static int add_key(struct chunk *chunk, uint64_t key, uint32_t count)
{
    if (chunk->n == chunk->capacity) {
        uint64_t capacity = chunk->capacity + chunk->capacity / 4u + CHUNK;
        uint64_t *keys = pylm__array_grow(chunk->keys, capacity, sizeof *keys);
        uint32_t *sums;
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

/* Counts what a merge gives, chunk by chunk. */
static int count_merged(struct job *job, struct pylm__merge *merge, struct chunk *chunk, const pylm_task *task)
{
    struct pylm__hash_range range = {0, 0};
    unsigned leaf_bits = pylm__key_leaf_bits(job->c->tree->n_symbols);
    uint64_t key, hash, last = 0, seen = 0;
    uint32_t count;
    while (pylm__merge_next(merge, &key, &count)) {
        hash = key >> leaf_bits;
        if (chunk->n >= CHUNK && hash != last) {
            const struct pylm__sorted_keys sorted = {chunk->keys, chunk->sums, chunk->n};
            range.to = hash;
            PYLM__TRY(add_contexts(job, sorted, range, task));
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
    {
        const struct pylm__sorted_keys sorted = {chunk->keys, chunk->sums, chunk->n};
        return add_contexts(job, sorted, range, task);
    }
}

static int merge_runs(struct job *job, const struct pylm__runs *runs, const pylm_task *task)
{
    struct pylm__merge *merge = pylm__merge_new(runs);
    struct chunk chunk = {NULL, NULL, 0, 0};
    int status = merge ? count_merged(job, merge, &chunk, task) : PYLM_ERR_MEMORY;
    pylm__merge_free(merge);
    free(chunk.keys);
    free(chunk.sums);
    return status;
}

static int count_contexts(struct job *job, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    int in_runs = c->corpus->n > c->max_keys;
    uint64_t capacity = in_runs ? c->max_keys : c->corpus->n, *keys = pylm__array_new(capacity, sizeof *keys);
    struct pylm__runs runs;
    int status = PYLM_ERR_MEMORY;
    pylm__runs_init(&runs, &job->scratch);
    if (keys)
        status = in_runs ? write_runs(job, &runs, keys, capacity, task) : count_all(job, keys, task);
    free(keys);
    if (status == PYLM_OK && in_runs)
        status = merge_runs(job, &runs, task);
    pylm__runs_free(&runs);
    return status;
}

/* ---- the empty context ---- */

/* The empty context has all symbols as successors, so there is nothing to sort. `keys` and `sums` have room for every
 * symbol. */
static int count_nothing_in(struct job *job, uint64_t *keys, uint32_t *sums, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    const struct pylm__symbol_tree *tree = c->tree;
    const struct pylm__hash_range all = {0, PYLM__ALL_HASHES};
    struct pylm__sorted_keys sorted = {keys, sums, 0};
    pylm_state opaque;
    unsigned leaf_bits = pylm__key_leaf_bits(tree->n_symbols);
    uint64_t p, at = 0, hash;
    uint32_t leaf, b;
    pylm__corpus_begin(c->corpus, &opaque);
    hash = pylm__template_hash(c->templates, job->contexts.k, tree, pylm__state_view(&opaque));
    hash = hash >> leaf_bits << leaf_bits;
    for (p = 0; p < c->corpus->n; pylm__corpus_passed(c->corpus, p++))
        sums[tree->leaf_of[pylm__symbol(c->corpus, p)]]++;
    for (leaf = 0; leaf < tree->n_symbols; leaf++)
        if (sums[leaf]) {
            uint32_t before = sorted.n ? sums[sorted.n - 1u] : 0u;
            keys[sorted.n] = hash | leaf;
            sums[sorted.n++] = before + sums[leaf];
        }
    for (b = 0; b < c->heldout->n_blocks; b++)
        for (p = c->heldout->begins[b]; p < c->heldout->ends[b]; p++)
            job->of_blocks[at++] = hash | tree->leaf_of[pylm__symbol(c->corpus, p)];
    return add_contexts(job, sorted, all, task);
}

static int count_nothing(struct job *job, const pylm_task *task)
{
    uint32_t n = job->c->tree->n_symbols, *sums = pylm__array_new(n, sizeof *sums);
    uint64_t *keys = pylm__array_new(n, sizeof *keys);
    int status = keys && sums ? count_nothing_in(job, keys, sums, task) : PYLM_ERR_MEMORY;
    free(keys);
    free(sums);
    return status;
}

/* The template of a job. Those that take longest come first, so that all threads end at about the same time: those
 * that skip symbols. Suffix contexts come in their order, so that few steps of voices wait. */
static uint32_t template_of(const struct pylm__counting *c, uint32_t job)
{
    uint32_t n_suffix = c->templates->n_suffix, n_others = c->templates->n - n_suffix;
    if (job < n_others)
        return n_suffix + job;
    return job - n_others;
}

/* Makes the job of a template. */
static int begin_job(struct pylm__counting *c, uint32_t k, struct job *job)
{
    struct pylm__packing_files files = {c->spill, c->spill ? &job->scratch : NULL};
    memset(job, 0, sizeof *job);
    job->c = c;
    job->contexts.corpus = c->corpus;
    job->contexts.tree = c->tree;
    job->contexts.templates = c->templates;
    job->contexts.k = k;
    job->min_count = c->templates->of[k].kind == PYLM__KIND_NOTHING ? 1u : c->min_count;
    if (c->for_kernel)
        c->evidence[k].hits = pylm__array_new(c->heldout->n_symbols, sizeof *c->evidence[k].hits);
    else
        c->evidence[k].indices = pylm__array_new(c->heldout->n_events, sizeof *c->evidence[k].indices);
    job->out = c->evidence[k];
    job->out.steps = pylm__voices_steps(&c->voices, k);
    job->work = pylm__evidence_work_new(c->tree);
    job->of_blocks = pylm__array_new(c->heldout->n_symbols, sizeof *job->of_blocks);
    if (c->spill)
        PYLM__TRY(pylm__spill_open(&job->scratch, c->folder));
    job->packing = pylm__packing_begin(&c->packed[k], c->tree, PYLM__LIST_SPLITS, c->for_kernel, files);
    if ((!job->out.hits && !job->out.indices) || (k < c->voices.n_suffix && !job->out.steps) || !job->work ||
        !job->of_blocks || !job->packing)
        return PYLM_ERR_MEMORY;
    return PYLM_OK;
}

int pylm__count_one(struct pylm__counting *counting, uint32_t k, struct pylm__evidence_out *out, const pylm_task *task)
{
    const struct pylm__template *template = &counting->templates->of[k];
    struct job job;
    int status = begin_job(counting, k, &job);
    if (status == PYLM_OK && !template->hidden)
        status = template->kind == PYLM__KIND_NOTHING ? count_nothing(&job, task) : count_contexts(&job, task);
    if (job.packing)
        status = pylm__packing_end(job.packing, status, task);
    pylm__evidence_work_free(job.work);
    free(job.of_blocks);
    pylm__spill_close(&job.scratch);
    *out = job.out;
    return status;
}

void pylm__count_use(struct pylm__counting *c, uint32_t k, struct pylm__evidence_out evidence)
{
    if (!c->for_kernel)
        pylm__calibrate(c->heldout, evidence.indices, c->corpus->tokenizer != PYLM_TOKENIZER_BYTES, 0,
                        c->calibration + k * PYLM__N_CALIBRATION);
    if (evidence.steps)
        pylm__voices_add(&c->voices, k, evidence.steps);
}

static int count_template(void *user, uint32_t job_number, pylm_task *task)
{
    struct pylm__counting *c = user;
    uint32_t k = template_of(c, job_number);
    struct pylm__evidence_out evidence;
    int status = pylm__count_one(c, k, &evidence, task);
    if (status == PYLM_OK)
        pylm__count_use(c, k, evidence);
    else
        free(evidence.steps);
    return status;
}

int pylm__count(struct pylm__counting *counting, pylm_task *task)
{
    const struct pylm__templates *templates = counting->templates;
    int status =
        pylm__voices_begin(&counting->voices, counting->heldout, templates->has_voice ? templates->n_suffix : 0u);
    pylm__os_give_back();
    pylm__task_begin(task, PYLM_STAGE_COUNT, templates->n);
    if (status == PYLM_OK)
        status = counting->elsewhere
                     ? pylm__count_elsewhere(counting, task)
                     : pylm__run_jobs(count_template, counting, templates->n, counting->n_threads, task);
    if (status == PYLM_OK)
        status = pylm__voices_end(&counting->voices, counting->heldout);
    pylm__voices_free(&counting->voices);
    return status;
}
