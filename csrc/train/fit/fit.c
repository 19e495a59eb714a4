/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fit.c: logistic regression with a ridge, for the mixing weights.
 *
 * The log-odds of an event are linear in all weights: the sum over families of (weights of the chosen set) . (inputs).
 * So the loss is convex and has one optimum; only the ridge is a selection. A common vector is fitted first. It stands
 * behind all families: a set with few events stays near it.
 *
 * The optimum is found by block Newton steps, one family after the other. The sets of a family share no event, so each
 * is solved alone, with the other families fixed. The gradient decides where the optimum is, the curvature only how
 * fast it is reached. The curvature takes most of the time; so it is computed in the first cycles only, and of one
 * event in a few. A step that makes the loss of a set larger is halved until it does not. Each step is one pass over
 * the events, which also applies the step before (pass.h).
 */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cholesky.h"
#include "pass.h"

#define CHUNK 4096u /* events in a chunk, at least */
#define MAX_CYCLES 24u
#define COMMON_CYCLES 16u
#define CURVATURE_CYCLES 2u        /* cycles with a curvature of their own; */
#define COMMON_CURVATURE_CYCLES 5u /* the common vector needs more of them */
#define ENOUGH 1e-5                /* nats an event that a cycle gains; with less, the fit ends */
#define MAX_STEP 1.0               /* of any weight at once: keeps Newton's first steps tame */
#define WEIGHT_ONE 8192.0          /* q13 */

/* ---- one Newton step ---- */

/* Adds the ridge to the curvature of a set, and factorises it. */
static void factorise_set(const struct pylm__fit *fit, const struct pylm__family *f, uint32_t set)
{
    double *factor = f->factors + (size_t)set * fit->n_pairs;
    uint32_t i, n = fit->n_inputs;
    for (i = 0; i < n; i++)
        factor[i * (i + 1u) / 2u + i] += f->ridge;
    pylm__cholesky(factor, n);
}

/* Adds up a set's sums and makes the step. */
static void step_set(const struct pylm__fit *fit, struct pylm__family *f, uint32_t set)
{
    uint32_t c, i, n = fit->n_inputs;
    double *w = f->weights + (size_t)set * n, *step = f->steps + (size_t)set * n, largest = 0, scale;
    f->before[set] = pylm__ridge_loss(fit, f, set);
    for (c = 0; c < fit->n_chunks; c++)
        f->before[set] += pylm__loss_of(&fit->sums[c].before[set]);
    for (i = 0; i < n; i++) {
        step[i] = -f->ridge * (w[i] - (f->prior ? f->prior[i] : 0.0));
        for (c = 0; c < fit->n_chunks; c++)
            step[i] -= fit->sums[c].gradient[(size_t)set * n + i];
    }
    pylm__cholesky_solve(f->factors + (size_t)set * fit->n_pairs, step, n);
    for (i = 0; i < n; i++)
        largest = fmax(largest, fabs(step[i]));
    scale = 1.0 / f->damping[set];
    scale *= largest * scale > MAX_STEP ? MAX_STEP / (largest * scale) : 1.0;
    for (i = 0; i < n; i++) {
        step[i] *= scale;
        w[i] += step[i];
    }
}

/* One step for all sets of a family. *loss becomes the loss before it. */
static int step_family(struct pylm__fit *fit, struct pylm__family *f, int curved, double *loss, const pylm_task *task)
{
    int64_t s, n_sets = f->n_sets;
    PYLM__TRY(pylm__settled_pass(fit, f, curved, task));
    if (curved) {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->problem->n_threads, f->n_sets))
#endif
        for (s = 0; s < n_sets; s++)
            factorise_set(fit, f, (uint32_t)s);
    }
    for (*loss = 0, s = 0; s < n_sets; s++) {
        step_set(fit, f, (uint32_t)s);
        *loss += f->before[s];
    }
    fit->pending = f;
    return PYLM_OK;
}

/* ---- the whole fit ---- */

static void fit_step(struct pylm__fit *fit, pylm_task *task)
{
    fit->n_steps++;
    pylm__task_step(task);
}

static int run_cycles(struct pylm__fit *fit, struct pylm__fit_result *result, pylm_task *task)
{
    double loss = 0, last = HUGE_VAL, ignored, enough = ENOUGH * (double)fit->problem->n_events;
    uint32_t cycle, i;
    for (cycle = 0; cycle < COMMON_CYCLES; cycle++, last = loss) {
        PYLM__TRY(step_family(fit, &fit->families[PYLM__FIT_COMMON], cycle < COMMON_CURVATURE_CYCLES, &loss, task));
        fit_step(fit, task);
        if (fabs(last - loss) < enough)
            break;
    }
    last = HUGE_VAL;
    for (cycle = 0; cycle < MAX_CYCLES; cycle++, last = loss) {
        int curved = cycle < CURVATURE_CYCLES;
        PYLM__TRY(step_family(fit, &fit->families[0], curved, &loss, task));
        for (i = 1; i < fit->n_families; i++)
            PYLM__TRY(step_family(fit, &fit->families[i], curved, &ignored, task));
        fit_step(fit, task);
        if (fabs(last - loss) < enough)
            break;
    }
    result->cycles = cycle;
    return PYLM_OK;
}

/* The common vector becomes part of family 0. */
static void write_weights(const struct pylm__fit *fit, int16_t *weights)
{
    double most = fit->problem->max_weight_sum;
    uint32_t i, s, k, n = fit->n_inputs;
    for (i = 0; i < fit->n_families; i++) {
        for (s = 0; s < fit->families[i].n_sets; s++, weights += n) {
            const double *w = fit->families[i].weights + (size_t)s * n;
            double row[PYLM__FIT_MAX_INPUTS], sum = 0;
            for (k = 0; k < n; k++) {
                row[k] = w[k] + (i ? 0.0 : fit->families[PYLM__FIT_COMMON].weights[k]);
                sum += fabs(row[k]);
            }
            for (k = 0; k < n; k++) {
                double value = row[k] * (sum > most ? most / sum : 1.0) * WEIGHT_ONE;
                weights[k] = (int16_t)fmin(fmax(floor(value + 0.5), -32767.0), 32767.0);
            }
        }
    }
}

