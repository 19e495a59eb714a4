/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * count.c: see count.h. The keys of a template come sorted (stream.h). So the successors of a context lie side by side,
 * and its evidence in a held-out block is the difference of two ranks.
 */
#include "count.h"

#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "platform/platform.h"
#include "stream.h"

#define RECORDS_SHARE 8u  /* symbols of the text for each context that is kept, of any template; rarely fewer */
#define RECORD_NBYTES 24u /* of a context while its table is being packed */
#define FURTHER_NBYTES (UINT64_C(8) << 20) /* for a template: keys of a held-out block, buffers */

/* One template at work. */
struct job {
    const struct pylm__counting *c;
    struct pylm__stream stream;
    struct pylm__spill scratch; /* a file of its own, open if it is needed: it goes when the template is counted */
    struct pylm__packing *packing;
    struct pylm__evidence_work *work;
    struct pylm__evidence_out out;
};

uint64_t pylm__count_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout, int spills)
{
    uint64_t all = 8u * heldout->n_symbols + 16u * (uint64_t)corpus->n_symbols + FURTHER_NBYTES;
    return spills ? all + PYLM__STREAM_NBYTES : all + corpus->n / RECORDS_SHARE * RECORD_NBYTES;
}

/* Adds contexts to the table, and finds their evidence. */
static int add_contexts(void *user, struct pylm__sorted_keys sorted, struct pylm__hash_range range,
                        const pylm_task *task)
{
    struct job *job = user;
    uint32_t min_count = job->c->templates->of[job->stream.contexts.k].min_count;
    const struct pylm__evidence_input input = {job->c->heldout,       job->c->tree, sorted,
                                               job->stream.of_blocks, range,        min_count};
    PYLM__TRY(pylm__packing_add_keys(job->packing, sorted, min_count, task));
    return pylm__heldout_evidence(&input, job->out, job->work, task);
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
    job->stream.contexts.corpus = c->corpus;
    job->stream.contexts.tree = c->tree;
    job->stream.contexts.templates = c->templates;
    job->stream.contexts.k = k;
    job->stream.heldout = c->heldout;
    job->stream.max_keys = c->max_keys;
    job->stream.scratch = &job->scratch;
    if (c->for_kernel)
        c->evidence[k].hits = pylm__array_new(c->heldout->n_symbols, sizeof *c->evidence[k].hits);
    else
        c->evidence[k].indices = pylm__array_new(c->heldout->n_events, sizeof *c->evidence[k].indices);
    job->out = c->evidence[k];
    job->out.steps = pylm__voices_steps(&c->voices, k);
    job->work = pylm__evidence_work_new(c->tree);
    job->stream.of_blocks = pylm__array_new(c->heldout->n_symbols, sizeof *job->stream.of_blocks);
    if (c->spill)
        PYLM__TRY(pylm__spill_open(&job->scratch, c->folder));
    job->packing = pylm__packing_begin(&c->packed[k], c->tree, PYLM__LIST_SPLITS, c->for_kernel, files);
    if ((!job->out.hits && !job->out.indices) || (k < c->voices.n_suffix && !job->out.steps) || !job->work ||
        !job->stream.of_blocks || !job->packing)
        return PYLM_ERR_MEMORY;
    return PYLM_OK;
}

int pylm__count_one(struct pylm__counting *counting, uint32_t k, struct pylm__evidence_out *out, const pylm_task *task)
{
    const struct pylm__template *template = &counting->templates->of[k];
    struct job job;
    int status = begin_job(counting, k, &job);
    if (status == PYLM_OK && !template->hidden)
        status = pylm__stream_keys(&job.stream, add_contexts, &job, task);
    if (job.packing)
        status = pylm__packing_end(job.packing, status, task);
    pylm__evidence_work_free(job.work);
    free(job.stream.of_blocks);
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

/* Counts all templates in this process. */
static int count_here(struct pylm__counting *counting, pylm_task *task)
{
    return pylm__run_jobs(count_template, counting, counting->templates->n, counting->n_threads, task);
}

int pylm__count_by(struct pylm__counting *counting, pylm__count_all *count_all, pylm_task *task)
{
    const struct pylm__templates *templates = counting->templates;
    int status =
        pylm__voices_begin(&counting->voices, counting->heldout, templates->has_voice ? templates->n_suffix : 0u);
    pylm__os_give_back();
    pylm__task_begin(task, PYLM_STAGE_COUNT, templates->n);
    if (status == PYLM_OK)
        status = count_all(counting, task);
    if (status == PYLM_OK)
        status = pylm__voices_end(&counting->voices, counting->heldout);
    pylm__voices_free(&counting->voices);
    return status;
}

int pylm__count(struct pylm__counting *counting, pylm_task *task)
{
    return pylm__count_by(counting, count_here, task);
}
