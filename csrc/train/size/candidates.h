/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * candidates.h: contexts of a template that may be kept, so that levels can be tried. They are written and read one
 * after the other, so they may wait in a file.
 */
#ifndef PYLM_TRAIN_CANDIDATES_H
#define PYLM_TRAIN_CANDIDATES_H

#include "prune_template.h"
#include "train/base/spill.h"

/* What the tables of whole texts, or the held-out blocks, have of one template. */
struct pylm__candidates {
    uint32_t lowest;                       /* all that is kept from this level on is here */
    uint32_t most_successors, most_places; /* of a context */
    struct pylm__buffer contexts;
};

/* To be freed, if it is not all zero.
 *   spill   where they go; NULL: they stay in memory */
void pylm__candidates_begin(struct pylm__candidates *c, uint32_t lowest, struct pylm__spill *spill);
void pylm__candidates_free(struct pylm__candidates *c);

/* Takes a context that keeps something at the lowest level: see pylm__take_context. */
int pylm__candidates_add(void *candidates, const struct pylm__pruned_context *context);

/* All have been added. */
int pylm__candidates_end(struct pylm__candidates *c);

/* Hands them on as pylm__prune_table() and pylm__prune_heldout() do.
 *   lowest   those that keep nothing from this level on are left out */
int pylm__candidates_hand_on(const struct pylm__candidates *c, uint32_t lowest, pylm__take_context *take, void *user,
                             const pylm_task *task);

#endif
