/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * symbol_tree.h: the binary tree over the symbols, as the trainer builds it; see image.h for the node order.
 */
#ifndef PYLM_TRAIN_SYMBOL_TREE_H
#define PYLM_TRAIN_SYMBOL_TREE_H

#include "train/text/corpus.h"

struct pylm__symbol_tree {
    uint32_t n_symbols, depth;
    uint32_t *mid, *set; /* n_symbols - 1 nodes in preorder: where they split, their weight set */
    uint32_t n_sets;
    uint32_t n_classes, n_coarse; /* 0: the tree has no classes */
    uint32_t *class_of, *coarse_of; /* by leaf */
    uint32_t *leaf_of; /* by symbol */
    int is_of_base; /* it is the base's: a layer is trained, which will not have one of its own */
};

/* Bytes, in their order: of all trees of at most 12 levels with 256 leaves in this order, the one with the fewest nodes
 * on the way to a byte of the corpus, on average; every node has a weight set of its own. */
int pylm__tree_of_bytes(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus, const pylm_task *task);

/* Words: classes by exchange, merged bottom-up by least loss of mutual information, a Huffman tree of its
 * words under each. Class nodes have weight sets of their own, nodes below share one a depth. */
int pylm__tree_of_words(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus,
                        uint32_t n_classes, pylm_task *task);

/* Weight sets chosen by the previous symbol: one for each class, or without classes for each symbol, and one
 * for the start of a text. */
static inline uint32_t pylm__tree_previous_sets(const struct pylm__symbol_tree *tree)
{
    return 1u + (tree->n_classes ? tree->n_classes : tree->n_symbols);
}

/* Likewise by the coarse class, or the symbol, two back. */
static inline uint32_t pylm__tree_before_sets(const struct pylm__symbol_tree *tree)
{
    return 1u + (tree->n_classes ? tree->n_coarse : tree->n_symbols);
}

/* Room for a tree, all zeros; to be freed, also after a failure. */
int pylm__symbol_tree_new(struct pylm__symbol_tree *tree, uint32_t n_symbols);
void pylm__symbol_tree_free(struct pylm__symbol_tree *tree);

#endif
