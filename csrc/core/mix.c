/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.c: see mix.h. This is where the time goes: a few look-ups and multiplications for every template
 * that has evidence, at every node.
 */
#include "mix.h"

#include "fixed.h"

static int32_t calibrated(const struct pylm__evidence *e, uint32_t n0, uint32_t n1)
{
    return pylm__load_i16(e->calibration + 2u * pylm__calibration_in_row(e->row, n0, n1));
}

/* The log-odds of one context at a node split at mid. */
static int32_t log_odds(struct pylm__evidence *e, uint32_t mid)
{
    int right = e->first >= mid;
    if (!right && e->last >= mid) {
        pylm__evidence_split(e);
        return calibrated(e, e->total_left, e->total - e->total_left);
    }
    if (!e->sided_known) {
        e->sided[0] = (int16_t)calibrated(e, e->total, 0);
        e->sided[1] = (int16_t)calibrated(e, 0, e->total);
        e->sided_known = 1;
    }
    return e->sided[right];
}

uint32_t pylm__node_probability(const struct pylm__tree *tree, uint32_t mid, uint32_t node_set,
                                struct pylm__evidence *evidence, const uint8_t *active, uint32_t n_active)
{
    struct pylm__situation situation = {0, 0, 0};
    uint32_t sets[PYLM__N_FAMILIES], sum, i, row = 2u * (tree->n_templates + 1u), before;
    const uint8_t *w0, *w1, *w2;
    for (i = 0; i < n_active; i++) {
        const struct pylm__evidence *e = &evidence[active[i]];
        pylm__situation_add(&situation, e->template_number, tree->n_suffix, e->digits, e->level);
    }
    pylm__situation_sets(&situation, node_set < tree->n_node_sets ? node_set : 0u, sets);
    before = pylm__n_sets(0, tree->n_suffix, tree->n_node_sets);
    w0 = tree->weights + (size_t)sets[0] * row;
    w1 = tree->weights + (size_t)(before + sets[1]) * row;
    w2 = tree->weights + (size_t)(before + tree->n_node_sets + sets[2]) * row;
    /* Unsigned, so that a damaged image cannot overflow; the trainer keeps true sums far below 2^31. */
    i = 2u * tree->n_templates;
    sum = (uint32_t)((pylm__load_i16(w0 + i) + pylm__load_i16(w1 + i) + pylm__load_i16(w2 + i)) *
                     PYLM__CONSTANT_Q10);
    for (i = 0; i < n_active; i++) {
        struct pylm__evidence *e = &evidence[active[i]];
        uint32_t k = 2u * e->template_number;
        int32_t weight = pylm__load_i16(w0 + k) + pylm__load_i16(w1 + k) + pylm__load_i16(w2 + k);
        sum += (uint32_t)weight * (uint32_t)log_odds(e, mid);
    }
    /* q13 * q10 to q10, rounding; the shift of a negative number is done on its complement. */
    sum += UINT32_C(1) << 12;
    return pylm__squash(sum >> 31 ? -(int32_t)(~sum >> 13) - 1 : (int32_t)(sum >> 13));
}
