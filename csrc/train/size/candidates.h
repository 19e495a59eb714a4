/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * candidates.h: contexts of a template that may be kept, so that a level can be tried without sorting keys again. They
 * are as many as memory allows.
 */
#ifndef PYLM_TRAIN_CANDIDATES_H
#define PYLM_TRAIN_CANDIDATES_H

#include "prune_template.h"

struct pylm__candidate;

/* What the tables of whole texts, or the held-out blocks, have of one template. */
struct pylm__candidates {
    uint32_t lowest; /* all that is kept from this level on is here */
    struct pylm__room *room;
    struct pylm__candidate *contexts;
    struct pylm__ranked_successor *successors;
    uint32_t *places;
    uint64_t n_contexts, n_successors, n_places;
    uint64_t context_room, successor_room, place_room; /* elements */
};

void pylm__candidates_begin(struct pylm__candidates *c, uint32_t lowest, struct pylm__room *room);
void pylm__candidates_free(struct pylm__candidates *c);

/* Adds a context. Without room for it, `lowest` is raised; if nothing is left then, to PYLM__PRICE_NOTHING. */
void pylm__candidates_add(struct pylm__candidates *c, const struct pylm__pruned_context *context);

/* Drops what is kept only at levels below `lowest`, and gives back memory. */
void pylm__candidates_raise(struct pylm__candidates *c, uint32_t lowest);

/* Hands them on as pylm__pruning_table() and pylm__pruning_heldout() do. */
int pylm__candidates_hand_on(const struct pylm__candidates *c, pylm__take_context *take, void *user,
                             const pylm_task *task);

#endif
