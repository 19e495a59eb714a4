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

/* The log-odds of a model, or of the one below it, at the nodes on the path to each of n symbols, for a layer above it.
 * Those of symbol i stand at pylm__odds_offset() in the i-th working memory.
 *   least   0: of the model; 1: of the one below, which there is
 *   work    n times pylm__noting_nbytes() of the model */
void pylm__note_odds(const struct pylm__model *model, uint32_t least, const struct pylm__state *states, const uint32_t *symbols,
                     uint32_t n, struct pylm__work *work);

/* The overlay of a state that learns learns its next symbol, as it does when that is scored. */
void pylm__learn(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol);

#endif
