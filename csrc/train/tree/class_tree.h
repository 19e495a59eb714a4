/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * class_tree.h: the tree over words, pieces or ids.
 */
#ifndef PYLM_TRAIN_CLASS_TREE_H
#define PYLM_TRAIN_CLASS_TREE_H

#include "symbol_tree.h"

/* Puts the symbols into classes (cluster.h), merges the classes bottom-up by least loss of mutual information, and
 * makes a Huffman tree of the symbols of each class. Nodes above the classes have weight sets of their own; nodes below
 * share one for each depth. */
int pylm__tree_of_classes(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus, uint32_t n_classes,
                          uint32_t n_threads, pylm_task *task);

#endif
