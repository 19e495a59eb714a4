/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stage2.h: the second stage of mixing, at every node: from the log-odds of the first to a probability.
 *
 * It has three inputs: the log-odds of the first stage; the log-odds of the plain mean of the contexts' own relative
 * frequencies, which errs elsewhere than a weighted sum of log-odds does; and a constant. The weight of an input is a
 * sum of two, one from each family:
 *
 *   family 0   the node's set
 *   family 1   the confidence: how large a share of their contexts' occurrences is still in play here
 *
 * A state that learns, and a layer, have more inputs: modules/adapt/extended.h.
 */
#ifndef PYLM_CORE_STAGE2_H
#define PYLM_CORE_STAGE2_H

#include "narrow.h"

#define PYLM__MAX_MIXED_Q10 11392 /* of the first stage, where squash() ends: 11.1 nats */
#define PYLM__MEAN_FLOOR 168u     /* added to both sides: 10^-5 of a context */

/* Of all contexts with evidence, the sums of n0 / N and n1 / N in units of 2^-PYLM__UNIT_BITS, N being the
 * occurrences of the whole context. */
struct pylm__mean {
    uint32_t left, right;
};

static inline int32_t pylm__clamp(int32_t x, int32_t most)
{
    return x > most ? most : x < -most ? -most : x;
}

/* The mean as log-odds, q10. True sums are below 2^29; others come from damaged tables, and may wrap around. */
static inline int32_t pylm__mean_log_odds(struct pylm__mean mean)
{
    uint32_t left = (mean.left + PYLM__MEAN_FLOOR) | 1u, right = (mean.right + PYLM__MEAN_FLOOR) | 1u;
    return pylm__clamp((int32_t)(pylm__ln(right) - pylm__ln(left)), PYLM__MAX_LOG_ODDS_Q10);
}

/* How large a share of the contexts' occurrences is still in play. */
static inline uint32_t pylm__confidence(struct pylm__mean mean)
{
    uint32_t level = pylm__ilog2((mean.left + mean.right) | 1u) / 2u;
    return level < PYLM__N_CONFIDENCES ? level : PYLM__N_CONFIDENCES - 1u;
}

/* Probability, q16, of going right.
 *   mixed        the first stage's log-odds, q10
 *   confidence   of the mean */
static inline uint32_t pylm__stage2_right(const struct pylm__tree *tree, uint32_t node_set, int32_t mixed,
                                          struct pylm__mean mean, uint32_t confidence)
{
    const uint8_t *a = tree->parts[PYLM__P_STAGE2_WEIGHTS] + 2u * (size_t)PYLM__N_STAGE2 * node_set;
    const uint8_t *b =
        tree->parts[PYLM__P_STAGE2_WEIGHTS] + 2u * (size_t)PYLM__N_STAGE2 * (tree->n_node_sets + confidence);
    return pylm__squash(pylm__round_q13(
        pylm__dot_three(a, b, pylm__clamp(mixed, PYLM__MAX_MIXED_Q10), pylm__mean_log_odds(mean), PYLM__CONSTANT_Q10)));
}

#endif
