/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * budget.h: training a tree whose image has at most so many bytes.
 */
#ifndef PYLM_TRAIN_BUDGET_H
#define PYLM_TRAIN_BUDGET_H

#include "pruner.h"
#include "topic_share.h"

struct pylm__budget {
    const struct pylm__corpus *corpus;
    struct pylm__heldout *heldout;         /* its topic_log_odds become those of the chosen level */
    struct pylm__topic_share *topic_share; /* in, out */
    const char *facts;                     /* as long as those that will be written */
    uint64_t max_nbytes;                   /* of an image that has only this tree */
    uint32_t n_threads;
    uint32_t n_counted;   /* templates counted at once */
    uint64_t room_nbytes; /* for what is remembered of them */
    struct pylm__pruner_files files;
};

/* Finds the size of the smallest image that has only this tree. Its symbol tree and templates must be chosen, and its
 * calibration allocated.
 *   has_topic   with the weights of topics, but without their vectors */
int pylm__budget_smallest(const struct pylm__budget *budget, struct pylm__trained_tree *trained, int has_topic,
                          uint64_t *nbytes);

/* Counts, calibrates and fits a tree whose symbol tree and templates are chosen. Templates that are not worth their
 * bytes are dropped. The smallest image must fit. */
int pylm__budget_train(struct pylm__budget *budget, struct pylm__trained_tree *trained, pylm_task *task);

#endif
