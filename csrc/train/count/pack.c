/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pack.c: see pack.h. First every context becomes a record in a buffer and, if it has several successors, a list. When
 * all sizes are known, the fields get their widths, and the table is written from what is read again.
 */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#define CHECK_BITS 16u       /* fingerprint: an unknown context matches with a probability of at most 8 * 2^-16 */
#define CODED_CHECK_BITS 12u /* where size counts more; docs/ablations.md has what it costs */
#define EXACT_CHECK_BITS 32u /* the most that a record can have; with those of the bucket at most those of a key */
#define COUNT_BITS 4u        /* inline counts: 1 to 16 */
#define BUCKET_RECORDS 4u    /* records a bucket, on average: from this to twice this */
#define SLICE 65536u         /* contexts between two looks at the task */
#define READ_NBYTES 65536u   /* of records, at a time */

struct record {
    uint64_t hash;    /* as in a key */
    uint64_t payload; /* leaf and count, or position of a list */
    uint32_t total;
    uint32_t is_list;
};

struct pylm__packing {
    const struct pylm__symbol_tree *tree;
    struct pylm__packed *packed;
    struct pylm__buffer *lists;
    struct pylm__buffer records; /* struct record */
    uint32_t *leaves, *sums;     /* room for those of one context */
    unsigned symbol_bits;
    unsigned leaf_bits; /* of keys; the other bits are a hash */
};

static void put_context(struct pylm__packing *p, const struct pylm__list_entries *s, struct record *r)
{
    uint32_t i, code, max_code = 0;
    r->payload = p->lists->n;
    if (p->packed->form == PYLM__LIST_SPLITS) {
        r->is_list = s->n > 1u || r->total > 1u << COUNT_BITS;
        if (r->is_list)
            pylm__list_put(p->lists, s);
        else
            r->payload = s->leaves[0] | (uint64_t)(r->total - 1u) << p->symbol_bits;
        return;
    }
    for (i = 0; i < s->n; i++) {
        code = pylm__count_code(pylm__occurrences(s, i, i + 1u));
        max_code = code > max_code ? code : max_code;
    }
    r->is_list = (uint32_t)pylm__is_coded_list(s->n, max_code);
    if (r->is_list)
        pylm__coded_list_put(p->lists, s, max_code);
    else
        r->payload = s->leaves[0] | (uint64_t)max_code << p->symbol_bits;
}

int pylm__packing_add(struct pylm__packing *p, uint64_t hash, const uint32_t *leaves, const uint32_t *sums, uint32_t n)
{
    const struct pylm__list_entries successors = {p->tree, leaves, sums, n, p->symbol_bits};
    struct record r;
    r.hash = hash;
    r.total = sums[n - 1u];
    put_context(p, &successors, &r);
    pylm__buffer_bytes(&p->records, &r, sizeof r);
    return p->lists->status != PYLM_OK ? p->lists->status : p->records.status;
}

