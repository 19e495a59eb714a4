/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow.c: see narrow.h.
 */
#include "narrow.h"

#include "evidence_coded.h"

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

/* A slice becomes a part of itself. A part of a coded list is ready to be looked at. */
static inline void step(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, int side)
{
    uint32_t unit = PYLM__AT(e, k, split_bits), at;
    if (pylm__is_coded(e)) {
        pylm__coded_step(e, s, k, side);
        at = pylm__coded_is_long(e, PYLM__AT(s, k, n)) ? pylm__coded_split(e, s, k)
                                                       : PYLM__AT(s, k, at) * pylm__leaf_bits(e);
    } else if (side) {
        PYLM__AT(s, k, total) -= PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, n) -= PYLM__AT(s, k, n_left);
        at = PYLM__AT(s, k, at) += PYLM__AT(s, k, n_left) * unit;
        PYLM__AT(s, k, first) = PYLM__AT(s, k, right);
    } else {
        PYLM__AT(s, k, total) = PYLM__AT(s, k, total_left);
        PYLM__AT(s, k, n) = PYLM__AT(s, k, n_left);
        at = PYLM__AT(s, k, at) += unit;
    }
    PYLM__PREFETCH(PYLM__AT(e, k, list) + (at >> 3));
    (void)at;
}

void pylm__narrow_portable(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets,
                           uint32_t mid, int side)
{
    uint32_t k = 0, left, parted = 0;
    for (left = sets->active; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        if (parts(s, k, mid)) {
            step(e, s, k, side);
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
    uint32_t n0;
    if (pylm__is_coded(e))
        pylm__coded_part(e, s, k, mid);
    n0 = PYLM__AT(s, k, total_left);
    *input = log_odds(e, k, pylm__calibration_index(n0, PYLM__AT(s, k, total) - n0));
    if (side >= 0)
        step(e, s, k, side);
    return n0;
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
