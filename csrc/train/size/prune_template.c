/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune_template.c: see prune_template.h. For every context, the successors are collected from sorted keys, and the
 * context of the base is found. Their counts say what each successor is worth.
 */
#include "prune_template.h"

#include <stdlib.h>
#include <string.h>

#include "sorted.h"
#include "train/base/sort.h"

#define SLICE 65536u /* successors between two looks at the task */
#define AHEAD 8u     /* contexts */

/* A held-out block: hash and position in the block of each symbol, sorted; keys of the base, sorted. */
struct block {
    int keeps_own;
    uint64_t n, first; /* symbols; held-out symbols before it */
    uint64_t *positions, *base_own, *scratch;
    uint64_t *own;    /* keys of one context, sorted, */
    uint32_t *places; /* and where each stands */
};

struct pylm__pruning {
    const struct pylm__prune_input *in;
    const pylm_task *task;
    struct pylm__sorted sorted;
    double discount;
    uint8_t *depths; /* of every leaf; only for the empty context */
    struct pylm__successors successors;
    uint64_t work; /* since the last look at the task */
};

/* The usual estimate of the discount in absolute discounting: n1 / (n1 + 2 n2), where n1 successors occur once and n2
 * twice. */
static double estimate_discount(const uint64_t *keys, uint64_t n)
{
    uint64_t i, j, once = 0, twice = 0;
    for (i = 0; i < n; i = j) {
        for (j = i; j < n && keys[j] == keys[i]; j++)
            continue;
        once += j - i == 1u;
        twice += j - i == 2u;
    }
    return once ? (double)once / ((double)once + 2.0 * (double)twice) : 0.5;
}

static int find_depths(struct pylm__pruning *s)
{
    const struct pylm__symbol_tree *tree = s->in->tree;
    uint32_t leaf, node, lo, hi;
    s->depths = pylm__array_new(tree->n_symbols, 1);
    if (!s->depths)
        return PYLM_ERR_MEMORY;
    for (leaf = 0; leaf < tree->n_symbols; leaf++)
        for (node = lo = 0, hi = tree->n_symbols; hi - lo > 1u; s->depths[leaf]++) {
            uint32_t mid = tree->mid[node];
            node += leaf < mid ? 1u : mid - lo;
            if (leaf < mid)
                hi = mid;
            else
                lo = mid;
        }
    return PYLM_OK;
}

/* Hands on a context whose successors have been collected, if it keeps anything. */
static int hand_on(struct pylm__pruning *s, struct pylm__pruned_context *context, uint32_t lowest,
                   pylm__take_context *take, void *user)
{
    context->ranked = pylm__successors_rank(&s->successors, &s->in->prices, lowest);
    s->work += s->successors.n + 1u;
    if (s->work >= SLICE) {
        s->work = 0;
        if (pylm__task_cancelled(s->task))
            return PYLM_ERR_CANCELLED;
    }
    return context->ranked.n ? take(user, context) : PYLM_OK;
}

/* Fetches the bases of contexts to come. They are in no order. */
static void fetch_bases(const struct pylm__sorted *sorted, uint64_t c)
{
    if (c + 2u * AHEAD < sorted->n_contexts)
        pylm__key_index_fetch_start(&sorted->base, sorted->bases[c + 2u * AHEAD]);
    if (c + AHEAD < sorted->n_contexts)
        pylm__key_index_fetch_keys(&sorted->base, sorted->bases[c + AHEAD]);
}

