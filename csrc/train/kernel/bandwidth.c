/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * bandwidth.c: see bandwidth.h. The weight of a template is a product: for each position that agrees a factor exp(rho),
 * relative to 1 where nothing agrees. The cost of a symbol is
 *
 *     log Z - log A,     Z = 1 + sum over templates of weight * all,    A = 1 / vocabulary + the same sum of hits.
 *
 * Both logarithms are convex in the rhos (log-sum-exp); the cost is not. But if -log A is replaced by its tangent, the
 * cost becomes convex, has the same slope at this point, and is nowhere less than the true cost. A Newton step on it is
 * halved until the true cost falls. So the steps come down to a point where the slope is 0. The start is always the
 * same.
 */
#include "bandwidth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_PER_POSITION 2u /* factors: of the symbol, of the class */
#define MAX_FACTORS (PYLM_MAX_REACH * N_PER_POSITION)
#define N_PAIRS (MAX_FACTORS * (MAX_FACTORS + 1u) / 2u)
#define START_SYMBOL 3.0
#define START_CLASS 0.0
#define RIDGE 0.1    /* pulls towards the start if the text is too short */
#define MAX_RHO 30.0 /* magnitude */
#define MAX_STEP 2.0
#define MAX_STEPS 100u
#define MAX_HALVINGS 12u
#define ENOUGH 1e-6 /* nats a symbol that a step gains; with less, the fit ends */
#define CHUNK 2048u

/* Sums over symbols. */
struct sums {
    double cost, slope[MAX_FACTORS], curvature[N_PAIRS];
};

struct fit {
    const struct pylm__bandwidth_problem *problem;
    double rho[MAX_FACTORS];
    double weights[PYLM__MAX_WAYS];
    uint8_t factors[PYLM__MAX_WAYS][PYLM_MAX_REACH]; /* of each template */
    uint32_t n_factors[PYLM__MAX_WAYS];
    struct sums *chunks, sums;
    uint32_t n_chunks;
};

static uint32_t pair(uint32_t i, uint32_t j)
{
    return i > j ? i * (i + 1u) / 2u + j : j * (j + 1u) / 2u + i;
}

static void find_factors(struct fit *fit)
{
    uint32_t k, j;
    for (k = 0; k < fit->problem->n_ways; k++)
        for (j = 0; j < PYLM_MAX_REACH; j++) {
            uint8_t kind = fit->problem->ways[k].kind[j];
            if (kind != PYLM__KIND_NOTHING)
                fit->factors[k][fit->n_factors[k]++] = (uint8_t)(N_PER_POSITION * j + (kind == PYLM__KIND_CLASS));
        }
}

/* One symbol's part of the sums. */
static void add_symbol(const struct fit *fit, uint64_t i, struct sums *s)
{
    const struct pylm__bandwidth_problem *problem = fit->problem;
    double z = 1.0, a = 1.0 / problem->vocabulary, of_z[MAX_FACTORS] = {0}, of_a[MAX_FACTORS] = {0};
    double of_pairs[N_PAIRS] = {0};
    uint32_t k, j, l, n = 2u * PYLM_MAX_REACH;
    for (k = 0; k < problem->n_ways; k++) {
        struct pylm__hits hits = problem->ways[k].hits[i];
        const uint8_t *factors = fit->factors[k];
        double all = fit->weights[k] * hits.all, here = fit->weights[k] * hits.hits;
        if (!hits.all)
            continue;
        z += all;
        a += here;
        for (j = 0; j < fit->n_factors[k]; j++) {
            of_z[factors[j]] += all;
            of_a[factors[j]] += here;
            for (l = 0; l <= j; l++)
                of_pairs[pair(factors[j], factors[l])] += all;
        }
    }
    s->cost += log(z) - log(a);
    for (j = 0; j < n; j++) {
        s->slope[j] += of_z[j] / z - of_a[j] / a;
        for (l = 0; l <= j; l++)
            s->curvature[pair(j, l)] += (of_pairs[pair(j, l)] - of_z[j] * (of_z[l] / z)) / z;
    }
}

static int add_chunk(void *user, uint32_t number, pylm_task *task)
{
    struct fit *fit = user;
    struct sums *sums = &fit->chunks[number];
    uint64_t i = (uint64_t)number * CHUNK, end = i + CHUNK;
    (void)task;
    memset(sums, 0, sizeof *sums);
    for (; i < end && i < fit->problem->n_symbols; i++)
        add_symbol(fit, i, sums);
    return PYLM_OK;
}

static void find_weights(struct fit *fit)
{
    uint32_t k, j;
    for (k = 0; k < fit->problem->n_ways; k++) {
        fit->weights[k] = 1.0;
        for (j = 0; j < fit->n_factors[k]; j++)
            fit->weights[k] *= exp(fit->rho[fit->factors[k][j]]);
    }
}

static double start_of(uint32_t factor)
{
    return factor % N_PER_POSITION ? START_CLASS : START_SYMBOL;
}

