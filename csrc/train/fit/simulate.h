/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * simulate.h: what an overlay knows at the held-out events, if it reads their blocks.
 */
#ifndef PYLM_TRAIN_SIMULATE_H
#define PYLM_TRAIN_SIMULATE_H

#include "modules/adapt/extended.h"
#include "train/count/heldout.h"

struct pylm__simulated {
    uint32_t n_inputs;
    uint16_t *indices[PYLM__INPUT_RECALL + PYLM__MAX_RECALLS]; /* by input: a calibration index for every event */
    uint16_t *sets;                                            /* of each event, in the second stage's family 2 */
};

/* Reads every block from its start with an empty overlay of the usual size. Each symbol is looked up before it is
 * learned. The result is to be freed, also after a failure. */
int pylm__simulate(struct pylm__simulated *simulated, const struct pylm__heldout *heldout,
                   const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                   const struct pylm__templates *templates, uint32_t n_threads, const pylm_task *task);
void pylm__simulated_free(struct pylm__simulated *simulated);

#endif
