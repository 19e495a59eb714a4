/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow.c: see narrow.h.
 */
#include "narrow.h"

#include <string.h>

/* Whether a slice has successors on both sides. Then n is 2 or more, even in a damaged list. */
static inline int parts(const struct pylm__slices *s, uint32_t k, uint32_t mid)
{
    return PYLM__AT(s, k, first) < mid && PYLM__AT(s, k, right) >= mid;
}

static inline void look(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k)
{
    if (e->coded >> k & 1u)
        pylm__coded_look(e, s, k);
    else
        pylm__slice_look(e, s, k);
}

static inline void begin(const struct pylm__evidence *e, struct pylm__gathered *gathered)
{
    if (PYLM__DOT_DENSE)
        memset(gathered->inputs, 0, sizeof gathered->inputs);
    gathered->inputs[e->n_templates] = PYLM__CONSTANT_Q10;
    gathered->left = gathered->all = 0;
}

/* Adds what one slice says, of which n0 occurrences lie left. */
static inline void add(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k, uint32_t n0,
                       struct pylm__gathered *gathered)
{
    uint32_t total = PYLM__AT(s, k, total), n1 = total - n0, unit = PYLM__AT(e, k, unit);
    uint32_t index = PYLM__AT(s, k, n) == 1u ? pylm__calibration_single(total, n1 > 0) : pylm__calibration_index(n0, n1);
    gathered->inputs[k] = (int16_t)pylm__load_i16(e->calibration + 2u * (size_t)(k * PYLM__N_CALIBRATION + index));
    gathered->all += total * unit;
    gathered->left += n0 * unit;
}

/* A slice becomes a part of itself. */
static inline void step(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k, int side)
{
    int coded = e->coded >> k & 1u;
    uint32_t unit = coded ? 1u : PYLM__AT(e, k, split_bits); /* of `at`, a successor */
    if (side) {
        PYLM__AT(s, k, total) -= PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, before) += PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, n) -= PYLM__AT(s, k, n_left);
        PYLM__AT(s, k, at) += PYLM__AT(s, k, n_left) * unit;
        PYLM__AT(s, k, first) = PYLM__AT(s, k, right);
    } else {
        PYLM__AT(s, k, total) = PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, n) = PYLM__AT(s, k, n_left);
        PYLM__AT(s, k, at) += coded ? 0u : unit;
    }
    PYLM__PREFETCH(PYLM__AT(e, k, list) + ((coded ? PYLM__AT(s, k, at) * e->leaf_bits : PYLM__AT(s, k, at)) >> 3));
}

struct pylm__sets pylm__narrow_portable(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t alive,
                                        uint32_t mid, int side)
{
    struct pylm__sets sets = {alive, 0};
    uint32_t k = 0;
    for (; alive; alive &= alive - 1u) {
        k = pylm__lowest_from(alive, k);
        if (parts(s, k, mid)) {
            step(e, s, k, side);
            sets.stale |= UINT32_C(1) << k;
        } else if ((PYLM__AT(s, k, first) >= mid) != side) {
            sets.alive &= ~(UINT32_C(1) << k);
        }
    }
    return sets;
}

struct pylm__sets pylm__descend_portable(const struct pylm__evidence *e, const struct pylm__slices *s,
                                         struct pylm__sets sets, uint32_t mid, int side,
                                         struct pylm__gathered *gathered)
{
    struct pylm__sets next = {sets.alive, 0};
    uint32_t k = 0, bit;
    int begins_left, parted;
    begin(e, gathered);
    for (; sets.alive; sets.alive &= sets.alive - 1u) {
        k = pylm__lowest_from(sets.alive, k);
        bit = UINT32_C(1) << k;
        if (sets.stale & bit)
            look(e, s, k);
        begins_left = PYLM__AT(s, k, first) < mid;
        parted = begins_left && PYLM__AT(s, k, right) >= mid;
        if (parted && (e->coded & bit))
            pylm__coded_part(e, s, k, mid);
        add(e, s, k, parted ? PYLM__AT(s, k, total_left) : begins_left ? PYLM__AT(s, k, total) : 0u, gathered);
        if (!parted) {
            if (begins_left == side)
                next.alive &= ~bit;
        } else if (side >= 0) {
            step(e, s, k, side);
            next.stale |= bit;
        }
    }
    return next;
}

void pylm__gather_portable(const struct pylm__evidence *e, const struct pylm__slices *s, struct pylm__sets sets,
                           uint32_t mid, struct pylm__gathered *gathered)
{
    (void)pylm__descend_portable(e, s, sets, mid, -1, gathered); /* to neither side */
}
