/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow.c: see narrow.h.
 */
#include "narrow.h"

#include "narrow_coded.h"

#include <string.h>

/* Whether a slice has successors on both sides. Then n is 2 or more, even in a damaged list. */
static inline int parts(struct pylm__slices *s, uint32_t k, uint32_t mid)
{
    return PYLM__AT(s, k, first) < mid && PYLM__AT(s, k, right) >= mid;
}

static inline void begin(const struct pylm__evidence *e, struct pylm__gathered *gathered)
{
    if (PYLM__DOT_DENSE)
        memset(gathered->inputs, 0, sizeof gathered->inputs);
    gathered->inputs[e->n_templates] = PYLM__CONSTANT_Q10;
}

/* A template's log-odds at an index of the calibration. */
static inline int16_t log_odds(const struct pylm__evidence *e, uint32_t k, uint32_t index)
{
    return (int16_t)pylm__image_i16(e->calibration + 2u * (size_t)(k * PYLM__N_CALIBRATION + index));
}

/* A slice becomes a part of itself: what is left of the node, or the rest. A part of a coded list is ready to be looked
 * at. */
static inline void step(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k,
                        const struct pylm__left *left, int side)
{
    uint32_t unit = PYLM__AT(e, k, split_bits);
    if (pylm__is_coded(e)) {
        pylm__coded_step(e, s, k, left, side);
        return;
    }
    if (side) {
        PYLM__AT(s, k, total) -= left->total;
        PYLM__AT(s, k, n) -= left->n;
        PYLM__AT(s, k, at) += left->n * unit;
        PYLM__AT(s, k, first) = PYLM__AT(s, k, right);
    } else {
        PYLM__AT(s, k, total) = left->total;
        PYLM__AT(s, k, n) = left->n;
        PYLM__AT(s, k, at) += unit;
    }
    PYLM__PREFETCH(PYLM__AT(e, k, list) + (PYLM__AT(s, k, at) >> 3));
}

static inline struct pylm__left left_of(const struct pylm__slices *s, uint32_t k)
{
    struct pylm__left left;
    left.n = PYLM__AT(s, k, n_left);
    left.total = PYLM__AT(s, k, total_left);
    return left;
}

void pylm__narrow_portable(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets,
                           uint32_t mid, int side)
{
    uint32_t k = 0, left, parted = 0;
    for (left = sets->active; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        if (parts(s, k, mid)) {
            struct pylm__left there = left_of(s, k);
            step(e, s, k, &there, side);
            parted |= UINT32_C(1) << k;
        } else if ((PYLM__AT(s, k, first) >= mid) != side) {
            sets->active &= ~(UINT32_C(1) << k);
        }
    }
    sets->stale = pylm__have_splits(e, parted);
}

/* What a slice says that parts at `mid`, which then narrows to a side, 0 or 1. Returns the occurrences left of mid. */
static uint32_t part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid, int side,
                     int16_t *input)
{
    struct pylm__left left = pylm__is_coded(e) ? pylm__coded_part(e, s, k, mid) : left_of(s, k);
    *input = log_odds(e, k, pylm__calibration_index(left.total, PYLM__AT(s, k, total) - left.total));
    if (side >= 0) {
        step(e, s, k, &left, side);
    } else {
        PYLM__AT(s, k, n_left) = left.n;
        PYLM__AT(s, k, total_left) = left.total;
    }
    return left.total;
}

/* Gathers, and narrows to a side; -1: to neither. */
static struct pylm__sets pass(const struct pylm__evidence *e, struct pylm__slices *s, const struct pylm__sets *sets,
                              uint32_t mid, int side, struct pylm__gathered *gathered)
{
    struct pylm__sets next;
    struct pylm__voice voice = pylm__voice_begin();
    uint32_t k = 0, n0, total, unit, sum_left = 0, sum_all = 0, left_active = sets->active, parted = 0;
    const uint32_t n_voice = pylm__n_voice(e);
    next.active = left_active;
    begin(e, gathered);
    for (; left_active; left_active &= left_active - 1u) {
        k = pylm__lowest_from(left_active, k);
        if (!PYLM_CODED && (sets->stale >> k & 1u))
            pylm__slice_look(e, s, k);
        total = PYLM__AT(s, k, total);
        unit = PYLM__AT(e, k, unit);
        if (parts(s, k, mid)) {
            n0 = part(e, s, k, mid, side, &gathered->inputs[k]);
            parted |= UINT32_C(1) << k;
        } else {
            int right = PYLM__AT(s, k, first) >= mid;
            n0 = right ? 0u : total;
            gathered->inputs[k] = log_odds(e, k,
                                           PYLM__AT(s, k, n) == 1u ? pylm__calibration_single(total, total > n0)
                                                                   : pylm__calibration_one_sided(total, right));
            if (right != side)
                next.active &= ~(UINT32_C(1) << k);
        }
        sum_all += total * unit;
        sum_left += n0 * unit;
        if (k < n_voice)
            pylm__voice_add(&voice, pylm__voice_step(n0, total - n0));
    }
    gathered->left = sum_left;
    gathered->all = sum_all;
#if PYLM_MODULE_VOICE
    gathered->voice = voice;
#endif
    next.stale = pylm__have_splits(e, parted);
    return next;
}

void pylm__descend_portable(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets,
                            uint32_t mid, int side, struct pylm__gathered *gathered)
{
    *sets = pass(e, s, sets, mid, side, gathered);
}

void pylm__gather_portable(const struct pylm__evidence *e, struct pylm__slices *s, const struct pylm__sets *sets,
                           uint32_t mid, struct pylm__gathered *gathered)
{
    (void)pass(e, s, sets, mid, -1, gathered);
}
