/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * class_tree.c: see class_tree.h.
 */
#include "class_tree.h"

#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "core/image.h"
#include "linked_tree.h"
#include "merge_classes.h"

#define CHAIN_DEPTH 64u /* no natural text comes near; 22 to 30 are usual */

struct building {
    struct pylm__links links;
    uint32_t *class_of, *class_root, *node_of;
    uint32_t *symbol_node; /* the node that a symbol is at: itself, or one that it shares with unseen symbols */
    uint64_t *pairs, *frequency, *class_total;
    struct pylm__weighted *heap;
};

/* Symbols that never occur share the places of the rarest ones that do, in equal parts. So they get about the
 * probability that held-out text gives to symbols that occur nowhere else, in the contexts where those come. */
static void hang_unseen(struct building *w, uint32_t n_seen, uint32_t n_symbols)
{
    uint32_t n_unseen = n_symbols - n_seen, n_rare = 1, next = n_seen, i, k, n, last = n_seen - 1u;
    for (i = 0; i < n_seen; i++)
        w->symbol_node[i] = i;
    while (last && !w->frequency[last]) /* "<unk>" has a place of its own even if it never occurs */
        last--;
    while (n_rare <= last && w->frequency[last - n_rare] == w->frequency[last])
        n_rare++;
    for (i = 0; i < n_rare && next < n_symbols; i++) {
        n = n_unseen / n_rare + (i < n_unseen % n_rare);
        for (k = 0; k < n; k++) {
            w->heap[k].weight = 0;
            w->heap[k].node = next++;
        }
        k = last - i;
        w->symbol_node[k] = pylm__links_join(&w->links, pylm__links_huffman(&w->links, w->heap, n), k);
    }
}

/* Makes a Huffman tree of each class. */
static void hang_symbols(struct building *w, uint32_t n_symbols, uint32_t n_classes)
{
    uint32_t class, i, n;
    for (class = 0; class < n_classes; class++) {
        for (i = n = 0; i < n_symbols; i++)
            if (w->class_of[i] == class) {
                w->heap[n].weight = w->frequency[i];
                w->heap[n++].node = w->symbol_node[i];
                w->class_total[class] += w->frequency[i];
            }
        w->node_of[class] = pylm__links_huffman(&w->links, w->heap, n);
        w->class_root[w->node_of[class]] = class + 1u;
    }
}

/* If there is no structure to be found, as in random symbols, merged classes make a chain. It means nothing, and takes
 * long to walk. Then the classes get a Huffman tree instead. */
static uint32_t balanced_top(struct building *w, const uint32_t *class_node, uint32_t n_classes, uint32_t n_inner_below)
{
    uint32_t i;
    w->links.n_inner = n_inner_below;
    for (i = 0; i < n_classes; i++) {
        w->heap[i].node = class_node[i];
        w->heap[i].weight = w->class_total[i];
    }
    return pylm__links_huffman(&w->links, w->heap, n_classes);
}

static int build(struct pylm__symbol_tree *tree, struct building *w, const struct pylm__corpus *corpus,
                 uint32_t n_classes, uint32_t n_threads, pylm_task *task)
{
    uint32_t n_inner_below, *class_node = w->node_of + n_classes;
    uint64_t p;
    PYLM__TRY(pylm__cluster(corpus, n_classes, n_threads, w->class_of, w->pairs, task));
    for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++))
        w->frequency[pylm__symbol(corpus, p)]++;
    hang_unseen(w, corpus->n_seen, tree->n_symbols);
    hang_symbols(w, corpus->n_seen, n_classes);
    memcpy(class_node, w->node_of, n_classes * sizeof *class_node);
    n_inner_below = w->links.n_inner;
    PYLM__TRY(pylm__merge_classes(&w->links, w->pairs, n_classes, n_threads, w->node_of, task));
    PYLM__TRY(pylm__links_lay_out(tree, &w->links, w->class_root, w->node_of[0]));
    if (tree->depth > CHAIN_DEPTH)
        PYLM__TRY(
            pylm__links_lay_out(tree, &w->links, w->class_root, balanced_top(w, class_node, n_classes, n_inner_below)));
    return tree->depth <= PYLM__MAX_DEPTH ? PYLM_OK : PYLM_ERR_LARGE;
}

int pylm__tree_of_classes(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus, uint32_t n_classes,
                          uint32_t n_threads, pylm_task *task)
{
    struct building w;
    uint64_t n = corpus->n_symbols;
    int status = pylm__symbol_tree_new(tree, corpus->n_symbols);
    memset(&w, 0, sizeof w);
    n_classes = n_classes < corpus->n_seen ? n_classes : corpus->n_seen;
    w.links.n_symbols = corpus->n_symbols;
    w.links.left = pylm__array_new(n, sizeof *w.links.left);
    w.links.right = pylm__array_new(n, sizeof *w.links.right);
    w.class_of = pylm__array_new(n, sizeof *w.class_of);
    w.class_root = pylm__array_new(2u * n, sizeof *w.class_root);
    w.symbol_node = pylm__array_new(n, sizeof *w.symbol_node);
    w.node_of = pylm__array_new(2u * (uint64_t)n_classes, sizeof *w.node_of);
    w.pairs = pylm__array_new((uint64_t)n_classes * n_classes, sizeof *w.pairs);
    w.frequency = pylm__array_new(n, sizeof *w.frequency);
    w.class_total = pylm__array_new(n_classes, sizeof *w.class_total);
    w.heap = pylm__array_new(n, sizeof *w.heap);
    if (status == PYLM_OK)
        status = w.links.left && w.links.right && w.class_of && w.class_root && w.symbol_node && w.node_of && w.pairs &&
                         w.frequency && w.class_total && w.heap
                     ? build(tree, &w, corpus, n_classes, n_threads, task)
                     : PYLM_ERR_MEMORY;
    free(w.links.left);
    free(w.links.right);
    free(w.class_of);
    free(w.class_root);
    free(w.symbol_node);
    free(w.node_of);
    free(w.pairs);
    free(w.frequency);
    free(w.class_total);
    free(w.heap);
    return status;
}
