/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * byte_tree.c: see byte_tree.h. Neighbours in the order of the bytes belong together: digits, letters, the bytes of an
 * alphabet. So the order stays, and only the splits depend on the text. The splits are found by dynamic programming
 * over the levels. English takes five decisions a byte then; the bits of a byte would take eight.
 */
#include "byte_tree.h"

#include <stdlib.h>

#define N_BYTES 256u
#define SLICE 1048576u /* symbols between two looks at the task */

/* Each level costs a search for suggestions some 300 bytes of memory on a device. Without a limit there would be less
 * than 1 % fewer decisions. */
#define MOST_DEPTH 12u

#define NO_TREE (UINT64_C(1) << 62) /* far above any cost, and twice that is still a number */

/* By lo and hi: the sum of weight times depth over the leaves [lo, hi) of an optimal tree. */
struct costs {
    uint64_t of[N_BYTES + 1u][N_BYTES + 1u];
};

struct optimum {
    uint64_t before[N_BYTES + 1u];                       /* weight of all smaller bytes */
    struct costs costs[2];                               /* of trees with an even and with an odd limit of levels */
    uint8_t mid[MOST_DEPTH][N_BYTES + 1u][N_BYTES + 1u]; /* by levels - 1, lo and hi: where the root splits */
};

/* Bytes that never occur count once, so that they do not make a chain. */
static int weigh(struct optimum *o, const struct pylm__corpus *corpus, const pylm_task *task)
{
    uint64_t p;
    uint32_t byte;
    for (byte = 0; byte < N_BYTES; byte++)
        o->before[byte + 1u] = 1;
    for (p = 0; p < corpus->n; pylm__corpus_passed(corpus, p++)) {
        if (p % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        o->before[pylm__symbol(corpus, p) + 1u]++;
    }
    for (byte = 0; byte < N_BYTES; byte++)
        o->before[byte + 1u] += o->before[byte];
    return PYLM_OK;
}

/* Finds the best split of [lo, hi) in a tree of so many levels, of equal ones the first. Trees of one level less are
 * known, and trees of one leaf less: the split lies between those of [lo, hi - 1) and [lo + 1, hi) (Wessner 1976). */
static void find_split(struct optimum *o, uint32_t levels, uint32_t lo, uint32_t hi)
{
    const struct costs *below = &o->costs[(levels - 1u) & 1u];
    uint32_t first = lo + 1u, last = lo + 1u, mid;
    uint64_t best = NO_TREE, cost;
    if (hi - lo > 2u) {
        first = o->mid[levels - 1u][lo][hi - 1u];
        last = o->mid[levels - 1u][lo + 1u][hi];
    }
    for (mid = first; mid <= last; mid++) {
        cost = below->of[lo][mid] + below->of[mid][hi];
        if (cost < best) {
            best = cost;
            o->mid[levels - 1u][lo][hi] = (uint8_t)mid;
        }
    }
    o->costs[levels & 1u].of[lo][hi] = best + o->before[hi] - o->before[lo];
}

static void find_splits(struct optimum *o)
{
    uint32_t levels, n, lo;
    for (levels = 0; levels < 2u; levels++)
        for (lo = 0; lo <= N_BYTES; lo++)
            for (n = 1; lo + n <= N_BYTES; n++)
                o->costs[levels].of[lo][lo + n] = n == 1u ? 0u : NO_TREE;
    for (levels = 1; levels <= MOST_DEPTH; levels++)
        for (n = 2; n <= N_BYTES && n <= UINT32_C(1) << levels; n++)
            for (lo = 0; lo + n <= N_BYTES; lo++)
                find_split(o, levels, lo, lo + n);
}

/* Lays out the nodes of [lo, hi) in preorder, in at most so many levels. */
static void lay_out(struct pylm__symbol_tree *tree, const struct optimum *o, uint32_t levels, uint32_t lo, uint32_t hi)
{
    uint32_t node = tree->n_sets, mid;
    if (hi - lo == 1u) {
        tree->leaf_of[lo] = lo;
        tree->depth = MOST_DEPTH - levels > tree->depth ? MOST_DEPTH - levels : tree->depth;
        return;
    }
    mid = o->mid[levels - 1u][lo][hi];
    tree->mid[node] = mid;
    tree->set[node] = node;
    tree->n_sets++;
    lay_out(tree, o, levels - 1u, lo, mid);
    lay_out(tree, o, levels - 1u, mid, hi);
}

int pylm__tree_of_bytes(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus, const pylm_task *task)
{
    struct optimum *o = pylm__array_new(1, sizeof *o);
    int status = pylm__symbol_tree_new(tree, N_BYTES);
    if (status == PYLM_OK)
        status = o ? weigh(o, corpus, task) : PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        find_splits(o);
        lay_out(tree, o, MOST_DEPTH, 0, N_BYTES);
    }
    free(o);
    return status;
}
