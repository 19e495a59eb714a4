/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * walk.h: the walk through the whole tree that distribution and search share, and the way down to one leaf.
 */
#ifndef PYLM_CORE_WALK_H
#define PYLM_CORE_WALK_H

#include "visitor.h"
#include "work.h"

/* Visits the leaves of the tree at work, in any order, starting with `mass` at the root. */
void pylm__walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                uint64_t mass, struct pylm__visitor *visitor, pylm__visit *visit);

/* Gives one unit to each of n symbols that has none, and takes them from the first of the largest, if it has more. */
static inline void pylm__leave_none_out(uint64_t *q62, uint32_t n)
{
    uint32_t i, most = 0;
    uint64_t given = 0;
    for (i = 0; i < n; i++) {
        if (q62[i] > q62[most])
            most = i;
        given += !q62[i];
        q62[i] += !q62[i];
    }
    if (n && q62[most] > given)
        q62[most] -= given;
}

/* Goes down to the symbol at a point of the distribution. Each symbol has as many of the 2^62 points as
 * pylm_distribution() gives it, but for those of symbols of less than 1. So a point by chance is a symbol by its
 * probability.
 *   point     from 0 to 2^62 - 1. It chooses one tree, by its share, and a leaf of that tree. */
uint32_t pylm__walk_to(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                       uint64_t point);

#endif
