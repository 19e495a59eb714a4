/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * score.h: the probability of symbols that are known.
 */
#ifndef PYLM_CORE_SCORE_H
#define PYLM_CORE_SCORE_H

#include "work.h"

/* The probabilities of n symbols, at most PYLM__ABREAST, each in a state of its own.
 *   work      n times pylm__path_nbytes()
 *   lessons   for a single symbol that the state's overlay then learns, memory; else NULL */
void pylm__probabilities(const struct pylm__model *model, const struct pylm__state *states, const uint32_t *symbols,
                         uint32_t n, struct pylm__work *work, struct pylm__lessons *lessons,
                         struct pylm__small *probabilities);

/* The overlay of a state that learns learns its next symbol, as it does when that is scored. */
void pylm__learn(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol);

#endif
