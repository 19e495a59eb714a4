/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trees.h: the symbol trees of a model.
 */
#ifndef PYLM_TRAIN_TREES_H
#define PYLM_TRAIN_TREES_H

#include "symbol_tree.h"

/* Builds n trees, then numbers the symbols: in the order of the leaves of the first tree, or by the ids of an external
 * vocabulary. Bytes have one tree. */
int pylm__trees_build(struct pylm__symbol_tree *const *trees, uint32_t n, struct pylm__corpus *corpus,
                      const pylm_train_options *options, pylm_task *task);

#endif
