/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * minimise.c: see minimise.h. L-BFGS (Nocedal 1980): each step goes downhill by an estimate of the inverse curvature,
 * which the last steps and their changes of the gradient make better. The first estimate takes all rows to be apart.
 * That is true of the sets of a family, not of the families, which share all events. So the first step is as long as
 * one of one family, divided by their number.
 */
#include "minimise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cholesky.h"

#define N_PAIRS 8u      /* of steps and changes of the gradient that are remembered */
#define N_GAINS 3u      /* steps over which gains are averaged: a single one may gain little by accident */
#define LEAST_GAIN 1e-4 /* of what the slope promises; else a step is too long */
#define SHORTER 0.4     /* a step that was too long */
#define MAX_SHORTENINGS 10u

struct search {
    struct pylm__regression *r;
    uint64_t n;               /* weights */
    double *factors;          /* by row: the Cholesky factor of its curvature, with the ridge */
    double *steps[N_PAIRS];   /* what was added to the weights; a ring */
    double *changes[N_PAIRS]; /* of the gradient by that */
    double products[N_PAIRS]; /* step . change */
    uint32_t n_pairs, next;   /* pairs there are; where the next goes */
    double scale;             /* of the first estimate */
    double loss, *gradient;   /* at w */
    double *next_gradient, *next_w, *direction;
};

