/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pack.c: see pack.h. First every context becomes a record in memory and, if it has several successors, a list. When
 * all sizes are known, the fields get their widths, and the table is written.
 */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "core/evidence_coded.h"
#include "key.h"

#define CHECK_BITS 16u       /* fingerprint: an unknown context matches with a probability of at most 8 * 2^-16 */
#define CODED_CHECK_BITS 12u /* where size counts more; docs/ablations.md has what it costs */
#define EXACT_CHECK_BITS 32u /* the most that a record can have; with those of the bucket at most PYLM__HASH_BITS */
#define COUNT_BITS 4u        /* inline counts: 1 to 16 */
#define BUCKET_RECORDS 4u    /* records a bucket, on average: from this to twice this */
#define SLICE 65536u         /* contexts between two looks at the task */

struct record {
    uint64_t hash;    /* PYLM__HASH_BITS bits */
    uint32_t payload; /* leaf and count, or position of a list */
    uint32_t total;
    int is_list;
};

struct pylm__packing {
    const struct pylm__symbol_tree *tree;
    struct pylm__packed *packed;
    struct pylm__buffer *lists;
    struct record *records;
    uint64_t n_records, capacity;
    const uint32_t *leaves, *sums;   /* of one context: successors, and occurrences up to each */
    uint32_t *own_leaves, *own_sums; /* room for them */
    unsigned symbol_bits;
};

static void put_rest(struct pylm__buffer *lists, uint32_t value)
{
    while (value >= 128u) {
        pylm__buffer_bits(lists, (value & 127u) | 128u, 8);
        value >>= 7;
    }
    pylm__buffer_bits(lists, value, 8);
}

static uint32_t rest_nbytes(uint32_t value)
{
    uint32_t nbytes = 1;
    while (value >>= 7)
        nbytes++;
    return nbytes;
}

/* Occurrences of successors [from, to). */
static uint32_t occurrences(const struct pylm__packing *p, uint32_t from, uint32_t to)
{
    return p->sums[to - 1u] - (from ? p->sums[from - 1u] : 0u);
}

struct slice {
    uint32_t from, to;     /* successors */
    uint32_t node, lo, hi; /* a subtree that holds them */
};

/* The splits of a list in preorder. A split is at the node where the successors of its slice part. */
struct splits {
    const struct pylm__symbol_tree *tree;
    const uint32_t *leaves;
    struct slice stack[PYLM__MAX_DEPTH + 1u];
    uint32_t depth, least; /* slices that wait; successors of a slice that has a split */
    struct slice s;        /* the slice of the split */
    uint32_t middle;       /* its first successor on the right */
};

static void splits_begin(struct splits *w, const struct pylm__symbol_tree *tree, const uint32_t *leaves, uint32_t n,
                         uint32_t least)
{
    const struct slice all = {0, n, 0, 0, tree->n_symbols};
    w->tree = tree;
    w->leaves = leaves;
    w->stack[0] = all;
    w->depth = 1;
    w->least = least;
}

/* Of coded lists, only the long slices have splits. */
static void long_splits_begin(struct splits *w, const struct pylm__symbol_tree *tree, const uint32_t *leaves,
                              uint32_t n)
{
    splits_begin(w, tree, leaves, n, pylm__coded_short(pylm__width(tree->n_symbols - 1u)) + 1u);
}

/* Goes down from a slice to the node where it parts. */
static void find_split(struct splits *w)
{
    struct slice *s = &w->s;
    uint32_t n, middle, mid;
    for (;;) {
        mid = w->tree->mid[s->node];
        if (w->leaves[s->to - 1u] < mid) {
            s->node++;
            s->hi = mid;
        } else if (w->leaves[s->from] >= mid) {
            s->node += mid - s->lo;
            s->lo = mid;
        } else {
            break;
        }
    }
    for (middle = s->to - s->from, n = s->from; middle > 1u;) { /* the last successor left of mid */
        uint32_t half = middle / 2u;
        if (w->leaves[n + half] < mid)
            n += half;
        middle -= half;
    }
    w->middle = n + 1u;
}

