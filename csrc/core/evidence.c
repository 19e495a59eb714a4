/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence.c: see evidence.h. Nothing here trusts the tables: a position or count that cannot be is
 * clamped or taken as no evidence, so that a damaged image gives wrong numbers but no wrong access.
 */
#include "evidence.h"

#include "fixed.h"

/* log2(n + 1/4) in 1/65536 bit, up to a constant. */
static int32_t log2_of_count(uint32_t n)
{
    return (int32_t)pylm__log2((n < (UINT32_C(1) << 28) ? n : UINT32_C(1) << 28) * 4u + 1u);
}

uint32_t pylm__calibration_index(uint32_t n0, uint32_t n1)
{
    uint32_t total = n0 + n1 < n0 ? UINT32_MAX : n0 + n1;
    uint32_t octave, steps;
    int32_t apart;
    if (total <= PYLM__EXACT_TOTAL)
        return total * (total + 1u) / 2u + n1;
    octave = pylm__ilog2(total - 1u) - 3u;
    if (octave > PYLM__N_OCTAVES - 1u)
        octave = PYLM__N_OCTAVES - 1u;
    apart = log2_of_count(n1) - log2_of_count(n0);
    steps = ((uint32_t)(apart < 0 ? -apart : apart) + 16384u) >> 15;
    if (steps > PYLM__N_RATIOS / 2u)
        steps = PYLM__N_RATIOS / 2u;
    return PYLM__N_EXACT + octave * PYLM__N_RATIOS + PYLM__N_RATIOS / 2u + (apart < 0 ? 0u - steps : steps);
}

struct table {
    const uint8_t *index, *records, *lists;
    uint64_t lists_nbytes;
    uint32_t n_records;
    uint8_t bucket_bits, check_bits, count_bits, payload_bits, index_bits;
};

static void open_table(const uint8_t *image, const uint8_t *head, struct table *table)
{
    table->index = image + (size_t)pylm__load64(head + PYLM__C_INDEX);
    table->records = image + (size_t)pylm__load64(head + PYLM__C_RECORDS);
    table->lists = image + (size_t)pylm__load64(head + PYLM__C_LISTS);
    table->lists_nbytes = pylm__load64(head + PYLM__C_LISTS_NBYTES);
    table->n_records = pylm__load32(head + PYLM__C_N_RECORDS);
    table->bucket_bits = head[PYLM__C_BUCKET_BITS];
    table->check_bits = head[PYLM__C_CHECK_BITS];
    table->count_bits = head[PYLM__C_COUNT_BITS];
    table->payload_bits = head[PYLM__C_PAYLOAD_BITS];
    table->index_bits = head[PYLM__C_INDEX_BITS];
}

static uint64_t bucket_of(const struct table *table, uint64_t hash)
{
    return table->bucket_bits ? hash >> (64u - table->bucket_bits) : 0u;
}

/* Bit where the record of a context begins; UINT64_MAX if the table does not have it. */
static uint64_t find_record(const struct table *table, uint64_t hash)
{
    unsigned width = (unsigned)table->check_bits + 1u + table->payload_bits;
    uint64_t bucket = bucket_of(table, hash);
    uint32_t check = (uint32_t)(hash << table->bucket_bits >> (64u - table->check_bits));
    uint32_t i = pylm__bits(table->index, bucket * table->index_bits, table->index_bits);
    uint32_t end = pylm__bits(table->index, (bucket + 1u) * table->index_bits, table->index_bits);
    if (end > table->n_records)
        end = table->n_records;
    for (; i < end; i++) {
        uint64_t bit = (uint64_t)i * width;
        uint32_t seen = pylm__bits(table->records, bit, table->check_bits);
        if (seen >= check)
            return seen == check ? bit : UINT64_MAX;
    }
    return UINT64_MAX;
}

/* Reads what a nibble of 15 left out; 0 at the end of the lists. */
static uint32_t read_rest(const struct table *table, uint64_t *position)
{
    uint32_t value = 0, shift;
    for (shift = 0; shift < 32u && *position < table->lists_nbytes; shift += 7u) {
        uint8_t byte = table->lists[(size_t)(*position)++];
        value |= (uint32_t)(byte & 127u) << shift;
        if (byte < 128u)
            break;
    }
    return value;
}