static double dot(const double *a, const double *b, uint64_t n)
{
    double sum = 0;
    uint64_t i;
    for (i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* a += factor * b */
static void add_scaled(double *a, double factor, const double *b, uint64_t n)
{
    uint64_t i;
    for (i = 0; i < n; i++)
        a[i] += factor * b[i];
}

/* What the ridge adds to the loss. */
static double ridge_of(const struct search *s, const double *w)
{
    return 0.5 * s->r->ridge * dot(w, w, s->n);
}

/* Loss and gradient at w, with the ridge.
 *   curvature   out, without it; NULL: not wanted */
static int evaluate(const struct search *s, const double *w, struct pylm__pass_sums *sums, const pylm_task *task)
{
    PYLM__TRY(pylm__pass(s->r, w, sums, task));
    sums->loss += ridge_of(s, w);
    add_scaled(sums->gradient, s->r->ridge, w, s->n);
    return PYLM_OK;
}

static void factorise(const struct search *s)
{
    uint32_t i, row, n_inputs = s->r->problem->n_inputs;
    for (row = 0; row < s->r->n_rows; row++) {
        double *a = s->factors + (size_t)row * pylm__fit_n_pairs(s->r->problem);
        for (i = 0; i < n_inputs; i++)
            a[i * (i + 1u) / 2u + i] += s->r->ridge;
        pylm__cholesky(a, n_inputs);
    }
}

/* Multiplies by the first estimate of the inverse curvature, unscaled. Of a short text most sets have no event, and
 * their rows stay 0. */
static void precondition(const struct search *s, double *v)
{
    uint32_t row, i, n_inputs = s->r->problem->n_inputs;
    for (row = 0; row < s->r->n_rows; row++, v += s->r->stride) {
        for (i = 0; i < n_inputs && v[i] == 0.0; i++)
            ;
        if (i < n_inputs)
            pylm__cholesky_solve(s->factors + (size_t)row * pylm__fit_n_pairs(s->r->problem), v, n_inputs);
    }
}

/* Finds where to go: the gradient times the estimate, by the usual two loops. */
static void find_direction(struct search *s)
{
    double *d = s->direction, parts[N_PAIRS];
    uint32_t k, i;
    memset(d, 0, (size_t)s->n * sizeof *d);
    add_scaled(d, -1.0, s->gradient, s->n);
    for (k = 0; k < s->n_pairs; k++) {
        i = (s->next + N_PAIRS - 1u - k) % N_PAIRS;
        parts[i] = dot(s->steps[i], d, s->n) / s->products[i];
        add_scaled(d, -parts[i], s->changes[i], s->n);
    }
    precondition(s, d);
    add_scaled(d, s->scale - 1.0, d, s->n);
    for (k = s->n_pairs; k-- > 0;) {
        i = (s->next + N_PAIRS - 1u - k) % N_PAIRS;
        add_scaled(d, parts[i] - dot(s->changes[i], d, s->n) / s->products[i], s->steps[i], s->n);
    }
}

/* Remembers the step that was made. The direction is overwritten. */
static void remember(struct search *s, const double *w)
{
    double *step = s->steps[s->next], *change = s->changes[s->next], product;
    uint64_t i;
    for (i = 0; i < s->n; i++) {
        step[i] = s->next_w[i] - w[i];
        change[i] = s->next_gradient[i] - s->gradient[i];
    }
    product = dot(step, change, s->n);
    if (product <= 0) /* rounding: the loss is convex */
        return;
    s->products[s->next] = product;
    memcpy(s->direction, change, (size_t)s->n * sizeof *change);
    precondition(s, s->direction);
    s->scale = product / dot(change, s->direction, s->n);
    s->next = (s->next + 1u) % N_PAIRS;
    s->n_pairs += s->n_pairs < N_PAIRS;
}

/* Makes a step. If even a short one gains nothing, w stays, and *gain is 0. */
static int make_step(struct search *s, double *w, double *gain, const pylm_task *task)
{
    struct pylm__pass_sums sums = {0, NULL, NULL, NULL};
    double length = 1.0, slope, *swap;
    uint32_t i;
    *gain = 0;
    find_direction(s);
    slope = dot(s->gradient, s->direction, s->n);
    sums.gradient = s->next_gradient;
    for (i = 0; i <= MAX_SHORTENINGS; i++, length *= SHORTER) {
        memcpy(s->next_w, w, (size_t)s->n * sizeof *w);
        add_scaled(s->next_w, length, s->direction, s->n);
        PYLM__TRY(evaluate(s, s->next_w, &sums, task));
        if (sums.loss <= s->loss + LEAST_GAIN * length * slope)
            break;
    }
    if (i > MAX_SHORTENINGS)
        return PYLM_OK;
    *gain = s->loss - sums.loss;
    remember(s, w);
    memcpy(w, s->next_w, (size_t)s->n * sizeof *w);
    s->loss = sums.loss;
    swap = s->gradient;
    s->gradient = s->next_gradient;
    s->next_gradient = swap;
    return PYLM_OK;
}

static int run_steps(struct search *s, double *w, double enough, uint32_t *n_steps, pylm_task *task)
{
    const uint32_t most = *n_steps;
    struct pylm__pass_sums sums = {0, s->gradient, s->factors, NULL};
    double gains[N_GAINS], all;
    uint32_t step, i;
    for (i = 0; i < N_GAINS; i++)
        gains[i] = HUGE_VAL;
    PYLM__TRY(evaluate(s, w, &sums, task));
    s->loss = sums.loss;
    factorise(s);
    for (step = 0; step < most; step++) {
        double *gain = &gains[step % N_GAINS];
        PYLM__TRY(make_step(s, w, gain, task));
        pylm__task_step(task);
        *n_steps = step + 1u;
        for (all = 0, i = 0; i < N_GAINS; i++)
            all += gains[i];
        if (*gain <= 0 || all < N_GAINS * enough * (double)s->r->problem->n_events)
            break;
    }
    return PYLM_OK;
}

int pylm__minimise(struct pylm__regression *r, double *w, double enough, uint32_t *n_steps, double *loss,
                   pylm_task *task)
{
    struct search s;
    double *vectors = pylm__array_new(r->n_weights * (2u * N_PAIRS + 4u), sizeof *vectors), *v = vectors;
    uint32_t i;
    int status = PYLM_ERR_MEMORY;
    memset(&s, 0, sizeof s);
    s.r = r;
    s.n = r->n_weights;
    s.scale = 1.0 / r->n_families;
    s.factors = pylm__array_new(r->n_curvatures, sizeof *s.factors);
    if (vectors && s.factors) {
        for (i = 0; i < N_PAIRS; i++) {
            s.steps[i] = v;
            s.changes[i] = v + s.n;
            v += 2u * s.n;
        }
        s.gradient = v;
        s.next_gradient = v + s.n;
        s.next_w = v + 2u * s.n;
        s.direction = v + 3u * s.n;
        status = run_steps(&s, w, enough, n_steps, task);
        *loss = s.loss - ridge_of(&s, w);
    }
    free(vectors);
    free(s.factors);
    return status;
}
