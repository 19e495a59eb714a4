/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_solver.c: see node_solver.h.
 */
#include "node_solver.h"

#include <stdlib.h>
#include <string.h>

#include "train/fit/lanes.h"
#include "train/fit/logistic.h"

#define RIDGE 100.0f
#define MAX_STEPS 8u
#define LINE_STEPS 2u    /* of Newton's, on the way along a direction */
#define ENOUGH 1e-5f     /* nats an event that a step gains; with less, the search ends */
#define ENOUGH_ALL 0.02f /* nats likewise, of all events together */
#define D PYLM__MAX_READING
#define PAIRS (D / 2u)

int pylm__node_solver_reserve(struct pylm__node_solver *solver, uint32_t n)
{
    if (n <= solver->capacity)
        return PYLM_OK;
    n = (n + n / 2u + PYLM__NODE_CHUNK) / PYLM__NODE_CHUNK * PYLM__NODE_CHUNK;
    pylm__node_solver_free(solver);
    solver->rows = pylm__array_new((uint64_t)n * D, sizeof *solver->rows);
    solver->side = pylm__array_new(n, sizeof *solver->side);
    solver->log_odds = pylm__array_new(n, sizeof *solver->log_odds);
    solver->step = pylm__array_new(n, sizeof *solver->step);
    solver->error = pylm__array_new(n, sizeof *solver->error);
    if (!solver->rows || !solver->side || !solver->log_odds || !solver->step || !solver->error)
        return PYLM_ERR_MEMORY;
    solver->capacity = n;
    return PYLM_OK;
}

void pylm__node_solver_free(struct pylm__node_solver *solver)
{
    free(solver->rows);
    free(solver->side);
    free(solver->log_odds);
    free(solver->step);
    free(solver->error);
    solver->rows = solver->side = solver->log_odds = solver->step = solver->error = NULL;
    solver->capacity = 0;
}

/* The products of all rows with a vector. */
static void multiply_rows(const struct pylm__node_solver *s, const float *vector, float *out)
{
    uint32_t i, j;
    for (i = 0; i < s->n; i++) {
        const pylm__lanes *row = (const pylm__lanes *)(s->rows + (size_t)i * D);
        const pylm__lanes *v = (const pylm__lanes *)vector;
        pylm__lanes sum = row[0], part;
        pylm__lanes_multiply(&sum, &v[0]);
        for (j = 1; j < D / PYLM__FIT_LANES; j++) {
            part = row[j];
            pylm__lanes_multiply(&part, &v[j]);
            pylm__lanes_add(&sum, &part);
        }
        out[i] = pylm__lanes_sum(&sum);
    }
}

/* The gradient of the loss: each row times its error, and the ridge. */
static void find_gradient(struct pylm__node_solver *s)
{
    pylm__lanes *g = (pylm__lanes *)s->gradient, part;
    uint32_t i, j;
    for (j = 0; j < D; j++)
        s->gradient[j] = RIDGE * s->vector[j];
    for (i = 0; i < s->n; i++) {
        const pylm__lanes *row = (const pylm__lanes *)(s->rows + (size_t)i * D);
        for (j = 0; j < D / PYLM__FIT_LANES; j++) {
            part = row[j];
            pylm__lanes_scale(&part, s->error[i]);
            pylm__lanes_add(&g[j], &part);
        }
    }
}

static float dot(const float *a, const float *b)
{
    pylm__lanes sum = *(const pylm__lanes *)a, part;
    uint32_t j;
    pylm__lanes_multiply(&sum, (const pylm__lanes *)b);
    for (j = PYLM__FIT_LANES; j < D; j += PYLM__FIT_LANES) {
        part = *(const pylm__lanes *)(a + j);
        pylm__lanes_multiply(&part, (const pylm__lanes *)(b + j));
        pylm__lanes_add(&sum, &part);
    }
    return pylm__lanes_sum(&sum);
}

static void find_errors(struct pylm__node_solver *s)
{
    uint32_t i;
    for (i = 0; i < s->n; i++)
        s->error[i] = pylm__logistic(s->log_odds[i]) - s->side[i];
}

