/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * follow_portable.c: see follow_portable.h.
 */
#include "follow_portable.h"

#include "follow.h"

#if PYLM__SMALL
/* Where code is to be small: one path after the other, by what a walk needs anyway. */
void pylm__follow_portable(struct pylm__path *paths, uint32_t n)
{
    for (; n--; paths++) {
        struct pylm__mixer *mixer = &paths->work->mixer;
        struct pylm__frame *frame = paths->frame;
        while (pylm__is_under_way(paths)) {
            struct pylm__node node = pylm__tree_node(&mixer->tree, frame->node, frame->lo, frame->hi);
            uint32_t right = pylm__node_right(mixer, &node, &frame->active, paths->slices);
            int side = paths->leaf >= node.mid;
            pylm__small_scale(&paths->p, side ? right : 65536u - right);
            pylm__node_narrow(mixer, node.mid, side, &frame->active, paths->slices);
            if (!pylm__is_plain(&mixer->extended))
                pylm__extended_pass(&mixer->extended, node.mid, side, &frame->active.recalls);
            pylm__frame_enter(frame, node.mid, side);
        }
    }
}
#else
PYLM__INLINE void descend(struct pylm__path *path)
{
    pylm__descend_portable(&path->work->mixer.evidence, path->slices, &path->frame->active.sets, path->node.mid,
                           path->side, &path->gathered);
}

void pylm__follow_portable(struct pylm__path *paths, uint32_t n)
{
    pylm__follow(paths, n, 0, descend, pylm__node_mix);
}
#endif
