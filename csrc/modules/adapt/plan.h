/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * plan.h: the plan of an overlay: which contexts it keeps. It is a part of each tree's header.
 */
#ifndef PYLM_ADAPT_PLAN_H
#define PYLM_ADAPT_PLAN_H

#include "core/image.h"

#define PYLM__N_RUN_SETS 4u /* no repetition, or three lengths of its run */
#define PYLM__N_RECALL_SETS (PYLM__N_RUN_SETS * (PYLM__MAX_RECALLED + 1u))

#define PYLM__N_RECENT 4u      /* successors kept of a context */
#define PYLM__MAX_RECALLED 10u /* contexts of which successors are kept */
#define PYLM__MAX_LONG 3u      /* long contexts, for repetitions */
#define PYLM__MAX_RECALLS (PYLM__MAX_RECALLED + 1u)
#define PYLM__MAX_KEYS (PYLM__MAX_RECALLED + PYLM__MAX_LONG)
#define PYLM__N_RUNS 6u /* levels of a run's length */
#define PYLM__RUN_LIMIT 65535u

/* A plan. In a tree's header it has the same order, a byte each. */
struct pylm__plan {
    uint8_t n_recalled, n_long;
    uint8_t recalled[PYLM__MAX_RECALLED]; /* templates; or PYLM__INDIRECT + the index of an earlier entry */
    uint8_t lengths[PYLM__MAX_LONG];      /* symbols of each long context, ascending */
};

#define PYLM__PLAN_NBYTES 15u

/* An indirect context: what followed another context the last two times, and the previous symbol. */
#define PYLM__INDIRECT 128u

/* Inputs of an overlay: counts and ages of the node, then the recalls. */
enum { PYLM__INPUT_COUNTS = 0, PYLM__INPUT_AGES = 1, PYLM__INPUT_RECALL = 2 };

static inline uint32_t pylm__plan_inputs(const struct pylm__plan *plan)
{
    return PYLM__INPUT_RECALL + plan->n_recalled + 1u;
}

/* Reads the plan of a tree from its header. Numbers above their limits become the limits. */
void pylm__plan_read(const struct pylm__tree *tree, struct pylm__plan *plan);

/* The number of stage 2's weights with an overlay, for at most 2^24 node sets. */
static inline uint32_t pylm__n_overlay_weights(const struct pylm__tree *tree, const struct pylm__plan *plan)
{
    uint32_t n_sets = tree->n_node_sets + PYLM__N_CONFIDENCES + PYLM__N_RECALL_SETS;
    return n_sets * (pylm__n_plain(tree) + pylm__plan_inputs(plan));
}

/* Whether all that overlays need of a tree lies inside the image, and the plan names only existing templates and
 * lengths. Also true for a tree that has nothing for overlays. */
int pylm__plan_check(const struct pylm__model *model, const struct pylm__tree *tree);

#endif
