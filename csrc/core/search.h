/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_CORE_SEARCH_H
#define PYLM_CORE_SEARCH_H

#include "pylm.h"

#define PYLM__ROUNDING_Q16 256u /* costs and masses agree to this on any path */

/* Whether a comes before b: it costs less, or as much with a smaller number. */
static inline int pylm__is_better(pylm_candidate a, pylm_candidate b)
{
    return a.cost_q16 != b.cost_q16 ? a.cost_q16 < b.cost_q16 : a.symbol < b.symbol;
}

/* Sorts candidates, best first: by cost, then by symbol. In place, without recursion. */
void pylm__candidates_sort(pylm_candidate *candidates, uint32_t n);

/* The k most probable symbols, as pylm_top() has them; those of less than min_mass, q62, need not be among them.
 * Returns how many there are. */
uint32_t pylm__search(const pylm_model *model, const pylm_state *state, uint64_t min_mass, uint32_t k, void *work,
                      pylm_candidate *best);

#endif
