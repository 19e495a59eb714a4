/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune_template.h: the contexts of one template, with what each keeps at every level. Those of the whole text make the
 * table; those of held-out blocks, counted without the block, say what the pruned table would have known there.
 */
#ifndef PYLM_TRAIN_PRUNE_TEMPLATE_H
#define PYLM_TRAIN_PRUNE_TEMPLATE_H

#include "counted.h"
#include "train/count/heldout.h"

/* What all templates of a tree have in common. */
struct pylm__prune_input {
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    const struct pylm__heldout *heldout;
    struct pylm__prices prices;
    unsigned symbol_bits;
};

struct pylm__pruned_context {
    struct pylm__ranked ranked;
    uint64_t hash;          /* only in the whole text */
    uint32_t block;         /* only in a held-out block: its number, */
    uint32_t n_places;      /* and where the context stands: */
    const uint32_t *places; /* numbers of held-out symbols that have events */
};

/* Takes a context. */
typedef int pylm__take_context(void *user, const struct pylm__pruned_context *context);

/* A template and the one that it extends, as they were counted. Without a base the tree's depths say what is saved. */
struct pylm__pruning {
    const struct pylm__prune_input *in;
    const struct pylm__counted *counted, *base; /* base: NULL if there is none */
    uint32_t min_count;
    uint32_t lowest; /* a level; not below those of what was counted */
    const pylm_task *task;
};

/* Hands on all contexts of the whole text that keep anything at the lowest level, in the order of their hashes. */
int pylm__prune_table(const struct pylm__pruning *pruning, pylm__take_context *take, void *user);

/* The same for the held-out blocks, one after the other. */
int pylm__prune_heldout(const struct pylm__pruning *pruning, pylm__take_context *take, void *user);

#endif
