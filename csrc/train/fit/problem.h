/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * problem.h: a mixing stage whose weights are to be fitted.
 */
#ifndef PYLM_TRAIN_FIT_PROBLEM_H
#define PYLM_TRAIN_FIT_PROBLEM_H

#include "core/image.h"

#define PYLM__FIT_MAX_INPUTS (PYLM__MAX_TEMPLATES + 1u) /* a topic or a voice takes the place of a template */
#define PYLM__FIT_MAX_FAMILIES 5u

/* A mixing stage to be fitted: the log-odds of an event are the sum over families of
 * (weights of the set that the family chooses for it) . (its inputs). */
struct pylm__fit_problem {
    uint64_t n_events;
    const uint8_t *side; /* by event: 1 if it went right */
    uint32_t n_inputs;
    const int16_t *inputs[PYLM__FIT_MAX_INPUTS]; /* by input: log-odds of every event, q10, 0 if it knows nothing; NULL:
                                                  * PYLM__CONSTANT_Q10 everywhere */
    uint32_t n_families, n_sets[PYLM__FIT_MAX_FAMILIES];
    const uint16_t *sets[PYLM__FIT_MAX_FAMILIES]; /* by family: the set of every event */
    const double *prior;                          /* by input: the weight without any event */
    double common_ridge;                          /* pull of the prior on the common weights; at least 1 */
    double set_ridge;      /* pull of the common weights on those of a set; both in squared nats of input */
    double max_weight_sum; /* of the magnitudes in a row: keeps the engine's sums below 2^31 */
    uint32_t n_threads;
};

#endif
