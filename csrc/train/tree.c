/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tree.c: see tree.h. Trees are first built of linked nodes, then laid out in preorder.
 */
#include "tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/image.h"
#include "cluster.h"

#define COARSE_DEPTH 5u /* a coarse class is a path of so many nodes from the root */
#define CHAIN_DEPTH 64u /* no natural text comes near; 22 to 30 are usual */
#define WORD_DEPTHS 10u  /* weight sets for nodes below classes, by depth, */
#define WORD_ENDS 4u     /* and by which of their children are symbols */

/* A linked tree over words: numbers below n_symbols are leaves, others inner nodes. */
struct links {
    uint32_t n_symbols, n_inner;
    uint32_t *left, *right; /* by number - n_symbols */
};

static uint32_t join(struct links *links, uint32_t left, uint32_t right)
{
    links->left[links->n_inner] = left;
    links->right[links->n_inner] = right;
    return links->n_symbols + links->n_inner++;
}

/* ---- Huffman ---- */

struct weighted {
    uint64_t weight;
    uint32_t order; /* ties: the older first */
    uint32_t node;
};

static int lighter(const struct weighted *a, const struct weighted *b)
{
    return a->weight != b->weight ? a->weight < b->weight : a->order < b->order;
}

static void sift_down(struct weighted *heap, uint32_t n, uint32_t i)
{
    struct weighted moving = heap[i];
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

/* Joins n nodes into one by their weights; uses up the heap. Returns the root. */
static uint32_t huffman(struct links *links, struct weighted *heap, uint32_t n)
{
    uint32_t i, order = n;
    for (i = 0; i < n; i++)
        heap[i].order = i;
    for (i = n / 2u; i-- > 0;)
        sift_down(heap, n, i);
    while (n > 1u) {
        struct weighted first = heap[0];
        heap[0] = heap[--n];
        sift_down(heap, n, 0);
        heap[0].node = join(links, first.node, heap[0].node);
        heap[0].weight += first.weight;
        heap[0].order = order++;
        sift_down(heap, n, 0);
    }
    return heap[0].node;
}

/* ---- merging classes ---- */

struct merging {
    uint32_t n; /* classes */
    uint64_t *pairs, *row_total, *column_total;
    double *gain; /* gain[i * n + j], i < j: change of F if i and j became one; -inf: gone */
    uint32_t *size; /* how many classes each consists of by now */
};

/* Change of F = sum N(a,b) log N(a,b) - sum rows - sum columns if classes i and j became one. */
static double merge_gain(const struct merging *m, uint32_t i, uint32_t j)
{
    const uint64_t *a = m->pairs + (uint64_t)i * m->n, *b = m->pairs + (uint64_t)j * m->n;
    uint64_t rows[2], columns[2];
    double sum = 0;
    uint32_t k;
    for (k = 0; k < m->n; k++) {
        uint64_t c = m->pairs[(uint64_t)k * m->n + i], d = m->pairs[(uint64_t)k * m->n + j];
        if (k == i || k == j)
            continue;
        if (a[k] && b[k])
            sum += pylm__xlogx(a[k] + b[k]) - pylm__xlogx(a[k]) - pylm__xlogx(b[k]);
        if (c && d)
            sum += pylm__xlogx(c + d) - pylm__xlogx(c) - pylm__xlogx(d);
    }
    sum += pylm__xlogx(a[i] + a[j] + b[i] + b[j]) - pylm__xlogx(a[i]) - pylm__xlogx(a[j]) -
           pylm__xlogx(b[i]) - pylm__xlogx(b[j]);
    rows[0] = m->row_total[i];
    rows[1] = m->row_total[j];
    columns[0] = m->column_total[i];
    columns[1] = m->column_total[j];
    sum -= pylm__xlogx(rows[0] + rows[1]) - pylm__xlogx(rows[0]) - pylm__xlogx(rows[1]);
    sum -= pylm__xlogx(columns[0] + columns[1]) - pylm__xlogx(columns[0]) - pylm__xlogx(columns[1]);
    return sum;
}

/* Class j becomes part of class i. */
static void merge(struct merging *m, uint32_t i, uint32_t j)
{
    uint32_t k, n = m->n;
    for (k = 0; k < n; k++) {
        m->pairs[(uint64_t)i * n + k] += m->pairs[(uint64_t)j * n + k];
        m->pairs[(uint64_t)j * n + k] = 0;
    }
    for (k = 0; k < n; k++) {
        m->pairs[(uint64_t)k * n + i] += m->pairs[(uint64_t)k * n + j];
        m->pairs[(uint64_t)k * n + j] = 0;
        m->gain[(uint64_t)j * n + k] = m->gain[(uint64_t)k * n + j] = -HUGE_VAL;
    }
    m->row_total[i] += m->row_total[j];
    m->column_total[i] += m->column_total[j];
    m->size[i] += m->size[j];
}

/* Of equal merges, such as those of classes that never occur, the smaller first: no chains. */
static int is_better_merge(const struct merging *m, uint32_t i, uint32_t j, double best, uint32_t best_size)
{
    double gain = m->gain[(uint64_t)i * m->n + j];
    return gain > best || (gain >= best && m->size[i] + m->size[j] < best_size);
}

/* Merges until one class is left. A merge changes the gains of all pairs a little; only those of the
 * merged class are computed anew, which is enough in practice and keeps this cubic. */
static int merge_all(struct links *links, struct merging *m, uint32_t *node_of, uint8_t *gone,
                     pylm_task *task)
{
    uint32_t n = m->n, i, j, left, best_i, best_j, best_size = 0;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            m->gain[(uint64_t)i * n + j] = i < j ? merge_gain(m, i, j) : -HUGE_VAL;
    for (left = n; left > 1u; left--) {
        double best = -HUGE_VAL;
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        best_i = best_j = n;
        for (i = 0; i < n; i++)
            for (j = i + 1u; j < n && !gone[i]; j++)
                if (!gone[j] && (best_i == n || is_better_merge(m, i, j, best, best_size))) {
                    best = m->gain[(uint64_t)i * n + j];
                    best_size = m->size[i] + m->size[j];
                    best_i = i;
                    best_j = j;
                }
        node_of[best_i] = join(links, node_of[best_i], node_of[best_j]);
        merge(m, best_i, best_j);
        gone[best_j] = 1;
        for (j = 0; j < n; j++)
            if (j != best_i && !gone[j]) {
                i = j < best_i ? j : best_i;
                m->gain[(uint64_t)i * n + (j < best_i ? best_i : j)] =
                    merge_gain(m, i, j < best_i ? best_i : j);
            }
    }
    return PYLM_OK;
}

static int merge_classes(struct links *links, uint64_t *pairs, uint32_t n, uint32_t *node_of,
                         pylm_task *task)
{
    struct merging m;
    uint32_t i, k;
    uint8_t *gone = pylm__array_new(n, 1);
    int status = PYLM_ERR_MEMORY;
    m.n = n;
    m.pairs = pairs;
    m.row_total = pylm__array_new(n, sizeof *m.row_total);
    m.column_total = pylm__array_new(n, sizeof *m.column_total);
    m.gain = pylm__array_new((uint64_t)n * n, sizeof *m.gain);
    m.size = pylm__array_new(n, sizeof *m.size);
    if (gone && m.row_total && m.column_total && m.gain && m.size) {
        for (i = 0; i < n; i++)
            m.size[i] = 1;
        for (i = 0; i < n; i++)
            for (k = 0; k < n; k++) {
                m.row_total[i] += pairs[(uint64_t)i * n + k];
                m.column_total[i] += pairs[(uint64_t)k * n + i];
            }
        status = merge_all(links, &m, node_of, gone, task);
    }
    free(gone);
    free(m.row_total);
    free(m.column_total);
    free(m.gain);
    free(m.size);
    return status;
}

/* ---- layout ---- */

/* A place of the walk that lays out a tree. */
struct place {
    uint32_t node, depth, word_depth, class, coarse;
};

struct layout {
    struct pylm__symbol_tree *tree;
    const struct links *links;
    const uint32_t *class_root; /* class + 1 of a node at which a class begins, else 0; by node */
    uint32_t *size;             /* leaves below a node */
    uint32_t word_set[WORD_DEPTHS][WORD_ENDS]; /* weight set + 1 */
    uint32_t n_leaves, n_nodes;
};

static void lay_leaf(struct layout *l, const struct place *place)
{
    struct pylm__symbol_tree *tree = l->tree;
    tree->leaf_of[place->node] = l->n_leaves;
    tree->class_of[l->n_leaves] = place->class - 1u;
    tree->coarse_of[l->n_leaves] = place->coarse - 1u;
    l->n_leaves++;
    if (place->depth > tree->depth)
        tree->depth = place->depth;
}

static void lay_node(struct layout *l, const struct place *place)
{
    struct pylm__symbol_tree *tree = l->tree;
    uint32_t left = l->links->left[place->node - l->links->n_symbols];
    uint32_t right = l->links->right[place->node - l->links->n_symbols], n_symbols = l->links->n_symbols;
    tree->mid[l->n_nodes] = l->n_leaves + l->size[left];
    if (place->class) {
        uint32_t depth = place->word_depth < WORD_DEPTHS - 1u ? place->word_depth : WORD_DEPTHS - 1u;
        uint32_t *shared = &l->word_set[depth][(left < n_symbols) + 2u * (right < n_symbols)];
        if (!*shared)
            *shared = ++tree->n_sets;
        tree->set[l->n_nodes++] = *shared - 1u;
    } else {
        tree->set[l->n_nodes++] = tree->n_sets++;
    }
}

/* Walks in preorder; classes and coarse classes are numbered as they come. */
static void lay_out(struct layout *l, uint32_t root, struct place *stack)
{
    uint32_t n = 0;
    struct place place = {root, 0, 0, 0, 0};
    stack[n++] = place;
    while (n) {
        place = stack[--n];
        if (l->class_root[place.node] && !place.class)
            place.class = ++l->tree->n_classes;
        if (!place.coarse && (place.depth == COARSE_DEPTH || place.class))
            place.coarse = ++l->tree->n_coarse;
        if (place.node < l->links->n_symbols) {
            lay_leaf(l, &place);
        } else {
            struct place child = place;
            lay_node(l, &place);
            child.depth++;
            child.word_depth += place.class > 0;
            child.node = l->links->right[place.node - l->links->n_symbols];
            stack[n++] = child;
            child.node = l->links->left[place.node - l->links->n_symbols];
            stack[n++] = child;
        }
    }
}

int pylm__symbol_tree_new(struct pylm__symbol_tree *tree, uint32_t n_symbols)
{
    memset(tree, 0, sizeof *tree);
    tree->n_symbols = n_symbols;
    tree->mid = pylm__array_new(n_symbols, sizeof *tree->mid);
    tree->set = pylm__array_new(n_symbols, sizeof *tree->set);
    tree->class_of = pylm__array_new(n_symbols, sizeof *tree->class_of);
    tree->coarse_of = pylm__array_new(n_symbols, sizeof *tree->coarse_of);
    tree->leaf_of = pylm__array_new(n_symbols, sizeof *tree->leaf_of);
    return tree->mid && tree->set && tree->class_of && tree->coarse_of && tree->leaf_of ? PYLM_OK
                                                                                        : PYLM_ERR_MEMORY;
}

void pylm__symbol_tree_free(struct pylm__symbol_tree *tree)
{
    free(tree->mid);
    free(tree->set);
    free(tree->class_of);
    free(tree->coarse_of);
    free(tree->leaf_of);
    memset(tree, 0, sizeof *tree);
}

static int lay_out_links(struct pylm__symbol_tree *tree, const struct links *links,
                         const uint32_t *class_root, uint32_t root)
{
    struct layout l;
    struct place *stack = pylm__array_new((uint64_t)tree->n_symbols + 1u, sizeof *stack);
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

/* ---- whole trees ---- */

struct word_tree {
    struct links links;
    uint32_t *class_of, *class_root, *node_of;
    uint32_t *place_of; /* the node that a symbol is at: itself, or one that it shares with unseen symbols */
    uint64_t *pairs, *frequency, *class_total;
    struct weighted *heap;
};

/* Symbols that never occur share the places of the rarest that do, in equal parts: so they get about the
 * probability that held-out text gives to symbols that occur nowhere else, and where such symbols come. */
static void hang_unseen(struct word_tree *w, uint32_t n_seen, uint32_t n_symbols)
{
    uint32_t n_unseen = n_symbols - n_seen, n_rare = 1, next = n_seen, i, k, n;
    for (i = 0; i < n_seen; i++)
        w->place_of[i] = i;
    while (n_rare < n_seen && w->frequency[n_seen - 1u - n_rare] == w->frequency[n_seen - 1u])
        n_rare++;
    for (i = 0; i < n_rare && next < n_symbols; i++) {
        n = n_unseen / n_rare + (i < n_unseen % n_rare);
        for (k = 0; k < n; k++) {
            w->heap[k].weight = 0;
            w->heap[k].node = next++;
        }
        k = n_seen - 1u - i;
        w->place_of[k] = join(&w->links, huffman(&w->links, w->heap, n), k);
    }
}

/* A Huffman tree for each class. */
static void hang_words(struct word_tree *w, uint32_t n_symbols, uint32_t n_classes)
{
    uint32_t class, i, n;
    for (class = 0; class < n_classes; class++) {
        for (i = n = 0; i < n_symbols; i++)
            if (w->class_of[i] == class) {
                w->heap[n].weight = w->frequency[i];
                w->heap[n++].node = w->place_of[i];
                w->class_total[class] += w->frequency[i];
            }
        w->node_of[class] = huffman(&w->links, w->heap, n);
        w->class_root[w->node_of[class]] = class + 1u;
    }
}

/* Where there is no structure to find, as in random bytes, merged classes make a chain, which says nothing
 * and takes long to walk. Then the classes get a Huffman tree. */
static uint32_t balanced_top(struct word_tree *w, const uint32_t *class_node, uint32_t n_classes,
                             uint32_t n_inner_below)
{
    uint32_t i;
    w->links.n_inner = n_inner_below;
    for (i = 0; i < n_classes; i++) {
        w->heap[i].node = class_node[i];
        w->heap[i].weight = w->class_total[i];
    }
    return huffman(&w->links, w->heap, n_classes);
}

static int build_words(struct pylm__symbol_tree *tree, struct word_tree *w,
                       const struct pylm__corpus *corpus, uint32_t n_classes, pylm_task *task)
{
    uint32_t n_inner_below, *class_node = w->node_of + n_classes;
    uint64_t p;
    PYLM__TRY(pylm__cluster(corpus, n_classes, w->class_of, w->pairs, task));
    for (p = 0; p < corpus->n; p++)
        w->frequency[pylm__symbol(corpus, p)]++;
    hang_unseen(w, corpus->n_seen, tree->n_symbols);
    hang_words(w, corpus->n_seen, n_classes);
    memcpy(class_node, w->node_of, n_classes * sizeof *class_node);
    n_inner_below = w->links.n_inner;
    PYLM__TRY(merge_classes(&w->links, w->pairs, n_classes, w->node_of, task));
    PYLM__TRY(lay_out_links(tree, &w->links, w->class_root, w->node_of[0]));
    if (tree->depth > CHAIN_DEPTH)
        PYLM__TRY(lay_out_links(tree, &w->links, w->class_root,
                                balanced_top(w, class_node, n_classes, n_inner_below)));
    return tree->depth <= PYLM__MAX_DEPTH ? PYLM_OK : PYLM_ERR_LARGE;
}

int pylm__tree_of_words(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus,
                        uint32_t n_classes, pylm_task *task)
{
    struct word_tree w;
    uint64_t n = corpus->n_symbols;
    int status = pylm__symbol_tree_new(tree, corpus->n_symbols);
    memset(&w, 0, sizeof w);
    n_classes = n_classes < corpus->n_seen ? n_classes : corpus->n_seen;
    w.links.n_symbols = corpus->n_symbols;
    w.links.left = pylm__array_new(n, sizeof *w.links.left);
    w.links.right = pylm__array_new(n, sizeof *w.links.right);
    w.class_of = pylm__array_new(n, sizeof *w.class_of);
    w.class_root = pylm__array_new(2u * n, sizeof *w.class_root);
    w.place_of = pylm__array_new(n, sizeof *w.place_of);
    w.node_of = pylm__array_new(2u * (uint64_t)n_classes, sizeof *w.node_of);
    w.pairs = pylm__array_new((uint64_t)n_classes * n_classes, sizeof *w.pairs);
    w.frequency = pylm__array_new(n, sizeof *w.frequency);
    w.class_total = pylm__array_new(n_classes, sizeof *w.class_total);
    w.heap = pylm__array_new(n, sizeof *w.heap);
    if (status == PYLM_OK)
        status = w.links.left && w.links.right && w.class_of && w.class_root && w.place_of && w.node_of &&
                         w.pairs && w.frequency && w.class_total && w.heap
                     ? build_words(tree, &w, corpus, n_classes, task)
                     : PYLM_ERR_MEMORY;
    free(w.links.left);
    free(w.links.right);
    free(w.class_of);
    free(w.class_root);
    free(w.place_of);
    free(w.node_of);
    free(w.pairs);
    free(w.frequency);
    free(w.class_total);
    free(w.heap);
    return status;
}
