/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_FIT_H
#define PYLM_TRAIN_FIT_H

#include "heldout.h"

/* What the weights are fitted on. */
struct pylm__fit_input {
    const struct pylm__heldout *heldout;
    const struct pylm__templates *templates;
    uint32_t n_node_sets;
    const uint16_t *const *indices;    /* by template: a calibration index for every event */
    const int16_t *calibration;        /* by template: PYLM__N_CALIBRATION log-odds, q10 */
    uint32_t n_threads;
};

struct pylm__fit_result {
    double loss;      /* of the held-out events with these weights, bits a symbol */
    uint32_t cycles;  /* until nothing more was gained */
};

/* Fits the mixing weights of all families to their common optimum.
 *   weights    out: rows of n_templates + 1 numbers, q13, in the order of mix.h */
int pylm__fit(const struct pylm__fit_input *input, int16_t *weights, struct pylm__fit_result *result,
              pylm_task *task);

#endif
