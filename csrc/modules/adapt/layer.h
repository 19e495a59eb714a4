/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.h: models that lie on others.
 *
 * A layer is a model whose stage 2 has one more input: the log-odds of the model below (extended.h). All functions take
 * layers as they take models. The models below go down their trees first, and note their log-odds.
 */
#ifndef PYLM_ADAPT_LAYER_H
#define PYLM_ADAPT_LAYER_H

#include "core/fast/paths.h"

/* Goes down the trees of the models that lie `nearest` or more levels below this one, the lowest first. */
void pylm__follow_below(const struct pylm__model *model, uint32_t nearest, struct pylm__paths *paths);

/* The log-odds of a model, or of the one below it, at the nodes on the path to each of n symbols, for a layer above it.
 * Those of symbol i stand at pylm__odds_offset() in the i-th working memory.
 *   nearest 0: of the model; 1: of the one below, if there is one for sure
 *   work    n times pylm__noting_nbytes() of the model */
void pylm__note_odds(const struct pylm__model *model, uint32_t nearest, const struct pylm__state *states,
                     const uint32_t *symbols, uint32_t n, struct pylm__work *work);

#endif
