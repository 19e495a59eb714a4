/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.h: from the evidence at a node to the probability of going right.
 *
 * First stage: the log-odds of a node are a weighted sum of the templates' calibrated log-odds and a
 * constant. A template without evidence adds nothing. The weight of an input is itself a sum of four, each
 * from a set that something else about the situation chooses:
 *
 *   family 0   the longest suffix context with evidence, how much, and how many skip contexts have some
 *   family 1   the node: each upper node has a set of its own, lower nodes share one a depth
 *   family 2   the evidence levels of three templates (roles LEVEL_1 to LEVEL_3)
 *   family 3   the class of the previous symbol; in bytes the symbol
 *
 * The weight table holds the sets of families 0 to 3, each of n_templates + 1 numbers. The second
 * stage is final.h.
 */
#ifndef PYLM_CORE_MIX_H
#define PYLM_CORE_MIX_H

#include "final.h"

/* What still counts at a node. */
struct pylm__front {
    uint32_t digits;   /* sum over what is active; see situation.h */
    uint32_t n_suffix; /* how many of them are suffix contexts: the first ones */
    uint32_t n_active;
    uint8_t active[PYLM__MAX_TEMPLATES]; /* numbers of evidence, ascending */
    struct pylm__alive alive; /* of the overlay */
};

/* One tree, ready for the next symbol. */
struct pylm__mixer {
    struct pylm__tree tree;
    struct pylm__final final;
    uint32_t previous; /* set of family 3 */
};

/* The front at the root: all of n pieces of evidence. Leaves `alive` as it is. */
void pylm__front_begin(const struct pylm__evidence *evidence, uint32_t n, struct pylm__front *front);

/* Probability, q16, of going right. */
uint32_t pylm__node_probability(const struct pylm__mixer *mixer, struct pylm__node node,
                                const struct pylm__front *front, struct pylm__evidence *evidence);

/* Narrows all evidence to one child of a node. */
void pylm__node_descend(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__front *front,
                        struct pylm__evidence *evidence);

/* Both in one pass, for a path that is known. */
uint32_t pylm__node_follow(const struct pylm__mixer *mixer, struct pylm__node node, int side,
                           struct pylm__front *front, struct pylm__evidence *evidence);

#endif
