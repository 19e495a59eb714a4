/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * linked_tree.h: a binary tree while it is built: nodes that are linked to their children. Laid out, it is a symbol
 * tree.
 */
#ifndef PYLM_TRAIN_LINKED_TREE_H
#define PYLM_TRAIN_LINKED_TREE_H

#include "symbol_tree.h"

/* Nodes with numbers below n_symbols are leaves, one a symbol; the others are inner nodes. */
struct pylm__links {
    uint32_t n_symbols, n_inner;
    uint32_t *left, *right; /* children of inner nodes, by number - n_symbols */
};

struct pylm__weighted {
    uint64_t weight;
    uint32_t order; /* of equal weights, the older first */
    uint32_t node;
};

/* Makes a new node of two, and returns it. */
uint32_t pylm__links_join(struct pylm__links *links, uint32_t left, uint32_t right);

/* Joins n nodes by Huffman's algorithm, which overwrites them. Returns the root. */
uint32_t pylm__links_huffman(struct pylm__links *links, struct pylm__weighted *heap, uint32_t n);

/* Lays a tree out in preorder, and gives its nodes their weight sets: above the classes one for each node, below them
 * one for each depth. Classes and coarse classes are numbered as they come.
 *   class_root   by node: number + 1 of the class that begins there, or 0 */
int pylm__links_lay_out(struct pylm__symbol_tree *tree, const struct pylm__links *links, const uint32_t *class_root,
                        uint32_t root);

#endif
