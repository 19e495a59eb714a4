/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout_evidence.c: see heldout_evidence.h.
 */
#include "heldout_evidence.h"

#include <stdlib.h>
#include <string.h>

#include "train/base/sort.h"
#include "voices.h"

#define SLICE 1024u /* contexts between two looks at the task */
#define AHEAD 8u    /* symbols whose events are fetched before they are needed: those of a context lie anywhere */

/* Occurrences of the keys before a position. */
static uint64_t rank(const struct pylm__key_range *r, uint64_t position)
{
    return !r->sums ? position : position ? r->sums[position - 1u] : 0u;
}

static uint64_t total_of(const struct pylm__key_range *r)
{
    return rank(r, r->to) - rank(r, r->from);
}

/* Where a range splits into keys below `key` and the others. Most ranges have only one kind. */
static uint64_t split(const struct pylm__key_range *r, uint64_t key)
{
    if (r->from == r->to || r->keys[r->to - 1u] < key)
        return r->to;
    if (r->keys[r->from] >= key)
        return r->from;
    return pylm__lower_bound(r->keys, r->from, r->to, key);
}

/* Whether all keys of a range are the same, once the block's own are taken out. */
static int is_single(const struct pylm__key_range *all, const struct pylm__key_range *own)
{
    uint64_t i = all->from, j = own->from, i_end, j_end;
    int n = 0;
    for (; i < all->to; i = i_end, j = j_end) {
        uint64_t key = all->keys[i];
        i_end = all->keys[all->to - 1u] == key ? all->to : pylm__lower_bound(all->keys, i, all->to, key + 1u);
        j_end = j < own->to && own->keys[own->to - 1u] == key ? own->to
                                                              : pylm__lower_bound(own->keys, j, own->to, key + 1u);
        if (rank(all, i_end) - rank(all, i) > j_end - j && ++n > 1)
            return 0;
    }
    return 1;
}

static void narrow(struct pylm__key_range *r, uint64_t middle, int side)
{
    if (side)
        r->from = middle;
    else
        r->to = middle;
}

/* A context of a block. */
struct context {
    uint64_t hash, from, to;         /* where it stands in the block, in sorted positions */
    unsigned leaf_bits;              /* of keys */
    struct pylm__key_range all, own; /* its keys in the whole text, and those of the block that are taken out */
};

/* Evidence on the path to a leaf: the counts in the whole text less those in the block, and what they add to the means.
 * Where there is none, both stay zero. What was written is added at once: it would be slow to read it again. */
static void follow_path(const struct pylm__symbol_tree *tree, const struct context *context, uint32_t leaf,
                        struct pylm__evidence_out out, struct pylm__mean *parts, struct pylm__mean *means)
{
    struct pylm__key_range all = context->all, own = context->own;
    uint32_t node = 0, lo = 0, hi = tree->n_symbols;
    uint32_t unit = (uint32_t)((UINT64_C(1) << PYLM__UNIT_BITS) / (total_of(&all) - (own.to - own.from)));
    while (hi - lo > 1u && total_of(&all) > own.to - own.from) {
        uint32_t mid = tree->mid[node];
        int side = leaf >= mid;
        uint64_t key = context->hash << context->leaf_bits | mid;
        uint64_t all_mid = split(&all, key), own_mid = split(&own, key);
        uint32_t n0 = (uint32_t)(rank(&all, all_mid) - rank(&all, all.from) - (own_mid - own.from));
        uint32_t n1 = (uint32_t)(rank(&all, all.to) - rank(&all, all_mid) - (own.to - own_mid));
        parts->left = n0 * unit;
        means->left += n0 * unit;
        parts++->right = n1 * unit;
        means++->right += n1 * unit;
        if ((!n0 || !n1) && is_single(&all, &own))
            *out.indices++ = (uint16_t)pylm__calibration_single(n0 + n1, n1 > 0);
        else
            *out.indices++ = (uint16_t)pylm__calibration_index(n0, n1);
        if (out.steps)
            *out.steps++ = pylm__voice_packed(n0, n1);
        narrow(&all, all_mid, side);
        narrow(&own, own_mid, side);
        if (side) {
            node += mid - lo;
            lo = mid;
        } else {
            node++;
            hi = mid;
        }
    }
}

