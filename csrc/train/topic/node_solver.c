/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_solver.c: see node_solver.h.
 */
#include "node_solver.h"

#include <stdlib.h>
#include <string.h>

#include "rows_avx2.h"
#include "rows_portable.h"

#define RIDGE 25.0f
#define MAX_STEPS 8u
#define ENOUGH 5e-4f     /* nats an event that a step gains; with less, the search ends */
#define ENOUGH_ALL 0.02f /* nats likewise, of all events together */
#define MANY_ROWS 4096u  /* of more, a part is used to find the curvature */
#define PAIRS (PYLM__ROW / 2u)

/* The fastest kernel for this processor. */
static const struct pylm__rows_kernel *choose_kernel(void)
{
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2())
        return &pylm__rows_avx2;
#endif
    return &pylm__rows_portable;
}

/* Room for n rows; what was there is lost. */
static int reserve(struct pylm__node_solver *s, uint32_t n)
{
    if (n <= s->capacity)
        return PYLM_OK;
    n = (n + n / 2u + PYLM__ROWS_STEP) / PYLM__ROWS_STEP * PYLM__ROWS_STEP;
    pylm__node_solver_free(s);
    s->rows = pylm__array_new((uint64_t)n * PYLM__ROW, sizeof *s->rows);
    s->side = pylm__array_new(n, sizeof *s->side);
    s->log_odds = pylm__array_new(n, sizeof *s->log_odds);
    s->p = pylm__array_new(n, sizeof *s->p);
    s->step = pylm__array_new(n, sizeof *s->step);
    s->error = pylm__array_new(n, sizeof *s->error);
    if (!s->rows || !s->side || !s->log_odds || !s->p || !s->step || !s->error)
        return PYLM_ERR_MEMORY;
    s->capacity = n;
    return PYLM_OK;
}

int pylm__node_solver_load(struct pylm__node_solver *s, const int8_t *readings, const uint32_t *list, uint32_t n)
{
    uint32_t i;
    PYLM__TRY(reserve(s, n));
    s->kernel = choose_kernel();
    s->kernel->load(readings, list, n, s->rows);
    for (i = 0; i < n; i++)
        s->side[i] = list[i] & PYLM__EVENT_RIGHT ? 1.0f : 0.0f;
    s->n = n;
    return PYLM_OK;
}

void pylm__node_solver_free(struct pylm__node_solver *s)
{
    free(s->rows);
    free(s->side);
    free(s->log_odds);
    free(s->p);
    free(s->step);
    free(s->error);
    memset(s, 0, sizeof *s);
}

static float dot(const float *a, const float *b)
{
    double sum = 0;
    uint32_t j;
    for (j = 0; j < PYLM__ROW; j++)
        sum += (double)a[j] * (double)b[j];
    return (float)sum;
}

static void find_errors(struct pylm__node_solver *s)
{
    uint32_t i;
    s->kernel->squash(s->log_odds, s->n, s->p);
    for (i = 0; i < s->n; i++)
        s->error[i] = s->p[i] - s->side[i];
}

/* The gradient of the loss and the ridge. */
static void find_gradient(struct pylm__node_solver *s)
{
    uint32_t j;
    for (j = 0; j < PYLM__ROW; j++)
        s->gradient[j] = RIDGE * s->vector[j];
    s->kernel->add(s->rows, s->n, s->error, s->gradient);
}

/* The curvature of pairs of numbers, as if all events were as uncertain as they are on average. */
static void find_curvature(struct pylm__node_solver *s)
{
    double uncertain = 0;
    float a[PAIRS] = {0}, b[PAIRS] = {0}, c[PAIRS] = {0}, mean;
    uint32_t i, j, every = s->n / MANY_ROWS + 1u, n = 0;
    for (i = 0; i < s->n; i += every, n++) {
        const float *row = s->rows + (size_t)i * PYLM__ROW;
        uncertain += (double)s->p[i] * (1.0 - (double)s->p[i]);
        for (j = 0; j < PAIRS; j++) {
            float x = row[j], y = row[PAIRS + j], xx = x * x, xy = x * y, yy = y * y;
            a[j] += xx;
            b[j] += xy;
            c[j] += yy;
        }
    }
    mean = (float)(uncertain / n) * (float)every;
    for (j = 0; j < PAIRS; j++) {
        float x = mean * a[j], y = mean * b[j], z = mean * c[j], xz, yy;
        x += RIDGE;
        z += RIDGE;
        xz = x * z;
        yy = y * y;
        xz -= yy; /* positive: it is the square of the ridge at least */
        s->curvature[0][j] = z / xz;
        s->curvature[1][j] = -y / xz;
        s->curvature[2][j] = x / xz;
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

/* Chooses where to go: downhill, and on in the direction before by Polak and Ribiere. Returns whether that is downhill.
 *   before   in, out: the product of the gradient and what leads, of the step before; 0: there was none */
static int find_direction(struct pylm__node_solver *s, float *before)
{
    float share = *before > 0 ? dot(s->gradient, s->led) : 0.0f, product;
    uint32_t j;
    lead(s);
    product = dot(s->gradient, s->led);
    share = *before > 0 ? (product - share) / *before : 0.0f;
    share = share > 0 ? share : 0.0f;
    *before = product;
    for (j = 0; j < PYLM__ROW; j++) {
        float kept = share * s->direction[j];
        s->direction[j] = kept - s->led[j];
    }
    return dot(s->gradient, s->direction) < 0;
}

/* Goes along the direction, as far as Newton's step says. Returns what is gained, about. */
static float make_step(struct pylm__node_solver *s)
{
    float slope = dot(s->gradient, s->direction), ridge = RIDGE * dot(s->direction, s->direction), length;
    uint32_t i;
    s->kernel->multiply(s->rows, s->n, s->direction, s->step);
    for (i = s->n; i % PYLM__ROWS_STEP; i++)
        s->step[i] = 0;
    length = (float)(-(double)slope / (s->kernel->curvature(s->p, s->step, s->n) + (double)ridge));
    for (i = 0; i < PYLM__ROW; i++) {
        float part = length * s->direction[i];
        s->vector[i] += part;
    }
    for (i = 0; i < s->n; i++) {
        float part = length * s->step[i];
        s->log_odds[i] += part;
    }
    return -0.5f * slope * length;
}

void pylm__node_solve(struct pylm__node_solver *s)
{
    float before = 0, enough = ENOUGH * (float)s->n + ENOUGH_ALL;
    uint32_t step, i;
    s->kernel->multiply(s->rows, s->n, s->vector, s->log_odds);
    for (i = 0; i < s->n; i++)
        s->log_odds[i] += s->offset;
    for (; i % PYLM__ROWS_STEP; i++)
        s->log_odds[i] = 0;
    memset(s->direction, 0, sizeof s->direction);
    for (step = 0; step < MAX_STEPS; step++) {
        find_errors(s);
        if (!step)
            find_curvature(s);
        find_gradient(s);
        if (!find_direction(s, &before) || make_step(s) < enough)
            break;
    }
}
