/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * weight_sets.h: what chooses the weight sets at a node. See stage1.h for the families of sets.
 */
#ifndef PYLM_CORE_WEIGHT_SETS_H
#define PYLM_CORE_WEIGHT_SETS_H

#include <stdint.h>

/* How much evidence there is, 0 to 3: 1, 2-3, 4-8, more. */
static inline uint32_t pylm__evidence_level(uint32_t total)
{
    return (uint32_t)(total > 1u) + (total > 3u) + (total > 8u);
}

/* What a template does in choosing weight sets, besides being an input. */
enum pylm__role {
    PYLM__ROLE_NONE = 0,
    PYLM__ROLE_SKIP = 1, /* counted: how many of these have evidence */
    PYLM__N_ROLES = 2
};

/* The last two families depend on the text before only: the engine adds their rows once a symbol. */
#define PYLM__N_FAMILIES 5u
#define PYLM__FAMILY_SUFFIX 0u
#define PYLM__FAMILY_NODE 1u
#define PYLM__FAMILY_CONFIDENCE 2u
#define PYLM__FAMILY_PREVIOUS 3u
#define PYLM__FAMILY_BEFORE 4u

#define PYLM__N_HITS 4u  /* evidence levels of the longest suffix context */
#define PYLM__N_SKIPS 3u /* 0, 1, 2 and more skip contexts with evidence */
#define PYLM__N_CONFIDENCES 15u

/* What the numbers of sets in a tree depend on. */
struct pylm__shape {
    uint32_t n_suffix, n_templates, n_node_sets;
    uint32_t n_previous, n_before;
};

/* The set of the first family.
 *   suffix   the longest suffix order with evidence
 *   hits     its evidence level; without one, 0
 *   skips    how many skip contexts have evidence */
static inline uint32_t pylm__suffix_set(uint32_t suffix, uint32_t hits, uint32_t skips)
{
    skips = skips < PYLM__N_SKIPS ? skips : PYLM__N_SKIPS - 1u;
    return (suffix * PYLM__N_SKIPS + skips) * PYLM__N_HITS + hits;
}

/* The set of the third. */
static inline uint32_t pylm__confidence_set(uint32_t confidence, uint32_t n_active, uint32_t n_templates)
{
    return confidence * (n_templates + 1u) + n_active;
}

/* Sets of a family in a tree. */
static inline uint32_t pylm__n_sets(uint32_t family, const struct pylm__shape *shape)
{
    return family == PYLM__FAMILY_SUFFIX       ? shape->n_suffix * PYLM__N_SKIPS * PYLM__N_HITS
           : family == PYLM__FAMILY_NODE       ? shape->n_node_sets
           : family == PYLM__FAMILY_CONFIDENCE ? PYLM__N_CONFIDENCES * (shape->n_templates + 1u)
           : family == PYLM__FAMILY_PREVIOUS   ? shape->n_previous
                                               : shape->n_before;
}

#endif
