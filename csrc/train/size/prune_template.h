/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune_template.h: one template pruned at several levels: how large its table becomes, and what it says about held-out
 * text then.
 */
#ifndef PYLM_TRAIN_PRUNE_TEMPLATE_H
#define PYLM_TRAIN_PRUNE_TEMPLATE_H

#include "successors.h"
#include "train/count/heldout.h"

/* What all templates of a tree have in common. */
struct pylm__prune_input {
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    const struct pylm__heldout *heldout;
    uint32_t min_count;
};

struct pylm__pruned_template {
    uint32_t n_levels, levels[PYLM__N_PRICES]; /* the levels, ascending (successors.h) */
    uint64_t nbytes[PYLM__N_PRICES];           /* out, by level: bytes of the table */
    uint16_t *indices[PYLM__N_PRICES]; /* out, by level: a calibration index for every event; zeros before. If the first
                                        * is NULL, none are wanted */
    struct pylm__mean *means;          /* the evidence at the only level is added to them; NULL: not wanted */
    struct pylm__packed *packed;       /* out: the table at the first level; NULL: not wanted */
};

/* Prunes template k. A packed table is to be freed, also after a failure. */
int pylm__prune_template(const struct pylm__prune_input *input, uint32_t k, struct pylm__pruned_template *pruned,
                         const pylm_task *task);

#endif