/* As pylm__lower_bound() from `from` to the end, where the place is likely to be near: the range is doubled until it
 * holds the place. */
static uint64_t near_bound(const uint64_t *keys, uint64_t from, uint64_t n, uint64_t key)
{
    uint64_t step = 1, at = from;
    while (at < n && keys[at] < key) {
        from = at + 1u;
        at += step;
        step *= 2u;
    }
    return pylm__lower_bound(keys, from, at < n ? at : n, key);
}

/* The first position from `from` on whose key has a larger hash. */
static uint64_t hash_end(const uint64_t *keys, uint64_t from, uint64_t n, uint64_t hash, unsigned leaf_bits)
{
    uint64_t next = (hash + 1u) << leaf_bits; /* 0 behind the last hash */
    return next ? near_bound(keys, from, n, next) : n;
}

/* The paths that were followed from one context of a block. The evidence on the path to a leaf is always the same. */
struct paths {
    uint32_t *number; /* by leaf: which path leads there, plus 1; 0: none yet */
    uint32_t *leaves; /* by path */
    uint64_t *events; /* by path: the first event that it was followed for */
    uint64_t *starts; /* by path: where its parts begin */
    struct pylm__mean *parts;
    uint64_t n_parts, capacity;
    uint32_t n;
};

static void forget_paths(struct paths *paths)
{
    while (paths->n)
        paths->number[paths->leaves[--paths->n]] = 0;
    paths->n_parts = 0;
}

/* Begins the path of an event; returns its number, or UINT32_MAX if there is no memory. */
static uint32_t new_path(struct paths *paths, uint32_t leaf, uint64_t event, uint64_t n_nodes)
{
    if (paths->capacity - paths->n_parts < n_nodes) {
        uint64_t capacity = 2u * paths->capacity + n_nodes + 4096u;
        struct pylm__mean *parts = pylm__array_grow(paths->parts, capacity, sizeof *parts);
        if (!parts)
            return UINT32_MAX;
        paths->parts = parts;
        paths->capacity = capacity;
    }
    if (n_nodes)
        memset(paths->parts + paths->n_parts, 0, (size_t)n_nodes * sizeof *paths->parts);
    paths->leaves[paths->n] = leaf;
    paths->events[paths->n] = event;
    paths->starts[paths->n] = paths->n_parts;
    paths->n_parts += n_nodes;
    paths->number[leaf] = paths->n + 1u;
    return paths->n++;
}

struct pylm__evidence_work {
    int keeps_own;       /* the block's keys are not taken out */
    unsigned leaf_bits;  /* of keys */
    uint64_t n;          /* symbols of a block whose contexts are in the range */
    uint64_t *own;       /* their keys, sorted */
    uint64_t *positions; /* hash, then position in the block, sorted likewise */
    uint64_t *scratch;
    struct paths paths;
};

struct pylm__evidence_work *pylm__evidence_work_new(const struct pylm__symbol_tree *tree)
{
    struct pylm__evidence_work *work = pylm__array_new(1, sizeof *work);
    if (!work)
        return NULL;
    work->leaf_bits = pylm__key_leaf_bits(tree->n_symbols);
    work->own = pylm__array_new(PYLM__MAX_BLOCK, sizeof *work->own);
    work->positions = pylm__array_new(PYLM__MAX_BLOCK, sizeof *work->positions);
    work->scratch = pylm__array_new(PYLM__MAX_BLOCK, sizeof *work->scratch);
    work->paths.number = pylm__array_new(tree->n_symbols, sizeof *work->paths.number);
    work->paths.leaves = pylm__array_new(PYLM__MAX_BLOCK, sizeof *work->paths.leaves);
    work->paths.events = pylm__array_new(PYLM__MAX_BLOCK, sizeof *work->paths.events);
    work->paths.starts = pylm__array_new(PYLM__MAX_BLOCK, sizeof *work->paths.starts);
    if (work->own && work->positions && work->scratch && work->paths.number && work->paths.leaves &&
        work->paths.events && work->paths.starts)
        return work;
    pylm__evidence_work_free(work);
    return NULL;
}

