/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stages.c: see stages.h.
 */
#include "stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../core/mix.h"
#include "calibrate.h"

#define PRIOR 0.15         /* a template's weight without any event */
#define PRIOR_RECALL 0.05  /* an overlay input's */
#define PRIOR_REPETITION 0.6 /* for texts that repeat, where the training text does not */
#define COMMON_RIDGE 1.0
#define FINAL_RIDGE 300.0  /* a few symbols are not enough to doubt the first stage */
#define MAX_SUM 7.5        /* of weights: 4 families * 8704 * 7.5 * 2^13 < 2^31 */
#define MAX_FINAL_SUM 7.0  /* 3 families * 11392 * 7 * 2^13 < 2^31 */

struct stage_input {
    const struct pylm__heldout *heldout;
    const struct pylm__templates *templates;
    const uint16_t *const *indices;
    const int16_t *calibration;
    const double *mixed; /* the first stage's log-odds by event, nats */
    const struct pylm__simulated *simulated;
    const int16_t *overlay_calibration;
};

static uint32_t gather_first(const void *user, uint64_t e, struct pylm__fit_input *inputs, uint32_t *sets)
{
    const struct stage_input *in = user;
    struct pylm__situation situation = {0, 0, 0};
    uint32_t k, n = 0;
    for (k = 0; k < in->templates->n; k++) {
        uint32_t index = in->indices[k][e], level;
        if (!index)
            continue;
        level = pylm__index_level(index);
        situation.digits += pylm__situation_digits(in->templates->of[k].role, level);
        if (k < in->templates->n_suffix) {
            situation.suffix = k;
            situation.hits = level;
        }
        inputs[n].number = (uint16_t)k;
        inputs[n++].value = in->calibration[k * PYLM__N_CALIBRATION + index];
    }
    inputs[n].number = (uint16_t)in->templates->n;
    inputs[n++].value = PYLM__CONSTANT_Q10;
    pylm__situation_sets(&situation, in->heldout->places[e], sets);
    return n;
}

/* The inputs of the final stage that it always has. */
static uint32_t gather_final(const void *user, uint64_t e, struct pylm__fit_input *inputs, uint32_t *sets)
{
    const struct stage_input *in = user;
    double mixed = floor(in->mixed[e] * 1024.0 + 0.5);
    uint32_t i;
    for (i = 0; i < PYLM__N_FINAL; i++)
        inputs[i].number = (uint16_t)i;
    inputs[PYLM__FINAL_MIXED].value = (int16_t)fmin(fmax(mixed, -PYLM__MAX_MIXED_Q10), PYLM__MAX_MIXED_Q10);
    inputs[PYLM__FINAL_MEAN].value = (int16_t)pylm__mean_log_odds(in->heldout->means[e]);
    inputs[PYLM__FINAL_CONSTANT].value = PYLM__CONSTANT_Q10;
    sets[0] = in->heldout->places[e].node_set;
    sets[1] = pylm__confidence(in->heldout->means[e]);
    return PYLM__N_FINAL;
}

static uint32_t gather_adaptive(const void *user, uint64_t e, struct pylm__fit_input *inputs, uint32_t *sets)
{
    const struct stage_input *in = user;
    uint32_t i, n = gather_final(user, e, inputs, sets);
    for (i = 0; i < in->simulated->n_inputs; i++) {
        uint32_t index = in->simulated->indices[i][e];
        if (!index)
            continue;
        inputs[n].number = (uint16_t)(PYLM__N_FINAL + i);
        inputs[n++].value = in->overlay_calibration[i * PYLM__N_CALIBRATION + index];
    }
    sets[2] = in->simulated->sets[e];
    return n;
}

/* Sets of the first stage's families. */
static uint32_t first_sets(uint32_t family, const struct pylm__symbol_tree *tree, const struct pylm__templates *templates)
{
    return pylm__n_sets(family, templates->n_suffix, tree->n_sets, pylm__tree_previous_sets(tree));
}

int pylm__stages_allocate(struct pylm__stages *stages, const struct pylm__symbol_tree *tree,
                          const struct pylm__templates *templates)
{
    uint64_t n_inputs = pylm__plan_inputs(&templates->plan), n_final = tree->n_sets + (uint64_t)PYLM__N_CONFIDENCES;
    uint32_t i;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        stages->n_weights += (uint64_t)first_sets(i, tree, templates) * (templates->n + 1u);
    stages->n_final_weights = n_final * PYLM__N_FINAL;
    stages->n_overlay_calibration = n_inputs * PYLM__N_CALIBRATION;
    stages->n_overlay_weights = (n_final + PYLM__N_RECALL_SETS) * (PYLM__N_FINAL + n_inputs);
    stages->weights = pylm__array_new(stages->n_weights, sizeof *stages->weights);
    stages->final_weights = pylm__array_new(stages->n_final_weights, sizeof *stages->final_weights);
    stages->overlay_calibration = pylm__array_new(stages->n_overlay_calibration, sizeof *stages->overlay_calibration);
    stages->overlay_weights = pylm__array_new(stages->n_overlay_weights, sizeof *stages->overlay_weights);
    return stages->weights && stages->final_weights && stages->overlay_calibration && stages->overlay_weights
               ? PYLM_OK
               : PYLM_ERR_MEMORY;
}

