/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_FIT_H
#define PYLM_TRAIN_FIT_H

#include "common.h"
#include "core/image.h"

#define PYLM__FIT_MAX_INPUTS (PYLM__MAX_TEMPLATES + 1u)
#define PYLM__FIT_MAX_FAMILIES 5u

/* A mixing stage to be fitted: the log-odds of an event are the sum over families of
 * (weights of the set that the family chooses for it) . (its inputs). */
struct pylm__fit_problem {
    uint64_t n_events;
    const uint8_t *side; /* by event: 1 if it went right */
    uint32_t n_inputs;
    const int16_t *inputs[PYLM__FIT_MAX_INPUTS]; /* by input: log-odds of every event, q10, 0 where it has
                                                    nothing to say; NULL: PYLM__CONSTANT_Q10 everywhere */
    uint32_t n_families, n_sets[PYLM__FIT_MAX_FAMILIES];
    const uint16_t *sets[PYLM__FIT_MAX_FAMILIES]; /* by family: the set of every event */
    const double *prior;   /* by input: its weight without any event */
    double common_ridge;   /* how strongly it holds the weights that stand behind all sets; at least 1 */
    double set_ridge;      /* and how strongly these hold those of a set; in units of squared nats of input */
    double max_weight_sum; /* of a row's magnitudes, so that the engine's sums stay below 2^31 */
    uint32_t n_threads;
};

struct pylm__fit_result {
    double loss;      /* of all events with these weights, bits */
    uint32_t cycles;  /* until nothing more was gained */
};

/* Steps of progress that a fit reports at most. */
uint32_t pylm__fit_steps(void);

/* Fits the weights of all families to their common optimum.
 *   weights    out: for every family, for every set a row of n_inputs numbers, q13
 *   log_odds   out: of every event with these weights, nats */
int pylm__fit(const struct pylm__fit_problem *problem, int16_t *weights, double *log_odds,
              struct pylm__fit_result *result, pylm_task *task);

#endif
