/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * byte_tree.h: the tree over the bytes.
 */
#ifndef PYLM_TRAIN_BYTE_TREE_H
#define PYLM_TRAIN_BYTE_TREE_H

#include "symbol_tree.h"

/* The leaves are the 256 bytes in their order. Of all such trees with at most 12 levels it is the one with the fewest
 * nodes on the path to a byte of the corpus, on average. Every node has a weight set of its own. */
int pylm__tree_of_bytes(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus, const pylm_task *task);

#endif
