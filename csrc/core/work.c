/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * work.c: see work.h.
 */
#include "work.h"

struct pylm__work *pylm__second_work(const struct pylm__model *model, struct pylm__work *work)
{
    return (struct pylm__work *)(void *)((uint8_t *)(void *)work + pylm__walk_nbytes(model));
}

void pylm__work_first_tree(const struct pylm__model *model, struct pylm__work *work)
{
    pylm__tree_view(model, NULL, &work->mixer.tree);
    work->tree_number = 0;
    pylm__extended_stack(&work->mixer.extended, NULL, 0);
}

void pylm__work_next_tree(const struct pylm__model *model, struct pylm__work *work)
{
    pylm__tree_view(model, &work->mixer.tree, &work->mixer.tree);
    work->tree_number++;
}

void pylm__root_begin(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work)
{
    struct pylm__mixer *mixer = &work->mixer;
    struct pylm__frame *root = pylm__frame(work, 0);
    root->chance.mass = UINT64_C(1) << 62;
    root->chance.p = pylm__small_one();
    root->node = root->lo = 0;
    root->hi = pylm__n_symbols(model);
    root->active.sets.active = work->lookup.found;
    root->active.sets.stale = pylm__have_splits(&mixer->evidence, work->lookup.found);
    pylm__mixer_begin(model, mixer, state);
    if (PYLM_MODULE_ADAPT)
        pylm__extended_begin(&mixer->extended, model, &mixer->tree, work->tree_number, state, work->lookup.hashes,
                             &root->active.recalls);
}

struct pylm__frame *pylm__root(const struct pylm__model *model, const struct pylm__state *state,
                               struct pylm__work *work)
{
    struct pylm__slices *slices = pylm__frame_slices(work, pylm__frame(work, 0));
    pylm__look_up(model, &work->mixer.tree, state, &work->lookup, &work->mixer.evidence, slices);
    pylm__root_begin(model, state, work);
    return pylm__frame(work, 0);
}
