/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * draft.c: what a large model is likely to say next.
 */
#include "core/fixed.h"
#include "core/search.h"
#include "pylm_decode.h"

#if PYLM_MODULE_DECODE

void pylm_draft(const pylm_model *model, const pylm_state *state, uint32_t most, uint32_t least_q16, void *work,
                uint32_t *symbols, uint32_t *n_ret)
{
    pylm_state here = *state;
    pylm_candidate best;
    uint32_t n, left = least_q16 ? (UINT32_C(16) << 16) - pylm__log2(least_q16) : 0u; /* of the cost that may be */
    uint64_t min_mass = 0;
    for (n = 0; n < most; n++) {
        if (least_q16) /* a symbol that would be too improbable need not be looked for */
            min_mass = (uint64_t)pylm__exp2_bound(left + PYLM__ROUNDING_Q16) << 31;
        if (!pylm__search(model, &here, min_mass, 1, work, &best) || (least_q16 && best.cost_q16 > left))
            break;
        left -= least_q16 ? best.cost_q16 : 0u;
        symbols[n] = best.symbol;
        (void)pylm_state_read(model, &here, best.symbol); /* the model has it */
    }
    *n_ret = n;
}

#endif
