/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * path.h: one symbol that is known, on its way down a tree.
 */
#ifndef PYLM_FAST_PATH_H
#define PYLM_FAST_PATH_H

#include "core/work.h"

/* Whether a node is passed in two parts, as here; else by what a walk needs anyway. */
#define PYLM__HAVE_FOLLOW (PYLM__HAVE_AVX2 || !PYLM__SMALL)

/* One symbol on its way. */
struct pylm__path {
    struct pylm__work *work;
    struct pylm__frame *frame;
    struct pylm__slices *slices;
    struct pylm__small p; /* of what lies behind */
    uint32_t leaf;
#if PYLM__HAVE_FOLLOW
    struct pylm__node node; /* the one being passed */
    int side;
    struct pylm__selection selection;
    struct pylm__gathered gathered;
#endif
#if PYLM__HAVE_AVX2
    const uint8_t *word[PYLM__MAX_STRIDE]; /* where the split of each slice is to be read */
#endif
};

static inline int pylm__is_under_way(const struct pylm__path *path)
{
    return path->frame->hi - path->frame->lo > 1u;
}

#endif