/* The next split; 0: there is none. */
static int splits_next(struct splits *w)
{
    struct slice *s = &w->s;
    uint32_t mid;
    do {
        if (!w->depth)
            return 0;
        *s = w->stack[--w->depth];
    } while (s->to - s->from < w->least);
    find_split(w);
    mid = w->tree->mid[s->node];
    w->stack[w->depth].from = w->middle;
    w->stack[w->depth].to = s->to;
    w->stack[w->depth].node = s->node + mid - s->lo;
    w->stack[w->depth].lo = mid;
    w->stack[w->depth++].hi = s->hi;
    w->stack[w->depth].from = s->from;
    w->stack[w->depth].to = w->middle;
    w->stack[w->depth].node = s->node + 1u;
    w->stack[w->depth].lo = s->lo;
    w->stack[w->depth++].hi = mid;
    return 1;
}

static void put_splits(struct pylm__packing *p, uint32_t n, unsigned n_bits, unsigned total_bits)
{
    struct splits w;
    for (splits_begin(&w, p->tree, p->leaves, n, 2); splits_next(&w);) {
        pylm__buffer_bits(p->lists, p->leaves[w.middle], p->symbol_bits);
        pylm__buffer_bits(p->lists, w.middle - w.s.from, n_bits);
        pylm__buffer_bits(p->lists, occurrences(p, w.s.from, w.middle), total_bits);
    }
}

static void put_list(struct pylm__packing *p, uint32_t n)
{
    uint32_t total = p->sums[n - 1u], repeats = total - n;
    uint32_t low = n - 1u < 15u ? n - 1u : 15u, high = repeats < 15u ? repeats : 15u;
    pylm__buffer_bits(p->lists, low | high << 4, 8);
    if (low == 15u)
        put_rest(p->lists, n - 16u);
    if (high == 15u)
        put_rest(p->lists, repeats - 15u);
    pylm__buffer_bits(p->lists, p->leaves[0], p->symbol_bits);
    put_splits(p, n, pylm__width(n - 1u), pylm__width(total - 1u));
    pylm__buffer_flush(p->lists);
}

/* ---- coded lists ---- */

uint32_t pylm__count_code(uint32_t count)
{
    uint32_t code = 0;
    while (code < PYLM__MAX_CODE && count - 1u >= (pylm__coded_count(code) + pylm__coded_count(code + 1u)) / 2u)
        code++;
    return code;
}

static int is_coded_list(uint32_t n, uint32_t max_code)
{
    return n > 1u || max_code >> COUNT_BITS;
}

uint32_t pylm__coded_n_splits(const struct pylm__symbol_tree *tree, const uint32_t *leaves, uint32_t n)
{
    struct splits w;
    uint32_t n_splits = 0;
    for (long_splits_begin(&w, tree, leaves, n); splits_next(&w);)
        n_splits++;
    return n_splits;
}

uint64_t pylm__coded_list_nbytes(const struct pylm__coded_list *list, unsigned symbol_bits)
{
    uint32_t n = list->n;
    unsigned total_bits = pylm__width(list->total);
    uint64_t bits = (uint64_t)n * (symbol_bits + pylm__width(list->max_code)), nbytes = 1;
    if (!is_coded_list(n, list->max_code))
        return 0;
    if (list->n_splits) {
        nbytes += rest_nbytes(list->total) + 1u;
        bits += (uint64_t)list->n_splits * (pylm__width(n - 1u) + total_bits + pylm__width(list->n_splits - 1u));
    }
    if (n > 15u)
        nbytes += rest_nbytes(n - 16u);
    return nbytes + (bits + 7u) / 8u;
}

static void put_long_splits(struct pylm__packing *p, uint32_t n, uint32_t n_splits, unsigned total_bits)
{
    unsigned skip_bits = pylm__width(n_splits - 1u), n_bits = pylm__width(n - 1u);
    struct splits w, left;
    uint32_t skip;
    long_splits_begin(&left, p->tree, p->leaves, n);
    for (long_splits_begin(&w, p->tree, p->leaves, n); splits_next(&w);) {
        left.stack[0] = w.stack[w.depth - 1u];
        left.depth = 1;
        for (skip = 0; splits_next(&left); skip++)
            continue;
        pylm__buffer_bits(p->lists, skip, skip_bits);
        pylm__buffer_bits(p->lists, w.middle - w.s.from, n_bits);
        pylm__buffer_bits(p->lists, occurrences(p, w.s.from, w.middle), total_bits);
    }
}

