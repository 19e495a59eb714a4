/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows_kernel.h: the functions of rows.h.
 */
#ifndef PYLM_TRAIN_ROWS_KERNEL_H
#define PYLM_TRAIN_ROWS_KERNEL_H

#include "rows.h"
#include "train/fit/lanes.h"
#include "train/fit/logistic.h"

#define ROW_LANES (PYLM__ROW / PYLM__FIT_LANES)
#define AHEAD 8u /* rows that are fetched before they are needed: they lie anywhere */

static void rows_load(const int8_t *readings, const uint32_t *list, uint32_t n, float *rows)
{
    uint32_t i, j;
    for (i = 0; i < n; i++, rows += PYLM__ROW) {
        const int8_t *reading = readings + (size_t)(list[i] & INT32_MAX) * PYLM__ROW;
        if (i + AHEAD < n) {
            PYLM__PREFETCH(readings + (size_t)(list[i + AHEAD] & INT32_MAX) * PYLM__ROW);
            PYLM__PREFETCH(readings + (size_t)(list[i + AHEAD] & INT32_MAX) * PYLM__ROW + PYLM__ROW / 2u);
        }
        for (j = 0; j < PYLM__ROW; j++)
            rows[j] = (float)reading[j] * PYLM__ROW_UNIT;
    }
}

static void rows_multiply(const float *rows, uint32_t n, const float *vector, float *out)
{
    const pylm__lanes *v = (const pylm__lanes *)vector;
    uint32_t i, j;
    for (i = 0; i < n; i++) {
        const pylm__lanes *row = (const pylm__lanes *)(rows + (size_t)i * PYLM__ROW);
        pylm__lanes sums[2], part; /* two, so that one need not wait for the other */
        for (j = 0; j < 2u; j++) {
            sums[j] = row[j];
            pylm__lanes_multiply(&sums[j], &v[j]);
        }
        for (j = 2; j < ROW_LANES; j++) {
            part = row[j];
            pylm__lanes_multiply(&part, &v[j]);
            pylm__lanes_add(&sums[j % 2u], &part);
        }
        pylm__lanes_add(&sums[0], &sums[1]);
        out[i] = pylm__lanes_sum(&sums[0]);
    }
}

static void rows_add(const float *rows, uint32_t n, const float *factors, float *sum)
{
    pylm__lanes *sums = (pylm__lanes *)sum, part;
    uint32_t i, j;
    for (i = 0; i < n; i++) {
        const pylm__lanes *row = (const pylm__lanes *)(rows + (size_t)i * PYLM__ROW);
        for (j = 0; j < ROW_LANES; j++) {
            part = row[j];
            pylm__lanes_scale(&part, factors[i]);
            pylm__lanes_add(&sums[j], &part);
        }
    }
}

/* For PYLM__ROWS_STEP events. */
static void squash_step(const float *log_odds, const float *step, float length, float *p)
{
    float logit[PYLM__ROWS_STEP];
    uint32_t i;
    for (i = 0; i < PYLM__ROWS_STEP; i++) {
        float moved = length * (step ? step[i] : 0.0f);
        logit[i] = -log_odds[i] - moved;
    }
    for (i = 0; i < PYLM__ROWS_STEP; i++) /* in a loop of its own: else gcc 12 makes no vectors */
        logit[i] = pylm__clamp_logit(logit[i]);
    for (i = 0; i < PYLM__ROWS_STEP; i++) {
        float sum = 1.0f + pylm__exp(logit[i]);
        p[i] = 1.0f / sum;
    }
}

static void rows_squash(const float *log_odds, uint32_t n, float *p)
{
    uint32_t i;
    for (i = 0; i < n; i += PYLM__ROWS_STEP)
        squash_step(log_odds + i, NULL, 0, p + i);
}

static struct pylm__line rows_measure(const float *log_odds, const float *p, const float *step, uint32_t n,
                                      float length)
{
    struct pylm__line line = {0, 0};
    float moved[PYLM__ROWS_STEP];
    uint32_t i, j;
    for (i = 0; i < n; i += PYLM__ROWS_STEP) {
        float slope[PYLM__FIT_LANES] = {0}, curvature[PYLM__FIT_LANES] = {0};
        squash_step(log_odds + i, step + i, length, moved);
        for (j = 0; j < PYLM__ROWS_STEP; j++) {
            float t = step[i + j], change = moved[j] - p[i + j], u = 1.0f - moved[j];
            u *= moved[j];
            u *= t * t;
            change *= t;
            slope[j % PYLM__FIT_LANES] += change;
            curvature[j % PYLM__FIT_LANES] += u;
        }
        line.slope += (double)pylm__lanes_sum((const pylm__lanes *)slope);
        line.curvature += (double)pylm__lanes_sum((const pylm__lanes *)curvature);
    }
    return line;
}

#endif
