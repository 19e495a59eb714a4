/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * elsewhere.c: see elsewhere.h. Both sides: the trainer's, and that of whoever counts a template for it.
 */
#include "elsewhere.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "result.h"

#define ELSE_NBYTES (UINT64_C(64) << 20) /* of a process that counts: itself, Python included */
#define EVENT_NBYTES 18u                 /* an event: its index, step and means, and its first event */
#define LEAST_KEYS 65536u                /* sorted at a time, */
#define MAX_RUNS 128u                    /* in so many runs at most: half of those that can be merged */

/* ---- the trainer ---- */

/* The path of a result, to be freed: PATH.NUMBER. */
static char *result_path(const char *job, uint32_t number)
{
    size_t nbytes = strlen(job) + 12u;
    char *path = pylm__array_new(nbytes, 1);
    if (path)
        (void)snprintf(path, nbytes, "%s.%u", job, (unsigned)number);
    return path;
}

static int take_result(struct pylm__counting *c, uint64_t id, uint32_t k)
{
    const struct pylm__result_of of = {id, k};
    struct pylm__evidence_out evidence = {NULL, NULL, NULL};
    char *path = result_path(c->elsewhere->job, k);
    int status = PYLM_ERR_MEMORY;
    memset(&c->packed[k], 0, sizeof c->packed[k]);
    if (c->spill) {
        pylm__buffer_spill(&c->packed[k].index, c->spill);
        pylm__buffer_spill(&c->packed[k].records, c->spill);
        pylm__buffer_spill(&c->packed[k].lists, c->spill);
    }
    c->evidence[k].indices = pylm__array_new(c->heldout->n_events, sizeof *c->evidence[k].indices);
    evidence.indices = c->evidence[k].indices;
    evidence.steps = pylm__voices_steps(&c->voices, k);
    if (path && evidence.indices && (evidence.steps || k >= c->voices.n_suffix))
        status = pylm__result_read(path, of, &c->packed[k], c->heldout, &evidence);
    if (status == PYLM_OK)
        pylm__count_use(c, k, evidence);
    else
        free(evidence.steps);
    free(path);
    return status;
}

static int have_counted(struct pylm__counting *c, pylm_task *task)
{
    const pylm_elsewhere *elsewhere = c->elsewhere;
    uint64_t id;
    uint32_t k;
    PYLM__TRY(pylm__job_write(c, elsewhere->job, &id));
    PYLM__TRY(elsewhere->count(elsewhere->user, c->templates->n, task));
    for (k = 0; k < c->templates->n; k++) {
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        PYLM__TRY(take_result(c, id, k));
    }
    return PYLM_OK;
}

int pylm__count_elsewhere(struct pylm__counting *counting, pylm_task *task)
{
    return pylm__count_by(counting, have_counted, task);
}

/* ---- whoever counts ---- */

/* How many keys fit into max_memory, 0: all; and how many must. */
static int plan_keys(const struct pylm__job *job, const struct pylm__heldout *heldout, uint64_t max_memory,
                     uint64_t *max_keys, uint64_t *smallest)
{
    uint64_t n = job->corpus.n, least = n / MAX_RUNS + LEAST_KEYS;
    uint64_t other = ELSE_NBYTES + pylm__count_nbytes(&job->corpus, heldout, 1) + EVENT_NBYTES * heldout->n_events +
                     20u * (uint64_t)job->tree.n_symbols;
    *max_keys = n;
    least = least < n ? least : n;
    *smallest = other + PYLM__KEY_NBYTES * least;
    if (max_memory && max_memory < *smallest)
        return PYLM_ERR_MEMORY;
    if (max_memory && (max_memory - other) / PYLM__KEY_NBYTES < *max_keys)
        *max_keys = (max_memory - other) / PYLM__KEY_NBYTES;
    return PYLM_OK;
}

/* What is there while a template is counted. */
struct work {
    struct pylm__job job;
    struct pylm__heldout heldout;
    struct pylm__spill spill;
    struct pylm__counting counting;
    struct pylm__packed packed[PYLM__MAX_TEMPLATES];
    struct pylm__evidence_out out;
};

static int count(struct work *w, uint32_t k, uint64_t max_memory, const char *folder, uint64_t *smallest,
                 const pylm_task *task)
{
    struct pylm__counting *c = &w->counting;
    if (k >= w->job.templates.n)
        return PYLM_ERR_ARGUMENT;
    PYLM__TRY(pylm__heldout_choose(&w->heldout, &w->job.corpus, &w->job.tree, PYLM__HELDOUT_ONCE));
    w->heldout.means = pylm__array_new(w->heldout.n_events, sizeof *w->heldout.means);
    if (!w->heldout.means)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(plan_keys(&w->job, &w->heldout, max_memory, &c->max_keys, smallest));
    PYLM__TRY(pylm__spill_open(&w->spill, folder));
    c->corpus = &w->job.corpus;
    c->heldout = &w->heldout;
    c->tree = &w->job.tree;
    c->templates = &w->job.templates;
    c->n_threads = 1;
    c->spill = &w->spill;
    c->folder = folder;
    c->packed = w->packed;
    c->voices.n_suffix = w->job.templates.has_voice ? w->job.templates.n_suffix : 0u;
    c->voices.n_events = w->heldout.n_events;
    return pylm__count_one(c, k, &w->out, task);
}

int pylm_count_job(const char *job, uint32_t number, uint64_t max_memory, const char *folder, const char *result,
                   pylm_task *task, uint64_t *nbytes_ret)
{
    struct work *w = pylm__array_new(1, sizeof *w);
    struct pylm__result_of of;
    int status;
    *nbytes_ret = 0;
    if (!w)
        return PYLM_ERR_MEMORY;
    pylm__task_begin(task, PYLM_STAGE_COUNT, 1);
    status = pylm__job_open(&w->job, job);
    if (status == PYLM_OK)
        status = count(w, number, max_memory, folder, nbytes_ret, task);
    of.job = w->job.id;
    of.number = number;
    if (status == PYLM_OK)
        status = pylm__result_write(result, of, &w->packed[number], &w->heldout, &w->out);
    if (number < PYLM__MAX_TEMPLATES) {
        pylm__packed_free(&w->packed[number]);
        free(w->counting.evidence[number].indices);
    }
    free(w->out.steps);
    pylm__spill_close(&w->spill);
    pylm__heldout_free(&w->heldout);
    pylm__job_close(&w->job);
    free(w);
    return status;
}
