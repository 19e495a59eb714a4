/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pass.h: passes over all events of a regression, which sum up its loss, gradient and curvature.
 */
#ifndef PYLM_TRAIN_PASS_H
#define PYLM_TRAIN_PASS_H

#include "tile.h"
#include "train/base/common.h"

/* Weights that are fitted together. A *row* is the weights of a set; those of family 1 come behind those of family 0,
 * and so on. Rows are padded to `stride` numbers, of which those from n_inputs on are 0. */
struct pylm__regression {
    const struct pylm__fit_problem *problem;
    uint32_t n_families;
    const uint16_t *sets[PYLM__FIT_MAX_FAMILIES]; /* by family: the set of every event; NULL: always 0 */
    uint32_t first_row[PYLM__FIT_MAX_FAMILIES];
    uint32_t n_rows, stride;
    uint64_t n_weights, n_curvatures; /* of all rows */
    const double *base;               /* by input: weights that every event has besides its rows */
    double ridge;                     /* pull of 0 on the rows, squared nats of input */
    uint32_t every;                   /* tiles, of which one is looked at; its sums count so often */
    uint32_t n_chunks;                /* parts of the events; sums of a chunk are added in the order of chunks */
    int n_threads;
    float *weights;               /* of the present pass */
    struct pylm__pass_work *work; /* by thread */
};

/* Out, without the ridge. What is NULL is not wanted. */
struct pylm__pass_sums {
    double loss;       /* nats */
    double *gradient;  /* as weights */
    double *curvature; /* by row: the lower triangle of a matrix, row by row; from a part of the events */
    float *log_odds;   /* of every event, nats */
};

/* Numbers of the curvature of a row. */
static inline uint32_t pylm__fit_n_pairs(const struct pylm__fit_problem *problem)
{
    return problem->n_inputs * (problem->n_inputs + 1u) / 2u;
}

/* Begins a regression; the fields up to `sets` are set, and those from `base` to `every`.
 *   n_sets   by family
 * To be freed, also after a failure. */
int pylm__regression_begin(struct pylm__regression *r, const uint32_t *n_sets);
void pylm__regression_free(struct pylm__regression *r);

/* Makes a pass with weights w. */
int pylm__pass(struct pylm__regression *r, const double *w, struct pylm__pass_sums *sums, const pylm_task *task);

#endif
