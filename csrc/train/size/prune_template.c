/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune_template.c: see prune_template.h. The counts of a context, and of the one of the base that it extends, say what
 * each successor is worth.
 */
#include "prune_template.h"

#include <stdlib.h>
#include <string.h>

#include "train/base/sort.h"

#define SLICE 65536u /* successors between two looks at the task */
#define AHEAD 8u     /* contexts */

struct work {
    const struct pylm__pruning *p;
    uint8_t *depths; /* of every leaf; only without a base */
    struct pylm__successors successors;
    uint64_t n_seen; /* successors since the last look at the task */
};

/* A held-out block: hash and position in the block of each symbol, sorted; keys of the base, sorted. */
struct block {
    int keeps_own;
    uint64_t n, first; /* symbols; held-out symbols before it */
    uint64_t *positions, *base_own, *scratch;
    uint64_t *own;    /* keys of one context, sorted, */
    uint32_t *places; /* and where those with events stand */
};

static int find_depths(struct work *w)
{
    const struct pylm__symbol_tree *tree = w->p->in->tree;
    uint32_t leaf, node, lo, hi;
    w->depths = pylm__array_new(tree->n_symbols, 1);
    if (!w->depths)
        return PYLM_ERR_MEMORY;
    for (leaf = 0; leaf < tree->n_symbols; leaf++)
        for (node = lo = 0, hi = tree->n_symbols; hi - lo > 1u; w->depths[leaf]++) {
            uint32_t mid = tree->mid[node];
            node += leaf < mid ? 1u : mid - lo;
            if (leaf < mid)
                hi = mid;
            else
                lo = mid;
        }
    return PYLM_OK;
}

static int work_begin(struct work *w, const struct pylm__pruning *p)
{
    memset(w, 0, sizeof *w);
    w->p = p;
    PYLM__TRY(pylm__successors_new(&w->successors, p->in->tree->n_symbols));
    return p->base ? PYLM_OK : find_depths(w);
}

static int work_end(struct work *w, int status)
{
    free(w->depths);
    pylm__successors_free(&w->successors);
    return status;
}

/* Finds the successors of a context, and their gains.
 *   base        number of the context that it extends; it is not there if the hashes of two contexts are the same
 *   own, base_own   keys of both that are taken out */
static void find_gains(struct work *w, const struct pylm__followers *all, const struct pylm__key_range *own,
                       uint64_t base, const struct pylm__key_range *base_own)
{
    const struct pylm__pruning *p = w->p;
    struct pylm__followers of_base;
    if (!p->base) {
        pylm__successors_find_alone(&w->successors, all, own, w->depths);
    } else if (base < p->base->n_contexts) {
        const struct pylm__gain_input input = {
            all, &of_base, own, base_own, p->counted->discount, p->in->prices.least[p->lowest]};
        of_base = pylm__counted_followers(p->base, base);
        pylm__successors_find(&w->successors, &input);
    } else {
        w->successors.n = 0;
    }
}

/* Hands on a context whose gains have been found, if it keeps anything. */
static int hand_on(struct work *w, struct pylm__pruned_context *context, pylm__take_context *take, void *user)
{
    context->ranked = pylm__successors_rank(&w->successors, &w->p->in->prices, w->p->lowest);
    w->n_seen += w->successors.n + 1u;
    if (w->n_seen >= SLICE) {
        w->n_seen = 0;
        if (pylm__task_cancelled(w->p->task))
            return PYLM_ERR_CANCELLED;
    }
    return context->ranked.n ? take(user, context) : PYLM_OK;
}

/* Fetches the bases of contexts to come. They are in no order. */
static void fetch_bases(const struct pylm__pruning *p, uint64_t c)
{
    if (c + 2u * AHEAD < p->counted->n_contexts)
        pylm__counted_fetch_start(p->base, p->counted->bases[c + 2u * AHEAD]);
    if (c + AHEAD < p->counted->n_contexts)
        pylm__counted_fetch_context(p->base, p->counted->bases[c + AHEAD]);
}

