/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * count.c: see count.h. The keys of a template are sorted. So the successors of a context lie side by side, and its
 * evidence in a held-out block is the difference of two ranks. Contexts are in the order of their hashes: a range of
 * hashes can be counted alone, and its table follows that of the range before.
 */
#include "count.h"

#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "keys.h"
#include "platform/platform.h"
#include "train/base/sort.h"

#define MAX_RANGES 256u
#define RECORDS_SHARE 8u  /* symbols of the text for each context that is kept, of any template; rarely fewer */
#define RECORD_NBYTES 24u /* of a context while its table is being packed */
#define FURTHER_NBYTES (UINT64_C(8) << 20) /* for a template: keys of a held-out block, buffers */

/* One template at work. */
struct job {
    const struct pylm__counting *c;
    struct pylm__contexts contexts;
    uint32_t min_count;
    struct pylm__packing *packing;
    struct pylm__evidence_work *work;
    struct pylm__evidence_out out;
};

uint64_t pylm__count_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout)
{
    return corpus->n / RECORDS_SHARE * RECORD_NBYTES + 8u * heldout->n_symbols + 12u * (uint64_t)corpus->n_symbols +
           FURTHER_NBYTES;
}

/* A range of a template's hashes: its keys, sorted, and those of the held-out symbols in it. */
struct part {
    struct pylm__hash_range range;
    struct pylm__keys keys;
    uint64_t *of_blocks;
};

static int prepare_part(const struct job *job, struct part *part, const pylm_task *task)
{
    const struct pylm__heldout *heldout = job->c->heldout;
    part->keys.keys = pylm__array_new(part->keys.capacity, sizeof *part->keys.keys);
    part->of_blocks = pylm__array_new(heldout->n_symbols, sizeof *part->of_blocks);
    if (!part->keys.keys || !part->of_blocks)
        return PYLM_ERR_MEMORY;
    /* Symbols that are not in this range get a key outside it: the first of all hashes, or the last. */
    memset(part->of_blocks, part->range.from ? 0 : 0xff, (size_t)heldout->n_symbols * sizeof *part->of_blocks);
    PYLM__TRY(pylm__keys_in(&job->contexts, part->range, heldout, &part->keys, part->of_blocks, task));
    return pylm__sort_alone(part->keys.keys, part->keys.n, task);
}

static int find_evidence(struct job *job, struct pylm__sorted_keys sorted, const uint64_t *of_blocks,
                         struct pylm__hash_range range, const pylm_task *task)
{
    struct pylm__evidence_input input = {job->c->heldout, job->c->tree, sorted, of_blocks, range, job->min_count};
    return pylm__heldout_evidence(&input, job->out, job->work, task);
}

/* Adds a part to the table, and finds its evidence. Parts come in the order of their ranges. */
static int count_part(struct job *job, const struct part *part, const pylm_task *task)
{
    struct pylm__sorted_keys sorted = {part->keys.keys, NULL, part->keys.n};
    PYLM__TRY(pylm__packing_add_keys(job->packing, part->keys.keys, part->keys.n, job->min_count, task));
    return find_evidence(job, sorted, part->of_blocks, part->range, task);
}

static int count_ranges(struct job *job, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    struct pylm__hash_range ranges[MAX_RANGES];
    int i, n = (int)pylm__keys_ranges(&job->contexts, c->max_keys, ranges, MAX_RANGES);
    int first_error = n ? PYLM_OK : PYLM_ERR_MEMORY;
#ifdef _OPENMP
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(pylm__n_threads(c -> n_abreast, (uint32_t)n))
#endif
    for (i = 0; i < n; i++) {
        struct part part = {ranges[i], {NULL, 0, c->corpus->n < c->max_keys ? c->corpus->n : c->max_keys}, NULL};
        int status = prepare_part(job, &part, task);
#ifdef _OPENMP
#pragma omp ordered
#endif
        {
            if (first_error == PYLM_OK)
                first_error = status == PYLM_OK ? count_part(job, &part, task) : status;
        }
        free(part.keys.keys);
        free(part.of_blocks);
    }
    return first_error;
}

/* The empty context has all symbols as successors, so there is nothing to sort. `keys` and `sums` have room for every
 * symbol. */