static int fit_first(struct pylm__stages *stages, struct pylm__fit_problem problem, const struct stage_input *in,
                     const struct pylm__symbol_tree *tree, double *log_odds, pylm_task *task)
{
    double prior[PYLM__FIT_MAX_INPUTS];
    struct pylm__fit_result result;
    uint32_t i;
    problem.n_inputs = in->templates->n + 1u;
    problem.n_families = PYLM__N_FAMILIES;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        problem.n_sets[i] = first_sets(i, tree, in->templates);
    for (i = 0; i < problem.n_inputs; i++)
        prior[i] = PRIOR;
    problem.prior = prior;
    problem.common_ridge = COMMON_RIDGE;
    problem.max_weight_sum = MAX_SUM;
    problem.gather = gather_first;
    PYLM__TRY(pylm__fit(&problem, stages->weights, log_odds, &result, task));
    stages->cycles = result.cycles;
    return PYLM_OK;
}

static int fit_final(struct pylm__stages *stages, struct pylm__fit_problem problem, const struct stage_input *in,
                     uint32_t n_node_sets, pylm_task *task)
{
    double prior[PYLM__FIT_MAX_INPUTS] = {1.0, 0.0, 0.0}; /* the first stage as it is */
    uint64_t n_symbols = in->heldout->n_symbols;
    struct pylm__fit_result result;
    uint32_t i;
    problem.n_inputs = PYLM__N_FINAL;
    problem.n_families = 2;
    problem.n_sets[0] = n_node_sets;
    problem.n_sets[1] = PYLM__N_CONFIDENCES;
    problem.n_sets[2] = PYLM__N_RECALL_SETS;
    problem.prior = prior;
    problem.common_ridge = FINAL_RIDGE;
    problem.max_weight_sum = MAX_FINAL_SUM;
    problem.gather = gather_final;
    PYLM__TRY(pylm__fit(&problem, stages->final_weights, NULL, &result, task));
    stages->bits = result.loss / (double)n_symbols;
    problem.n_inputs += in->simulated->n_inputs;
    problem.n_families = 3;
    for (i = PYLM__N_FINAL; i < problem.n_inputs; i++)
        prior[i] = PRIOR_RECALL;
    prior[problem.n_inputs - 1u] = PRIOR_REPETITION;
    problem.gather = gather_adaptive;
    PYLM__TRY(pylm__fit(&problem, stages->overlay_weights, NULL, &result, task));
    stages->adaptive_bits = result.loss / (double)n_symbols;
    return PYLM_OK;
}

static void calibrate_overlay(const struct pylm__stages *stages, const struct pylm__heldout *heldout,
                              const struct pylm__simulated *simulated, int symmetric)
{
    uint32_t i;
    for (i = 0; i < simulated->n_inputs; i++)
        pylm__calibrate(heldout, simulated->indices[i], symmetric, i == PYLM__INPUT_AGES,
                        stages->overlay_calibration + (size_t)i * PYLM__N_CALIBRATION);
}

int pylm__stages_fit(struct pylm__stages *stages, const struct pylm__heldout *heldout,
                     const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                     const struct pylm__templates *templates, const uint16_t *const *indices,
                     const int16_t *calibration, int only_first, uint32_t n_threads, pylm_task *task)
{
    struct stage_input in = {heldout, templates, indices, calibration, NULL, NULL, NULL};
    struct pylm__fit_problem problem;
    struct pylm__simulated simulated;
    double *mixed = pylm__array_new(heldout->n_events, sizeof *mixed);
    int status = PYLM_ERR_MEMORY;
    memset(&problem, 0, sizeof problem);
    memset(&simulated, 0, sizeof simulated);
    problem.n_events = heldout->n_events;
    problem.side = heldout->side;
    problem.n_threads = n_threads;
    problem.user = &in;
    pylm__task_begin(task, PYLM_STAGE_FIT, 3u * pylm__fit_steps());
    if (mixed)
        status = pylm__stages_allocate(stages, tree, templates);
    if (status == PYLM_OK)
        status = fit_first(stages, problem, &in, tree, mixed, task);
    if (status == PYLM_OK && !only_first)
        status = pylm__simulate(&simulated, heldout, corpus, tree, templates, n_threads, task);
    if (status == PYLM_OK && !only_first)
        calibrate_overlay(stages, heldout, &simulated, corpus->tokenizer != PYLM_TOKENIZER_BYTES);
    in.mixed = mixed;
    in.simulated = &simulated;
    in.overlay_calibration = stages->overlay_calibration;
    if (status == PYLM_OK && !only_first)
        status = fit_final(stages, problem, &in, tree->n_sets, task);
    pylm__simulated_free(&simulated);
    free(mixed);
    return status;
}

void pylm__stages_free(struct pylm__stages *stages)
{
    free(stages->weights);
    free(stages->final_weights);
    free(stages->overlay_calibration);
    free(stages->overlay_weights);
    memset(stages, 0, sizeof *stages);
}
