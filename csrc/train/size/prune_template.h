/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune_template.h: one template thinned out to several levels: how large its table is then, and what it says about
 * held-out text.
 */
#ifndef PYLM_TRAIN_PRUNE_TEMPLATE_H
#define PYLM_TRAIN_PRUNE_TEMPLATE_H

#include "train/count/heldout.h"
#include "train/count/pack.h"
#include "successors.h"

/* What all templates of a tree have in common. */
struct pylm__survey_input {
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    const struct pylm__heldout *heldout;
    uint32_t min_count;
};

struct pylm__survey {
    uint32_t n_levels, levels[PYLM__N_PRICES]; /* which, ascending */
    uint64_t nbytes[PYLM__N_PRICES];   /* out: of the table, by number of the level above */
    uint16_t *indices[PYLM__N_PRICES]; /* out: a calibration index for every held-out event, zeros at first;
                                          the first NULL: not wanted */
    struct pylm__mean *means;          /* to which the evidence at the only level is added; NULL: not wanted */
    struct pylm__packed *packed;       /* out: the table at the first level; NULL: not wanted */
};

/* Surveys template k. A packed table is to be freed, also after a failure. */
int pylm__survey(const struct pylm__survey_input *input, uint32_t k, struct pylm__survey *survey,
                 const pylm_task *task);

#endif
