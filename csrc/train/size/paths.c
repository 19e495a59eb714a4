/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * paths.c: see paths.h.
 */
#include "paths.h"

#include <string.h>

/* Evidence of the kept successors on the path to a symbol. */
struct path {
    uint32_t n; /* events that have some */
    uint16_t indices[PYLM__MAX_DEPTH];
    struct pylm__mean means[PYLM__MAX_DEPTH];
};

/* Follows the path to a held-out symbol.
 *   sides   where it goes at each event */
static void follow_path(const struct pylm__symbol_tree *tree, const struct pylm__kept *kept, const uint8_t *sides,
                        struct path *path)
{
    uint32_t unit = (UINT32_C(1) << PYLM__UNIT_BITS) / kept->sums[kept->n - 1u];
    uint32_t node = 0, lo = 0, hi = tree->n_symbols, from = 0, to = kept->n, n = 0;
    for (; hi - lo > 1u && from < to; n++) {
        uint32_t mid = tree->mid[node], left = from, right = to, before = from ? kept->sums[from - 1u] : 0u;
        uint32_t n0, n1;
        while (left < right) { /* the first successor right of mid */
            uint32_t middle = left + (right - left) / 2u;
            if (kept->leaves[middle] < mid)
                left = middle + 1u;
            else
                right = middle;
        }
        n0 = (left ? kept->sums[left - 1u] : 0u) - before;
        n1 = kept->sums[to - 1u] - before - n0;
        path->means[n].left = n0 * unit;
        path->means[n].right = n1 * unit;
        path->indices[n] =
            (uint16_t)(to - from == 1u ? pylm__calibration_single(n0 + n1, n1 > 0) : pylm__calibration_index(n0, n1));
        if (sides[n]) {
            from = left;
            node += mid - lo;
            lo = mid;
        } else {
            to = left;
            node++;
            hi = mid;
        }
    }
    path->n = n;
}

/* The paths of a context's places, one after the other. Those of the same symbol lie side by side, and are followed
 * once. */
struct walk {
    const struct pylm__prune_input *in;
    const struct pylm__kept *kept;
    const uint8_t *sides; /* of the last path */
    uint64_t n_sides, event;
    struct path path;
};

static void walk_to(struct walk *walk, uint32_t place)
{
    const struct pylm__heldout *heldout = walk->in->heldout;
    uint64_t event = heldout->first_event[place], n = heldout->first_event[place + 1u] - event;
    const uint8_t *sides = heldout->side + event;
    walk->event = event;
    if (walk->sides && n == walk->n_sides && memcmp(sides, walk->sides, (size_t)n) == 0)
        return;
    walk->sides = sides;
    walk->n_sides = n;
    follow_path(walk->in->tree, walk->kept, sides, &walk->path);
}

int pylm__level_paths_take(void *user, const struct pylm__pruned_context *context)
{
    struct pylm__level_paths *paths = user;
    const struct pylm__heldout *heldout = paths->in->heldout;
    struct walk walk;
    uint32_t i, j;
    pylm__ranked_keep(&context->ranked, paths->level, &paths->kept);
    if (!paths->kept.n)
        return PYLM_OK;
    walk.in = paths->in;
    walk.kept = &paths->kept;
    walk.sides = NULL;
    pylm__lock(heldout->locks, context->block);
    for (i = 0; i < context->n_places; i++) {
        walk_to(&walk, context->places[i]);
        memcpy(paths->indices + walk.event, walk.path.indices, walk.path.n * sizeof *paths->indices);
        for (j = 0; j < walk.path.n; j++) {
            paths->means[walk.event + j].left += walk.path.means[j].left;
            paths->means[walk.event + j].right += walk.path.means[j].right;
        }
    }
    pylm__unlock(heldout->locks, context->block);
    return PYLM_OK;
}

/* Tries the lowest level, at which most events have evidence. */
static void try_lowest(struct pylm__tried_paths *paths, const struct pylm__pruned_context *context, struct walk *walk)
{
    uint32_t i, j;
    for (i = 0; i < context->n_places; i++) {
        walk_to(walk, context->places[i]);
        memcpy(paths->indices[0] + paths->n, walk->path.indices, walk->path.n * sizeof **paths->indices);
        for (j = 0; j < walk->path.n; j++)
            paths->events[paths->n++] = (uint32_t)(walk->event + j);
    }
}

/* Tries another one, at the same events: those from `begin` on. */
static void try_level(struct pylm__tried_paths *paths, const struct pylm__pruned_context *context, uint32_t level,
                      uint32_t begin, struct walk *walk)
{
    uint32_t i;
    for (i = 0; i < context->n_places; i++) {
        walk_to(walk, context->places[i]);
        memcpy(paths->indices[level] + begin, walk->path.indices, walk->path.n * sizeof **paths->indices);
        while (begin < paths->n && paths->events[begin] - walk->event < walk->n_sides)
            begin++;
    }
}

int pylm__tried_paths_take(void *user, const struct pylm__pruned_context *context)
{
    struct pylm__tried_paths *paths = user;
    uint32_t level, n_kept = 0, begin = paths->n;
    struct walk walk;
    walk.in = paths->in;
    walk.kept = &paths->kept;
    for (level = 0; level < paths->n_levels; level++) {
        pylm__ranked_keep(&context->ranked, paths->levels[level], &paths->kept);
        if (!paths->kept.n)
            break; /* higher levels keep even less */
        walk.sides = NULL;
        if (level == 0)
            try_lowest(paths, context, &walk);
        else if (paths->kept.n == n_kept) /* the same ones */
            memcpy(paths->indices[level] + begin, paths->indices[level - 1u] + begin,
                   (paths->n - begin) * sizeof **paths->indices);
        else
            try_level(paths, context, level, begin, &walk);
        n_kept = paths->kept.n;
    }
    return PYLM_OK;
}