int pylm__packing_add_keys(struct pylm__packing *p, struct pylm__sorted_keys sorted, uint32_t min_count,
                           const pylm_task *task)
{
    unsigned leaf_bits = p->leaf_bits;
    uint64_t i = 0, seen = 0;
    while (i < sorted.n) {
        uint64_t hash = sorted.keys[i] >> leaf_bits;
        uint32_t n = 0, sum = 0;
        while (i < sorted.n && sorted.keys[i] >> leaf_bits == hash) {
            p->leaves[n] = pylm__key_leaf(sorted.keys[i], leaf_bits);
            p->sums[n++] = sum += pylm__sorted_take(&sorted, &i);
        }
        if (sum >= min_count)
            PYLM__TRY(pylm__packing_add(p, hash, p->leaves, p->sums, n));
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* ---- the table ---- */

/* Records, read again. Of those with the same bucket and fingerprint, only the most frequent one can be kept. */
struct records {
    struct pylm__reader reader;
    unsigned shift; /* of a hash: to bucket and fingerprint */
};

static int records_begin(struct records *records, const struct pylm__packing *p)
{
    records->shift = 64u - p->leaf_bits - p->packed->bucket_bits - p->packed->check_bits;
    return pylm__reader_begin(&records->reader, &p->records, READ_NBYTES);
}

static int take_record(struct records *records, struct record *r)
{
    if (pylm__reader_need(&records->reader, sizeof *r) < sizeof *r)
        return 0;
    memcpy(r, records->reader.data, sizeof *r);
    return 1;
}

/* The next one that is kept. Returns 0 behind the last. */
static int records_next(struct records *records, struct record *r)
{
    struct record other;
    if (!take_record(records, r))
        return 0;
    pylm__reader_skip(&records->reader, sizeof *r);
    while (take_record(records, &other) && other.hash >> records->shift == r->hash >> records->shift) {
        pylm__reader_skip(&records->reader, sizeof other);
        if (other.total > r->total)
            *r = other;
    }
    return 1;
}

static int count_records(const struct pylm__packing *p, uint64_t *n, const pylm_task *task)
{
    struct records records;
    struct record r;
    int status = records_begin(&records, p);
    for (*n = 0; status == PYLM_OK && records_next(&records, &r);)
        if (++*n % SLICE == 0 && pylm__task_cancelled(task))
            status = PYLM_ERR_CANCELLED;
    return pylm__reader_end(&records.reader, status);
}

static int put_records(const struct pylm__packing *p, struct pylm__packed *packed, const pylm_task *task)
{
    unsigned rest = 64u - p->leaf_bits - packed->bucket_bits;
    uint64_t bucket = 0, n = 0;
    struct records records;
    struct record r;
    int status = records_begin(&records, p);
    for (; status == PYLM_OK && records_next(&records, &r); n++) {
        for (; bucket <= r.hash >> rest; bucket++)
            pylm__buffer_bits(&packed->index, (uint32_t)n, packed->index_bits);
        pylm__buffer_bits(&packed->records, (uint32_t)(r.hash >> (rest - packed->check_bits)), packed->check_bits);
        pylm__buffer_bits(&packed->records, r.is_list, 1);
        pylm__buffer_bits64(&packed->records, r.payload, packed->payload_bits);
        if (n % SLICE == 0 && pylm__task_cancelled(task))
            status = PYLM_ERR_CANCELLED;
    }
    for (; bucket <= (uint64_t)1 << packed->bucket_bits; bucket++)
        pylm__buffer_bits(&packed->index, (uint32_t)n, packed->index_bits);
    return pylm__reader_end(&records.reader, status);
}

static int put_table(const struct pylm__packing *p, struct pylm__packed *packed, const pylm_task *task)
{
    PYLM__TRY(count_records(p, &packed->n_records, task));
    packed->index_bits = pylm__width((uint32_t)packed->n_records);
    PYLM__TRY(put_records(p, packed, task));
    pylm__buffer_drain(&packed->index);
    pylm__buffer_drain(&packed->records);
    pylm__buffer_drain(&packed->lists);
    return packed->index.status != PYLM_OK     ? packed->index.status
           : packed->records.status != PYLM_OK ? packed->records.status
                                               : packed->lists.status;
}

unsigned pylm__bucket_bits(uint64_t n_records)
{
    unsigned bits = 0;
    while (n_records >> bits >= 2u * BUCKET_RECORDS)
        bits++;
    return bits;
}

int pylm__table_fits(uint64_t n_records, uint64_t lists_nbytes)
{
    return n_records <= UINT32_MAX && !(lists_nbytes >> PYLM__MAX_LIST_BITS);
}

static void choose_widths(struct pylm__packed *packed, uint64_t n, uint64_t lists_nbytes, unsigned symbol_bits)
{
    unsigned hash_bits = 64u - (symbol_bits < PYLM__LEAST_LEAF_BITS ? PYLM__LEAST_LEAF_BITS : symbol_bits);
    unsigned list_bits = pylm__width64(lists_nbytes);
    packed->bucket_bits = pylm__bucket_bits(n);
    if (packed->bucket_bits + packed->check_bits > hash_bits)
        packed->check_bits = hash_bits - packed->bucket_bits;
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
                                          enum pylm__list_form form, int exact, struct pylm__packing_files files)
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
    p->leaf_bits = pylm__key_leaf_bits(tree->n_symbols);
    p->leaves = pylm__array_new(tree->n_symbols, sizeof *p->leaves);
    p->sums = pylm__array_new(tree->n_symbols, sizeof *p->sums);
    if (!p->leaves || !p->sums)
        p->lists->status = PYLM_ERR_MEMORY;
    if (files.tables && p->lists->status == PYLM_OK) {
        pylm__buffer_spill(&packed->index, files.tables);
        pylm__buffer_spill(&packed->records, files.tables);
        pylm__buffer_spill(&packed->lists, files.tables);
    }
    if (files.scratch && p->lists->status == PYLM_OK)
        pylm__buffer_spill(&p->records, files.scratch);
    if (p->lists->status == PYLM_OK)
        return p;
    (void)pylm__packing_end(p, PYLM_ERR_MEMORY, NULL);
    return NULL;
}

int pylm__packing_end(struct pylm__packing *p, int status, const pylm_task *task)
{
    uint64_t n;
    if (!p)
        return PYLM_ERR_MEMORY;
    pylm__buffer_drain(&p->records);
    n = p->records.n / sizeof(struct record);
    if (status == PYLM_OK)
        status = p->records.status;
    if (status == PYLM_OK && !pylm__table_fits(n, p->lists->n))
        status = PYLM_ERR_LARGE;
    if (status == PYLM_OK) {
        choose_widths(p->packed, n, p->lists->n, p->symbol_bits);
        pylm__buffer_trim(&p->packed->lists);
        status = put_table(p, p->packed, task);
    }
    pylm__buffer_free(&p->records);
    free(p->leaves);
    free(p->sums);
    free(p);
    return status;
}

void pylm__packed_free(struct pylm__packed *packed)
{
    pylm__buffer_free(&packed->index);
    pylm__buffer_free(&packed->records);
    pylm__buffer_free(&packed->lists);
}
