/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * situation.h: what chooses the weight sets at an event of held-out text. See core/stage1.h for the families of sets.
 */
#ifndef PYLM_TRAIN_SITUATION_H
#define PYLM_TRAIN_SITUATION_H

#include "core/weight_sets.h"

/* Gathered over the evidence of a node, in the order of the templates. */
struct pylm__situation {
    uint32_t suffix;     /* longest suffix order with evidence */
    uint32_t hits;       /* its evidence level; without one, 0 */
    uint32_t skips;      /* skip contexts with evidence */
    uint32_t n_active;   /* contexts with evidence */
    uint32_t confidence; /* see pylm__confidence() */
};

/* Sets that do not depend on the evidence. */
struct pylm__fixed_sets {
    uint32_t node_set;
    uint32_t previous; /* class of the previous symbol + 1 (bytes: the symbol + 1), 0 at the start of a text */
    uint32_t before;   /* coarse class of the symbol before that + 1 (bytes: the symbol + 1), 0 likewise */
};

/* The chosen sets, as numbers within their families. */
static inline void pylm__situation_sets(const struct pylm__situation *s, const struct pylm__fixed_sets *fixed,
                                        uint32_t n_templates, uint32_t *sets)
{
    sets[PYLM__FAMILY_SUFFIX] = pylm__suffix_set(s->suffix, s->hits, s->skips);
    sets[PYLM__FAMILY_NODE] = fixed->node_set;
    sets[PYLM__FAMILY_CONFIDENCE] = pylm__confidence_set(s->confidence, s->n_active, n_templates);
    sets[PYLM__FAMILY_PREVIOUS] = fixed->previous;
    sets[PYLM__FAMILY_BEFORE] = fixed->before;
}

#endif
