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

/* Occurrences of successors [from, to). */
static uint32_t occurrences(const struct pylm__packing *p, uint32_t from, uint32_t to)
{
    return p->sums[to - 1u] - (from ? p->sums[from - 1u] : 0u);
}

struct slice {
    uint32_t from, to;     /* successors */
    uint32_t node, lo, hi; /* a subtree that holds them */
};

/* Writes the splits of a list in preorder. A split is at the node where the successors of its slice part. */
static void put_splits(struct pylm__packing *p, uint32_t n, unsigned n_bits, unsigned total_bits)
{
    struct slice stack[PYLM__MAX_DEPTH + 1u], s = {0, n, 0, 0, p->tree->n_symbols};
    uint32_t depth = 0, middle, mid;
    for (;;) {
        if (s.to - s.from < 2u) {
            if (!depth)
                return;
            s = stack[--depth];
            continue;
        }
        mid = p->tree->mid[s.node];
        if (p->leaves[s.to - 1u] < mid) {
            s.node++;
            s.hi = mid;
            continue;
        }
        if (p->leaves[s.from] >= mid) {
            s.node += mid - s.lo;
            s.lo = mid;
            continue;
        }
        for (middle = s.to - s.from, n = s.from; middle > 1u;) { /* the last successor left of mid */
            uint32_t half = middle / 2u;
            if (p->leaves[n + half] < mid)
                n += half;
            middle -= half;
        }
        middle = n + 1u;
        pylm__buffer_bits(p->lists, p->leaves[middle], p->symbol_bits);
        pylm__buffer_bits(p->lists, middle - s.from, n_bits);
        pylm__buffer_bits(p->lists, occurrences(p, s.from, middle), total_bits);
        stack[depth].from = middle;
        stack[depth].to = s.to;
        stack[depth].node = s.node + mid - s.lo;
        stack[depth].lo = mid;
        stack[depth++].hi = s.hi;
        s.to = middle;
        s.node++;
        s.hi = mid;
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

static unsigned coded_sum_bits(uint32_t n, uint32_t max_code, uint32_t total)
{
    return n > PYLM__SUMMED && max_code ? pylm__width(total) : 0u;
}

static int is_coded_list(uint32_t n, uint32_t max_code)
{
    return n > 1u || max_code >> COUNT_BITS;
}

uint64_t pylm__coded_list_nbytes(uint32_t n, uint32_t max_code, uint32_t total, unsigned symbol_bits)
{
    unsigned sum_bits = coded_sum_bits(n, max_code, total);
    uint64_t bits = (uint64_t)n * (symbol_bits + pylm__width(max_code)), nbytes = 1u + (sum_bits > 0);
    uint32_t rest;
    if (!is_coded_list(n, max_code))
        return 0;
    bits += (uint64_t)((n - 1u) / PYLM__SUMMED) * sum_bits;
    for (rest = n > 15u ? n - 16u : 0u; n > 15u; rest >>= 7) {
        nbytes++;
        if (rest < 128u)
            break;
    }
    return nbytes + (bits + 7u) / 8u;
}

/* All counts are ones that a code stands for. */
static void put_coded(struct pylm__packing *p, uint32_t n, uint32_t max_code)
{
    unsigned width = pylm__width(max_code), sum_bits = coded_sum_bits(n, max_code, p->sums[n - 1u]);
    uint32_t i, low = n - 1u < 15u ? n - 1u : 15u;
    pylm__buffer_bits(p->lists, low | width << 4, 8);
    if (low == 15u)
        put_rest(p->lists, n - 16u);
    if (sum_bits)
        pylm__buffer_bits(p->lists, sum_bits, 8);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(p->lists, p->leaves[i], p->symbol_bits);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(p->lists, pylm__count_code(occurrences(p, i, i + 1u)), width);
    for (i = PYLM__SUMMED; sum_bits && i < n; i += PYLM__SUMMED)
        pylm__buffer_bits(p->lists, p->sums[i - 1u], sum_bits);
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
