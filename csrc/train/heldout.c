/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout.c: see heldout.h.
 */
#include "heldout.h"

#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "sort.h"

#define ENOUGH_BYTES 1000000u  /* symbols held out; more gains little (DESIGN.md) */
#define ENOUGH_WORDS 300000u
#define SPARING 3u            /* for models of a given size, and layers */
#define MAX_BLOCK 131072u     /* symbols; keeps large corpora fast */
#define MIN_BLOCKS 2u
#define SLICE 1024u           /* contexts between two looks at the task */

static void choose_blocks(struct pylm__heldout *h, uint64_t n, uint64_t enough)
{
    uint64_t parts = n < PYLM__MAX_BLOCKS ? n : PYLM__MAX_BLOCKS, part, length;
    uint32_t i;
    length = n / parts < MAX_BLOCK ? n / parts : MAX_BLOCK;
    h->n_blocks = (uint32_t)((enough + length - 1u) / length < parts
                                 ? (enough + length - 1u) / length
                                 : parts);
    if (h->n_blocks < MIN_BLOCKS)
        h->n_blocks = parts < MIN_BLOCKS ? (uint32_t)parts : MIN_BLOCKS;
    for (i = 0; i < h->n_blocks; i++) {
        part = (2u * i + 1u) * parts / (2u * h->n_blocks);
        h->begins[i] = part * n / parts;
        h->ends[i] = (part + 1u) * n / parts;
        if (h->ends[i] - h->begins[i] > MAX_BLOCK)
            h->ends[i] = h->begins[i] + MAX_BLOCK;
        h->n_symbols += h->ends[i] - h->begins[i];
    }
}

/* Goes down to a leaf; writes the events from number `first` on, if there are arrays for them. Returns how
 * many. */
static uint64_t walk_path(const struct pylm__symbol_tree *tree, uint32_t leaf, struct pylm__fixed_sets before,
                          struct pylm__heldout *h, uint64_t first)
{
    uint32_t node = 0, lo = 0, hi = tree->n_symbols, mid;
    uint64_t n = 0;
    while (hi - lo > 1u) {
        mid = tree->mid[node];
        if (h) {
            h->node_sets[first + n] = (uint16_t)tree->set[node];
            h->previous[first + n] = (uint16_t)before.previous;
            h->before[first + n] = (uint16_t)before.before;
            h->side[first + n] = leaf >= mid;
        }
        n++;
        if (leaf >= mid) {
            node += mid - lo;
            lo = mid;
        } else {
            node++;
            hi = mid;
        }
    }
    return n;
}

/* The weight sets that the text before position p chooses: as pylm__context_previous() and _before() say. */
static struct pylm__fixed_sets place_before(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                                       uint64_t p)
{
    struct pylm__fixed_sets place = {0, 0, 0};
    uint32_t symbol;
    if (!p || pylm__corpus_starts_document(corpus, p))
        return place;
    symbol = pylm__symbol(corpus, p - 1u);
    place.previous = 1u + (tree->n_classes ? tree->class_of[tree->leaf_of[symbol]] : symbol);
    if (p < 2u || pylm__corpus_starts_document(corpus, p - 1u))
        return place;
    symbol = pylm__symbol(corpus, p - 2u);
    place.before = 1u + (tree->n_classes ? tree->coarse_of[tree->leaf_of[symbol]] : symbol);
    return place;
}

