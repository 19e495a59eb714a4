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

#include "rows.h"
#include "train/base/common.h"

struct pylm__node_solver {
    const struct pylm__rows_kernel *kernel;
    uint32_t n, capacity; /* rows; room for a multiple of PYLM__ROWS_STEP */
    float *rows;          /* PYLM__ROW numbers each, in PYLM__ROW_UNITs */
    float *side;          /* by row: 1 if it went right */
    float *log_odds, *p, *step, *error;
    float offset;
    float vector[PYLM__ROW]; /* in, out */
    float gradient[PYLM__ROW], direction[PYLM__ROW], led[PYLM__ROW];
    float curvature[3][PYLM__ROW / 2u]; /* of pairs: first, both, second; inverted */
};

/* In a list of events, what went right; the other bits are a row of the readings. */
#define PYLM__EVENT_RIGHT (UINT32_C(1) << 31)

/* Loads the rows and sides of n listed events; the solver begins as zeros. */
int pylm__node_solver_load(struct pylm__node_solver *solver, const int8_t *readings, const uint32_t *list, uint32_t n);
void pylm__node_solver_free(struct pylm__node_solver *solver);

/* Improves the vector. Rows, n of them, and the offset are given. */
void pylm__node_solve(struct pylm__node_solver *solver);

#endif