/* All counts are ones that a code stands for. */
static void put_coded(struct pylm__packing *p, uint32_t n, uint32_t max_code)
{
    unsigned width = pylm__width(max_code), total_bits = pylm__width(p->sums[n - 1u]);
    uint32_t i, low = n - 1u < 15u ? n - 1u : 15u, n_splits = pylm__coded_n_splits(p->tree, p->leaves, n);
    pylm__buffer_bits(p->lists, low | width << 4, 8);
    if (low == 15u)
        put_rest(p->lists, n - 16u);
    if (n_splits) {
        put_rest(p->lists, p->sums[n - 1u]);
        pylm__buffer_bits(p->lists, pylm__width(n_splits - 1u), 8);
    }
    for (i = 0; i < n; i++)
        pylm__buffer_bits(p->lists, p->leaves[i], p->symbol_bits);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(p->lists, pylm__count_code(occurrences(p, i, i + 1u)), width);
    if (n_splits)
        put_long_splits(p, n, n_splits, total_bits);
    pylm__buffer_flush(p->lists);
}

/* ---- contexts ---- */

static void put_context(struct pylm__packing *p, struct record *r, uint32_t n)
{
    uint32_t i, code, max_code = 0;
    r->payload = (uint32_t)p->lists->n;
    if (p->packed->form == PYLM__LIST_SPLITS) {
        r->is_list = n > 1u || r->total > 1u << COUNT_BITS;
        if (r->is_list)
            put_list(p, n);
        else
            r->payload = p->leaves[0] | (r->total - 1u) << p->symbol_bits;
        return;
    }
    for (i = 0; i < n; i++) {
        code = pylm__count_code(occurrences(p, i, i + 1u));
        max_code = code > max_code ? code : max_code;
    }
    r->is_list = is_coded_list(n, max_code);
    if (r->is_list)
        put_coded(p, n, max_code);
    else
        r->payload = p->leaves[0] | max_code << p->symbol_bits;
}

int pylm__packing_add(struct pylm__packing *p, uint64_t hash, const uint32_t *leaves, const uint32_t *sums, uint32_t n)
{
    struct record *r;
    if (p->n_records == p->capacity) {
        uint64_t capacity = 2u * p->capacity + 1024u;
        struct record *records = pylm__array_grow(p->records, capacity, sizeof *records);
        if (!records)
            return PYLM_ERR_MEMORY;
        p->records = records;
        p->capacity = capacity;
    }
    if (p->n_records >= UINT32_MAX || p->lists->n >= UINT32_MAX)
        return PYLM_ERR_LARGE;
    p->leaves = leaves;
    p->sums = sums;
    r = &p->records[p->n_records++];
    r->hash = hash;
    r->total = sums[n - 1u];
    put_context(p, r, n);
    return p->lists->status;
}