int pylm__heldout_choose(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                         const struct pylm__symbol_tree *tree, int sparing)
{
    const struct pylm__fixed_sets nowhere = {0, 0, 0};
    uint64_t enough = corpus->tokenizer == PYLM_TOKENIZER_BYTES ? ENOUGH_BYTES : ENOUGH_WORDS, p, at = 0;
    uint32_t b;
    memset(heldout, 0, sizeof *heldout);
    if (tree->n_sets > UINT16_MAX || pylm__tree_previous_sets(tree) > UINT16_MAX ||
        pylm__tree_before_sets(tree) > UINT16_MAX)
        return PYLM_ERR_LARGE;
    choose_blocks(heldout, corpus->n, sparing ? enough / SPARING : enough);
    heldout->first_event = pylm__array_new(heldout->n_symbols + 1u, sizeof *heldout->first_event);
    if (!heldout->first_event)
        return PYLM_ERR_MEMORY;
    for (b = 0; b < heldout->n_blocks; b++)
        for (p = heldout->begins[b]; p < heldout->ends[b]; p++) {
            heldout->first_event[at++] = heldout->n_events;
            heldout->n_events += walk_path(tree, tree->leaf_of[pylm__symbol(corpus, p)], nowhere, NULL, 0);
        }
    heldout->first_event[at] = heldout->n_events;
    heldout->node_sets = pylm__array_new(heldout->n_events, sizeof *heldout->node_sets);
    heldout->previous = pylm__array_new(heldout->n_events, sizeof *heldout->previous);
    heldout->before = pylm__array_new(heldout->n_events, sizeof *heldout->before);
    heldout->side = pylm__array_new(heldout->n_events, sizeof *heldout->side);
    heldout->means = pylm__array_new(heldout->n_events, sizeof *heldout->means);
    if (!heldout->node_sets || !heldout->previous || !heldout->before || !heldout->side || !heldout->means)
        return PYLM_ERR_MEMORY;
    for (b = 0, at = 0; b < heldout->n_blocks; b++)
        for (p = heldout->begins[b]; p < heldout->ends[b]; p++, at++)
            (void)walk_path(tree, tree->leaf_of[pylm__symbol(corpus, p)], place_before(corpus, tree, p), heldout,
                            heldout->first_event[at]);
    return PYLM_OK;
}

void pylm__heldout_free(struct pylm__heldout *heldout)
{
    free(heldout->first_event);
    free(heldout->node_sets);
    free(heldout->previous);
    free(heldout->before);
    free(heldout->side);
    free(heldout->means);
    free(heldout->below);
    memset(heldout, 0, sizeof *heldout);
}

/* Part of a sorted array of keys. */
struct range {
    const uint64_t *keys;
    const uint32_t *sums; /* occurrences of the keys up to each; NULL: once each */
    uint64_t from, to;
};

/* Occurrences of the keys before a place. */
static uint64_t rank(const struct range *r, uint64_t place)
{
    return !r->sums ? place : place ? r->sums[place - 1u] : 0u;
}

static uint64_t total_of(const struct range *r)
{
    return rank(r, r->to) - rank(r, r->from);
}

/* Where a range parts into keys below and from `key` on. Most ranges do not part. */
static uint64_t part(const struct range *r, uint64_t key)
{
    if (r->from == r->to || r->keys[r->to - 1u] < key)
        return r->to;
    if (r->keys[r->from] >= key)
        return r->from;
    return pylm__lower_bound(r->keys, r->from, r->to, key);
}

/* Whether all keys of a range that are not among the block's own are the same. */
static int is_single(const struct range *all, const struct range *own)
{
    uint64_t i = all->from, j = own->from, i_end, j_end;
    int n = 0;
    for (; i < all->to; i = i_end, j = j_end) {
        uint64_t key = all->keys[i];
        i_end = all->keys[all->to - 1u] == key ? all->to : pylm__lower_bound(all->keys, i, all->to, key + 1u);
        j_end = j < own->to && own->keys[own->to - 1u] == key ? own->to : pylm__lower_bound(own->keys, j, own->to, key + 1u);
        if (rank(all, i_end) - rank(all, i) > j_end - j && ++n > 1)
            return 0;
    }
    return 1;
}

static void narrow(struct range *r, uint64_t middle, int side)
{
    if (side)
        r->from = middle;
    else
        r->to = middle;
}

/* Evidence on the path to a leaf: the counts of a context in the whole text less those in the block, and what
 * they add to the means; both stay zero where there is none. */