void pylm__evidence_work_free(struct pylm__evidence_work *work)
{
    if (!work)
        return;
    free(work->own);
    free(work->positions);
    free(work->scratch);
    free(work->paths.number);
    free(work->paths.leaves);
    free(work->paths.events);
    free(work->paths.starts);
    free(work->paths.parts);
    free(work);
}

/* Evidence of a context at held-out symbol number `at`. */
static int symbol_evidence(const struct pylm__evidence_input *input, const struct context *context, uint64_t at,
                           uint32_t leaf, struct paths *paths, struct pylm__evidence_out out)
{
    const struct pylm__heldout *heldout = input->heldout;
    uint64_t event = heldout->first_event[at], n = heldout->first_event[at + 1u] - event, i;
    const struct pylm__mean *parts;
    uint32_t path;
    if (!n)
        return PYLM_OK;
    if (paths->number[leaf]) {
        path = paths->number[leaf] - 1u;
        memcpy(out.indices + event, out.indices + paths->events[path], (size_t)n * sizeof *out.indices);
        if (out.steps)
            memcpy(out.steps + event, out.steps + paths->events[path], (size_t)n * sizeof *out.steps);
    } else {
        path = new_path(paths, leaf, event, n);
        if (path == UINT32_MAX)
            return PYLM_ERR_MEMORY;
        out.indices += event;
        out.steps = out.steps ? out.steps + event : NULL;
        follow_path(input->tree, context, leaf, out, paths->parts + paths->starts[path], heldout->means + event);
        return PYLM_OK;
    }
    for (i = 0, parts = paths->parts + paths->starts[path]; i < n; i++) {
        heldout->means[event + i].left += parts[i].left;
        heldout->means[event + i].right += parts[i].right;
    }
    return PYLM_OK;
}

/* How many keys of a context's range have a leaf. */
static uint32_t count_leaf(const struct pylm__key_range *r, uint64_t key)
{
    uint64_t from = split(r, key);
    return (uint32_t)(rank(r, split(r, key + 1u)) - rank(r, from));
}

static struct pylm__hits hits_of(const struct context *context, uint32_t leaf)
{
    const struct pylm__key_range *all = &context->all, *own = &context->own;
    uint64_t key = context->hash << context->leaf_bits | leaf;
    struct pylm__hits hits;
    hits.all = (uint32_t)(total_of(all) - total_of(own));
    hits.hits = count_leaf(all, key) - count_leaf(own, key);
    return hits;
}

/* Fetches what is needed at the symbols that come soon. */
PYLM__INLINE void fetch_ahead(const struct pylm__evidence_input *input, uint64_t first,
                              const struct pylm__evidence_work *block, uint64_t i, const uint16_t *indices)
{
    const uint64_t *events;
    uint64_t at;
    if (i + 2u * AHEAD < block->n) {
        at = first + pylm__key_leaf(block->positions[i + 2u * AHEAD], block->leaf_bits);
        PYLM__PREFETCH(&input->heldout->first_event[at]);
        PYLM__PREFETCH(&input->of_blocks[at]);
    }
    if (i + AHEAD < block->n) {
        events = &input->heldout->first_event[first + pylm__key_leaf(block->positions[i + AHEAD], block->leaf_bits)];
        PYLM__PREFETCH(&input->heldout->means[events[0]]);
        PYLM__PREFETCH(&input->heldout->means[events[1]]);
        PYLM__PREFETCH(&indices[events[0]]);
    }
}

/* Evidence of a context at all symbols of a block that it stands before.
 *   first   the first symbol of the block, as a number among all held-out symbols */
static int context_evidence(const struct pylm__evidence_input *input, const struct context *context, uint64_t first,
                            struct pylm__evidence_work *block, struct pylm__evidence_out out)
{
    uint64_t i;
    for (i = context->from; i < context->to; i++) {
        uint64_t at = first + pylm__key_leaf(block->positions[i], block->leaf_bits);
        uint32_t leaf = pylm__key_leaf(input->of_blocks[at], block->leaf_bits);
        if (out.hits) {
            out.hits[at] = hits_of(context, leaf);
            continue;
        }
        fetch_ahead(input, first, block, i, out.indices);
        PYLM__TRY(symbol_evidence(input, context, at, leaf, &block->paths, out));
    }
    forget_paths(&block->paths);
    return PYLM_OK;
}

