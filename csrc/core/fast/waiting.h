/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * waiting.h: nodes that a walk through several at once has still to pass, and the room that they take.
 */
#ifndef PYLM_FAST_WAITING_H
#define PYLM_FAST_WAITING_H

#include "core/evidence.h"
#include "core/visitor.h"

#define PYLM__FEW 4u /* contexts of a node that keeps only these */

/* A node that is still to be passed. */
struct pylm__waiting {
    struct pylm__chance chance;
    uint32_t number, lo, hi, level;
    uint32_t active; /* templates with evidence, a bit each */
    uint32_t kept;   /* templates in its four lanes, a bit each, of which some have no evidence any more; 0: all */
    uint8_t of[PYLM__FEW]; /* these templates; behind them none */
    uint32_t unused;
    uint32_t fields[]; /* total, n, first, at: as many of each as it has lanes */
};

static inline size_t pylm__waiting_nbytes(uint32_t n_templates)
{
    return sizeof(struct pylm__waiting) + 4u * sizeof(uint32_t) * pylm__stride(n_templates);
}

/* Nodes there are at once: a level that is passed has eight at most, the deepest sixteen; and eight are on their
 * way. */
static inline uint32_t pylm__most_waiting(uint32_t depth)
{
    return PYLM__LANES * (depth + 1u) + 2u * PYLM__LANES;
}

/* Of all, and for the numbers of those that wait and of those that are not used. */
static inline size_t pylm__all_waiting_nbytes(uint32_t depth, uint32_t n_templates)
{
    return pylm__most_waiting(depth) * (pylm__waiting_nbytes(n_templates) + 2u * sizeof(uint16_t));
}

#endif