int pylm__packing_add_keys(struct pylm__packing *p, const uint64_t *keys, uint64_t n, uint32_t min_count,
                           const pylm_task *task)
{
    uint32_t *leaves = p->own_leaves, *sums = p->own_sums;
    uint64_t i = 0, j, seen = 0;
    while (i < n) {
        uint64_t hash = keys[i] >> PYLM__LEAF_BITS, begin = i;
        uint32_t n_leaves = 0;
        for (; i < n && keys[i] >> PYLM__LEAF_BITS == hash; i = j, n_leaves++) {
            for (j = i; j < n && keys[j] == keys[i]; j++)
                continue;
            leaves[n_leaves] = (uint32_t)keys[i] & PYLM__LEAF_MASK;
            sums[n_leaves] = (uint32_t)(j - begin);
        }
        if (i - begin >= min_count)
            PYLM__TRY(pylm__packing_add(p, hash, leaves, sums, n_leaves));
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* Of contexts with the same bucket and fingerprint, only the most frequent one can be kept. */
static void drop_indistinct(struct pylm__packing *p, unsigned bits_kept)
{
    uint64_t i, n = 0;
    unsigned shift = PYLM__HASH_BITS - bits_kept;
    for (i = 0; i < p->n_records; i++) {
        struct record *last = n ? &p->records[n - 1u] : NULL;
        if (!last || last->hash >> shift != p->records[i].hash >> shift)
            p->records[n++] = p->records[i];
        else if (p->records[i].total > last->total)
            *last = p->records[i];
    }
    p->n_records = n;
}

static void put_table(struct pylm__packing *p, struct pylm__packed *packed)
{
    uint64_t i, bucket, next = 0, n_buckets;
    unsigned rest = PYLM__HASH_BITS - packed->bucket_bits;
    packed->n_records = p->n_records;
    packed->index_bits = pylm__width((uint32_t)p->n_records);
    n_buckets = (uint64_t)1 << packed->bucket_bits;
    for (i = bucket = 0; bucket <= n_buckets; bucket++) {
        while (next < p->n_records && p->records[next].hash >> rest < bucket)
            next++;
        pylm__buffer_bits(&packed->index, (uint32_t)next, packed->index_bits);
    }
    for (; i < p->n_records; i++) {
        const struct record *r = &p->records[i];
        pylm__buffer_bits(&packed->records, (uint32_t)(r->hash >> (rest - packed->check_bits)), packed->check_bits);
        pylm__buffer_bits(&packed->records, (uint32_t)r->is_list, 1);
        pylm__buffer_bits(&packed->records, r->payload, packed->payload_bits);
    }
    pylm__buffer_flush(&packed->index);
    pylm__buffer_flush(&packed->records);
}

unsigned pylm__bucket_bits(uint64_t n_records)
{
    unsigned bits = 0;
    while (n_records >> bits >= 2u * BUCKET_RECORDS)
        bits++;
    return bits;
}

static void choose_widths(struct pylm__packed *packed, uint64_t n, uint64_t lists_nbytes, unsigned symbol_bits)
{
    unsigned list_bits = pylm__width((uint32_t)lists_nbytes);
    packed->bucket_bits = pylm__bucket_bits(n);
    if (packed->bucket_bits + packed->check_bits > PYLM__HASH_BITS)
        packed->check_bits = PYLM__HASH_BITS - packed->bucket_bits;
    packed->count_bits = COUNT_BITS;
    packed->payload_bits = symbol_bits + COUNT_BITS;
    if (list_bits > packed->payload_bits)
        packed->payload_bits = list_bits;
}

uint64_t pylm__coded_table_nbytes(uint64_t n_records, uint64_t lists_nbytes, unsigned symbol_bits)
{
    struct pylm__packed packed;
    uint64_t index;
    packed.check_bits = CODED_CHECK_BITS;
    choose_widths(&packed, n_records, lists_nbytes, symbol_bits);
    index = (((uint64_t)1 << packed.bucket_bits) + 1u) * pylm__width((uint32_t)n_records);
    return (index + 7u) / 8u + (n_records * (packed.check_bits + 1u + packed.payload_bits) + 7u) / 8u + lists_nbytes;
}

struct pylm__packing *pylm__packing_begin(struct pylm__packed *packed, const struct pylm__symbol_tree *tree,
                                          enum pylm__list_form form, int exact, struct pylm__spill *spill)
{
    struct pylm__packing *p = pylm__array_new(1, sizeof *p);
    memset(packed, 0, sizeof *packed);
    packed->form = form;
    packed->check_bits = form == PYLM__LIST_CODED ? CODED_CHECK_BITS : exact ? EXACT_CHECK_BITS : CHECK_BITS;
    if (!p)
        return NULL;
    p->packed = packed;
    p->tree = tree;
    p->lists = &packed->lists;
    p->symbol_bits = pylm__width(tree->n_symbols - 1u);
    p->own_leaves = pylm__array_new(tree->n_symbols, sizeof *p->own_leaves);
    p->own_sums = pylm__array_new(tree->n_symbols, sizeof *p->own_sums);
    if (!p->own_leaves || !p->own_sums)
        p->lists->status = PYLM_ERR_MEMORY;
    if (spill && p->lists->status == PYLM_OK) {
        pylm__buffer_spill(&packed->index, spill);
        pylm__buffer_spill(&packed->records, spill);
        pylm__buffer_spill(&packed->lists, spill);
    }
    if (p->lists->status == PYLM_OK)
        return p;
    (void)pylm__packing_end(p, PYLM_ERR_MEMORY);
    return NULL;
}

int pylm__packing_end(struct pylm__packing *p, int status)
{
    if (!p)
        return PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        struct pylm__packed *packed = p->packed;
        choose_widths(packed, p->n_records, p->lists->n, p->symbol_bits);
        drop_indistinct(p, packed->bucket_bits + packed->check_bits);
        pylm__buffer_trim(&packed->lists);
        put_table(p, packed);
        pylm__buffer_drain(&packed->index);
        pylm__buffer_drain(&packed->records);
        pylm__buffer_drain(&packed->lists);
        status = packed->index.status != PYLM_OK     ? packed->index.status
                 : packed->records.status != PYLM_OK ? packed->records.status
                                                     : packed->lists.status;
    }
    free(p->records);
    free(p->own_leaves);
    free(p->own_sums);
    free(p);
    return status;
}

void pylm__packed_free(struct pylm__packed *packed)
{
    pylm__buffer_free(&packed->index);
    pylm__buffer_free(&packed->records);
    pylm__buffer_free(&packed->lists);
}
