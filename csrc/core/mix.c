/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.c: see mix.h. This is where the time goes: a few look-ups and multiplications for every template
 * that has evidence, at every node.
 */
#include "mix.h"

#include "fixed.h"

static int16_t calibrated(const struct pylm__tree *tree, uint32_t k, uint32_t n0, uint32_t n1)
{
    size_t i = (size_t)k * PYLM__N_CALIBRATION + pylm__calibration_index(n0, n1);
    return (int16_t)pylm__load_i16(tree->calibration + 2u * i);
}

/* The log-odds of one context at a node split at mid. */
static int32_t log_odds(const struct pylm__tree *tree, struct pylm__evidence *e, uint32_t mid)
{
    int right = e->first >= mid;
    if (!right && e->last >= mid) {
        pylm__evidence_split(e);
        return calibrated(tree, e->template_number, e->total_left, e->total - e->total_left);
    }
    if (!e->sided_known) {
        e->sided[0] = calibrated(tree, e->template_number, e->total, 0);
        e->sided[1] = calibrated(tree, e->template_number, 0, e->total);
        e->sided_known = 1;
    }
    return e->sided[right];
}

uint32_t pylm__node_probability(const struct pylm__tree *tree, uint32_t mid, uint32_t node_set,
                                struct pylm__evidence *evidence, uint32_t n_evidence)
{
    struct pylm__situation situation = {0, 0, 0, 0};
    uint32_t sets[PYLM__N_FAMILIES], sum, i, row = 2u * (tree->n_templates + 1u), before = 0;
    const uint8_t *w[PYLM__N_FAMILIES];
    for (i = 0; i < n_evidence; i++)
        pylm__situation_add(&situation, evidence[i].template_number, tree->n_suffix, evidence[i].role,
                            pylm__evidence_level(evidence[i].total));
    pylm__situation_sets(&situation, node_set < tree->n_node_sets ? node_set : 0u, sets);
    for (i = 0; i < PYLM__N_FAMILIES; i++) {
        w[i] = tree->weights + (size_t)(before + sets[i]) * row;
        before += pylm__n_sets(i, tree->n_suffix, tree->n_node_sets);
    }
    /* Unsigned, so that a damaged image cannot overflow; the trainer keeps true sums far below 2^31. */
    i = 2u * tree->n_templates;
    sum = (uint32_t)((pylm__load_i16(w[0] + i) + pylm__load_i16(w[1] + i) + pylm__load_i16(w[2] + i)) *
                     PYLM__CONSTANT_Q10);
    for (i = 0; i < n_evidence; i++) {
        uint32_t k = 2u * evidence[i].template_number;
        int32_t weight = pylm__load_i16(w[0] + k) + pylm__load_i16(w[1] + k) + pylm__load_i16(w[2] + k);
        sum += (uint32_t)weight * (uint32_t)log_odds(tree, &evidence[i], mid);
    }
    /* q13 * q10 to q10, rounding; the shift of a negative number is done on its complement. */
    sum += UINT32_C(1) << 12;
    return pylm__squash(sum >> 31 ? -(int32_t)(~sum >> 13) - 1 : (int32_t)(sum >> 13));
}
