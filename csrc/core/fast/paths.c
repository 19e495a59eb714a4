/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * paths.c: see paths.h.
 */
#include "paths.h"

#include "follow_avx2.h"
#include "follow_portable.h"

static void begin(struct pylm__paths *paths, uint32_t i, int is_below)
{
    struct pylm__path *path = &paths->path[i];
    uint8_t *memory = (uint8_t *)(void *)paths->work + i * paths->nbytes;
    struct pylm__odds *odds = NULL;
    path->work = (struct pylm__work *)(void *)memory;
    if (i) {
        path->work->mixer.tree = paths->work->mixer.tree;
        path->work->tree_number = paths->work->tree_number;
    }
    if (PYLM__MOST_LAYERS && paths->odds_offset) {
        odds = (struct pylm__odds *)(void *)(memory + paths->odds_offset);
        odds->at = 0;
    }
    pylm__extended_stack(&path->work->mixer.extended, odds, is_below);
    path->frame = pylm__frame(path->work, 0);
    path->slices = pylm__frame_slices(path->work, path->frame);
    path->p = pylm__small_one();
}

/* Looks up the evidence of each path, and stands at its root. */
static void look_up(const struct pylm__model *model, struct pylm__paths *paths)
{
#if PYLM__ABREAST > 1
    struct pylm__path *path = paths->path;
    const uint32_t n = paths->n;
    const struct pylm__tree *tree = &paths->work->mixer.tree;
    uint32_t i;
    for (i = 0; i < n; i++)
        pylm__lookup_index(model, tree, &paths->states[i], &path[i].work->lookup);
    for (i = 0; i < n; i++)
        pylm__lookup_buckets(model, tree, &path[i].work->lookup);
    for (i = 0; i < n; i++)
        pylm__lookup_records(model, tree, &path[i].work->lookup, &path[i].work->mixer.evidence, path[i].slices);
    for (i = 0; i < n; i++)
        pylm__lookup_lists(model, tree, &path[i].work->lookup, &path[i].work->mixer.evidence, path[i].slices);
    for (i = 0; i < n; i++) {
        pylm__lookup_ends(&path[i].work->lookup, &path[i].work->mixer.evidence, path[i].slices);
        pylm__root_begin(model, &paths->states[i], path[i].work);
    }
#else
    (void)pylm__root(model, paths->states, paths->work);
#endif
}

void pylm__paths_follow(const struct pylm__model *model, struct pylm__paths *paths, int is_below,
                        struct pylm__lessons *lessons)
{
    const uint32_t n = PYLM__ABREAST > 1 ? paths->n : 1u;
    struct pylm__mixer *mixer = &paths->work->mixer;
    struct pylm__path *path = paths->path;
    uint32_t i;
    for (i = 0; i < n; i++) {
        begin(paths, i, is_below);
        path[i].leaf = pylm__tree_leaf(&mixer->tree, paths->symbols[i]);
    }
    look_up(model, paths);
    if (lessons) {
        lessons->n = 0;
        mixer->extended.lessons = lessons;
    }
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2()) /* else there is nothing in it that this processor could do, not even looking for paths */
        pylm__follow_avx2(path, n);
#endif
    pylm__follow_portable(path, n);
    if (PYLM_MODULE_ADAPT)
        pylm__extended_learn(&mixer->extended, &mixer->tree, path->leaf);
}