/* Opens the list at a position. Returns 0 if it does not lie inside the lists. */
static int open_list(const struct table *table, uint64_t position, uint32_t n_leaves,
                     struct pylm__evidence *e)
{
    uint32_t first, repeats;
    uint64_t bits;
    if (position >= table->lists_nbytes)
        return 0;
    first = table->lists[(size_t)position++];
    e->n = (first & 15u) + 1u;
    repeats = first >> 4;
    if (e->n == 16u)
        e->n += read_rest(table, &position);
    if (repeats == 15u)
        repeats += read_rest(table, &position);
    if (e->n > n_leaves || repeats > UINT32_MAX - e->n)
        return 0;
    e->total = e->n + repeats;
    e->n_bits = (uint8_t)pylm__width(e->n - 1u);
    e->total_bits = (uint8_t)pylm__width(e->total - 1u);
    e->splits = (uint64_t)e->n * e->leaf_bits;
    bits = e->splits + (uint64_t)(e->n - 1u) * ((unsigned)e->n_bits + e->total_bits);
    if (bits > (table->lists_nbytes - position) * 8u)
        return 0;
    e->leaves = table->lists + (size_t)position;
    e->at = e->split = 0;
    e->first = pylm__bits(e->leaves, 0, e->leaf_bits);
    e->last = pylm__bits(e->leaves, (uint64_t)(e->n - 1u) * e->leaf_bits, e->leaf_bits);
    return 1;
}

/* Reads a record; returns 0 if it is not sane. */
static int read_record(const struct table *table, uint64_t bit, uint32_t n_leaves, struct pylm__evidence *e)
{
    uint32_t kind, payload;
    bit += table->check_bits;
    kind = pylm__bits(table->records, bit, 1);
    payload = pylm__bits(table->records, bit + 1u, table->payload_bits);
    if (kind)
        return open_list(table, payload, n_leaves, e);
    e->leaves = NULL;
    e->n = 1;
    e->first = e->last = payload & ((UINT32_C(1) << e->leaf_bits) - 1u);
    e->total = (payload >> e->leaf_bits) + 1u;
    return 1;
}

/* All addresses are computed and prefetched before any is read, so that the cache misses overlap. */
uint32_t pylm__evidence_find(const struct pylm__model *model, const struct pylm__tree *tree,
                             const struct pylm__state *state, uint64_t *hashes,
                             struct pylm__evidence *found)
{
    uint32_t k, n = 0;
    struct table table;
    pylm__context_hashes(tree, state, hashes);
    for (k = 0; k < tree->n_templates; k++) {
        open_table(model->image, pylm__template_head(tree, k), &table);
        PYLM__PREFETCH(table.index + (size_t)(bucket_of(&table, hashes[k]) * table.index_bits >> 3));
    }
    for (k = 0; k < tree->n_templates; k++) {
        unsigned width;
        uint32_t i;
        open_table(model->image, pylm__template_head(tree, k), &table);
        width = (unsigned)table.check_bits + 1u + table.payload_bits;
        i = pylm__bits(table.index, bucket_of(&table, hashes[k]) * table.index_bits, table.index_bits);
        PYLM__PREFETCH(table.records + (size_t)((uint64_t)(i < table.n_records ? i : 0u) * width >> 3));
    }
    for (k = 0; k < tree->n_templates; k++) {
        const uint8_t *head = pylm__template_head(tree, k);
        struct pylm__evidence *e = found + n;
        uint64_t bit;
        open_table(model->image, head, &table);
        if (!table.n_records) /* only the base of other templates */
            continue;
        bit = find_record(&table, hashes[k]);
        e->leaf_bits = tree->symbol_bits;
        if (bit == UINT64_MAX || !read_record(&table, bit, tree->n_symbols, e))
            continue;
        e->template_number = (uint8_t)k;
        e->role = head[PYLM__C_ROLE];
        e->sided_known = 0;
        n++;
    }
    return n;
}

void pylm__evidence_split(struct pylm__evidence *e)
{
    unsigned width = (unsigned)e->n_bits + e->total_bits;
    uint64_t bit = e->splits + (uint64_t)e->split * width;
    if (e->n < 2u) { /* only a damaged list has one successor and two ends */
        e->n_left = 1;
        e->total_left = e->total;
        return;
    }
    e->n_left = pylm__bits(e->leaves, bit, e->n_bits);
    e->total_left = pylm__bits(e->leaves, bit + e->n_bits, e->total_bits);
    if (e->n_left >= e->n)
        e->n_left = e->n - 1u;
    if (!e->n_left)
        e->n_left = 1;
    if (e->total_left > e->total)
        e->total_left = e->total;
}

int pylm__evidence_step(struct pylm__evidence *e, uint32_t mid, int side)
{
    if (e->last < mid)
        return !side;
    if (e->first >= mid)
        return side;
    e->sided_known = 0;
    if (e->n < 2u)
        return 0;
    if (side) {
        e->at += e->n_left;
        e->split += e->n_left;
        e->n -= e->n_left;
        e->total -= e->total_left;
        e->first = pylm__bits(e->leaves, (uint64_t)e->at * e->leaf_bits, e->leaf_bits);
    } else {
        e->split++;
        e->n = e->n_left;
        e->total = e->total_left;
        e->last = pylm__bits(e->leaves, (uint64_t)(e->at + e->n - 1u) * e->leaf_bits, e->leaf_bits);
    }
    return e->total > 0;
}
