/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * follow.h: several paths down a tree in turn, a node of each. While one waits for memory, another goes on. Compiled
 * once for any processor, in follow_portable.c, and once for those with AVX2, in follow_avx2.c.
 *
 * A processor cannot foresee which side a path takes. A wrong guess costs it what it has begun of the other paths. So
 * nothing here branches on the side.
 */
#ifndef PYLM_FAST_FOLLOW_H
#define PYLM_FAST_FOLLOW_H

#include "path.h"

#if PYLM__HAVE_FOLLOW

/* The two parts of passing a node. What the contexts say is gathered there, and they narrow to the side that is taken;
 * then it is mixed: pylm__node_mix(). */
typedef void pylm__descend(struct pylm__path *path);
typedef uint32_t pylm__mix(const struct pylm__mixer *mixer, const struct pylm__node *node,
                           const struct pylm__selection *selection, const struct pylm__gathered *gathered,
                           const struct pylm__active_recalls *active);

PYLM__INLINE void pylm__path_descend(struct pylm__path *path, pylm__descend *descend)
{
    const struct pylm__mixer *mixer = &path->work->mixer;
    const struct pylm__frame *frame = path->frame;
    path->node = pylm__tree_node(&mixer->tree, frame->node, frame->lo, frame->hi);
    path->side = path->leaf >= path->node.mid;
    pylm__node_topic_fetch(mixer, &path->node);
    if (PYLM_MODULE_ADAPT)
        pylm__extended_fetch(&mixer->extended, path->node.number);
    path->selection = pylm__select(mixer, frame->active.sets.active, path->slices);
    descend(path);
}

PYLM__INLINE void pylm__path_mix(struct pylm__path *path, pylm__mix *mix)
{
    const struct pylm__mixer *mixer = &path->work->mixer;
    struct pylm__frame *frame = path->frame;
    uint32_t right = mix(mixer, &path->node, &path->selection, &path->gathered, &frame->active.recalls);
    uint32_t is_left = (uint32_t)path->side - 1u, left = 65536u - right;
    pylm__small_scale(&path->p, right ^ (is_left & (left ^ right)));
    if (!pylm__is_plain(&mixer->extended))
        pylm__extended_pass(&mixer->extended, path->node.mid, path->side, &frame->active.recalls);
    pylm__frame_enter(frame, path->node.mid, path->side);
}

/* Goes down the paths with or without AVX2, a node of each in turn. */
PYLM__INLINE void pylm__follow(struct pylm__path *paths, uint32_t n, int avx2, pylm__descend *descend, pylm__mix *mix)
{
    struct pylm__path *on_way[PYLM__ABREAST] = {0}; /* for compilers that do not see that `left` of them are set */
    uint32_t i, left = 0;
    while (PYLM__ABREAST == 1 && pylm__is_under_way(paths)) {
        pylm__path_descend(paths, descend);
        pylm__path_mix(paths, mix);
    }
    if (PYLM__ABREAST == 1)
        return;
    for (i = 0; i < n; i++)
        if (paths[i].work->mixer.avx2 == avx2 && pylm__is_under_way(&paths[i]))
            on_way[left++] = &paths[i];
    while (left) {
        for (i = 0; i < left; i++)
            pylm__path_descend(on_way[i], descend);
        for (i = 0; i < left; i++)
            pylm__path_mix(on_way[i], mix);
        for (i = 0; i < left;)
            if (pylm__is_under_way(on_way[i]))
                i++;
            else
                on_way[i] = on_way[--left];
    }
}
#endif

#endif
