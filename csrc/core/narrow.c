/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow.c: see narrow.h.
 */
#include "narrow.h"

/* Whether a slice has successors on both sides. Then n is 2 or more, even in a damaged list. */
static inline int parts(const struct pylm__slices *s, uint32_t k, uint32_t mid)
{
    return s->first[k] < mid && s->right[k] >= mid;
}

void pylm__look_portable(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t stale)
{
    for (; stale; stale &= stale - 1u) {
        uint32_t k = pylm__lowest(stale);
        if (e->coded >> k & 1u)
            pylm__coded_look(e, s, k);
        else
            pylm__slice_look(e, s, k);
    }
}

void pylm__gather_portable(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t alive,
                           uint32_t mid, struct pylm__gathered *gathered)
{
    uint32_t k, n0, n1, index;
    gathered->left = gathered->all = 0;
    for (; alive; alive &= alive - 1u) {
        k = pylm__lowest(alive);
        if (parts(s, k, mid)) {
            if (e->coded >> k & 1u)
                pylm__coded_part(e, s, k, mid);
            n0 = s->total_left[k];
        } else {
            n0 = s->first[k] < mid ? s->total[k] : 0u;
        }
        n1 = s->total[k] - n0;
        index = s->n[k] == 1u ? pylm__calibration_single(s->total[k], n1 > 0) : pylm__calibration_index(n0, n1);
        gathered->inputs[k] =
            (int16_t)pylm__load_i16(e->calibration + 2u * (size_t)(k * PYLM__N_CALIBRATION + index));
        gathered->all += s->total[k] * e->unit[k];
        gathered->left += n0 * e->unit[k];
    }
}

/* A slice becomes a part of itself. */
static inline void step(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k, int side)
{
    uint32_t unit = e->coded >> k & 1u ? 1u : e->split_bits[k]; /* of `at`, a successor */
    if (side) {
        s->total[k] -= s->total_left[k];
        s->before[k] += s->total_left[k];
        s->n[k] -= s->n_left[k];
        s->at[k] += s->n_left[k] * unit;
        s->first[k] = s->right[k];
    } else {
        s->total[k] = s->total_left[k];
        s->n[k] = s->n_left[k];
        s->at[k] += e->coded >> k & 1u ? 0u : unit;
    }
    PYLM__PREFETCH(e->list[k] + ((e->coded >> k & 1u ? s->at[k] * e->leaf_bits : s->at[k]) >> 3));
}

struct pylm__sets pylm__narrow_portable(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t alive,
                                        uint32_t mid, int side)
{
    struct pylm__sets sets = {alive, 0};
    uint32_t k;
    for (; alive; alive &= alive - 1u) {
        k = pylm__lowest(alive);
        if (parts(s, k, mid)) {
            step(e, s, k, side);
            sets.stale |= UINT32_C(1) << k;
        } else if ((s->first[k] >= mid) != side) {
            sets.alive &= ~(UINT32_C(1) << k);
        }
    }
    return sets;
}
