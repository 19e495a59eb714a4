/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stages.c: see stages.h.
 */
#include "stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage1.h"
#include "fit.h"
#include "platform/platform.h"
#include "train/count/calibrate.h"

#define PRIOR 0.15           /* weight of a template without any event */
#define PRIOR_RECALL 0.05    /* likewise of an overlay's input */
#define PRIOR_REPETITION 0.6 /* for texts that repeat, where the training text does not */
#define COMMON_RIDGE 1.0
#define STAGE2_RIDGE 300.0 /* a few symbols are not enough to change what the first stage says */
#define SET_RIDGE 300.0    /* squared nats of input; docs/ablations.md has the measurements */
#define LAYER_RIDGE 6000.0 /* instead of both, in a layer: its text may be short, and the base knows more */
#define MAX_STAGE1_SUM 6.0 /* of weights: 5 families * 8704 * 6 * 2^13 < 2^31 */
#define MAX_STAGE2_SUM 7.0 /* 3 families * 11392 * 7 * 2^13 < 2^31 */

/* Events of a stage in parts, so that threads can share them. */
#define PART 65536u

/* The inputs of one stage. Values take the place of the calibration indices that they come from: both have 16 bits, and
 * a fit needs much memory. */
struct columns {
    const struct pylm__stages_input *in;
    pylm_task *task;
    uint32_t n_indexed; /* how many of the values come from indices */
    int16_t *values[PYLM__FIT_MAX_INPUTS];
    const int16_t *tables[PYLM__FIT_MAX_INPUTS]; /* the values of indices */
    uint16_t *sets[2];                           /* of the families that depend on the evidence */
    const float *log_odds;                       /* of the stage before, nats */
    int16_t *mixed, *mean;                       /* of the second stage */
};

