/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * explain.h: splits a symbol's cost into parts, and says how the topic's part comes from what was read.
 */
#ifndef PYLM_EXPLAIN_EXPLAIN_H
#define PYLM_EXPLAIN_EXPLAIN_H

#include "core/context.h"
#include "pylm_explain.h"
#include "slopes.h"

/* As pylm_explain().
 *   slopes   NULL: not wanted. Else two: the first is written, and the second is there to work with. */
int pylm__explain(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol, void *memory,
                  pylm_part *parts, uint32_t *n_ret, struct pylm__slopes *slopes);

#endif