int pylm__pruning_table(struct pylm__pruning *s, uint32_t lowest, pylm__take_context *take, void *user)
{
    const struct pylm__sorted *sorted = &s->sorted;
    struct pylm__key_range all = {sorted->keys, NULL, 0, 0}, none = all, base;
    struct pylm__pruned_context context;
    uint64_t c;
    memset(&context, 0, sizeof context);
    for (c = 0; c < sorted->n_contexts; c++) {
        context.hash = sorted->contexts[c];
        all.from = sorted->begins[c];
        all.to = pylm__context_end(sorted->keys, all.from, sorted->n, sorted->leaf_bits);
        pylm__successors_collect(&s->successors, &all, &none);
        if (sorted->base.n) {
            fetch_bases(sorted, c);
            base = pylm__key_index_find(&sorted->base, sorted->bases[c]);
            pylm__successors_gains(&s->successors, &base, &none, s->discount);
        } else {
            pylm__successors_gains_alone(&s->successors, s->depths);
        }
        PYLM__TRY(hand_on(s, &context, lowest, take, user));
    }
    return PYLM_OK;
}

/* ---- held-out blocks ---- */

static int sort_block(struct pylm__pruning *s, struct block *block)
{
    const struct pylm__sorted *sorted = &s->sorted;
    uint64_t i;
    for (i = 0; i < block->n; i++) {
        block->positions[i] = sorted->of_blocks[block->first + i] >> sorted->leaf_bits << sorted->leaf_bits | i;
        block->base_own[i] = sorted->base_of_blocks ? sorted->base_of_blocks[block->first + i] : 0u;
    }
    PYLM__TRY(pylm__sort(block->positions, block->scratch, block->n, s->task));
    return block->keeps_own || !sorted->base_of_blocks ? PYLM_OK
                                                       : pylm__sort(block->base_own, block->scratch, block->n, s->task);
}

/* Lists the keys and places of the context at positions [from, to), in the order of the leaves: places that the same
 * symbol follows lie side by side. */
static int list_own(struct pylm__pruning *s, const struct block *block, uint64_t from, uint64_t to)
{
    unsigned leaf_bits = s->sorted.leaf_bits;
    uint64_t i, n = to - from, hash = block->positions[from] >> leaf_bits, *own = block->own;
    for (i = 0; i < n; i++) {
        uint64_t place = block->first + pylm__key_leaf(block->positions[from + i], leaf_bits);
        own[i] = (uint64_t)pylm__key_leaf(s->sorted.of_blocks[place], leaf_bits) << 32 | place;
    }
    if (n > 1u)
        PYLM__TRY(pylm__sort(own, block->scratch, n, s->task));
    for (i = 0; i < n; i++) {
        block->places[i] = (uint32_t)own[i];
        own[i] = hash << leaf_bits | own[i] >> 32;
    }
    return PYLM_OK;
}

/* Collects the successors of a context without those of the block, and finds their gains. */
static void collect_without(struct pylm__pruning *s, const struct block *block, const struct pylm__key_range *all,
                            const struct pylm__key_range *own)
{
    struct pylm__key_range base, base_own = {block->base_own, NULL, 0, 0}, none = base_own;
    unsigned leaf_bits = s->sorted.leaf_bits;
    uint64_t hash;
    pylm__successors_collect(&s->successors, all, block->keeps_own ? &none : own);
    if (!s->sorted.base.n) {
        pylm__successors_gains_alone(&s->successors, s->depths);
        return;
    }
    hash = s->sorted.base_of_blocks[block->places[0]] >> leaf_bits;
    base = pylm__key_index_find(&s->sorted.base, hash);
    if (!block->keeps_own) {
        base_own.from = pylm__lower_bound(block->base_own, 0, block->n, hash << leaf_bits);
        base_own.to = base_own.from < block->n && block->base_own[base_own.from] >> leaf_bits == hash
                          ? pylm__context_end(block->base_own, base_own.from, block->n, leaf_bits)
                          : base_own.from;
    }
    pylm__successors_gains(&s->successors, &base, &base_own, s->discount);
}

