/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fit.c: logistic regression with a ridge, for the mixing weights.
 *
 * The log-odds of an event are linear in all weights: the sum over families of (weights of the chosen set) . (inputs).
 * So the loss is convex and has one optimum; only the ridge is a selection. A common vector is fitted first. It stands
 * behind all families: a set with few events stays near it. Then all sets of all families are fitted together.
 *
 * How the optimum is found decides only how soon it is reached: minimise.h.
 */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "minimise.h"

#define MAX_STEPS 40u
#define MAX_COMMON_STEPS 16u
#define ENOUGH 6e-6        /* nats an event that a step gains; with less, the fit ends */
#define ENOUGH_COMMON 2e-5 /* the sets follow, and mend what is left */
#define MANY_EVENTS 1000000u
#define COMMON_EVERY 8u   /* of many events, tiles of which one is used for the common vector */
#define WEIGHT_ONE 8192.0 /* q13 */

static int minimise(struct pylm__regression *r, const uint32_t *n_sets, double *w, double enough, uint32_t *n_steps,
                    pylm_task *task)
{
    int status = pylm__regression_begin(r, n_sets);
    double loss;
    return status == PYLM_OK ? pylm__minimise(r, w, enough, n_steps, &loss, task) : status;
}

/* Fits the common vector. */
static int fit_common(const struct pylm__fit_problem *problem, double *common, pylm_task *task)
{
    static const uint32_t n_sets[1] = {1};
    struct pylm__regression r;
    double w[PYLM__FIT_MAX_VECTORS * PYLM__FIT_LANES] = {0};
    uint32_t i, n_steps = MAX_COMMON_STEPS;
    int status;
    memset(&r, 0, sizeof r);
    r.problem = problem;
    r.n_families = 1;
    r.base = problem->prior;
    r.ridge = problem->common_ridge;
    r.every = problem->n_events > MANY_EVENTS ? COMMON_EVERY : 1u;
    status = minimise(&r, n_sets, w, ENOUGH_COMMON, &n_steps, task);
    pylm__regression_free(&r);
    for (; n_steps < MAX_COMMON_STEPS; n_steps++) /* it ended sooner than it might have */
        pylm__task_step(task);
    for (i = 0; i < problem->n_inputs; i++)
        common[i] = problem->prior[i] + w[i];
    return status;
}

/* The common vector becomes part of family 0. */
static void write_weights(const struct pylm__regression *r, const double *w, int16_t *weights)
{
    double most = r->problem->max_weight_sum;
    uint32_t row, k, n = r->problem->n_inputs;
    for (row = 0; row < r->n_rows; row++, w += r->stride, weights += n) {
        double sums[PYLM__FIT_MAX_INPUTS], sum = 0;
        for (k = 0; k < n; k++) {
            sums[k] = w[k] + (row < r->problem->n_sets[0] ? r->base[k] : 0.0);
            sum += fabs(sums[k]);
        }
        for (k = 0; k < n; k++) {
            double value = sums[k] * (sum > most ? most / sum : 1.0) * WEIGHT_ONE;
            weights[k] = (int16_t)fmin(fmax(floor(value + 0.5), -32767.0), 32767.0);
        }
    }
}

/* Fits all families, behind which the common vector stands. */
static int fit_families(struct pylm__regression *r, int16_t *weights, float *log_odds, struct pylm__fit_result *result,
                        pylm_task *task)
{
    struct pylm__pass_sums sums = {0, NULL, NULL, log_odds};
    double *w, loss = 0;
    uint32_t i;
    int status;
    result->cycles = MAX_STEPS;
    PYLM__TRY(pylm__regression_begin(r, r->problem->n_sets));
    w = pylm__array_new(r->n_weights, sizeof *w);
    status = w ? pylm__minimise(r, w, ENOUGH, &result->cycles, &loss, task) : PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        status = log_odds ? pylm__pass(r, w, &sums, task) : PYLM_OK;
        write_weights(r, w, weights);
        result->loss = loss / log(2.0);
    }
    free(w);
    for (i = result->cycles; i < MAX_STEPS; i++)
        pylm__task_step(task);
    return status;
}

uint32_t pylm__fit_steps(void)
{
    return MAX_COMMON_STEPS + MAX_STEPS;
}

int pylm__fit(const struct pylm__fit_problem *problem, int16_t *weights, float *log_odds,
              struct pylm__fit_result *result, pylm_task *task)
{
    struct pylm__regression r;
    double common[PYLM__FIT_MAX_INPUTS];
    uint32_t i;
    int status;
    memset(&r, 0, sizeof r);
    r.problem = problem;
    r.n_families = problem->n_families;
    r.base = common;
    r.ridge = problem->set_ridge;
    r.every = 1;
    for (i = 0; i < r.n_families; i++) {
        if (problem->n_sets[i] > UINT16_MAX)
            return PYLM_ERR_LARGE;
        r.sets[i] = problem->sets[i];
    }
    status = fit_common(problem, common, task);
    if (status == PYLM_OK)
        status = fit_families(&r, weights, log_odds, result, task);
    pylm__regression_free(&r);
    return status;
}
