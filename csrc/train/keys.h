/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keys.h: a template's contexts, and what followed them, as numbers that can be sorted.
 */
#ifndef PYLM_TRAIN_KEYS_H
#define PYLM_TRAIN_KEYS_H

#include "heldout.h"
#include "pack.h"

/* The keys of a whole corpus, in its order. */
void pylm__keys_make(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                     const struct pylm__templates *templates, uint32_t k, uint64_t *keys);

/* Those of the held-out symbols, in their order. */
void pylm__keys_of_blocks(const struct pylm__heldout *heldout, const uint64_t *keys, uint64_t *of_blocks);

#endif
