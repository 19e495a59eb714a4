/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * decision.h: the terms of one decision, and the probability that they make. See explain.c.
 */
#ifndef PYLM_EXPLAIN_DECISION_H
#define PYLM_EXPLAIN_DECISION_H

#include "core/score.h"

#define PYLM__MAX_TERMS (PYLM__MAX_TEMPLATES + PYLM__INPUT_RECALL + PYLM__MAX_RECALLS + 4u)

/* The terms of a decision: the contexts, the topic, the voice, the mean, the model below, the overlay's inputs, and
 * last the constants. */
struct pylm__decision {
    uint32_t n_terms;
    int64_t terms[PYLM__MAX_TERMS];   /* weighted log-odds, q23 */
    int32_t inputs[PYLM__MAX_TERMS];  /* log-odds, q10; of constants 0 */
    int32_t weights[PYLM__MAX_TERMS]; /* q13 */
};

/* Finds all terms for going right at a node. */
void pylm__find_terms(struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__active *active,
                      struct pylm__slices *slices, struct pylm__decision *d);

/* The probability, q16, of going right. Plain sums have 32 bits, as in the code that scores. */
uint32_t pylm__decision_right(const struct pylm__decision *d, const struct pylm__extended *extended);

/* Multiplies the terms as pylm__sharpen() does their sum. */
void pylm__decision_sharpen(struct pylm__decision *d);

/* Makes the terms those for going left. */
void pylm__decision_negate(struct pylm__decision *d);

#endif