static int block_evidence(const struct pylm__evidence_input *input, uint64_t first, struct pylm__evidence_work *block,
                          struct pylm__evidence_out out, const pylm_task *task)
{
    uint64_t i = 0, n_all = input->sorted.n, seen = 0;
    struct context c = {
        0, 0, 0, block->leaf_bits, {input->sorted.keys, input->sorted.sums, 0, 0}, {block->own, NULL, 0, 0}};
    while (i < block->n) {
        uint64_t total;
        c.hash = block->own[i] >> c.leaf_bits;
        c.from = c.own.from = i;
        while (i < block->n && block->own[i] >> c.leaf_bits == c.hash)
            i++;
        c.to = i;
        c.own.to = block->keeps_own ? c.own.from : i;
        c.all.from = near_bound(c.all.keys, c.all.to, n_all, c.hash << c.leaf_bits);
        c.all.to = hash_end(c.all.keys, c.all.from, n_all, c.hash, c.leaf_bits);
        total = total_of(&c.all) - (c.own.to - c.own.from);
        if (!total || total < input->min_count)
            continue;
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        PYLM__TRY(context_evidence(input, &c, first, block, out));
    }
    return PYLM_OK;
}

/* Sorts the keys of each context; in `positions` those of a context are side by side. */
static int sort_own(struct pylm__evidence_work *block, const uint64_t *keys, const pylm_task *task)
{
    unsigned leaf_bits = block->leaf_bits;
    uint64_t i, j;
    for (i = 0; i < block->n; i = j) {
        for (j = i; j < block->n && block->positions[j] >> leaf_bits == block->positions[i] >> leaf_bits; j++)
            block->own[j] = keys[pylm__key_leaf(block->positions[j], leaf_bits)];
        PYLM__TRY(pylm__sort(block->own + i, block->scratch, j - i, task));
    }
    return PYLM_OK;
}

/* Sorts those of a block's n keys whose hashes are in the range, alone and with their positions. */
static int sort_block(struct pylm__evidence_work *block, const uint64_t *keys, uint64_t n,
                      struct pylm__hash_range range, const pylm_task *task)
{
    uint64_t i;
    for (block->n = i = 0; i < n; i++) {
        uint64_t hash = keys[i] >> block->leaf_bits;
        if (hash < range.from || hash >= range.to)
            continue;
        block->positions[block->n++] = hash << block->leaf_bits | i;
    }
    PYLM__TRY(pylm__sort(block->positions, block->scratch, block->n, task));
    return sort_own(block, keys, task);
}

/* Which of the blocks whose bits are set comes next: one that no other thread holds, if there is one. */
static uint32_t next_block(const struct pylm__heldout *heldout, uint32_t blocks)
{
    uint32_t b;
    for (b = 0; b < heldout->n_blocks; b++)
        if (blocks >> b & 1u && pylm__lock_is_free(heldout->locks, b))
            return b;
    for (b = 0; !(blocks >> b & 1u); b++)
        continue;
    return b;
}

int pylm__heldout_evidence(const struct pylm__evidence_input *input, struct pylm__evidence_out out,
                           struct pylm__evidence_work *work, const pylm_task *task)
{
    const struct pylm__heldout *heldout = input->heldout;
    uint64_t first[PYLM__MAX_BLOCKS + 1u] = {0};
    uint32_t b, blocks = pylm__mask(heldout->n_blocks);
    int status;
    for (b = 0; b < heldout->n_blocks; b++)
        first[b + 1u] = first[b] + heldout->ends[b] - heldout->begins[b];
    for (; blocks; blocks ^= UINT32_C(1) << b) {
        b = next_block(heldout, blocks);
        work->keeps_own = pylm__keeps_own(heldout, b);
        PYLM__TRY(sort_block(work, input->of_blocks + first[b], first[b + 1u] - first[b], input->range, task));
        pylm__lock(heldout->locks, b);
        status = block_evidence(input, first[b], work, out, task);
        pylm__unlock(heldout->locks, b);
        PYLM__TRY(status);
    }
    return PYLM_OK;
}
