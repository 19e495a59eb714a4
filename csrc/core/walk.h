/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * walk.h: the walk through the whole tree that distribution and search share.
 */
#ifndef PYLM_CORE_WALK_H
#define PYLM_CORE_WALK_H

#include "work.h"

/* Called for every leaf reached. */
typedef void (*pylm__visit)(void *user, uint32_t leaf, const struct pylm__frame *frame);

/* Visits the leaves of the tree at work whose probability is at least `least`, starting with `mass` at the root;
 * least = 0 visits all. A visit may raise it.
 *   wanted   a bit for every leaf, one of them set at least: only such leaves are visited; NULL: all are */
void pylm__walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                uint64_t mass, const uint64_t *least, const uint32_t *wanted, pylm__visit visit, void *user);

#endif
