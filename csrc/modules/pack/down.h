/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * down.h: one symbol goes through the coder: the decisions on its way down the symbol tree.
 */
#ifndef PYLM_PACK_DOWN_H
#define PYLM_PACK_DOWN_H

#include "coder.h"
#include "core/image.h"
#include "core/work.h"

/* Goes down to a symbol, written or read, and makes the state read it: learn it, if it learns. Returns the symbol.
 *   model    one tree that mixes; layers may lie on each other
 *   symbol   writing: the symbol, one that the model has
 *   work     pylm_work_nbytes() bytes */
uint32_t pylm__code_symbol(const struct pylm__model *model, struct pylm__state *state, uint32_t symbol,
                           struct pylm__work *work, struct pylm__coder *coder);

#endif
