/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.h: from the evidence at a node to the probability of going right.
 *
 * The log-odds of a node are a weighted sum of the templates' calibrated log-odds and a constant. A
 * template without evidence adds nothing. The weight of an input is itself a sum of three, each from a
 * set that something else about the situation chooses:
 *
 *   family 0   the longest suffix context with evidence, how much, and how many skip contexts have some
 *   family 1   the node: each upper node has a set of its own, lower nodes share one a depth
 *   family 2   the evidence levels of three templates (roles LEVEL_1 to LEVEL_3)
 *
 * The weight table holds the sets of family 0, then 1, then 2, each of n_templates + 1 numbers.
 */
#ifndef PYLM_CORE_MIX_H
#define PYLM_CORE_MIX_H

#include "evidence.h"

#define PYLM__N_FAMILIES 3u
#define PYLM__N_HITS 4u  /* evidence levels 1, 2, 3, 4 and more of the longest suffix context */
#define PYLM__N_SKIPS 3u /* 0, 1, 2 and more skip contexts with evidence */
#define PYLM__N_LEVEL_SETS (PYLM__N_LEVELS * PYLM__N_LEVELS * PYLM__N_LEVELS)
#define PYLM__CONSTANT_Q10 256 /* the constant input, 1/4 nat */
#define PYLM__MAX_LOG_ODDS_Q10 8704 /* of a calibration entry: 8.5 nats */

/* What chooses the weight sets, gathered over the evidence of a node in the order of the templates. */
struct pylm__situation {
    uint32_t suffix; /* longest suffix order with evidence */
    uint32_t hits;   /* its evidence level */
    uint32_t skips;  /* skip contexts with evidence */
    uint32_t levels; /* three digits to base PYLM__N_LEVELS */
};

static inline void pylm__situation_add(struct pylm__situation *s, uint32_t template_number,
                                       uint32_t n_suffix, uint32_t role, uint32_t level)
{
    if (template_number < n_suffix) {
        s->suffix = template_number;
        s->hits = level;
    }
    if (role == PYLM__ROLE_SKIP)
        s->skips++;
    else if (role == PYLM__ROLE_LEVEL_1)
        s->levels += level * PYLM__N_LEVELS * PYLM__N_LEVELS;
    else if (role == PYLM__ROLE_LEVEL_2)
        s->levels += level * PYLM__N_LEVELS;
    else if (role == PYLM__ROLE_LEVEL_3)
        s->levels += level;
}

/* The chosen sets, as numbers within their families. */
static inline void pylm__situation_sets(const struct pylm__situation *s, uint32_t node_set, uint32_t *sets)
{
    uint32_t hits = s->hits ? s->hits - 1u : 0u;
    sets[0] = (s->suffix * PYLM__N_SKIPS + (s->skips < 2u ? s->skips : 2u)) * PYLM__N_HITS +
              (hits < PYLM__N_HITS - 1u ? hits : PYLM__N_HITS - 1u);
    sets[1] = node_set;
    sets[2] = s->levels;
}

/* Sets of a family in a tree. */
static inline uint32_t pylm__n_sets(uint32_t family, uint32_t n_suffix, uint32_t n_node_sets)
{
    return family == 0   ? n_suffix * PYLM__N_SKIPS * PYLM__N_HITS
           : family == 1 ? n_node_sets
                         : PYLM__N_LEVEL_SETS;
}

/* Probability, q16, of going right at a node split at `mid`, whose weight set is `node_set`. Reads the
 * splits that it needs, so that pylm__evidence_step() can follow. */
uint32_t pylm__node_probability(const struct pylm__tree *tree, uint32_t mid, uint32_t node_set,
                                struct pylm__evidence *evidence, uint32_t n_evidence);

#endif
