/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sorted.c: see sorted.h. In the order of the text, each key stands beside the one of the base. They are parted by the
 * upper bits of the hash, so that a part fits a cache. There the keys are sorted, contexts listed, and the bases noted.
 */
#include "sorted.h"

#include <stdlib.h>
#include <string.h>

#include "train/base/sort.h"

#define PART_BITS 8u /* of the hash */
#define N_PARTS (1u << PART_BITS)
#define START_BITS 12u /* of the hash, behind those: contexts of a part are looked up by them */
#define MAX_INDEX_BITS 24u
#define INDEX_SHARE 4u /* keys for each start of an index */

/* What is there only while keys are sorted. */
struct sorting {
    struct pylm__sorted *s;
    const pylm_task *task;
    uint64_t *base_keys;
    uint64_t *parted, *base_parted; /* both in the order of the text, part by part */
    uint64_t ends[N_PARTS];
    uint32_t min_count;
    int is_constant; /* all contexts extend the same one */
};

uint64_t pylm__context_end(const uint64_t *keys, uint64_t from, uint64_t n, unsigned leaf_bits)
{
    uint64_t hash = keys[from] >> leaf_bits, next = (hash + 1u) << leaf_bits, step = 1;
    if (!next) /* the last hash of all */
        return n;
    while (step < n - from && keys[from + step] >> leaf_bits == hash)
        step *= 2u;
    n = step < n - from ? from + step : n;
    return pylm__lower_bound(keys, from + step / 2u, n, next);
}

/* ---- contexts and their bases ---- */

static void part(struct sorting *g)
{
    struct pylm__sorted *s = g->s;
    uint64_t i, sum = 0, here;
    memset(g->ends, 0, sizeof g->ends);
    for (i = 0; i < s->n; i++)
        g->ends[s->keys[i] >> (64u - PART_BITS)]++;
    for (i = 0; i < N_PARTS; i++) {
        here = g->ends[i];
        g->ends[i] = sum;
        sum += here;
    }
    for (i = 0; i < s->n; i++) { /* the beginning of each part becomes its end */
        uint64_t to = g->ends[s->keys[i] >> (64u - PART_BITS)]++;
        g->parted[to] = s->keys[i];
        if (g->base_parted)
            g->base_parted[to] = g->base_keys[i];
    }
}

/* Lists the contexts of the sorted keys [from, to). */
static void list_contexts(const struct sorting *g, uint64_t from, uint64_t to)
{
    struct pylm__sorted *s = g->s;
    uint64_t end;
    for (; from < to; from = end) {
        end = pylm__context_end(s->keys, from, to, s->leaf_bits);
        if (end - from < g->min_count)
            continue;
        s->contexts[s->n_contexts] = s->keys[from] >> s->leaf_bits;
        s->begins[s->n_contexts++] = (uint32_t)from;
    }
}

static uint32_t bucket_of(const struct pylm__sorted *s, uint64_t hash)
{
    return (uint32_t)(hash >> (64u - s->leaf_bits - PART_BITS - START_BITS)) & ((1u << START_BITS) - 1u);
}

/* Notes the bases of a part, whose contexts begin with number `first`. */
static void note_bases(const struct sorting *g, uint64_t from, uint64_t to, uint64_t first)
{
    const struct pylm__sorted *s = g->s;
    uint32_t starts[(1u << START_BITS) + 1u] = {0}, i;
    uint64_t c;
    for (c = first; c < s->n_contexts; c++)
        starts[bucket_of(s, s->contexts[c]) + 1u]++;
    for (i = 0; i < 1u << START_BITS; i++)
        starts[i + 1u] += starts[i];
    for (; from < to; from++) {
        uint64_t hash = g->parted[from] >> s->leaf_bits, end;
        uint32_t bucket = bucket_of(s, hash);
        end = first + starts[bucket + 1u];
        c = pylm__lower_bound(s->contexts, first + starts[bucket], end, hash);
        if (c < end && s->contexts[c] == hash)
            s->bases[c] = g->base_parted[from] >> s->leaf_bits;
    }
}

static int sort_parts(struct sorting *g)
{
    struct pylm__sorted *s = g->s;
    uint64_t from = 0, first, n;
    uint32_t i;
    for (i = 0; i < N_PARTS; i++, from += n) {
        n = g->ends[i] - from;
        first = s->n_contexts;
        if (n)
            memcpy(s->keys + from, g->parted + from, (size_t)n * sizeof *s->keys);
        PYLM__TRY(pylm__sort(s->keys + from, g->base_keys + from, n, g->task)); /* base_keys have been parted */
        list_contexts(g, from, from + n);
        if (g->base_parted && !g->is_constant)
            note_bases(g, from, from + n, first);
        else if (g->base_parted)
            for (; first < s->n_contexts; first++)
                s->bases[first] = g->base_parted[0] >> s->leaf_bits;
    }
    return PYLM_OK;
}

/* ---- the keys of the base ---- */

