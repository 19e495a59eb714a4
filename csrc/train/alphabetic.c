/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * alphabetic.c: the tree over the bytes. Neighbours in the order of the bytes are of a kind (digits, letters, the bytes of
 * one alphabet), and stay together; how they are split is up to how often they are. English has five decisions a byte
 * then, and the bits of a byte are eight.
 */
#include "tree.h"

#include <stdlib.h>

#define N_BYTES 256u
#define SLICE 1048576u /* symbols between two looks at the task */

/* Optimal trees over all bytes from `lo` up to `hi`. */
struct optimum {
    uint64_t before[N_BYTES + 1u];            /* weight of the bytes below */
    uint64_t cost[N_BYTES + 1u][N_BYTES + 1u]; /* by lo and hi: the sum of weight times depth, of all leaves */
    uint16_t mid[N_BYTES + 1u][N_BYTES + 1u];
};

/* A byte that never occurs counts once, or the tree could be a chain there. 256 leaves have PYLM__MAX_DEPTH nodes at most. */
static int weigh(struct optimum *o, const struct pylm__corpus *corpus, const pylm_task *task)
{
    uint64_t p;
    uint32_t byte;
    for (byte = 0; byte < N_BYTES; byte++)
        o->before[byte + 1u] = 1;
    for (p = 0; p < corpus->n; p++) {
        if (p % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        o->before[pylm__symbol(corpus, p) + 1u]++;
    }
    for (byte = 0; byte < N_BYTES; byte++)
        o->before[byte + 1u] += o->before[byte];
    return PYLM_OK;
}

/* The best split of [lo, hi), of equal ones the first, where those of all shorter ranges are known. */
static void find_split(struct optimum *o, uint32_t lo, uint32_t hi)
{
    uint64_t best = UINT64_MAX;
    uint32_t mid;
    for (mid = lo + 1u; mid < hi; mid++) {
        uint64_t cost = o->cost[lo][mid] + o->cost[mid][hi];
        if (cost < best) {
            best = cost;
            o->mid[lo][hi] = (uint16_t)mid;
        }
    }
    o->cost[lo][hi] = best + o->before[hi] - o->before[lo];
}

/* Lays the nodes below [lo, hi) out in preorder; as deep as the tree. */
static void lay_out(struct pylm__symbol_tree *tree, const struct optimum *o, uint32_t lo, uint32_t hi, uint32_t depth)
{
    uint32_t node = tree->n_sets, mid = o->mid[lo][hi];
    if (hi - lo == 1u) {
        tree->leaf_of[lo] = lo;
        tree->depth = depth > tree->depth ? depth : tree->depth;
        return;
    }
    tree->mid[node] = mid;
    tree->set[node] = node;
    tree->n_sets++;
    lay_out(tree, o, lo, mid, depth + 1u);
    lay_out(tree, o, mid, hi, depth + 1u);
}

int pylm__tree_of_bytes(struct pylm__symbol_tree *tree, const struct pylm__corpus *corpus, const pylm_task *task)
{
    struct optimum *o = pylm__array_new(1, sizeof *o);
    int status = pylm__symbol_tree_new(tree, N_BYTES);
    uint32_t n, lo;
    if (status == PYLM_OK)
        status = o ? weigh(o, corpus, task) : PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        for (n = 2; n <= N_BYTES; n++)
            for (lo = 0; lo + n <= N_BYTES; lo++)
                find_split(o, lo, lo + n);
        lay_out(tree, o, 0, N_BYTES, 0);
    }
    free(o);
    return status;
}