static int count_nothing_in(struct job *job, uint64_t *keys, uint64_t *of_blocks, uint32_t *sums, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    const struct pylm__symbol_tree *tree = c->tree;
    const struct pylm__hash_range all = {0, PYLM__ALL_HASHES};
    struct pylm__sorted_keys sorted = {keys, sums, 0};
    pylm_state opaque;
    uint64_t p, at = 0, hash;
    uint32_t leaf, b, *leaves;
    int status;
    pylm__corpus_begin(c->corpus, &opaque);
    hash = pylm__template_hash(c->templates, job->contexts.k, tree, pylm__state_view(&opaque));
    hash >>= 64u - PYLM__HASH_BITS;
    leaves = pylm__array_new(tree->n_symbols, sizeof *leaves);
    if (!leaves)
        return PYLM_ERR_MEMORY;
    for (p = 0; p < c->corpus->n; p++)
        sums[tree->leaf_of[pylm__symbol(c->corpus, p)]]++;
    for (leaf = 0; leaf < tree->n_symbols; leaf++)
        if (sums[leaf]) {
            uint32_t before = sorted.n ? sums[sorted.n - 1u] : 0u;
            leaves[sorted.n] = leaf;
            keys[sorted.n] = hash << PYLM__LEAF_BITS | leaf;
            sums[sorted.n++] = before + sums[leaf];
        }
    for (b = 0; b < c->heldout->n_blocks; b++)
        for (p = c->heldout->begins[b]; p < c->heldout->ends[b]; p++)
            of_blocks[at++] = hash << PYLM__LEAF_BITS | tree->leaf_of[pylm__symbol(c->corpus, p)];
    status = pylm__packing_add(job->packing, hash, leaves, sums, (uint32_t)sorted.n);
    if (status == PYLM_OK)
        status = find_evidence(job, sorted, of_blocks, all, task);
    free(leaves);
    return status;
}

static int count_nothing(struct job *job, const pylm_task *task)
{
    uint32_t n = job->c->tree->n_symbols, *sums = pylm__array_new(n, sizeof *sums);
    uint64_t *keys = pylm__array_new(n, sizeof *keys);
    uint64_t *of_blocks = pylm__array_new(job->c->heldout->n_symbols, sizeof *of_blocks);
    int status = keys && of_blocks && sums ? count_nothing_in(job, keys, of_blocks, sums, task) : PYLM_ERR_MEMORY;
    free(keys);
    free(of_blocks);
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

static int count_template(void *user, uint32_t job_number, pylm_task *task)
{
    struct pylm__counting *c = user;
    uint32_t k = template_of(c, job_number);
    const struct pylm__template *template = &c->templates->of[k];
    struct job job;
    int status = PYLM_OK, empty = template->kind == PYLM__KIND_NOTHING;
    memset(&job, 0, sizeof job);
    job.c = c;
    job.contexts.corpus = c->corpus;
    job.contexts.tree = c->tree;
    job.contexts.templates = c->templates;
    job.contexts.k = k;
    job.min_count = empty ? 1u : c->min_count;
    if (c->for_kernel)
        c->evidence[k].hits = pylm__array_new(c->heldout->n_symbols, sizeof *c->evidence[k].hits);
    else
        c->evidence[k].indices = pylm__array_new(c->heldout->n_events, sizeof *c->evidence[k].indices);
    job.out = c->evidence[k];
    job.out.steps = pylm__voices_steps(&c->voices, k);
    job.work = pylm__evidence_work_new(c->tree);
    job.packing = pylm__packing_begin(&c->packed[k], c->tree, PYLM__LIST_SPLITS, c->for_kernel, c->spill);
    if ((!job.out.hits && !job.out.indices) || (k < c->voices.n_suffix && !job.out.steps) || !job.work)
        status = PYLM_ERR_MEMORY;
    if (status == PYLM_OK && job.packing && !template->hidden)
        status = empty ? count_nothing(&job, task) : count_ranges(&job, task);
    status = pylm__packing_end(job.packing, status);
    if (status == PYLM_OK && !c->for_kernel)
        pylm__calibrate(c->heldout, job.out.indices, c->corpus->tokenizer != PYLM_TOKENIZER_BYTES, 0,
                        c->calibration + k * PYLM__N_CALIBRATION);
    if (job.out.steps)
        pylm__voices_add(&c->voices, k, job.out.steps);
    pylm__evidence_work_free(job.work);
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
        status = pylm__run_jobs(count_template, counting, templates->n, counting->n_threads, task);
    if (status == PYLM_OK)
        status = pylm__voices_end(&counting->voices, counting->heldout);
    pylm__voices_free(&counting->voices);
    return status;
}
