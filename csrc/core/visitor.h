/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * visitor.h: what a walk through a tree looks for, and what it calls for what it finds. See walk.h.
 */
#ifndef PYLM_CORE_VISITOR_H
#define PYLM_CORE_VISITOR_H

#include "fixed.h"

/* The probability of a leaf, or of all leaves below a node. */
struct pylm__chance {
    uint64_t mass;        /* q62: children sum to their parent exactly */
    struct pylm__small p; /* the same, good for the smallest too */
};

/* What a walk looks for. Lies at the beginning of what the caller keeps of it. */
struct pylm__visitor {
    uint64_t min_mass;      /* leaves of at least this probability, q62, are visited; 0: all. A visit may raise it */
    const uint32_t *wanted; /* a bit for every leaf, one of them set at least: only such leaves; NULL: all */
};

/* Called for every leaf reached. */
typedef void pylm__visit(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance);

/* Whether one of the bits from lo to hi - 1 is set; lo < hi. */
static inline int pylm__has_bit(const uint32_t *bits, uint32_t lo, uint32_t hi)
{
    uint32_t i = lo >> 5, last = (hi - 1u) >> 5, found = bits[i] >> (lo & 31u) << (lo & 31u);
    for (; i < last && !found; found = bits[i])
        i++;
    return i < last || (found << (31u - ((hi - 1u) & 31u))) != 0;
}

#endif
