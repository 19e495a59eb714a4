/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows.h: what a regression on readings does with all of its events at once. Compiled once for any processor, in
 * rows_portable.c, and once for those with AVX2, in rows_avx2.c; both give the same numbers.
 */
#ifndef PYLM_TRAIN_ROWS_H
#define PYLM_TRAIN_ROWS_H

#include "core/format.h"

#define PYLM__ROW PYLM__MAX_READING   /* numbers */
#define PYLM__ROW_UNIT (1.0f / 25.4f) /* of a reading's numbers */
#define PYLM__ROWS_STEP 128u          /* arrays by event have room for a multiple of this */

struct pylm__rows_kernel {
    /* Turns n readings into rows of floats.
     *   list   which ones; the highest bit says something else */
    void (*load)(const int8_t *readings, const uint32_t *list, uint32_t n, float *rows);
    /* The products of n rows with a vector. */
    void (*multiply)(const float *rows, uint32_t n, const float *vector, float *out);
    /* Adds n rows, each times its factor. */
    void (*add)(const float *rows, uint32_t n, const float *factors, float *sum);
    /* The probabilities of going right. */
    void (*squash)(const float *log_odds, uint32_t n, float *p);
    /* The curvature of the loss if all log-odds move by their steps. Steps behind the last are 0. */
    double (*curvature)(const float *p, const float *step, uint32_t n);
};

#endif
