/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stages.h: what has to be learned on held-out text: the weights of both stages of mixing (see core/stage1.h and
 * core/stage2.h), the second without and with an overlay.
 */
#ifndef PYLM_TRAIN_STAGES_H
#define PYLM_TRAIN_STAGES_H

#include "fit.h"
#include "simulate.h"

struct pylm__stages {
    int16_t *weights, *final_weights, *overlay_calibration, *overlay_weights;
    uint64_t n_weights, n_final_weights, n_overlay_calibration, n_overlay_weights;
    double bits, adaptive_bits; /* a held-out symbol */
    uint32_t cycles;            /* of the first stage's fit */
};

/* Allocates all tables, as zeros: their sizes depend on the tree and the templates only. */
int pylm__stages_allocate(struct pylm__stages *stages, const struct pylm__symbol_tree *tree,
                          const struct pylm__templates *templates);

/* Fits all stages of one tree, or only the first; allocates the tables of all.
 *   indices       by template: a calibration index for every event. Unless only the first stage is fitted,
 *                 they are used up: freed, and NULL then
 *   calibration   by template: PYLM__N_CALIBRATION log-odds, q10
 * The result is to be freed, also after a failure. */
int pylm__stages_fit(struct pylm__stages *stages, const struct pylm__heldout *heldout,
                     const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                     const struct pylm__templates *templates, uint16_t **indices,
                     const int16_t *calibration, int only_first, uint32_t n_threads, pylm_task *task);
void pylm__stages_free(struct pylm__stages *stages);

#endif
