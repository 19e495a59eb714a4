/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * extended.h: the second stage of mixing with more inputs: of a state that learns, what its overlay knows; in a
 * layer, the log-odds of the model that it lies on. So this is also where layers are mixed.
 *
 * Weights are sums over families of sets: the two of core/stage2.h and, with an overlay,
 *
 *   family 2   how many of its contexts recall something, and how long a repetition has been going on
 *
 * There are two weight tables: one without an overlay (rows of PYLM__N_STAGE2, in a layer one more) and one with it.
 *
 * A state that learns has a copy of the second table in its overlay, and learns that, too: after a symbol, each
 * weight that was used on its path takes a small step down the gradient of the symbol's cost. The cost is convex in
 * the weights, as it was when they were fitted: all that is new is the text. A step is mostly smaller than the unit
 * of a weight, so it is rounded up or down at random, by a hash of the time: the same in every run.
 */
#ifndef PYLM_ADAPT_EXTENDED_H
#define PYLM_ADAPT_EXTENDED_H

#include "core/stage2.h"
#include "overlay.h"

/* What is active of the overlay's knowledge on the way down: a bit for every successor of a recall that
 * still lies below the node. */
struct pylm__active_recalls {
    uint8_t of[PYLM__MAX_RECALLS];
};

/* Which of a recall's living successors lie on one side of mid. */
static inline uint8_t pylm__recall_narrow(const struct pylm__recall *recall, uint32_t active, uint32_t mid, int side)
{
    uint32_t i, there = 0;
    for (i = 0; i < recall->n; i++)
        there |= (uint32_t)((recall->leaf[i] >= mid) == side) << i;
    return (uint8_t)(there & active);
}

/* Calibration index of what a recall says at a node; 0: nothing. */
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

/* Calibration index of a repetition: its step takes the place of a count. */
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
#define PYLM__N_STAGE2_ROWS 3u
#define PYLM__MAX_LESSONS 32u /* nodes of a path; those still deeper teach nothing */

/* What the nodes on the path to a symbol teach. */
struct pylm__lessons {
    uint32_t n;
    struct pylm__lesson {
        uint32_t rows[PYLM__N_STAGE2_ROWS]; /* where the weights used begin, bytes */
        int32_t error;                      /* what happened minus the probability of going right, q16, not raised */
        int16_t inputs[PYLM__MAX_STAGE2];
    } of[PYLM__MAX_LESSONS];
};

/* What a layer has to know of the model below, and that of the next one: log-odds, q10, at the nodes on the path to a
 * symbol, in turn. Each model finds those of the one below and leaves its own in their place. A walk through the
 * whole tree needs those of the node where it is only. */
#define PYLM__MAX_ODDS (PYLM__MAX_DEPTH + 1u)
struct pylm__odds {
    uint32_t at; /* the present node's place; beyond the end only if a damaged tree is deeper than it says */
    int16_t of[PYLM__MAX_ODDS];
};

/* The extended stage of one tree: constant on the way down. */
struct pylm__extended {
    struct pylm__odds *odds; /* of a model that lies on another, or on which another lies; else NULL */
    int is_below;            /* of the latter: an overlay is for the uppermost */
    int adapts;              /* what pylm__has_overlay() says, where states can learn */
    int is_plain;            /* what pylm__is_plain() says, where there are layers */
    uint32_t n_inputs;
    const uint8_t *weights;        /* rows of n_inputs; with an overlay its own, or the tree's */
    struct pylm__lessons *lessons; /* what a path teaches is noted here; NULL: nothing is */
    struct pylm__plan plan;
    struct pylm__overlay overlay;
    uint64_t keys[PYLM__MAX_KEYS]; /* of the contexts that the plan names */
    struct pylm__recall recalls[PYLM__MAX_RECALLS];
};

/* Whether there is an overlay. */
static inline int pylm__has_overlay(const struct pylm__extended *extended)
{
    return PYLM_MODULE_ADAPT && extended->adapts;
}

/* Whether there is nothing but what every model has. */
static inline int pylm__is_plain(const struct pylm__extended *extended)
{
    return PYLM__MOST_LAYERS ? extended->is_plain : !pylm__has_overlay(extended);
}

/* A device without layers has no code for them. */
static inline struct pylm__odds *pylm__odds(const struct pylm__extended *extended)
{
    return PYLM__MOST_LAYERS ? extended->odds : NULL;
}

/* Before pylm__extended_begin(): which of several models this is. */
static inline void pylm__extended_stack(struct pylm__extended *extended, struct pylm__odds *odds, int is_below)
{
    if (!PYLM__MOST_LAYERS)
        return;
    extended->odds = odds;
    extended->is_below = is_below;
}

/* A tree's part of an overlay, and what its plan is. Returns 0 if the tree cannot adapt, or the overlay is too small. */
int pylm__overlay_of_tree(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t tree_number,
                          uint8_t *memory, size_t nbytes, struct pylm__plan *plan, struct pylm__overlay *overlay);

/* Prepares the stage for the next symbol, without lessons. */
void pylm__extended_begin(struct pylm__extended *extended, const struct pylm__model *model,
                          const struct pylm__tree *tree, uint32_t tree_number, const struct pylm__state *state,
                          const uint64_t *hashes, struct pylm__active_recalls *active);

/* With an overlay, log-odds are raised by a twenty-fifth: decisions that are true one by one leave the most probable
 * symbols too modest (DESIGN.md, "Learning while reading"). Weights learn from the log-odds as they were. */
#define PYLM__SHARPEN_Q7 133
static inline int32_t pylm__sharpen(int32_t log_odds)
{
    return log_odds * PYLM__SHARPEN_Q7 / 128; /* below 2^18 before: MAX_SUM in q10 */
}

/* Probability, q16, of going right.
 *   mixed        the first stage's log-odds, q10
 *   confidence   of the mean */
uint32_t pylm__extended_right(const struct pylm__extended *extended, const struct pylm__tree *tree,
                              const struct pylm__node *node, int32_t mixed, struct pylm__mean mean, uint32_t confidence,
                              const struct pylm__active_recalls *active);

/* Unless it is plain: notes which side of a node the path has taken, right after its probability was asked for, and keeps
 * what lies there. */
void pylm__extended_pass(const struct pylm__extended *extended, uint32_t mid, int side,
                         struct pylm__active_recalls *active);

/* At the end of a path with lessons, the overlay learns: its weights move by these, and it counts the leaf, the nodes on
 * the way to it and the contexts before it. */
void pylm__extended_learn(const struct pylm__extended *extended, const struct pylm__tree *tree, uint32_t leaf);

/* With an overlay: keeps what lies on one side. */
void pylm__extended_descend(const struct pylm__extended *extended, uint32_t mid, int side,
                            struct pylm__active_recalls *active);

#endif
