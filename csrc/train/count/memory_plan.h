/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * memory_plan.h: how to count a tree within a limit of memory.
 */
#ifndef PYLM_TRAIN_MEMORY_PLAN_H
#define PYLM_TRAIN_MEMORY_PLAN_H

#include "heldout.h"

struct pylm__memory_plan {
    uint32_t n_threads;   /* templates counted at once */
    uint64_t max_keys;    /* of each that are sorted at once; more go to a file in runs */
    int spill;            /* 1: tables go to a file, too */
    uint64_t room_nbytes; /* with a limit of size: for what may be kept (train/size/room.h) */
};

/* Whether options->max_memory may be enough, as far as that can be said before pieces and classes of a long text are
 * found, which takes minutes. PYLM_ERR_MEMORY if not; *smallest is the smallest that may be. */
int pylm__memory_suffices(const pylm_train_options *options, const struct pylm__corpus *corpus, uint64_t *smallest);

/* Plans the counting of a tree whose held-out text has been chosen. Returns PYLM_ERR_MEMORY if options->max_memory is
 * too small; *smallest is the smallest that is not. */
int pylm__memory_plan(const pylm_train_options *options, const struct pylm__corpus *corpus,
                      const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                      const struct pylm__templates *templates, struct pylm__memory_plan *plan, uint64_t *smallest);

#endif
