/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * linked_tree.c: see linked_tree.h.
 */
#include "linked_tree.h"

#include <stdlib.h>
#include <string.h>

#define COARSE_DEPTH 5u /* a coarse class is a path of so many nodes from the root */
#define WORD_DEPTHS 10u /* weight sets for nodes below classes, by depth, */
#define WORD_ENDS 4u    /* and by which of their children are symbols */

uint32_t pylm__links_join(struct pylm__links *links, uint32_t left, uint32_t right)
{
    links->left[links->n_inner] = left;
    links->right[links->n_inner] = right;
    return links->n_symbols + links->n_inner++;
}

/* ---- Huffman ---- */

static int lighter(const struct pylm__weighted *a, const struct pylm__weighted *b)
{
    return a->weight != b->weight ? a->weight < b->weight : a->order < b->order;
}

static void sift_down(struct pylm__weighted *heap, uint32_t n, uint32_t i)
{
    struct pylm__weighted moving = heap[i];
    for (;;) {
        uint32_t child = 2u * i + 1u;
        if (child >= n)
            break;
        if (child + 1u < n && lighter(&heap[child + 1u], &heap[child]))
            child++;
        if (!lighter(&heap[child], &moving))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

uint32_t pylm__links_huffman(struct pylm__links *links, struct pylm__weighted *heap, uint32_t n)
{
    uint32_t i, order = n;
    for (i = 0; i < n; i++)
        heap[i].order = i;
    for (i = n / 2u; i-- > 0;)
        sift_down(heap, n, i);
    while (n > 1u) {
        struct pylm__weighted first = heap[0];
        heap[0] = heap[--n];
        sift_down(heap, n, 0);
        heap[0].node = pylm__links_join(links, first.node, heap[0].node);
        heap[0].weight += first.weight;
        heap[0].order = order++;
        sift_down(heap, n, 0);
    }
    return heap[0].node;
}

/* ---- layout ---- */

/* A node that the walk has come to, and where it is. */
struct visit {
    uint32_t node, depth, word_depth, class, coarse;
};

struct layout {
    struct pylm__symbol_tree *tree;
    const struct pylm__links *links;
    const uint32_t *class_root;                /* class + 1 of a node at which a class begins, else 0; by node */
    uint32_t *size;                            /* leaves below a node */
    uint32_t word_set[WORD_DEPTHS][WORD_ENDS]; /* weight set + 1 */
    uint32_t n_leaves, n_nodes;
};

static void lay_leaf(struct layout *l, const struct visit *visit)
{
    struct pylm__symbol_tree *tree = l->tree;
    tree->leaf_of[visit->node] = l->n_leaves;
    tree->class_of[l->n_leaves] = visit->class - 1u;
    tree->coarse_of[l->n_leaves] = visit->coarse - 1u;
    l->n_leaves++;
    if (visit->depth > tree->depth)
        tree->depth = visit->depth;
}

static void lay_node(struct layout *l, const struct visit *visit)
{
    struct pylm__symbol_tree *tree = l->tree;
    uint32_t left = l->links->left[visit->node - l->links->n_symbols];
    uint32_t right = l->links->right[visit->node - l->links->n_symbols], n_symbols = l->links->n_symbols;
    tree->mid[l->n_nodes] = l->n_leaves + l->size[left];
    if (visit->class) {
        uint32_t depth = visit->word_depth < WORD_DEPTHS - 1u ? visit->word_depth : WORD_DEPTHS - 1u;
        uint32_t *shared = &l->word_set[depth][(left < n_symbols) + 2u * (right < n_symbols)];
        if (!*shared)
            *shared = ++tree->n_sets;
        tree->set[l->n_nodes++] = *shared - 1u;
    } else {
        tree->set[l->n_nodes++] = tree->n_sets++;
    }
}

/* Walks in preorder; classes and coarse classes are numbered as they come. */
static void lay_out(struct layout *l, uint32_t root, struct visit *stack)
{
    uint32_t n = 0;
    struct visit visit = {root, 0, 0, 0, 0};
    stack[n++] = visit;
    while (n) {
        visit = stack[--n];
        if (l->class_root[visit.node] && !visit.class)
            visit.class = ++l->tree->n_classes;
        if (!visit.coarse && (visit.depth == COARSE_DEPTH || visit.class))
            visit.coarse = ++l->tree->n_coarse;
        if (visit.node < l->links->n_symbols) {
            lay_leaf(l, &visit);
        } else {
            struct visit child = visit;
            lay_node(l, &visit);
            child.depth++;
            child.word_depth += visit.class > 0;
            child.node = l->links->right[visit.node - l->links->n_symbols];
            stack[n++] = child;
            child.node = l->links->left[visit.node - l->links->n_symbols];
            stack[n++] = child;
        }
    }
}

int pylm__links_lay_out(struct pylm__symbol_tree *tree, const struct pylm__links *links, const uint32_t *class_root,
                        uint32_t root)
{
    struct layout l;
    struct visit *stack = pylm__array_new((uint64_t)tree->n_symbols + 1u, sizeof *stack);
    uint32_t i;
    memset(&l, 0, sizeof l);
    l.tree = tree;
    l.links = links;
    l.class_root = class_root;
    l.size = pylm__array_new(2u * (uint64_t)tree->n_symbols, sizeof *l.size);
    if (stack && l.size) {
        for (i = 0; i < tree->n_symbols; i++)
            l.size[i] = 1;
        for (i = 0; i < links->n_inner; i++) /* children are joined before their parents */
            l.size[tree->n_symbols + i] = l.size[links->left[i]] + l.size[links->right[i]];
        tree->depth = tree->n_sets = tree->n_classes = tree->n_coarse = 0;
        lay_out(&l, root, stack);
        tree->n_sets += !tree->n_sets; /* a tree of one symbol has no nodes, but the format wants a set */
    }
    i = stack && l.size;
    free(stack);
    free(l.size);
    return i ? PYLM_OK : PYLM_ERR_MEMORY;
}
