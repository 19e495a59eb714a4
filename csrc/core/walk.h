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

/* Goes down to the symbol at a point of the distribution. Each symbol has as many of the 2^62 points as
 * pylm_distribution() gives it, so a point by chance is a symbol by its probability.
 *   point     from 0 to 2^62 - 1. It chooses one tree, by its share, and a leaf of that tree. */
uint32_t pylm__walk_to(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                       uint64_t point);

#endif