/* The curvature of pairs of numbers, as if all events were as uncertain as they are on average. */
static void find_curvature(struct pylm__node_solver *s)
{
    double uncertain = 0;
    float a[PAIRS] = {0}, b[PAIRS] = {0}, c[PAIRS] = {0}, mean;
    uint32_t i, j, every = s->n / 4096u + 1u, n = 0;
    for (i = 0; i < s->n; i += every, n++) {
        const float *row = s->rows + (size_t)i * D;
        float p = s->error[i] + s->side[i], u = p * (1.0f - p);
        uncertain += (double)u;
        for (j = 0; j < PAIRS; j++) {
            float x = row[j], y = row[PAIRS + j], xx = x * x, xy = x * y, yy = y * y;
            a[j] += xx;
            b[j] += xy;
            c[j] += yy;
        }
    }
    mean = (float)(uncertain / n) * (float)every;
    for (j = 0; j < PAIRS; j++) {
        float x = mean * a[j], y = mean * b[j], z = mean * c[j], xz, yy, det;
        x += RIDGE;
        z += RIDGE;
        xz = x * z;
        yy = y * y;
        det = xz - yy; /* positive: it is at least the square of the ridge */
        s->curvature[0][j] = z / det;
        s->curvature[1][j] = -y / det;
        s->curvature[2][j] = x / det;
    }
}

/* The gradient times the inverse of the curvature. */
static void lead(struct pylm__node_solver *s)
{
    uint32_t j;
    for (j = 0; j < PAIRS; j++) {
        float x = s->gradient[j], y = s->gradient[PAIRS + j];
        float ax = s->curvature[0][j] * x, by = s->curvature[1][j] * y;
        float bx = s->curvature[1][j] * x, cy = s->curvature[2][j] * y;
        s->led[j] = ax + by;
        s->led[PAIRS + j] = bx + cy;
    }
}

/* How far to go along the direction: Newton's steps on the loss, which is convex there. Returns what is gained, about.
 */
static float find_length(const struct pylm__node_solver *s, float *length)
{
    float slope = dot(s->gradient, s->direction), ridge = RIDGE * dot(s->direction, s->direction), first = slope;
    uint32_t round, i;
    *length = 0;
    for (round = 0; round < LINE_STEPS; round++) {
        double curvature = (double)ridge, sum = (double)first;
        for (i = 0; i < s->n; i++) {
            float moved = *length * s->step[i], p = pylm__logistic(s->log_odds[i] + moved), t = s->step[i];
            float u = p * (1.0f - p), old = s->error[i] + s->side[i], change = (p - old) * t;
            curvature += (double)(u * t * t);
            sum += (double)change;
        }
        sum += (double)(*length * ridge);
        *length -= (float)(sum / curvature);
    }
    return -0.5f * slope * *length;
}

static void make_step(struct pylm__node_solver *s, float length)
{
    uint32_t i, j;
    for (j = 0; j < D; j++) {
        float part = length * s->direction[j];
        s->vector[j] += part;
    }
    for (i = 0; i < s->n; i++) {
        float part = length * s->step[i];
        s->log_odds[i] += part;
    }
}

void pylm__node_solve(struct pylm__node_solver *s)
{
    float before = 0, old[D], length, gain, share, product;
    uint32_t step, i, j;
    multiply_rows(s, s->vector, s->log_odds);
    for (i = 0; i < s->n; i++)
        s->log_odds[i] += s->offset;
    for (step = 0; step < MAX_STEPS; step++) {
        find_errors(s);
        if (!step)
            find_curvature(s);
        memcpy(old, s->led, sizeof old);
        find_gradient(s);
        share = step ? dot(s->gradient, old) : 0.0f; /* of the direction before, by Polak and Ribiere */
        lead(s);
        product = dot(s->gradient, s->led);
        share = step && before > 0 ? (product - share) / before : 0.0f;
        share = share > 0 ? share : 0.0f;
        before = product;
        for (j = 0; j < D; j++) {
            float kept = share * (step ? s->direction[j] : 0.0f);
            s->direction[j] = kept - s->led[j];
        }
        if (dot(s->gradient, s->direction) >= 0)
            break;
        multiply_rows(s, s->direction, s->step);
        gain = find_length(s, &length);
        make_step(s, length);
        if (gain < ENOUGH * (float)s->n + ENOUGH_ALL)
            break;
    }
}