static int prune_table(struct work *w, pylm__take_context *take, void *user)
{
    const struct pylm__counted *counted = w->p->counted;
    const struct pylm__key_range none = {NULL, NULL, 0, 0};
    struct pylm__pruned_context context;
    uint64_t c, base = 0;
    memset(&context, 0, sizeof context);
    for (c = 0; c < counted->n_contexts; c++) {
        struct pylm__followers followers = pylm__counted_followers(counted, c);
        if (followers.total < w->p->min_count)
            continue;
        context.hash = counted->contexts[c].hash;
        if (counted->bases) {
            fetch_bases(w->p, c);
            base = pylm__counted_find(w->p->base, counted->bases[c]);
        }
        find_gains(w, &followers, &none, base, &none);
        PYLM__TRY(hand_on(w, &context, take, user));
    }
    return PYLM_OK;
}

int pylm__prune_table(const struct pylm__pruning *pruning, pylm__take_context *take, void *user)
{
    struct work w;
    int status = work_begin(&w, pruning);
    if (status == PYLM_OK)
        status = prune_table(&w, take, user);
    return work_end(&w, status);
}

/* ---- held-out blocks ---- */

static int sort_block(struct work *w, struct block *block)
{
    const struct pylm__pruning *p = w->p;
    unsigned leaf_bits = p->counted->leaf_bits;
    uint64_t i;
    for (i = 0; i < block->n; i++) {
        block->positions[i] = p->counted->of_blocks[block->first + i] >> leaf_bits << leaf_bits | i;
        block->base_own[i] = p->base ? p->base->of_blocks[block->first + i] : 0u;
    }
    PYLM__TRY(pylm__sort(block->positions, block->scratch, block->n, p->task));
    return block->keeps_own || !p->base ? PYLM_OK : pylm__sort(block->base_own, block->scratch, block->n, p->task);
}

/* The end of those of n sorted keys, or positions, that have the same hash as the one at `from`. */
static uint64_t context_end(const uint64_t *keys, uint64_t from, uint64_t n, unsigned leaf_bits)
{
    uint64_t hash = keys[from] >> leaf_bits, step = 1;
    while (step < n - from && keys[from + step] >> leaf_bits == hash)
        step *= 2u;
    n = step < n - from ? from + step : n;
    for (from += step / 2u; from < n;) {
        uint64_t middle = from + (n - from) / 2u;
        if (keys[middle] >> leaf_bits == hash)
            from = middle + 1u;
        else
            n = middle;
    }
    return n;
}

/* The number of the held-out symbol at a position. */
static uint64_t place_at(const struct work *w, const struct block *block, uint64_t position)
{
    return block->first + pylm__key_leaf(block->positions[position], w->p->counted->leaf_bits);
}

/* Whether any of the context's places has events. */
static int any_used(const struct work *w, const struct block *block, uint64_t from, uint64_t to)
{
    while (from < to && !pylm__is_used(w->p->in->heldout, place_at(w, block, from)))
        from++;
    return from < to;
}

/* Lists the keys of the context at positions [from, to), and those of its places that have events, in the order of the
 * leaves: places that the same symbol follows lie side by side. */
static int list_own(struct work *w, const struct block *block, uint64_t from, uint64_t to, uint32_t *n_places)
{
    const uint64_t *of_blocks = w->p->counted->of_blocks;
    unsigned leaf_bits = w->p->counted->leaf_bits;
    uint64_t i, n = to - from, hash = block->positions[from] >> leaf_bits, *own = block->own;
    for (i = 0; i < n; i++) {
        uint64_t place = place_at(w, block, from + i);
        own[i] = (uint64_t)pylm__key_leaf(of_blocks[place], leaf_bits) << 32 | place;
    }
    if (n > 1u)
        PYLM__TRY(pylm__sort(own, block->scratch, n, w->p->task));
    for (i = 0, *n_places = 0; i < n; i++) {
        if (pylm__is_used(w->p->in->heldout, (uint32_t)own[i]))
            block->places[(*n_places)++] = (uint32_t)own[i];
        own[i] = hash << leaf_bits | own[i] >> 32;
    }
    return PYLM_OK;
}