/* Finds the sums at the present rhos. Chunks are added up in their order. */
static int look(struct fit *fit, int ridge, pylm_task *task)
{
    uint32_t c, j;
    find_weights(fit);
    PYLM__TRY(pylm__run_jobs(add_chunk, fit, fit->n_chunks, fit->problem->n_threads, NULL));
    memset(&fit->sums, 0, sizeof fit->sums);
    for (c = 0; c < fit->n_chunks; c++) {
        const struct sums *chunk = &fit->chunks[c];
        fit->sums.cost += chunk->cost;
        for (j = 0; j < MAX_FACTORS; j++)
            fit->sums.slope[j] += chunk->slope[j];
        for (j = 0; j < N_PAIRS; j++)
            fit->sums.curvature[j] += chunk->curvature[j];
    }
    for (j = 0; ridge && j < MAX_FACTORS; j++) {
        double off = fit->rho[j] - start_of(j);
        fit->sums.cost += 0.5 * RIDGE * off * off;
        fit->sums.slope[j] += RIDGE * off;
        fit->sums.curvature[pair(j, j)] += RIDGE;
    }
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

/* Solves curvature * step = -slope by Cholesky's factors. No rho moves by more than MAX_STEP. */
static void newton_step(const struct sums *sums, double *step)
{
    double factor[N_PAIRS], largest = 0;
    uint32_t i, j, k;
    memcpy(factor, sums->curvature, sizeof factor);
    for (i = 0; i < MAX_FACTORS; i++)
        for (j = 0; j <= i; j++) {
            double *f = &factor[pair(i, j)];
            for (k = 0; k < j; k++)
                *f -= factor[pair(i, k)] * factor[pair(j, k)];
            *f = i == j ? sqrt(fmax(*f, RIDGE / 2)) : *f / factor[pair(j, j)];
        }
    for (i = 0; i < MAX_FACTORS; i++) {
        step[i] = -sums->slope[i];
        for (k = 0; k < i; k++)
            step[i] -= factor[pair(i, k)] * step[k];
        step[i] /= factor[pair(i, i)];
    }
    for (i = MAX_FACTORS; i-- > 0;) {
        for (k = i + 1u; k < MAX_FACTORS; k++)
            step[i] -= factor[pair(k, i)] * step[k];
        step[i] /= factor[pair(i, i)];
        largest = fmax(largest, fabs(step[i]));
    }
    for (i = 0; i < MAX_FACTORS && largest > MAX_STEP; i++)
        step[i] *= MAX_STEP / largest;
}

/* Makes a step, halved until the cost falls. *gain becomes by how much it falls. */
static int make_step(struct fit *fit, double *gain, pylm_task *task)
{
    double before[MAX_FACTORS], step[MAX_FACTORS], cost = fit->sums.cost, scale = 1.0;
    uint32_t j, halvings;
    memcpy(before, fit->rho, sizeof before);
    newton_step(&fit->sums, step);
    for (halvings = 0; halvings < MAX_HALVINGS; halvings++, scale *= 0.5) {
        for (j = 0; j < MAX_FACTORS; j++)
            fit->rho[j] = fmin(fmax(before[j] + scale * step[j], -MAX_RHO), MAX_RHO);
        PYLM__TRY(look(fit, 1, task));
        *gain = cost - fit->sums.cost;
        if (*gain >= 0)
            return PYLM_OK;
    }
    memcpy(fit->rho, before, sizeof before);
    *gain = 0;
    return look(fit, 1, task);
}

/* ---- between rhos and distances ---- */

static uint32_t q16(double distance)
{
    double x = floor(distance * 65536.0 + 0.5);
    return x < 0 ? 0u : x < PYLM_MAX_DISTANCE_Q16 ? (uint32_t)x : PYLM_MAX_DISTANCE_Q16;
}

/* The factors of a position, relative to the one of no agreement, are exp(rho). All factors of it add up to 1. */
static void to_distances(const struct fit *fit, pylm_kernel *kernel)
{
    uint32_t j;
    for (j = 0; j < kernel->reach; j++) {
        double symbol = exp(fit->rho[N_PER_POSITION * j]);
        double class = j < kernel->n_class ? exp(fit->rho[N_PER_POSITION * j + 1u]) : 0.0;
        kernel->distance_q16[j] = q16(log1p(symbol + class));
        kernel->class_distance_q16[j] = class > 0 ? q16(log1p(symbol / (1.0 + class))) : kernel->distance_q16[j];
    }
}

static void from_distances(const pylm_kernel *kernel, struct fit *fit)
{
    uint32_t j;
    for (j = 0; j < kernel->reach; j++) {
        double t = kernel->distance_q16[j] / 65536.0, u = t;
        if (j < kernel->n_class)
            u = kernel->class_distance_q16[j] / 65536.0;
        fit->rho[N_PER_POSITION * j] = log(-expm1(-u)) + t;
        fit->rho[N_PER_POSITION * j + 1u] = log(-expm1(u - t)) + t - u;
    }
}

int pylm__bandwidth_fit(const struct pylm__bandwidth_problem *problem, int given, pylm_kernel *kernel, double *bits,
                        pylm_task *task)
{
    struct fit fit;
    double gain = 1e300;
    uint32_t j, steps;
    int status;
    memset(&fit, 0, sizeof fit);
    fit.problem = problem;
    fit.n_chunks = (uint32_t)((problem->n_symbols + CHUNK - 1u) / CHUNK);
    fit.chunks = pylm__array_new(fit.n_chunks, sizeof *fit.chunks);
    if (!fit.chunks)
        return PYLM_ERR_MEMORY;
    find_factors(&fit);
    for (j = 0; j < MAX_FACTORS; j++)
        fit.rho[j] = start_of(j);
    pylm__task_begin(task, PYLM_STAGE_FIT, MAX_STEPS);
    status = given ? PYLM_OK : look(&fit, 1, task);
    for (steps = 0; !given && steps < MAX_STEPS && status == PYLM_OK; steps++) {
        if (gain < ENOUGH * (double)problem->n_symbols)
            break;
        status = make_step(&fit, &gain, task);
        pylm__task_step(task);
    }
    if (!given)
        to_distances(&fit, kernel);
    from_distances(kernel, &fit);
    if (status == PYLM_OK)
        status = look(&fit, 0, task);
    *bits = fit.sums.cost / (log(2.0) * (double)problem->n_symbols);
    free(fit.chunks);
    return status;
}
