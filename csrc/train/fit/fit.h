/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fit.h: the weights of a mixing stage, fitted to events.
 */
#ifndef PYLM_TRAIN_FIT_H
#define PYLM_TRAIN_FIT_H

#include "problem.h"
#include "train/base/common.h"

struct pylm__fit_result {
    double loss;     /* of all events with these weights, bits */
    uint32_t cycles; /* steps, until they gained too little */
};

/* Steps of progress that a fit reports at most. */
uint32_t pylm__fit_steps(void);

/* Fits the weights of all families to their common optimum.
 *   weights    out: for every family, for every set a row of n_inputs numbers, q13
 *   log_odds   out: of every event with these weights, nats; NULL: not wanted */
int pylm__fit(const struct pylm__fit_problem *problem, int16_t *weights, float *log_odds,
              struct pylm__fit_result *result, pylm_task *task);

#endif