/* Does a job for all events, part by part. */
static int for_events(struct columns *c, pylm__job job)
{
    uint64_t n_parts = (c->in->heldout->n_events + PART - 1u) / PART;
    PYLM__TRY(pylm__run_jobs(job, c, (uint32_t)n_parts, c->in->n_threads, NULL));
    return pylm__task_cancelled(c->task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

static uint64_t part_end(const struct columns *c, uint32_t part)
{
    uint64_t end = ((uint64_t)part + 1u) * PART;
    return end < c->in->heldout->n_events ? end : c->in->heldout->n_events;
}

/* Indices to values. */
static int look_up(void *user, uint32_t part, pylm_task *task)
{
    struct columns *c = user;
    uint64_t e, end = part_end(c, part);
    uint32_t k;
    (void)task;
    for (k = 0; k < c->n_indexed; k++)
        for (e = (uint64_t)part * PART; e < end; e++)
            c->values[k][e] = c->tables[k][(uint16_t)c->values[k][e]];
    return PYLM_OK;
}

/* Finds the sets of the first stage's families that depend on the evidence. The values are still indices. */
static int choose_stage1_sets(void *user, uint32_t part, pylm_task *task)
{
    struct columns *c = user;
    const struct pylm__templates *templates = c->in->templates;
    uint64_t e, end = part_end(c, part);
    uint32_t k, sets[PYLM__N_FAMILIES];
    (void)task;
    for (e = (uint64_t)part * PART; e < end; e++) {
        struct pylm__situation situation = {0, 0, 0, 0, 0};
        struct pylm__fixed_sets fixed = pylm__heldout_fixed_sets(c->in->heldout, e);
        for (k = 0; k < templates->n; k++)
            pylm__situation_add(&situation, templates, k, (uint16_t)c->values[k][e]);
        situation.confidence = pylm__confidence(c->in->heldout->means[e]);
        pylm__situation_sets(&situation, &fixed, templates->n, sets);
        c->sets[0][e] = (uint16_t)sets[PYLM__FAMILY_SUFFIX];
        c->sets[1][e] = (uint16_t)sets[PYLM__FAMILY_CONFIDENCE];
    }
    return PYLM_OK;
}

/* Finds the inputs that the second stage always has, and the sets of its family 1. */
static int find_stage2(void *user, uint32_t part, pylm_task *task)
{
    struct columns *c = user;
    uint64_t e, end = part_end(c, part);
    (void)task;
    for (e = (uint64_t)part * PART; e < end; e++) {
        struct pylm__mean mean = c->in->heldout->means[e];
        double mixed = floor((double)c->log_odds[e] * 1024.0 + 0.5);
        c->mixed[e] = (int16_t)fmin(fmax(mixed, -PYLM__MAX_MIXED_Q10), PYLM__MAX_MIXED_Q10);
        c->mean[e] = (int16_t)pylm__mean_log_odds(mean);
        c->sets[0][e] = (uint16_t)pylm__confidence(mean);
    }
    return PYLM_OK;
}

/* Inputs of the second stage without an overlay. */
static uint32_t n_plain_of(const struct pylm__symbol_tree *tree)
{
    return PYLM__N_STAGE2 + (tree->is_of_base ? 1u : 0u);
}

int pylm__stages_allocate(struct pylm__stages *stages, const struct pylm__symbol_tree *tree,
                          const struct pylm__templates *templates, int has_topic)
{
    const struct pylm__shape shape = pylm__shape_of(tree, templates);
    uint64_t n_inputs = pylm__plan_inputs(&templates->plan), n_stage2 = tree->n_sets + (uint64_t)PYLM__N_CONFIDENCES;
    uint32_t i, n_plain = n_plain_of(tree);
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        stages->n_stage1_weights += (uint64_t)pylm__n_sets(i, &shape) * pylm__n_inputs_of(templates, has_topic);
    stages->n_stage2_weights = n_stage2 * n_plain;
    if (templates->learns) {
        stages->n_overlay_calibration = n_inputs * PYLM__N_CALIBRATION;
        stages->n_overlay_weights = (n_stage2 + PYLM__N_RECALL_SETS) * (n_plain + n_inputs);
    }
    stages->stage1_weights = pylm__array_new(stages->n_stage1_weights, sizeof *stages->stage1_weights);
    stages->stage2_weights = pylm__array_new(stages->n_stage2_weights, sizeof *stages->stage2_weights);
    stages->overlay_calibration = pylm__array_new(stages->n_overlay_calibration, sizeof *stages->overlay_calibration);
    stages->overlay_weights = pylm__array_new(stages->n_overlay_weights, sizeof *stages->overlay_weights);
    return stages->stage1_weights && stages->stage2_weights && stages->overlay_calibration && stages->overlay_weights
               ? PYLM_OK
               : PYLM_ERR_MEMORY;
}

static struct pylm__fit_problem begin_problem(const struct pylm__stages_input *in)
{
    struct pylm__fit_problem problem;
    memset(&problem, 0, sizeof problem);
    problem.n_events = in->heldout->n_events;
    problem.side = in->heldout->side;
    problem.n_threads = in->n_threads;
    return problem;
}

static int fit_stage1_columns(struct pylm__stages *stages, struct columns *c, float *log_odds)
{
    const struct pylm__stages_input *in = c->in;
    struct pylm__fit_problem problem = begin_problem(in);
    const struct pylm__shape shape = pylm__shape_of(in->tree, in->templates);
    double prior[PYLM__FIT_MAX_INPUTS];
    struct pylm__fit_result result;
    uint32_t i;
    PYLM__TRY(for_events(c, choose_stage1_sets));
    PYLM__TRY(for_events(c, look_up));
    problem.n_inputs = in->templates->n + 1u; /* the last input is a constant */
    if (in->heldout->topic_log_odds)
        problem.inputs[problem.n_inputs++] = in->heldout->topic_log_odds;
    if (in->templates->has_voice)
        problem.inputs[problem.n_inputs++] = in->heldout->voice_log_odds;
    problem.n_families = PYLM__N_FAMILIES;
    for (i = 0; i < in->templates->n; i++)
        problem.inputs[i] = c->values[i];
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        problem.n_sets[i] = pylm__n_sets(i, &shape);
    problem.sets[PYLM__FAMILY_SUFFIX] = c->sets[0];
    problem.sets[PYLM__FAMILY_NODE] = in->heldout->node_sets;
    problem.sets[PYLM__FAMILY_CONFIDENCE] = c->sets[1];
    problem.sets[PYLM__FAMILY_PREVIOUS] = in->heldout->previous;
    problem.sets[PYLM__FAMILY_BEFORE] = in->heldout->before;
    for (i = 0; i < problem.n_inputs; i++)
        prior[i] = PRIOR;
    problem.prior = prior;
    problem.common_ridge = COMMON_RIDGE;
    problem.set_ridge = SET_RIDGE;
    problem.max_weight_sum = MAX_STAGE1_SUM;
    PYLM__TRY(pylm__fit(&problem, stages->stage1_weights, log_odds, &result, c->task));
    stages->cycles = result.cycles;
    return PYLM_OK;
}

/* A copy of n_events indices. */
static uint16_t *copy_of(const uint16_t *indices, uint64_t n_events)
{
    uint16_t *copy = pylm__array_new(n_events, sizeof *copy);
    if (copy && n_events)
        memcpy(copy, indices, (size_t)n_events * sizeof *copy);
    return copy;
}

/* Fits the first stage.
 *   keep       the indices are copied, not overwritten
 *   log_odds   out: of every event; to be freed, also after a failure */
static int fit_stage1(struct pylm__stages *stages, const struct pylm__stages_input *in, uint16_t **indices, int keep,
                      float **log_odds, pylm_task *task)
{
    uint64_t n_events = in->heldout->n_events;
    struct columns c;
    uint32_t k;
    int status = PYLM_OK;
    memset(&c, 0, sizeof c);
    c.in = in;
    c.task = task;
    c.n_indexed = in->templates->n;
    for (k = 0; k < c.n_indexed; k++) {
        c.values[k] = (int16_t *)(keep ? copy_of(indices[k], n_events) : indices[k]);
        c.tables[k] = in->calibration + k * PYLM__N_CALIBRATION;
        if (!keep)
            indices[k] = NULL;
        if (!c.values[k])
            status = PYLM_ERR_MEMORY;
    }
    c.sets[0] = pylm__array_new(n_events, sizeof *c.sets[0]);
    c.sets[1] = pylm__array_new(n_events, sizeof *c.sets[1]);
    *log_odds = pylm__array_new(n_events, sizeof **log_odds);
    if (!c.sets[0] || !c.sets[1] || !*log_odds)
        status = PYLM_ERR_MEMORY;
    if (status == PYLM_OK)
        status = fit_stage1_columns(stages, &c, *log_odds);
    for (k = 0; k < c.n_indexed; k++)
        free(c.values[k]);
    free(c.sets[0]);
    free(c.sets[1]);
    return status;
}

/* ---- the second stage ---- */

static int fit_stage2_columns(struct pylm__stages *stages, struct columns *c, const struct pylm__simulated *simulated)
{
    double prior[PYLM__FIT_MAX_INPUTS] = {1.0, 0.0, 0.0}; /* the first stage as it is */
    const struct pylm__stages_input *in = c->in;
    struct pylm__fit_problem problem = begin_problem(in);
    struct pylm__fit_result result;
    uint32_t i, n_plain = n_plain_of(in->tree);
    if (in->heldout->base_log_odds) {
        prior[PYLM__STAGE2_MIXED] = 0.0;
        prior[PYLM__STAGE2_BELOW] = 1.0; /* in a layer: the base as it is */
        problem.inputs[PYLM__STAGE2_BELOW] = in->heldout->base_log_odds;
    }
    problem.n_inputs = n_plain;
    problem.inputs[PYLM__STAGE2_MIXED] = c->mixed;
    problem.inputs[PYLM__STAGE2_MEAN] = c->mean;
    problem.n_families = 2;
    problem.n_sets[0] = in->tree->n_sets;
    problem.n_sets[1] = PYLM__N_CONFIDENCES;
    problem.n_sets[2] = PYLM__N_RECALL_SETS;
    problem.sets[0] = in->heldout->node_sets;
    problem.sets[1] = c->sets[0];
    problem.sets[2] = simulated->sets;
    problem.prior = prior;
    problem.common_ridge = in->heldout->base_log_odds ? LAYER_RIDGE : STAGE2_RIDGE;
    problem.set_ridge = in->heldout->base_log_odds ? LAYER_RIDGE : SET_RIDGE;
    problem.max_weight_sum = MAX_STAGE2_SUM;
    PYLM__TRY(pylm__fit(&problem, stages->stage2_weights, NULL, &result, c->task));
    stages->bits = stages->adaptive_bits = result.loss / (double)in->heldout->n_used;
    if (!in->templates->learns)
        return PYLM_OK;
    problem.n_inputs += simulated->n_inputs;
    problem.n_families = 3;
    for (i = n_plain; i < problem.n_inputs; i++) {
        prior[i] = PRIOR_RECALL;
        problem.inputs[i] = c->values[i - n_plain];
    }
    prior[problem.n_inputs - 1u] = PRIOR_REPETITION;
    PYLM__TRY(pylm__fit(&problem, stages->overlay_weights, NULL, &result, c->task));
    stages->adaptive_bits = result.loss / (double)in->heldout->n_used;
    return PYLM_OK;
}

/* Fits the second stage, without and with an overlay. `log_odds` are those of the first stage. The indices of
 * the simulation become values. */
static int fit_stage2(struct pylm__stages *stages, const struct pylm__stages_input *in,
                      struct pylm__simulated *simulated, const float *log_odds, pylm_task *task)
{
    uint64_t n_events = in->heldout->n_events;
    struct columns c;
    uint32_t i;
    int status = PYLM_ERR_MEMORY;
    memset(&c, 0, sizeof c);
    c.in = in;
    c.task = task;
    c.n_indexed = simulated->n_inputs;
    for (i = 0; i < c.n_indexed; i++) {
        c.values[i] = (int16_t *)simulated->indices[i];
        c.tables[i] = stages->overlay_calibration + i * PYLM__N_CALIBRATION;
    }
    c.log_odds = log_odds;
    c.mixed = pylm__array_new(n_events, sizeof *c.mixed);
    c.mean = pylm__array_new(n_events, sizeof *c.mean);
    c.sets[0] = pylm__array_new(n_events, sizeof *c.sets[0]);
    if (c.mixed && c.mean && c.sets[0])
        status = for_events(&c, find_stage2);
    if (status == PYLM_OK)
        status = for_events(&c, look_up);
    if (status == PYLM_OK)
        status = fit_stage2_columns(stages, &c, simulated);
    free(c.mixed);
    free(c.mean);
    free(c.sets[0]);
    return status;
}

struct calibrating {
    const struct pylm__stages_input *in;
    const struct pylm__simulated *simulated;
    int16_t *calibration;
};

/* A job: calibrates an input of the overlay. */
static int calibrate_input(void *user, uint32_t i, pylm_task *task)
{
    const struct calibrating *c = user;
    int symmetric = c->in->corpus->tokenizer != PYLM_TOKENIZER_BYTES;
    (void)task;
    pylm__calibrate(c->in->heldout, c->simulated->indices[i], symmetric, i == PYLM__INPUT_AGES,
                    c->calibration + (size_t)i * PYLM__N_CALIBRATION);
    return PYLM_OK;
}

static int calibrate_overlay(const struct pylm__stages *stages, const struct pylm__stages_input *in,
                             const struct pylm__simulated *simulated)
{
    struct calibrating calibrating = {in, simulated, stages->overlay_calibration};
    return pylm__run_jobs(calibrate_input, &calibrating, simulated->n_inputs, in->n_threads, NULL);
}

int pylm__stages_fit(struct pylm__stages *stages, const struct pylm__stages_input *in, uint16_t **indices,
                     int only_first, pylm_task *task)
{
    struct pylm__simulated simulated;
    float *log_odds = NULL;
    int status;
    memset(&simulated, 0, sizeof simulated);
    pylm__os_give_back();
    pylm__task_begin(task, PYLM_STAGE_FIT, 3u * pylm__fit_steps());
    status = pylm__stages_allocate(stages, in->tree, in->templates, in->heldout->topic_log_odds != NULL);
    if (status == PYLM_OK)
        status = fit_stage1(stages, in, indices, only_first, &log_odds, task);
    if (status == PYLM_OK && !only_first) {
        pylm__os_give_back();
        if (in->templates->learns)
            status = pylm__simulate(&simulated, in->heldout, in->corpus, in->tree, in->templates, in->n_threads, task);
        if (status == PYLM_OK)
            status = calibrate_overlay(stages, in, &simulated);
        if (status == PYLM_OK)
            status = fit_stage2(stages, in, &simulated, log_odds, task);
    }
    pylm__simulated_free(&simulated);
    free(log_odds);
    return status;
}

void pylm__stages_free(struct pylm__stages *stages)
{
    free(stages->stage1_weights);
    free(stages->stage2_weights);
    free(stages->overlay_calibration);
    free(stages->overlay_weights);
    memset(stages, 0, sizeof *stages);
}
