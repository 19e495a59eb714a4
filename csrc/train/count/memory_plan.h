/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * memory_plan.h: how to train within a limit of memory.
 */
#ifndef PYLM_TRAIN_MEMORY_PLAN_H
#define PYLM_TRAIN_MEMORY_PLAN_H

#include "train/write/image_writer.h"

struct pylm__memory_plan {
    uint32_t n_threads; /* templates counted at once */
    uint32_t n_abreast; /* ranges of each that are made ready at once: more than one only of a single template */
    uint64_t max_keys;  /* of a range */
    int spill;          /* whether tables go to a file */
};

/* Plans the counting of a tree whose held-out text has been chosen. PYLM_ERR_MEMORY if the limit is too small
 * for any; *smallest is one that is not. */
int pylm__memory_plan(const pylm_train_options *options, const struct pylm__corpus *corpus,
                      const struct pylm__heldout *heldout, const struct pylm__trained_tree *trained,
                      struct pylm__memory_plan *plan, uint64_t *smallest);

#endif
