/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.h: models that lie on others.
 *
 * Everything that is done with models is done with layers by the same functions: a layer is a model whose second stage
 * of mixing has one more input, what the model below says (extended.h). So the models below go down the tree first, and
 * note their log-odds.
 */
#ifndef PYLM_ADAPT_LAYER_H
#define PYLM_ADAPT_LAYER_H

#include "core/paths.h"

/* Goes down the trees of the models that lie `least` or more below one, the lowest first. */
void pylm__follow_below(const struct pylm__model *model, uint32_t nearest, struct pylm__paths *paths);

/* The log-odds of a model, or of the one below it, at the nodes on the path to each of n symbols, for a layer above it.
 * Those of symbol i stand at pylm__odds_offset() in the i-th working memory.
 *   least   0: of the model; 1: of the one below, which there is
 *   work    n times pylm__noting_nbytes() of the model */
void pylm__note_odds(const struct pylm__model *model, uint32_t nearest, const struct pylm__state *states,
                     const uint32_t *symbols, uint32_t n, struct pylm__work *work);

#endif
