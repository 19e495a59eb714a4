/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spell.h: words of several symbols.
 */
#ifndef PYLM_KEYBOARD_SPELL_H
#define PYLM_KEYBOARD_SPELL_H

#include "pylm_keyboard.h"
#include "wanted.h"

/* Bytes of memory for candidates. */
uint64_t pylm__spell_nbytes(void);

/* Finds the best words of several symbols. Returns their number.
 *   prefix_cost_q16   out: the cost of the prefix; UINT32_MAX if nothing begins so. */
uint32_t pylm__suggest_spelled(const struct pylm__request *request, const struct pylm__workspace *workspace,
                               pylm_suggestion *suggestions, uint32_t *prefix_cost_q16);

#endif