static int prune_block(struct pylm__pruning *s, const struct block *block, struct pylm__pruned_context *context,
                       uint32_t lowest, pylm__take_context *take, void *user)
{
    const struct pylm__sorted *sorted = &s->sorted;
    struct pylm__key_range all = {sorted->keys, NULL, 0, 0}, own = {block->own, NULL, 0, 0};
    struct pylm__key_range contexts = {sorted->contexts, NULL, 0, sorted->n_contexts};
    uint64_t from, to, total;
    for (from = 0; from < block->n; from = to) {
        uint64_t hash = block->positions[from] >> sorted->leaf_bits;
        to = pylm__context_end(block->positions, from, block->n, sorted->leaf_bits);
        contexts.from = pylm__skip_to(&contexts, hash);
        if (contexts.from == contexts.to || contexts.keys[contexts.from] != hash)
            continue; /* too rare */
        all.from = sorted->begins[contexts.from];
        all.to = pylm__context_end(sorted->keys, all.from, sorted->n, sorted->leaf_bits);
        total = (all.to - all.from) - (block->keeps_own ? 0u : to - from);
        if (!total || total < s->in->min_count)
            continue;
        own.to = to - from;
        PYLM__TRY(list_own(s, block, from, to));
        collect_without(s, block, &all, &own);
        context->n_places = (uint32_t)own.to;
        PYLM__TRY(hand_on(s, context, lowest, take, user));
    }
    return PYLM_OK;
}

int pylm__pruning_heldout(struct pylm__pruning *s, uint32_t lowest, pylm__take_context *take, void *user)
{
    const struct pylm__heldout *heldout = s->in->heldout;
    struct pylm__pruned_context context;
    struct block block;
    uint64_t *arrays = pylm__array_new(4u * (uint64_t)PYLM__MAX_BLOCK, sizeof *arrays);
    uint32_t b;
    int status = PYLM_OK;
    memset(&context, 0, sizeof context);
    memset(&block, 0, sizeof block);
    block.places = pylm__array_new(PYLM__MAX_BLOCK, sizeof *block.places);
    if (!arrays || !block.places)
        status = PYLM_ERR_MEMORY;
    context.places = block.places;
    for (b = 0; b < heldout->n_blocks && status == PYLM_OK; b++, block.first += block.n) {
        context.block = b;
        block.keeps_own = pylm__keeps_own(heldout, b);
        block.n = heldout->ends[b] - heldout->begins[b];
        block.own = arrays;
        block.positions = arrays + PYLM__MAX_BLOCK;
        block.base_own = arrays + 2u * PYLM__MAX_BLOCK;
        block.scratch = arrays + 3u * PYLM__MAX_BLOCK;
        status = sort_block(s, &block);
        if (status == PYLM_OK)
            status = prune_block(s, &block, &context, lowest, take, user);
    }
    free(arrays);
    free(block.places);
    return status;
}

/* ---- begin and end ---- */

static int prepare(struct pylm__pruning *s, uint32_t k)
{
    const struct pylm__prune_input *in = s->in;
    struct pylm__contexts contexts = {in->corpus, in->tree, in->templates, k};
    uint32_t base = in->templates->of[k].base;
    base = base != PYLM__NO_BASE ? base : k ? 0u : PYLM__NO_BASE;
    PYLM__TRY(pylm__sorted_make(&s->sorted, &contexts, base, in->heldout, in->min_count, s->task));
    PYLM__TRY(pylm__successors_new(&s->successors, in->tree->n_symbols));
    s->discount = estimate_discount(s->sorted.keys, s->sorted.n);
    return base == PYLM__NO_BASE ? find_depths(s) : PYLM_OK;
}

struct pylm__pruning *pylm__pruning_begin(const struct pylm__prune_input *input, uint32_t k, const pylm_task *task,
                                          int *status)
{
    struct pylm__pruning *s = pylm__array_new(1, sizeof *s);
    *status = PYLM_ERR_MEMORY;
    if (!s)
        return NULL;
    s->in = input;
    s->task = task;
    *status = prepare(s, k);
    if (*status == PYLM_OK)
        return s;
    pylm__pruning_end(s);
    return NULL;
}

void pylm__pruning_end(struct pylm__pruning *s)
{
    if (!s)
        return;
    pylm__sorted_free(&s->sorted);
    free(s->depths);
    pylm__successors_free(&s->successors);
    free(s);
}
