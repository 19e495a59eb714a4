/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * paths.h: down a tree to several symbols at once, each in a state of its own.
 *
 * A model is much larger than a processor's caches, so most of the time would be spent waiting for memory. But a text
 * is known before it is scored. So several of its symbols are worked on in turn, abreast: while the numbers of one are
 * on their way, those of another are used.
 */
#ifndef PYLM_FAST_PATHS_H
#define PYLM_FAST_PATHS_H

#include "path.h"

/* Several paths, and their memory: as large as the uppermost model needs it, whichever model below is at work. */
struct pylm__paths {
    const struct pylm__state *states;
    const uint32_t *symbols;
    uint32_t n;
    struct pylm__work *work;
    size_t nbytes, odds_offset; /* of each, and where in it log-odds are; 0: there are no layers */
    struct pylm__path path[PYLM__ABREAST];
};

/* Goes down the tree at work, each path to its symbol.
 *   is_below   1: this is a model below the one that was asked
 *   lessons    for a single path, what its nodes teach, which the state's overlay then learns; else NULL */
void pylm__paths_follow(const struct pylm__model *model, struct pylm__paths *paths, int is_below,
                        struct pylm__lessons *lessons);

#endif
