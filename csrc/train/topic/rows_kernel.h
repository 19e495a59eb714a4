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

static void rows_squash(const float *log_odds, uint32_t n, float *p)
{
    float logit[PYLM__ROWS_STEP];
    uint32_t i, j;
    for (i = 0; i < n; i += PYLM__ROWS_STEP) {
        for (j = 0; j < PYLM__ROWS_STEP; j++) /* in a loop of its own: else gcc 12 makes no vectors */
            logit[j] = pylm__clamp_logit(-log_odds[i + j]);
        for (j = 0; j < PYLM__ROWS_STEP; j++) {
            float sum = 1.0f + pylm__exp(logit[j]);
            p[i + j] = 1.0f / sum;
        }
    }
}

static double rows_curvature(const float *p, const float *step, uint32_t n)
{
    double curvature = 0;
    uint32_t i, j;
    for (i = 0; i < n; i += PYLM__ROWS_STEP) {
        float part[PYLM__FIT_LANES] = {0};
        for (j = 0; j < PYLM__ROWS_STEP; j++) {
            float t = step[i + j], u = 1.0f - p[i + j];
            u *= p[i + j];
            u *= t * t;
            part[j % PYLM__FIT_LANES] += u;
        }
        curvature += (double)pylm__lanes_sum((const pylm__lanes *)part);
    }
    return curvature;
}

#endif