/* Keeps each of n sorted keys once. */
static int make_index(struct pylm__key_index *index, uint64_t n)
{
    uint64_t i, n_starts;
    index->sums = pylm__array_new(n, sizeof *index->sums);
    if (!index->sums)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < n; i++) {
        if (!i || index->keys[i] != index->keys[index->n - 1u])
            index->keys[index->n++] = index->keys[i];
        index->sums[index->n - 1u] = (uint32_t)(i + 1u);
    }
    while (index->start_bits < MAX_INDEX_BITS && index->n >> index->start_bits > INDEX_SHARE)
        index->start_bits++;
    n_starts = (uint64_t)1 << index->start_bits;
    index->starts = pylm__array_new(n_starts + 1u, sizeof *index->starts);
    if (!index->starts)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < index->n; i++)
        index->starts[(index->keys[i] >> index->leaf_bits >> (64u - index->leaf_bits - index->start_bits)) + 1u]++;
    for (i = 0; i < n_starts; i++)
        index->starts[i + 1u] += index->starts[i];
    return PYLM_OK;
}

void pylm__key_index_fetch_start(const struct pylm__key_index *index, uint64_t hash)
{
    PYLM__PREFETCH(&index->starts[hash >> (64u - index->leaf_bits - index->start_bits)]);
}

void pylm__key_index_fetch_keys(const struct pylm__key_index *index, uint64_t hash)
{
    uint32_t start = index->starts[hash >> (64u - index->leaf_bits - index->start_bits)];
    PYLM__PREFETCH(&index->keys[start]);
    PYLM__PREFETCH(&index->sums[start]);
}

struct pylm__key_range pylm__key_index_find(const struct pylm__key_index *index, uint64_t hash)
{
    unsigned leaf_bits = index->leaf_bits;
    uint64_t bucket = hash >> (64u - leaf_bits - index->start_bits), end = index->starts[bucket + 1u];
    struct pylm__key_range r = {index->keys, index->sums, 0, end};
    r.from = pylm__lower_bound(index->keys, index->starts[bucket], end, hash << leaf_bits);
    if ((hash + 1u) << leaf_bits)
        r.to = pylm__lower_bound(index->keys, r.from, end, (hash + 1u) << leaf_bits);
    return r;
}

/* ---- the whole ---- */

static int make(struct sorting *g, const struct pylm__contexts *contexts, uint32_t base,
                const struct pylm__heldout *heldout)
{
    struct pylm__sorted *s = g->s;
    int has_base = base != PYLM__NO_BASE;
    s->keys = pylm__array_new(s->n, sizeof *s->keys);
    g->base_keys = pylm__array_new(s->n, sizeof *g->base_keys);
    g->parted = pylm__array_new(s->n, sizeof *g->parted);
    s->of_blocks = pylm__array_new(heldout->n_symbols, sizeof *s->of_blocks);
    if (!s->keys || !g->base_keys || !g->parted || !s->of_blocks)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__keys_make(contexts, s->keys, base, has_base ? g->base_keys : NULL, g->task));
    pylm__keys_of_blocks(heldout, s->keys, s->of_blocks);
    if (has_base) {
        s->base_of_blocks = pylm__array_new(heldout->n_symbols, sizeof *s->base_of_blocks);
        g->base_parted = pylm__array_new(s->n, sizeof *g->base_parted);
        if (!s->base_of_blocks || !g->base_parted)
            return PYLM_ERR_MEMORY;
        pylm__keys_of_blocks(heldout, g->base_keys, s->base_of_blocks);
    }
    part(g);
    s->contexts = pylm__array_new(s->n / g->min_count, sizeof *s->contexts);
    s->begins = pylm__array_new(s->n / g->min_count, sizeof *s->begins);
    s->bases = pylm__array_new(has_base ? s->n / g->min_count : 0u, sizeof *s->bases);
    if (!s->contexts || !s->begins || !s->bases)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(sort_parts(g));
    free(g->parted);
    g->parted = NULL;
    if (!has_base)
        return PYLM_OK;
    PYLM__TRY(pylm__sort(g->base_parted, g->base_keys, s->n, g->task));
    free(g->base_keys);
    g->base_keys = NULL;
    s->base.keys = g->base_parted;
    g->base_parted = NULL;
    return make_index(&s->base, s->n);
}

int pylm__sorted_make(struct pylm__sorted *sorted, const struct pylm__contexts *contexts, uint32_t base,
                      const struct pylm__heldout *heldout, uint32_t min_count, const pylm_task *task)
{
    struct sorting g;
    int status;
    memset(sorted, 0, sizeof *sorted);
    memset(&g, 0, sizeof g);
    sorted->n = contexts->corpus->n;
    sorted->leaf_bits = sorted->base.leaf_bits = pylm__key_leaf_bits(contexts->tree->n_symbols);
    g.s = sorted;
    g.task = task;
    g.min_count = min_count ? min_count : 1u;
    g.is_constant = base != PYLM__NO_BASE && contexts->templates->of[base].kind == PYLM__KIND_NOTHING;
    status = make(&g, contexts, base, heldout);
    free(g.base_keys);
    free(g.parted);
    free(g.base_parted);
    return status;
}

void pylm__sorted_free(struct pylm__sorted *sorted)
{
    free(sorted->keys);
    free(sorted->contexts);
    free(sorted->bases);
    free(sorted->begins);
    free(sorted->base.keys);
    free(sorted->base.sums);
    free(sorted->base.starts);
    free(sorted->of_blocks);
    free(sorted->base_of_blocks);
}
