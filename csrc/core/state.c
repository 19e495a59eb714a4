/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * state.c: a text is read symbol by symbol; a state that learns, learns from each.
 */
#include <string.h>

#include "lexicon.h"
#include "score.h"

void pylm_state_init(const pylm_model *model, pylm_state *state)
{
    const struct pylm__model *view = pylm__model_view(model);
    memset(state, 0, sizeof *state);
    pylm__state_begin(pylm__state_view(state), view);
}

int pylm_state_push(const pylm_model *model, pylm_state *state, uint32_t symbol)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__state *s = pylm__state_view(state);
    symbol = pylm__place_of(view, symbol);
    if (symbol >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    if (pylm__state_learns(s))
        pylm__learn(view, s, symbol);
    pylm__state_go_on(s, view, symbol);
    return PYLM_OK;
}

int pylm_state_read(const pylm_model *model, pylm_state *state, uint32_t symbol)
{
    const struct pylm__model *view = pylm__model_view(model);
    symbol = pylm__place_of(view, symbol);
    if (symbol >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    pylm__state_go_on(pylm__state_view(state), view, symbol);
    return PYLM_OK;
}

uint32_t pylm_state_recent(const pylm_state *state, uint32_t lag)
{
    return lag >= 1u && lag <= PYLM__MAX_LAG ? pylm__state_recent(pylm__state_const(state), lag) - 1u : PYLM_NONE;
}