/* The loss of all events with the final weights, which are in their log-odds then. */
static int final_loss(struct pylm__fit *fit, double *loss, const pylm_task *task)
{
    uint32_t c;
    PYLM__TRY(pylm__settled_pass(fit, &fit->families[PYLM__FIT_COMMON], 0, task));
    for (*loss = 0, c = 0; c < fit->n_chunks; c++)
        *loss += pylm__loss_of(&fit->sums[c].before[0]);
    *loss /= log(2.0);
    return PYLM_OK;
}

static int allocate_family(struct pylm__fit *fit, uint32_t i)
{
    struct pylm__family *f = &fit->families[i];
    uint32_t s;
    f->n_sets = i == PYLM__FIT_COMMON ? 1u : fit->problem->n_sets[i];
    f->ridge = i == PYLM__FIT_COMMON ? fit->problem->common_ridge : fit->problem->set_ridge;
    f->prior = i == PYLM__FIT_COMMON ? fit->problem->prior : NULL;
    f->weights = pylm__array_new((uint64_t)f->n_sets * fit->n_inputs, sizeof *f->weights);
    f->steps = pylm__array_new((uint64_t)f->n_sets * fit->n_inputs, sizeof *f->steps);
    f->factors = pylm__array_new((uint64_t)f->n_sets * fit->n_pairs, sizeof *f->factors);
    f->before = pylm__array_new(f->n_sets, sizeof *f->before);
    f->damping = pylm__array_new(f->n_sets, sizeof *f->damping);
    if (!f->weights || !f->steps || !f->factors || !f->before || !f->damping)
        return PYLM_ERR_MEMORY;
    for (s = 0; s < f->n_sets; s++)
        f->damping[s] = 1.0;
    if (f->prior)
        memcpy(f->weights, f->prior, fit->n_inputs * sizeof *f->weights);
    return PYLM_OK;
}

/* The sums have room for the family with the most sets. */
static int allocate(struct pylm__fit *fit)
{
    uint32_t i, most = 1, c;
    for (i = 0; i < fit->n_families; i++) {
        if (fit->problem->n_sets[i] > UINT16_MAX)
            return PYLM_ERR_LARGE;
        PYLM__TRY(allocate_family(fit, i));
        most = fit->problem->n_sets[i] > most ? fit->problem->n_sets[i] : most;
    }
    PYLM__TRY(allocate_family(fit, PYLM__FIT_COMMON));
    for (c = 0; c < fit->n_chunks; c++) {
        fit->sums[c].gradient = pylm__array_new((uint64_t)most * fit->n_inputs, sizeof *fit->sums[c].gradient);
        fit->sums[c].before = pylm__array_new(most, sizeof *fit->sums[c].before);
        fit->sums[c].after = pylm__array_new(most, sizeof *fit->sums[c].after);
        if (!fit->sums[c].gradient || !fit->sums[c].before || !fit->sums[c].after)
            return PYLM_ERR_MEMORY;
    }
    fit->curvature_size = (uint64_t)most * fit->n_pairs;
    fit->curvatures = pylm__array_new((uint64_t)fit->n_threads * fit->curvature_size, sizeof *fit->curvatures);
    return fit->curvatures ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void free_all(struct pylm__fit *fit)
{
    uint32_t i, c;
    for (i = 0; i < PYLM__FIT_N_FAMILIES; i++) {
        free(fit->families[i].weights);
        free(fit->families[i].steps);
        free(fit->families[i].factors);
        free(fit->families[i].before);
        free(fit->families[i].damping);
    }
    for (c = 0; c < fit->n_chunks; c++) {
        free(fit->sums[c].gradient);
        free(fit->sums[c].before);
        free(fit->sums[c].after);
    }
    free(fit->curvatures);
    free(fit);
}

uint32_t pylm__fit_steps(void)
{
    return COMMON_CYCLES + MAX_CYCLES;
}

int pylm__fit(const struct pylm__fit_problem *problem, int16_t *weights, double *log_odds,
              struct pylm__fit_result *result, pylm_task *task)
{
    struct pylm__fit *fit = pylm__array_new(1, sizeof *fit);
    int status;
    if (!fit)
        return PYLM_ERR_MEMORY;
    fit->problem = problem;
    fit->n_inputs = problem->n_inputs;
    fit->n_pairs = problem->n_inputs * (problem->n_inputs + 1u) / 2u;
    fit->n_families = problem->n_families;
    fit->log_odds = log_odds;
    fit->n_chunks = PYLM__FIT_MAX_CHUNKS;
    if (problem->n_events < PYLM__FIT_MAX_CHUNKS * CHUNK)
        fit->n_chunks = (uint32_t)(problem->n_events / CHUNK) + 1u;
    fit->n_threads = pylm__n_threads(problem->n_threads, fit->n_chunks);
    status = allocate(fit);
    if (status == PYLM_OK)
        status = pylm__begin_events(fit, task);
    if (status == PYLM_OK)
        status = run_cycles(fit, result, task);
    if (status == PYLM_OK)
        status = final_loss(fit, &result->loss, task);
    if (status == PYLM_OK)
        write_weights(fit, weights);
    while (fit->n_steps < pylm__fit_steps()) /* it ended sooner than it might have */
        fit_step(fit, task);
    free_all(fit);
    return status;
}
