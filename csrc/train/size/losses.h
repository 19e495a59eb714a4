/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * losses.h: how much worse held-out text would be predicted if one template were pruned otherwise, or the topic
 * vectors had another length, and all weights stayed.
 */
#ifndef PYLM_TRAIN_LOSSES_H
#define PYLM_TRAIN_LOSSES_H

#include "paths.h"
#include "train/write/image_writer.h"

/* An event with the present weights. */
struct pylm__weighed {
    int32_t log_odds; /* the engine's sum: 2^-13 of 1/1024 nat */
    uint16_t sets[PYLM__N_FAMILIES];
    uint16_t side;
};

struct pylm__losses {
    const struct pylm__heldout *heldout;
    const struct pylm__templates *templates;
    const int16_t *weights, *calibration; /* the present ones */
    uint16_t *const *indices;             /* by template: the present calibration index of every event */
    uint32_t n_sets[PYLM__N_FAMILIES];
    int symmetric;                /* see pylm__calibrate() */
    struct pylm__weighed *events; /* all that are held out */
    double *softplus;             /* a table */
};

/* Allocates what depends on the held-out text only. To be freed, also after a failure. */
int pylm__losses_new(struct pylm__losses *losses, const struct pylm__heldout *heldout, int symmetric);
void pylm__losses_free(struct pylm__losses *losses);

/* Weighs all events. */
int pylm__losses_weigh(struct pylm__losses *losses, const struct pylm__trained_tree *trained, uint16_t *const *indices,
                       uint32_t n_threads, pylm_task *task);

/* Bits that all events take with the present weights. */
double pylm__losses_total(const struct pylm__losses *losses);

/* Finds the bits that all held-out text takes more with each of the levels tried for template k, and without it.
 *   present   which of the levels is the present one
 *   more      out, by level; then without the template */
int pylm__losses_of_tried(const struct pylm__losses *losses, uint32_t k, const struct pylm__tried_paths *tried,
                          uint32_t present, double *more, const pylm_task *task);

/* Likewise of each level of the topic vectors. There are vectors at present. */
int pylm__losses_of_topics(const struct pylm__losses *losses, double *more, const pylm_task *task);

#endif
