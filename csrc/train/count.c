/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * count.c: see count.h. The keys of a template's contexts are sorted; so the successors of a context lie side by
 * side, and a context's evidence is the difference of two ranks. Contexts are ordered by their hashes: those of a
 * range of hashes can be counted alone, and the tables of one range follow those of another.
 */
#include "count.h"

#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "keys.h"
#include "sort.h"

#define MAX_RANGES 256u
#define ALL_HASHES ((uint64_t)1 << PYLM__HASH_BITS)
#define RECORDS_SHARE 8u      /* symbols of the text for each context that is kept, of any template: fewer is rare */
#define RECORD_NBYTES 24u     /* of a context while its table is being packed */
#define FURTHER_NBYTES (UINT64_C(8) << 20) /* of a template: a held-out block's keys, buffers on the way to a file */

/* One template at work. */
struct job {
    const struct pylm__counting *c;
    uint32_t k, min_count;
    struct pylm__packing *packing;
    struct pylm__keys keys;
    uint64_t *of_blocks; /* keys of the held-out symbols */
    struct pylm__evidence_work *work;
    uint16_t *indices;
};

uint64_t pylm__count_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout)
{
    return corpus->n / RECORDS_SHARE * RECORD_NBYTES + 8u * heldout->n_symbols + 12u * (uint64_t)corpus->n_symbols +
           FURTHER_NBYTES;
}

/* Contexts of one range of hashes. */
static int count_range(struct job *job, struct pylm__hashes range, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    const struct pylm__symbol_tree *tree = &c->trained->tree;
    struct pylm__sorted_keys sorted = {NULL, NULL, 0};
    uint64_t *scratch;
    int status;
    PYLM__TRY(pylm__keys_in(c->corpus, tree, &c->trained->templates, job->k, range, c->heldout, &job->keys,
                            job->of_blocks, task));
    scratch = pylm__array_new(job->keys.n, sizeof *scratch);
    if (!scratch)
        return PYLM_ERR_MEMORY;
    status = pylm__sort(job->keys.keys, scratch, job->keys.n, task);
    free(scratch);
    if (status == PYLM_OK)
        status = pylm__packing_add_keys(job->packing, job->keys.keys, job->keys.n, job->min_count, task);
    sorted.keys = job->keys.keys;
    sorted.n = job->keys.n;
    if (status == PYLM_OK)
        status = pylm__heldout_evidence(c->heldout, tree, sorted, job->of_blocks, range.from, range.to, job->min_count,
                                        job->indices, job->work, task);
    return status;
}

static int count_ranges(struct job *job, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    struct pylm__hashes ranges[MAX_RANGES];
    uint32_t i, n = pylm__keys_ranges(c->corpus, &c->trained->tree, &c->trained->templates, job->k, c->max_keys, ranges,
                                      MAX_RANGES);
    int status = PYLM_OK;
    if (!n)
        return PYLM_ERR_MEMORY;
    job->keys.capacity = c->corpus->n < c->max_keys ? c->corpus->n : c->max_keys;
    job->keys.keys = pylm__array_new(job->keys.capacity, sizeof *job->keys.keys);
    if (!job->keys.keys)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < n && status == PYLM_OK; i++)
        status = count_range(job, ranges[i], task);
    return status;
}

/* The empty context has all symbols as successors: there is nothing to sort. `keys` and `sums` have room for
 * every symbol. */
static int count_nothing_in(struct job *job, uint64_t *keys, uint32_t *sums, const pylm_task *task)
{
    const struct pylm__counting *c = job->c;
    const struct pylm__symbol_tree *tree = &c->trained->tree;
    struct pylm__sorted_keys sorted = {keys, sums, 0};
    pylm_state opaque;
    uint64_t p, at = 0, hash;
    uint32_t leaf, b, *leaves;
    int status;
    pylm_state_init(&opaque);
    hash = pylm__template_hash(&c->trained->templates, job->k, tree, pylm__state_view(&opaque)) >>
           (64u - PYLM__HASH_BITS);
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
            job->of_blocks[at++] = hash << PYLM__LEAF_BITS | tree->leaf_of[pylm__symbol(c->corpus, p)];
    status = pylm__packing_add(job->packing, hash, leaves, sums, (uint32_t)sorted.n);
    if (status == PYLM_OK)
        status = pylm__heldout_evidence(c->heldout, tree, sorted, job->of_blocks, 0, ALL_HASHES, job->min_count,
                                        job->indices, job->work, task);
    free(leaves);
    return status;
}

static int count_nothing(struct job *job, const pylm_task *task)
{
    uint32_t n = job->c->trained->tree.n_symbols, *sums = pylm__array_new(n, sizeof *sums);
    uint64_t *keys = pylm__array_new(n, sizeof *keys);
    int status = keys && sums ? count_nothing_in(job, keys, sums, task) : PYLM_ERR_MEMORY;
    free(keys);
    free(sums);
    return status;
}

static int count_template(void *user, uint32_t k, pylm_task *task)
{
    struct pylm__counting *c = user;
    const struct pylm__template *template = &c->trained->templates.of[k];
    struct job job;
    int status = PYLM_OK, empty = template->kind == PYLM__KIND_NOTHING;
    memset(&job, 0, sizeof job);
    job.c = c;
    job.k = k;
    job.min_count = empty ? 1u : c->min_count;
    job.indices = c->indices[k] = pylm__array_new(c->heldout->n_events, sizeof *c->indices[k]);
    job.of_blocks = pylm__array_new(c->heldout->n_symbols, sizeof *job.of_blocks);
    job.work = pylm__evidence_work_new(&c->trained->tree);
    job.packing = pylm__packing_begin(&c->trained->packed[k], &c->trained->tree, PYLM__LIST_SPLITS, c->spill);
    if (!job.indices || !job.of_blocks || !job.work)
        status = PYLM_ERR_MEMORY;
    if (job.of_blocks) /* until it is known, a key is behind all others */
        memset(job.of_blocks, 0xff, (size_t)c->heldout->n_symbols * sizeof *job.of_blocks);
    if (status == PYLM_OK && job.packing && !template->hidden)
        status = empty ? count_nothing(&job, task) : count_ranges(&job, task);
    free(job.keys.keys);
    status = pylm__packing_end(job.packing, status);
    if (status == PYLM_OK)
        pylm__calibrate(c->heldout, job.indices, c->corpus->tokenizer != PYLM_TOKENIZER_BYTES, 0,
                        c->trained->calibration + k * PYLM__N_CALIBRATION);
    free(job.of_blocks);
    pylm__evidence_work_free(job.work);
    return status;
}

int pylm__count(struct pylm__counting *counting, pylm_task *task)
{
    uint32_t n = counting->trained->templates.n;
    pylm__task_begin(task, PYLM_STAGE_COUNT, n);
    return pylm__run_jobs(count_template, counting, n, counting->n_threads, task);
}
