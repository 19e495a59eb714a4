/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_solver.h: logistic regression with a ridge for one node.
 *
 * The log-odds of an event are a fixed offset and the product of its row with the node's vector. The loss is convex
 * and has one optimum. It is approached by conjugate gradients, which are led by the curvature of pairs of numbers:
 * those of one dimension and both fades have much in common, others little.
 */
#ifndef PYLM_TRAIN_NODE_SOLVER_H
#define PYLM_TRAIN_NODE_SOLVER_H

#include "core/format.h"
#include "train/base/common.h"

#define PYLM__NODE_UNIT (1.0f / 25.4f) /* of a row's numbers */
#define PYLM__NODE_CHUNK 64u           /* rows are allocated in so many */

struct pylm__node_solver {
    uint32_t n, capacity; /* rows; a multiple of PYLM__NODE_CHUNK */
    float *rows;          /* PYLM__MAX_READING numbers each, in units */
    float *side;          /* by row: 1 if it went right */
    float *log_odds, *step, *error;
    float offset;
    float vector[PYLM__MAX_READING]; /* in, out */
    float gradient[PYLM__MAX_READING], direction[PYLM__MAX_READING], led[PYLM__MAX_READING];
    float curvature[3][PYLM__MAX_READING / 2u]; /* of pairs: first, both, second; inverted */
};

/* Room for n rows. */
int pylm__node_solver_reserve(struct pylm__node_solver *solver, uint32_t n);
void pylm__node_solver_free(struct pylm__node_solver *solver);

/* Improves the vector. Rows, sides, n and offset are given. */
void pylm__node_solve(struct pylm__node_solver *solver);

#endif
