/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lookup.h: finding the contexts of a state in a tree's tables.
 */
#ifndef PYLM_CORE_LOOKUP_H
#define PYLM_CORE_LOOKUP_H

#include "context.h"
#include "evidence.h"

/* All contexts of a state on the way to their evidence. */
struct pylm__lookup {
    uint64_t hashes[PYLM__MOST_TEMPLATES];
    uint32_t found; /* the set of templates whose context was found, a bit each */
#if PYLM__ABREAST > 1
    pylm__bit bits[PYLM__MOST_TEMPLATES];            /* of their buckets in the index */
    struct pylm__pair buckets[PYLM__MOST_TEMPLATES]; /* from the first record to before the second */
#endif
};

/* Looks the contexts of a state up in a tree's tables. All that was found then has all of its successors as its
 * slice. */
void pylm__look_up(const struct pylm__model *model, const struct pylm__tree *tree, const struct pylm__state *state,
                   struct pylm__lookup *lookup, struct pylm__evidence *e, struct pylm__slices *s);

#if PYLM__ABREAST > 1
/* The same in five rounds: each reads what the one before has fetched but not waited for, so that the cache misses of
 * all templates overlap, and those of several states whose rounds are done in turn. */
void pylm__lookup_index(const struct pylm__model *model, const struct pylm__tree *tree, const struct pylm__state *state,
                        struct pylm__lookup *lookup);
void pylm__lookup_buckets(const struct pylm__model *model, const struct pylm__tree *tree, struct pylm__lookup *lookup);
void pylm__lookup_records(const struct pylm__model *model, const struct pylm__tree *tree, struct pylm__lookup *lookup,
                          struct pylm__evidence *e, struct pylm__slices *s);
void pylm__lookup_lists(const struct pylm__model *model, const struct pylm__tree *tree, struct pylm__lookup *lookup,
                        struct pylm__evidence *e, struct pylm__slices *s);
void pylm__lookup_ends(const struct pylm__lookup *lookup, struct pylm__evidence *e, struct pylm__slices *s);
#endif

/* The number of the record that was found for template k. */
uint32_t pylm__lookup_record(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t k,
                             const struct pylm__lookup *lookup);

#endif