static void follow_path(const struct pylm__symbol_tree *tree, uint64_t hash, uint32_t leaf,
                        struct range all, struct range own, uint16_t *indices, struct pylm__mean *parts)
{
    uint32_t node = 0, lo = 0, hi = tree->n_symbols;
    uint32_t unit = (uint32_t)((UINT64_C(1) << PYLM__UNIT_BITS) / (total_of(&all) - (own.to - own.from)));
    while (hi - lo > 1u && total_of(&all) > own.to - own.from) {
        uint32_t mid = tree->mid[node];
        int side = leaf >= mid;
        uint64_t key = hash << PYLM__LEAF_BITS | mid;
        uint64_t all_mid = part(&all, key), own_mid = part(&own, key);
        uint32_t n0 = (uint32_t)(rank(&all, all_mid) - rank(&all, all.from) - (own_mid - own.from));
        uint32_t n1 = (uint32_t)(rank(&all, all.to) - rank(&all, all_mid) - (own.to - own_mid));
        parts->left = n0 * unit;
        parts++->right = n1 * unit;
        if ((!n0 || !n1) && is_single(&all, &own))
            *indices++ = (uint16_t)pylm__calibration_single(n0 + n1, n1 > 0);
        else
            *indices++ = (uint16_t)pylm__calibration_index(n0, n1);
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

/* First place behind `from` whose key has a larger hash. */
static uint64_t hash_end(const uint64_t *keys, uint64_t from, uint64_t n, uint64_t hash)
{
    if (hash + 1u == (uint64_t)1 << PYLM__HASH_BITS)
        return n;
    return pylm__lower_bound(keys, from, n, (hash + 1u) << PYLM__LEAF_BITS);
}

void pylm__means_add(struct pylm__mean *means, const struct pylm__mean *parts, uint64_t n)
{
    uint64_t i;
    for (i = 0; i < n; i++) {
#ifdef _OPENMP
#pragma omp atomic
#endif
        means[i].left += parts[i].left;
#ifdef _OPENMP
#pragma omp atomic
#endif
        means[i].right += parts[i].right;
    }
}

/* The paths followed already from one context of a block: to the same leaf, the evidence is the same. */
struct paths {
    uint32_t *number;  /* by leaf: which path leads there, plus 1; 0: none yet */
    uint32_t *leaves;  /* by path */
    uint64_t *events;  /* by path: the first event that it was followed for */
    uint64_t *starts;  /* by path: where its parts begin */
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
    uint64_t n;         /* of the symbols of a block, those whose contexts are wanted */
    uint64_t *own;      /* their keys, sorted */
    uint64_t *places;   /* hash, then place in the block, sorted likewise */
    uint64_t *scratch;
    struct paths paths;
};

struct pylm__evidence_work *pylm__evidence_work_new(const struct pylm__symbol_tree *tree)
{
    struct pylm__evidence_work *work = pylm__array_new(1, sizeof *work);
    if (!work)
        return NULL;
    work->own = pylm__array_new(MAX_BLOCK, sizeof *work->own);
    work->places = pylm__array_new(MAX_BLOCK, sizeof *work->places);
    work->scratch = pylm__array_new(MAX_BLOCK, sizeof *work->scratch);
    work->paths.number = pylm__array_new(tree->n_symbols, sizeof *work->paths.number);
    work->paths.leaves = pylm__array_new(MAX_BLOCK, sizeof *work->paths.leaves);
    work->paths.events = pylm__array_new(MAX_BLOCK, sizeof *work->paths.events);
    work->paths.starts = pylm__array_new(MAX_BLOCK, sizeof *work->paths.starts);
    if (work->own && work->places && work->scratch && work->paths.number && work->paths.leaves &&
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
    free(work->places);
    free(work->scratch);
    free(work->paths.number);
    free(work->paths.leaves);
    free(work->paths.events);
    free(work->paths.starts);
    free(work->paths.parts);
    free(work);
}

/* Evidence of one context at one symbol of a block. */
static int symbol_evidence(const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree, uint64_t at,
                           uint32_t leaf, uint64_t hash, struct range all, struct range own, struct paths *paths,
                           uint16_t *indices)
{
    uint64_t event = heldout->first_event[at], n = heldout->first_event[at + 1u] - event;
    uint32_t path;
    if (paths->number[leaf]) {
        path = paths->number[leaf] - 1u;
        memcpy(indices + event, indices + paths->events[path], (size_t)n * sizeof *indices);
    } else {
        path = new_path(paths, leaf, event, n);
        if (path == UINT32_MAX)
            return PYLM_ERR_MEMORY;
        follow_path(tree, hash, leaf, all, own, indices + event, paths->parts + paths->starts[path]);
    }
    pylm__means_add(heldout->means + event, paths->parts + paths->starts[path], n);
    return PYLM_OK;
}

/* How many keys of a range have a leaf of a context. */
static uint32_t count_leaf(const struct range *r, uint64_t hash, uint32_t leaf)
{
    uint64_t key = hash << PYLM__LEAF_BITS | leaf, from = part(r, key);
    return (uint32_t)(rank(r, part(r, key + 1u)) - rank(r, from));
}

static struct pylm__hits hits_of(uint64_t hash, uint32_t leaf, const struct range *all, const struct range *own)
{
    struct pylm__hits hits;
    hits.all = (uint32_t)(total_of(all) - total_of(own));
    hits.hits = count_leaf(all, hash, leaf) - count_leaf(own, hash, leaf);
    return hits;
}

static int block_evidence(const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                          const uint64_t *of_blocks, uint64_t first, struct pylm__evidence_work *block, struct range all,
                          uint32_t min_count, struct pylm__wanted wanted, const pylm_task *task)
{
    uint64_t i = 0, j, n_all = all.to, seen = 0;
    struct range own = {NULL, NULL, 0, 0};
    own.keys = block->own;
    all.to = 0;
    while (i < block->n) {
        uint64_t hash = block->own[i] >> PYLM__LEAF_BITS, total;
        own.from = i;
        while (i < block->n && block->own[i] >> PYLM__LEAF_BITS == hash)
            i++;
        own.to = i;
        all.from = pylm__lower_bound(all.keys, all.to, n_all, hash << PYLM__LEAF_BITS);
        all.to = hash_end(all.keys, all.from, n_all, hash);
        total = total_of(&all) - (own.to - own.from);
        if (!total || total < min_count)
            continue;
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        for (j = own.from; j < own.to; j++) {
            uint64_t at = first + (block->places[j] & ((1u << PYLM__LEAF_BITS) - 1u));
            uint32_t leaf = (uint32_t)of_blocks[at] & ((1u << PYLM__LEAF_BITS) - 1u);
            if (wanted.hits)
                wanted.hits[at] = hits_of(hash, leaf, &all, &own);
            else
                PYLM__TRY(symbol_evidence(heldout, tree, at, leaf, hash, all, own, &block->paths, wanted.indices));
        }
        forget_paths(&block->paths);
    }
    return PYLM_OK;
}

/* Sorts those of a block's n keys whose hashes are in [from, to), alone and with their places. */
static int sort_block(struct pylm__evidence_work *block, const uint64_t *keys, uint64_t n, uint64_t from, uint64_t to,
                      const pylm_task *task)
{
    uint64_t i;
    for (block->n = i = 0; i < n; i++) {
        uint64_t hash = keys[i] >> PYLM__LEAF_BITS;
        if (hash < from || hash >= to)
            continue;
        block->own[block->n] = keys[i];
        block->places[block->n++] = hash << PYLM__LEAF_BITS | i;
    }
    PYLM__TRY(pylm__sort(block->own, block->scratch, block->n, task));
    return pylm__sort(block->places, block->scratch, block->n, task);
}

int pylm__heldout_evidence(const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                           struct pylm__sorted_keys sorted, const uint64_t *of_blocks, uint64_t from, uint64_t to,
                           uint32_t min_count, struct pylm__wanted wanted, struct pylm__evidence_work *work,
                           const pylm_task *task)
{
    struct range all = {sorted.keys, sorted.sums, 0, sorted.n};
    uint64_t first = 0, n;
    uint32_t b;
    for (b = 0; b < heldout->n_blocks; b++, first += n) {
        n = heldout->ends[b] - heldout->begins[b];
        PYLM__TRY(sort_block(work, of_blocks + first, n, from, to, task));
        PYLM__TRY(block_evidence(heldout, tree, of_blocks, first, work, all, min_count, wanted, task));
    }
    return PYLM_OK;
}
