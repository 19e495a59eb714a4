/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * What a device needs to score, suggest and learn: everything else is left out by the linker. Not counted itself.
 */
#include "pylm.h"

int core_begin(pylm_model *model, pylm_state *state, const void *image, uint64_t nbytes, void *overlay,
               uint64_t overlay_nbytes);
int core_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
               uint32_t *costs, uint64_t *total);
uint32_t core_suggest(const pylm_model *model, const pylm_state *state, uint32_t symbol, uint32_t k, void *work,
                      pylm_candidate *best);

/* Opens a model, to learn in an overlay. */
int core_begin(pylm_model *model, pylm_state *state, const void *image, uint64_t nbytes, void *overlay,
               uint64_t overlay_nbytes)
{
    if (pylm_model_open(model, image, nbytes) != PYLM_OK || pylm_work_nbytes(model) > 16384u)
        return 0;
    pylm_state_init(state);
    return pylm_overlay_init(model, overlay, overlay_nbytes) == PYLM_OK &&
           pylm_state_adapt(model, state, overlay, overlay_nbytes) == PYLM_OK;
}

/* Scores symbols, and learns them. */
int core_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
               uint32_t *costs, uint64_t *total)
{
    return pylm_score(model, state, symbols, n, work, costs, total);
}

/* What may follow a symbol. */
uint32_t core_suggest(const pylm_model *model, const pylm_state *state, uint32_t symbol, uint32_t k, void *work,
                      pylm_candidate *best)
{
    pylm_state guess = *state;
    uint32_t n = 0;
    (void)pylm_state_read(model, &guess, symbol);
    pylm_top(model, &guess, k, work, best, &n);
    return n;
}
