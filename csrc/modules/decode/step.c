/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * step.c: hypotheses of decoders, one step after the other.
 */
#include "core/context.h"
#include "core/image.h"
#include "pylm_decode.h"

#if PYLM_MODULE_DECODE

int pylm_step(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work, pylm_state *next,
              uint32_t *cost_q16)
{
    int status = pylm_cost(model, state, symbol, work, cost_q16);
    if (status != PYLM_OK)
        return status;
    *next = *state;
    return pylm_state_read(model, next, symbol);
}

uint32_t pylm_reach(const pylm_model *model)
{
    const struct pylm__model *m = pylm__model_view(model);
    struct pylm__tree tree;
    uint32_t i, k, bank, most = 0;
    uint32_t reaches[PYLM__MAX_TEMPLATES];
    for (i = 0; i <= pylm__n_below(m); i++) {
        const struct pylm__model *below = pylm__nth_below(m, i);
        for (bank = 0; bank < pylm__n_banks(below); bank++) {
            pylm__tree_view(below, bank ? &tree : NULL, &tree);
            for (k = 0; k < tree.n_templates; k++) {
                const uint8_t *head = pylm__template_head(&tree, k);
                uint32_t base = head[PYLM__C_BASE], lag = head[PYLM__C_LAG];
                uint32_t before = base < k ? reaches[base] : 0u;
                int goes_on = head[PYLM__C_KIND] == PYLM__KIND_SYMBOL && lag == before + 1u;
                reaches[k] = goes_on ? lag : 0u;
                most = reaches[k] > most ? reaches[k] : most;
            }
        }
    }
    return most;
}

uint64_t pylm_state_key(const pylm_state *state, uint32_t n)
{
    uint64_t hash = PYLM__HASH_SEED;
    uint32_t lag;
    for (lag = 1; lag <= n && lag <= PYLM__MAX_LAG; lag++)
        hash = pylm__hash_step(hash, pylm__state_recent(pylm__state_const(state), lag));
    return hash;
}

#endif
