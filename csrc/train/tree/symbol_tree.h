/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * symbol_tree.h: the binary tree over the symbols, as training needs it.
 *
 * Nodes are in preorder. Node 0 has all leaves; a node with the leaves [lo, hi) splits them at mid. Its left child, if
 * it has more than one leaf, is the next node; its right child is mid - lo nodes behind it.
 */
#ifndef PYLM_TRAIN_SYMBOL_TREE_H
#define PYLM_TRAIN_SYMBOL_TREE_H

#include "train/text/corpus.h"

struct pylm__symbol_tree {
    uint32_t n_symbols, depth;
    uint32_t *mid, *set; /* by node, n_symbols - 1 of them: where it splits, and its weight set */
    uint32_t n_sets;
    uint32_t n_classes, n_coarse;   /* 0: the tree has no classes */
    uint32_t *class_of, *coarse_of; /* by leaf */
    uint32_t *leaf_of;              /* by symbol */
    int is_of_base;                 /* layers: it is the tree of the base, and not written */
};

/* Allocates a tree of zeros; it is to be freed, also after a failure. */
int pylm__symbol_tree_new(struct pylm__symbol_tree *tree, uint32_t n_symbols);
void pylm__symbol_tree_free(struct pylm__symbol_tree *tree);

/* How many weight sets the previous symbol chooses from: one for each class (without classes: symbol), and one for the
 * start of a text. */
static inline uint32_t pylm__tree_previous_sets(const struct pylm__symbol_tree *tree)
{
    return 1u + (tree->n_classes ? tree->n_classes : tree->n_symbols);
}

/* Likewise the symbol before that: one for each coarse class, and one more. */
static inline uint32_t pylm__tree_before_sets(const struct pylm__symbol_tree *tree)
{
    return 1u + (tree->n_classes ? tree->n_coarse : tree->n_symbols);
}

#endif
