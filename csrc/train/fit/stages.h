/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stages.h: all that is learned on held-out text after calibration: the weights of both stages of mixing, the second
 * stage without and with an overlay.
 */
#ifndef PYLM_TRAIN_STAGES_H
#define PYLM_TRAIN_STAGES_H

#include "simulate.h"

struct pylm__stages {
    int16_t *stage1_weights, *stage2_weights, *overlay_calibration, *overlay_weights;
    uint64_t n_stage1_weights, n_stage2_weights, n_overlay_calibration, n_overlay_weights;
    double bits, adaptive_bits; /* of a held-out symbol; without and with an overlay */
    uint32_t cycles;            /* of the fit of the first stage */
};

/* A tree that has been counted and calibrated. */
struct pylm__stages_input {
    const struct pylm__heldout *heldout;
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    const int16_t *calibration; /* by template: PYLM__N_CALIBRATION log-odds, q10 */
    uint32_t n_threads;
};

/* Allocates all tables, as zeros: their sizes depend on the tree, the templates and whether there is a topic. */
int pylm__stages_allocate(struct pylm__stages *stages, const struct pylm__symbol_tree *tree,
                          const struct pylm__templates *templates, int has_topic);

/* Allocates all tables, and fits both stages, or only the first.
 *   indices   by template: a calibration index for every event. If both stages are fitted, they are freed on the way,
 *             and become NULL
 * The result is to be freed, also after a failure. */
int pylm__stages_fit(struct pylm__stages *stages, const struct pylm__stages_input *input, uint16_t **indices,
                     int only_first, pylm_task *task);
void pylm__stages_free(struct pylm__stages *stages);

#endif
