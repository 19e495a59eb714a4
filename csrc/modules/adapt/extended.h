/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * extended.h: stage 2 with more inputs than core/stage2.h has. A state that learns adds what its overlay knows. A layer
 * adds the log-odds of the model that it lies on, so layers are mixed here.
 *
 * A weight is a sum over families of sets: the two of core/stage2.h and, with an overlay,
 *
 *   family 2   how many of its contexts recall something, and how long a repetition has been going on
 *
 * A tree has two tables of weights: one without an overlay, in rows of PYLM__N_STAGE2 (in a layer one more), and one
 * with it.
 *
 * An overlay holds a copy of the second table, and learns it. After a symbol, each weight that was used on its path
 * takes a small step down the gradient of the symbol's cost. The cost is convex in the weights, as it was in the fit;
 * only the text is new. Most steps are smaller than the unit of a weight, so they are rounded up or down at random. The
 * random numbers are a hash of the time: every run has the same.
 */
#ifndef PYLM_ADAPT_EXTENDED_H
#define PYLM_ADAPT_EXTENDED_H

#include "core/stage2.h"
#include "overlay.h"

/* Which recalls are active on the way down. Each has a bit for every successor that still lies below the node. */
struct pylm__active_recalls {
    uint8_t successors[PYLM__MAX_RECALLS];
};

/* Most have none soon. Where code is to be small, they are asked all the same, which changes nothing. */
#define PYLM__RECALLS_NOTHING(active) (!PYLM__SMALL && !(active))

/* Which of a recall's active successors lie on one side of mid. */
static inline uint8_t pylm__recall_narrow(const struct pylm__recall *recall, uint32_t active, uint32_t mid, int side)
{
    uint32_t i, there = 0;
    for (i = 0; i < recall->n; i++)
        there |= (uint32_t)((recall->leaf[i] >= mid) == side) << i;
    return (uint8_t)(there & active);
}

/* Calibration index of a recall at a node; 0: it has no successor below. */
static inline uint32_t pylm__recall_index(const struct pylm__recall *recall, uint32_t active, uint32_t mid)
{
    uint32_t i, n[2] = {0, 0};
    for (i = 0; i < recall->n; i++)
        if (active >> i & 1u)
            n[recall->leaf[i] >= mid] += recall->count[i];
    if (!(active & (active - 1u)))
        return active ? pylm__calibration_single(n[0] + n[1], n[0] == 0) : 0u;
    return pylm__calibration_index(n[0], n[1]);
}

/* Calibration index of a node's ages; 0: it was never reached. */
static inline uint32_t pylm__ages_index(struct pylm__node_past past)
{
    return past.ages[0] * PYLM__N_AGES + past.ages[1];
}

/* Calibration index of a repetition, whose step stands in place of a count. */
static inline uint32_t pylm__repetition_index(const struct pylm__recall *recall, uint32_t active, uint32_t mid)
{
    return active ? PYLM__N_PAIRED + 2u * recall->count[0] + (recall->leaf[0] >= mid) : 0u;
}

/* Set of family 2. */
static inline uint32_t pylm__recall_set(uint32_t n_active, uint32_t repetition_step, int repeats)
{
    uint32_t run = repeats ? 1u + repetition_step % PYLM__N_RUNS / 2u : 0u;
    return n_active * PYLM__N_RUN_SETS + run;
}

#define PYLM__MAX_STAGE2 (PYLM__N_STAGE2 + 1u + PYLM__INPUT_RECALL + PYLM__MAX_RECALLS)
#define PYLM__STAGE2_ROOM ((PYLM__MAX_STAGE2 + PYLM__DOT_STEP - 1u) & ~(PYLM__DOT_STEP - 1u))
#define PYLM__N_STAGE2_ROWS 3u
#define PYLM__MAX_LESSONS 32u /* nodes of a path; deeper ones teach nothing */

/* One lesson for each node on the path to a symbol. */
struct pylm__lessons {
    uint32_t n;
    struct pylm__lesson {
        uint32_t rows[PYLM__N_STAGE2_ROWS]; /* where the rows of weights begin, bytes */
        int32_t error;                     /* 1 for right or 0, minus the probability of right before sharpening; q16 */
        int16_t inputs[PYLM__STAGE2_ROOM]; /* 0 behind the last */
    } lesson[PYLM__MAX_LESSONS];
};

/* Log-odds, q10, that one model hands to the layer above it, for the nodes on the path to a symbol. Each model reads
 * those of the model below and writes its own in their place. A walk through the whole tree needs those of one node
 * only. */
