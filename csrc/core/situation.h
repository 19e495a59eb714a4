/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * situation.h: what chooses the weight sets at a node. See mix.h for the families of sets.
 */
#ifndef PYLM_CORE_SITUATION_H
#define PYLM_CORE_SITUATION_H

#include <stdint.h>

/* How much evidence there is, 0 to 5: none, 1, 2-3, 4-8, 9-32, more. */
#define PYLM__N_LEVELS 6u
#define PYLM__LAST_LEVEL 33u /* the least total of the last level */
static inline uint32_t pylm__evidence_level(uint32_t total)
{
    static const uint8_t level[PYLM__LAST_LEVEL + 1u] = {0, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4,
                                                            4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5};
    return level[total < PYLM__LAST_LEVEL ? total : PYLM__LAST_LEVEL];
}

/* What a template does in choosing weight sets, besides being an input. */
enum pylm__role {
    PYLM__ROLE_NONE = 0,
    PYLM__ROLE_SKIP = 1,    /* counted: how many of these have evidence */
    PYLM__ROLE_LEVEL_1 = 2, /* its evidence level is the first, second, third digit */
    PYLM__ROLE_LEVEL_2 = 3,
    PYLM__ROLE_LEVEL_3 = 4,
    PYLM__N_ROLES = 5
};
#define PYLM__N_LEVEL_ROLES 3u


#define PYLM__N_FAMILIES 4u
#define PYLM__N_HITS 4u  /* evidence levels 1, 2, 3, 4 and more of the longest suffix context */
#define PYLM__N_SKIPS 3u /* 0, 1, 2 and more skip contexts with evidence */
#define PYLM__N_LEVEL_SETS (PYLM__N_LEVELS * PYLM__N_LEVELS * PYLM__N_LEVELS)

/* Gathered over the evidence of a node, in the order of the templates. */
struct pylm__situation {
    uint32_t digits; /* evidence levels as three digits to base PYLM__N_LEVELS; above bit 16, skips */
    uint32_t suffix; /* longest suffix order with evidence */
    uint32_t hits;   /* its evidence level */
};

/* Sets that do not depend on the evidence. */
struct pylm__place {
    uint32_t node_set;
    uint32_t previous; /* class of the previous symbol + 1 (bytes: the symbol + 1), 0 at the start of a text */
};

/* What a template with evidence of this level adds to `digits`. */
static inline uint32_t pylm__situation_digits(uint32_t role, uint32_t level)
{
    static const uint16_t unit[PYLM__N_ROLES] = {0, 0, PYLM__N_LEVELS * PYLM__N_LEVELS, PYLM__N_LEVELS, 1};
    return role == PYLM__ROLE_SKIP ? UINT32_C(1) << 16 : level * unit[role];
}

/* The set of family 0. */
static inline uint32_t pylm__suffix_set(const struct pylm__situation *s)
{
    uint32_t hits = s->hits ? s->hits - 1u : 0u, skips = s->digits >> 16;
    return (s->suffix * PYLM__N_SKIPS + (skips < PYLM__N_SKIPS ? skips : PYLM__N_SKIPS - 1u)) * PYLM__N_HITS +
           (hits < PYLM__N_HITS ? hits : PYLM__N_HITS - 1u);
}

/* The chosen sets, as numbers within their families. */
static inline void pylm__situation_sets(const struct pylm__situation *s, struct pylm__place place, uint32_t *sets)
{
    sets[0] = pylm__suffix_set(s);
    sets[1] = place.node_set;
    sets[2] = s->digits & 0xffffu;
    sets[3] = place.previous;
}

/* Sets of a family in a tree. */
static inline uint32_t pylm__n_sets(uint32_t family, uint32_t n_suffix, uint32_t n_node_sets, uint32_t n_previous)
{
    return family == 0   ? n_suffix * PYLM__N_SKIPS * PYLM__N_HITS
           : family == 1 ? n_node_sets
           : family == 2 ? PYLM__N_LEVEL_SETS
                         : n_previous;
}

#endif
