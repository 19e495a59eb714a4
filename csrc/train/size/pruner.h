/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pruner.h: all templates of a tree, pruned at any level. Keys are sorted once for each template, and what may be kept
 * is remembered; where memory is short, they are sorted again.
 */
#ifndef PYLM_TRAIN_PRUNER_H
#define PYLM_TRAIN_PRUNER_H

#include "candidates.h"

/* Templates are known by the numbers that they have while all are there. */
struct pylm__pruner {
    struct pylm__prune_input in;
    uint64_t sizes[PYLM__MAX_TEMPLATES][PYLM__N_PRICES]; /* bytes of the table at each level */
    uint64_t sums[PYLM__N_PRICES];                       /* of all templates that have been sized */
    uint64_t begin_nbytes;                               /* what all tables may take at the level to begin with */
    struct pylm__candidates tables[PYLM__MAX_TEMPLATES], heldout[PYLM__MAX_TEMPLATES];
    uint64_t room; /* bytes that candidates may still take */
};

void pylm__pruner_begin(struct pylm__pruner *pruner, uint64_t begin_nbytes, uint64_t room);
void pylm__pruner_free(struct pylm__pruner *pruner);

/* Finds the sizes of template k, and remembers its candidates. Several can be sized at once. */
int pylm__pruner_size(struct pylm__pruner *pruner, uint32_t k, const pylm_task *task);

/* The lowest level at which the tables sized so far take at most begin_nbytes. */
uint32_t pylm__pruner_begin_level(const struct pylm__pruner *pruner);

/* Forgets candidates that are not likely to be needed any more: all have been sized. */
void pylm__pruner_tidy(struct pylm__pruner *pruner);

/* Hands on what template k keeps from the level `lowest` on, in the held-out blocks.
 *   number   that of the template among all */
int pylm__pruner_heldout(struct pylm__pruner *pruner, uint32_t k, uint32_t number, uint32_t lowest,
                         pylm__take_context *take, void *user, const pylm_task *task);

/* Makes the table of template k at a level. To be freed, also after a failure. */
int pylm__pruner_pack(struct pylm__pruner *pruner, uint32_t k, uint32_t number, uint32_t level,
                      struct pylm__packed *packed, const pylm_task *task);

#endif