#define PYLM__MAX_ODDS (PYLM__MAX_DEPTH + 1u)
struct pylm__odds {
    uint32_t at; /* index of the present node; beyond the end only in a damaged tree, deeper than it says */
    int16_t log_odds[PYLM__MAX_ODDS];
};

/* The extended stage of one tree. It is constant on the way down. */
struct pylm__extended {
    struct pylm__odds *odds; /* of a layer, and of a model below one; else NULL */
    int is_below;            /* a layer lies on this model; only the uppermost has an overlay */
    int has_overlay;         /* read by pylm__has_overlay() */
    int is_plain;            /* read by pylm__is_plain() */
    uint32_t n_inputs;
    const uint8_t *weights;        /* rows of n_inputs: the overlay's own, or the tree's */
    struct pylm__lessons *lessons; /* where the lessons of a path go; NULL: nowhere */
    struct pylm__plan plan;
    struct pylm__overlay overlay;
    uint64_t keys[PYLM__MAX_KEYS]; /* of the contexts that the plan names */
    struct pylm__recall recalls[PYLM__MAX_RECALLS];
};

/* Whether there is an overlay. */
static inline int pylm__has_overlay(const struct pylm__extended *extended)
{
    return PYLM_MODULE_ADAPT && extended->has_overlay;
}

/* Whether stage 2 has only the inputs that every model has. */
static inline int pylm__is_plain(const struct pylm__extended *extended)
{
    return PYLM__MOST_LAYERS ? extended->is_plain : !pylm__has_overlay(extended);
}

/* NULL in a build without layers, which then has no code for them. */
static inline struct pylm__odds *pylm__odds(const struct pylm__extended *extended)
{
    return PYLM__MOST_LAYERS ? extended->odds : NULL;
}

/* Says which of several models this is. Comes before pylm__extended_begin(). */
static inline void pylm__extended_stack(struct pylm__extended *extended, struct pylm__odds *odds, int is_below)
{
    if (!PYLM__MOST_LAYERS)
        return;
    extended->odds = odds;
    extended->is_below = is_below;
}

/* Finds a tree's part of an overlay, and its plan. Returns 0 if the tree cannot learn, or the overlay is too small. */
int pylm__overlay_of_tree(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t tree_number,
                          uint8_t *memory, size_t nbytes, struct pylm__plan *plan, struct pylm__overlay *overlay);

/* Fetches what is to be known of a node. */
static inline void pylm__extended_fetch(const struct pylm__extended *extended, uint32_t node)
{
    if (pylm__has_overlay(extended))
        pylm__overlay_fetch_node(&extended->overlay, node);
}

/* Prepares the stage for the next symbol, without lessons. */
void pylm__extended_begin(struct pylm__extended *extended, const struct pylm__model *model,
                          const struct pylm__tree *tree, uint32_t tree_number, const struct pylm__state *state,
                          const uint64_t *hashes, struct pylm__active_recalls *active);

/* With an overlay, log-odds are multiplied by 1.04. The decisions are calibrated one by one, but together they make the
 * most probable symbols too improbable (DESIGN.md, "Learning while reading"). Weights learn from the log-odds before
 * that. */
#define PYLM__SHARPEN_Q7 133
static inline int32_t pylm__sharpen(int32_t log_odds)
{
    return log_odds * PYLM__SHARPEN_Q7 / 128; /* log_odds is below 2^18: MAX_SUM in q10 */
}

/* Probability, q16, of going right.
 *   mixed        log-odds of stage 1, q10
 *   confidence   of the mean */
uint32_t pylm__extended_right(const struct pylm__extended *extended, const struct pylm__tree *tree,
                              const struct pylm__node *node, int32_t mixed, struct pylm__mean mean, uint32_t confidence,
                              const struct pylm__active_recalls *active);

/* Notes which side of a node the path has taken, and keeps what lies there. Comes right after the probability of that
 * node was asked for. Not for a plain stage. */
void pylm__extended_pass(const struct pylm__extended *extended, uint32_t mid, int side,
                         struct pylm__active_recalls *active);

/* Lets the overlay learn at the end of a path with lessons. Its weights move by the lessons. It counts the leaf, the
 * nodes on the way to it, and the contexts before it. */
void pylm__extended_learn(const struct pylm__extended *extended, const struct pylm__tree *tree, uint32_t leaf);

/* Keeps the recalls' successors on one side. Only with an overlay. */
void pylm__extended_descend(const struct pylm__extended *extended, uint32_t mid, int side,
                            struct pylm__active_recalls *active);

#endif