/* Finds the gains in a context without the block, whose keys of it are `own`. */
static void find_gains_without(struct work *w, const struct block *block, const struct pylm__followers *all,
                               const struct pylm__key_range *own)
{
    const struct pylm__counted *base = w->p->base;
    struct pylm__key_range base_own = {block->base_own, NULL, 0, 0};
    unsigned leaf_bits = w->p->counted->leaf_bits;
    uint64_t hash;
    if (!base) {
        find_gains(w, all, own, 0, &base_own);
        return;
    }
    hash = base->of_blocks[block->places[0]] >> leaf_bits;
    if (!block->keeps_own) {
        base_own.from = pylm__lower_bound(block->base_own, 0, block->n, hash << leaf_bits);
        base_own.to = base_own.from < block->n && block->base_own[base_own.from] >> leaf_bits == hash
                          ? context_end(block->base_own, base_own.from, block->n, leaf_bits)
                          : base_own.from;
    }
    find_gains(w, all, own, pylm__counted_find(base, hash), &base_own);
}

static int prune_block(struct work *w, const struct block *block, struct pylm__pruned_context *context,
                       pylm__take_context *take, void *user)
{
    const struct pylm__counted *counted = w->p->counted;
    struct pylm__key_range own = {block->own, NULL, 0, 0};
    unsigned leaf_bits = counted->leaf_bits;
    uint64_t from, to, c;
    uint32_t total;
    for (from = 0; from < block->n; from = to) {
        struct pylm__followers followers;
        to = context_end(block->positions, from, block->n, leaf_bits);
        if (!any_used(w, block, from, to))
            continue;
        c = pylm__counted_find(counted, block->positions[from] >> leaf_bits);
        if (c == counted->n_contexts)
            continue; /* too rare */
        followers = pylm__counted_followers(counted, c);
        total = followers.total - (block->keeps_own ? 0u : (uint32_t)(to - from));
        if (!total || total < w->p->min_count)
            continue;
        PYLM__TRY(list_own(w, block, from, to, &context->n_places));
        own.to = block->keeps_own ? 0u : to - from;
        find_gains_without(w, block, &followers, &own);
        PYLM__TRY(hand_on(w, context, take, user));
    }
    return PYLM_OK;
}

static int prune_blocks(struct work *w, struct block *block, uint64_t *arrays, pylm__take_context *take, void *user)
{
    const struct pylm__heldout *heldout = w->p->in->heldout;
    struct pylm__pruned_context context;
    uint32_t b;
    memset(&context, 0, sizeof context);
    context.places = block->places;
    block->own = arrays;
    block->positions = arrays + PYLM__MAX_BLOCK;
    block->base_own = arrays + 2u * PYLM__MAX_BLOCK;
    block->scratch = arrays + 3u * PYLM__MAX_BLOCK;
    for (b = 0; b < heldout->n_blocks; b++, block->first += block->n) {
        context.block = b;
        block->keeps_own = pylm__keeps_own(heldout, b);
        block->n = heldout->ends[b] - heldout->begins[b];
        PYLM__TRY(sort_block(w, block));
        PYLM__TRY(prune_block(w, block, &context, take, user));
    }
    return PYLM_OK;
}

int pylm__prune_heldout(const struct pylm__pruning *pruning, pylm__take_context *take, void *user)
{
    uint64_t *arrays = pylm__array_new(4u * (uint64_t)PYLM__MAX_BLOCK, sizeof *arrays);
    struct block block;
    struct work w;
    int status = work_begin(&w, pruning);
    memset(&block, 0, sizeof block);
    block.places = pylm__array_new(PYLM__MAX_BLOCK, sizeof *block.places);
    if (!arrays || !block.places)
        status = PYLM_ERR_MEMORY;
    if (status == PYLM_OK)
        status = prune_blocks(&w, &block, arrays, take, user);
    free(arrays);
    free(block.places);
    return work_end(&w, status);
}
