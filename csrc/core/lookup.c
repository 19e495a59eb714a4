/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lookup.c: see lookup.h. Nothing here trusts the tables: a position or count that cannot be is
 * clamped or taken as no evidence, so that a damaged image gives wrong numbers but no wrong access.
 */
#include "lookup.h"

#include "evidence_coded.h"

static inline unsigned record_bits(const uint8_t *head)
{
    return head[PYLM__C_CHECK_BITS] + 1u + head[PYLM__C_PAYLOAD_BITS];
}

/* Where in the index a context's bucket is. */
static inline pylm__bit index_bit(const uint8_t *head, uint64_t hash)
{
    return (pylm__bit)pylm__hash_bucket(hash, head[PYLM__C_BUCKET_BITS]) * head[PYLM__C_INDEX_BITS];
}

/* The records of the bucket that is there: from the first to before the second. */
static inline struct pylm__pair bucket_at(const uint8_t *image, const uint8_t *head, pylm__bit bit)
{
    unsigned width = head[PYLM__C_INDEX_BITS];
    uint32_t n_records = pylm__load32(head + PYLM__C_N_RECORDS);
    struct pylm__pair records = pylm__pair(image + (size_t)pylm__load_offset(head + PYLM__C_INDEX), bit, width, width);
    if (PYLM__DAMAGED(records.second > n_records))
        records.second = n_records;
    return records;
}

/* Bit where the record of the context begins, behind its fingerprint; 0 if the bucket does not have it. */
static inline pylm__bit find_record(const uint8_t *image, const uint8_t *head, uint64_t hash, struct pylm__pair bucket)
{
    const uint8_t *records = image + (size_t)pylm__load_offset(head + PYLM__C_RECORDS);
    unsigned check_bits = head[PYLM__C_CHECK_BITS], width = record_bits(head);
    uint32_t check = pylm__hash_part(hash, head[PYLM__C_BUCKET_BITS]) >> (32u - check_bits);
    uint32_t i, seen, mask = pylm__mask(check_bits);
    pylm__bit bit = (pylm__bit)bucket.first * width;
    for (i = bucket.first; i < bucket.second; i++, bit += width) {
        seen = (check_bits <= PYLM__ONE_READ ? pylm__bits25(records, bit) : pylm__bits32(records, bit)) & mask;
        if (seen >= check)
            return seen == check ? bit + check_bits : 0u;
    }
    return 0;
}

uint32_t pylm__lookup_record(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t k,
                             const struct pylm__lookup *lookup)
{
    const uint8_t *head = pylm__template_head(tree, k);
    uint64_t hash = lookup->hashes[k];
    struct pylm__pair bucket = bucket_at(model->image, head, index_bit(head, hash));
    return (uint32_t)(find_record(model->image, head, hash, bucket) / record_bits(head));
}

/* ---- opening a list ---- */

/* The rest of the header of a list with splits, from its first byte on; returns 0 if the list does not lie inside. */
static inline int open_splits(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t k,
                              struct pylm__evidence *e, struct pylm__slices *s)
{
    uint32_t repeats = first >> 4, n = PYLM__AT(s, k, n);
    unsigned n_bits, total_bits;
    uint64_t bits;
    if (repeats == 15u)
        repeats += pylm__read_rest(&at, end);
    if (repeats > UINT32_MAX - n)
        return 0;
    n_bits = pylm__width(n - 1u);
    total_bits = pylm__width(n + repeats - 1u);
    PYLM__AT(e, k, n_mask) = pylm__mask(n_bits);
    PYLM__AT(e, k, total_mask) = pylm__mask(total_bits);
    PYLM__AT(e, k, total_at) = pylm__leaf_bits(e) + n_bits;
    PYLM__AT(e, k, split_bits) = PYLM__AT(e, k, total_at) + total_bits;
    bits = pylm__leaf_bits(e) + (uint64_t)(n - 1u) * PYLM__AT(e, k, split_bits); /* below 2^24 * (24 + 24 + 32) */
    if (bits > (uint64_t)(end - at) * 8u)
        return 0;
    if (PYLM__LANES > 1u && PYLM__AT(e, k, split_bits) > PYLM__WORD_BITS)
        e->rare |= UINT32_C(1) << k;
    PYLM__AT(e, k, list) = at;
    PYLM__AT(s, k, total) = n + repeats;
    PYLM__AT(s, k, first) = pylm__bits(at, 0, pylm__leaf_bits(e));
    PYLM__AT(s, k, at) = pylm__leaf_bits(e);
    return 1;
}

/* Opens the list that begins at PYLM__AT(e, k, list); returns 0 if it does not lie before `end`. */
static inline int open_list(const uint8_t *end, uint32_t n_leaves, uint32_t k, struct pylm__evidence *e,
                            struct pylm__slices *s)
{
    const uint8_t *at = PYLM__AT(e, k, list);
    uint32_t first = *at++, n = (first & 15u) + 1u;
    if (n == 16u)
        n += pylm__read_rest(&at, end);
    PYLM__AT(s, k, n) = n;
    if (PYLM__DAMAGED(n - 1u >= n_leaves))
        return 0;
    return pylm__is_coded(e) ? pylm__coded_open(first, at, end, k, e, s) : open_splits(first, at, end, k, e, s);
}

/* ---- looking up ---- */

/* Reads the record at a bit; a list's position is noted and its first bytes prefetched. Returns 0 if it does
 * not lie inside. */
static inline int read_record(const uint8_t *image, const uint8_t *head, pylm__bit bit, uint32_t k,
                              struct pylm__evidence *e, struct pylm__slices *s)
{
    const uint8_t *records = image + (size_t)pylm__load_offset(head + PYLM__C_RECORDS);
#if PYLM__WIDE_REGISTERS
    uint64_t record = pylm__word(records, bit);
    uint64_t payload = (record & (((uint64_t)2 << head[PYLM__C_PAYLOAD_BITS]) - 1u)) >> 1;
    int is_list = record & 1u;
#else
    struct pylm__pair record = pylm__pair(records, bit, 1, head[PYLM__C_PAYLOAD_BITS]);
    uint32_t payload = record.second;
    int is_list = (int)record.first;
#endif
    uint32_t count;
    if (is_list) {
        if (PYLM__DAMAGED(payload >= pylm__load_offset(head + PYLM__C_LISTS_NBYTES)))
            return 0;
        PYLM__AT(s, k, n) = 0; /* until it is opened */
        PYLM__AT(e, k, list) = image + (size_t)(pylm__load_offset(head + PYLM__C_LISTS) + (pylm__offset)payload);
        PYLM__PREFETCH(PYLM__AT(e, k, list));
        return 1;
    }
    count = (uint32_t)(payload >> pylm__leaf_bits(e));
    count = pylm__is_coded(e) ? pylm__coded_count(count & pylm__mask(PYLM__MAX_CODE_BITS)) : count + 1u;
    PYLM__AT(s, k, n) = 1;
    PYLM__AT(s, k, first) = PYLM__AT(s, k, right) = (uint32_t)payload & pylm__leaf_mask(e);
    PYLM__AT(s, k, total) = PYLM__DAMAGED(!count) ? 1u : count;
    return 1;
}

/* Whether the table of a context's base does not have that: then the context was not seen often enough, either, and
 * what might be found for it could only be another one's. Not so where some of it has been left out for size. */
static inline int base_is_missing(const struct pylm__tree *tree, const uint8_t *head, uint32_t k,
                                  const struct pylm__lookup *lookup)
{
    uint32_t base = head[PYLM__C_BASE];
    return !pylm__has_coded_lists(tree) && base < k && !(lookup->found >> base & 1u) &&
           pylm__load32(pylm__template_head(tree, base) + PYLM__C_N_RECORDS) > 0u;
}

/* Nothing is found yet. */
static inline void begin(const struct pylm__tree *tree, struct pylm__lookup *lookup, struct pylm__evidence *e,
                         struct pylm__slices *s)
{
    uint32_t k;
    e->calibration = tree->parts[PYLM__P_CALIBRATION];
    if (!PYLM_BYTES) {
        e->leaf_bits = tree->symbol_bits;
        e->leaf_mask = pylm__mask(tree->symbol_bits);
    }
    e->n_templates = tree->n_templates;
#if PYLM_MODULE_VOICE
    e->n_voice = pylm__has_voice(tree) ? tree->n_suffix : 0u;
#endif
    e->rare = e->lists = lookup->found = 0;
    e->coded = pylm__has_coded_lists(tree);
    for (k = 0; PYLM__LANES > 1u && k < pylm__stride(tree->n_templates);
         k++) { /* these are read together, found or not */
        PYLM__AT(e, k, list) = e->calibration;
        PYLM__AT(s, k, at) = 0;
    }
}

/* Opens what read_record() found. Returns 0 if that is damaged. */
static inline int open_found(const uint8_t *image, const uint8_t *head, uint32_t n_leaves, uint32_t k,
                             struct pylm__evidence *e, struct pylm__slices *s)
{
    const uint8_t *lists = image + (size_t)pylm__load_offset(head + PYLM__C_LISTS);
    const uint8_t *end = lists + (size_t)pylm__load_offset(head + PYLM__C_LISTS_NBYTES);
    if (PYLM__AT(s, k, n))
        return 1;
    if (open_list(end, n_leaves, k, e, s)) {
        if (PYLM__ABREAST > 1)
            e->lists |= UINT32_C(1) << k;
        else if (pylm__is_coded(e))
            pylm__coded_opened(e, s, k);
        return 1;
    }
    PYLM__AT(e, k, list) = e->calibration;
    PYLM__AT(s, k, at) = 0;
    return 0;
}

/* What it is, when it is open. */
static inline void opened(uint32_t k, struct pylm__evidence *e, struct pylm__slices *s)
{
    if (PYLM__ABREAST > 1 && pylm__is_coded(e) && (e->lists >> k & 1u))
        pylm__coded_opened(e, s, k);
    if (PYLM__LANES > 1u && PYLM__AT(s, k, total) > PYLM__LARGE_COUNT)
        e->rare |= UINT32_C(1) << k;
    PYLM__AT(e, k, unit) = (UINT32_C(1) << PYLM__UNIT_BITS) / PYLM__AT(s, k, total);
}

#if PYLM__ABREAST > 1
void pylm__lookup_index(const struct pylm__model *model, const struct pylm__tree *tree, const struct pylm__state *state,
                        struct pylm__lookup *lookup)
{
    const uint8_t *head = pylm__template_head(tree, 0);
    uint32_t k;
    pylm__context_hashes(tree, state, pylm__factor(model), lookup->hashes);
    for (k = 0; k < tree->n_templates; k++, head += PYLM__C_NBYTES) {
        lookup->bits[k] = index_bit(head, lookup->hashes[k]);
        PYLM__PREFETCH(model->image + (size_t)(pylm__load_offset(head + PYLM__C_INDEX) + (lookup->bits[k] >> 3)));
    }
}

void pylm__lookup_buckets(const struct pylm__model *model, const struct pylm__tree *tree, struct pylm__lookup *lookup)
{
    const uint8_t *head = pylm__template_head(tree, 0);
    uint32_t k;
    for (k = 0; k < tree->n_templates; k++, head += PYLM__C_NBYTES) {
        struct pylm__pair bucket = bucket_at(model->image, head, lookup->bits[k]);
        lookup->buckets[k] = bucket;
        if (bucket.first < bucket.second)
            PYLM__PREFETCH(model->image + (size_t)(pylm__load_offset(head + PYLM__C_RECORDS) +
                                                   ((pylm__bit)bucket.first * record_bits(head) >> 3)));
    }
}

void pylm__lookup_records(const struct pylm__model *model, const struct pylm__tree *tree, struct pylm__lookup *lookup,
                          struct pylm__evidence *e, struct pylm__slices *s)
{
    const uint8_t *head = pylm__template_head(tree, 0);
    uint32_t k;
    begin(tree, lookup, e, s);
    for (k = 0; k < tree->n_templates; k++, head += PYLM__C_NBYTES) {
        pylm__bit bit;
        if (base_is_missing(tree, head, k, lookup))
            continue;
        bit = find_record(model->image, head, lookup->hashes[k], lookup->buckets[k]);
        if (bit && read_record(model->image, head, bit, k, e, s))
            lookup->found |= UINT32_C(1) << k;
    }
}

void pylm__lookup_lists(const struct pylm__model *model, const struct pylm__tree *tree, struct pylm__lookup *lookup,
                        struct pylm__evidence *e, struct pylm__slices *s)
{
    uint32_t k = 0, left;
    for (left = lookup->found; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        if (!open_found(model->image, pylm__template_head(tree, k), pylm__n_leaves(tree), k, e, s))
            lookup->found &= ~(UINT32_C(1) << k);
    }
}

void pylm__lookup_ends(const struct pylm__lookup *lookup, struct pylm__evidence *e, struct pylm__slices *s)
{
    uint32_t k = 0, left;
    for (left = lookup->found; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        opened(k, e, s);
    }
    e->rare &= lookup->found;
}

void pylm__look_up(const struct pylm__model *model, const struct pylm__tree *tree, const struct pylm__state *state,
                   struct pylm__lookup *lookup, struct pylm__evidence *e, struct pylm__slices *s)
{
    pylm__lookup_index(model, tree, state, lookup);
    pylm__lookup_buckets(model, tree, lookup);
    pylm__lookup_records(model, tree, lookup, e, s);
    pylm__lookup_lists(model, tree, lookup, e, s);
    pylm__lookup_ends(lookup, e, s);
}
#else
/* Where nothing is waited for, a context after the other. */
void pylm__look_up(const struct pylm__model *model, const struct pylm__tree *tree, const struct pylm__state *state,
                   struct pylm__lookup *lookup, struct pylm__evidence *e, struct pylm__slices *s)
{
    const uint8_t *head = pylm__template_head(tree, 0);
    uint32_t k, damaged = 0;
    pylm__context_hashes(tree, state, pylm__factor(model), lookup->hashes);
    begin(tree, lookup, e, s);
    for (k = 0; k < tree->n_templates; k++, head += PYLM__C_NBYTES) {
        uint64_t hash = lookup->hashes[k];
        pylm__bit bit;
        if (base_is_missing(tree, head, k, lookup))
            continue;
        bit = find_record(model->image, head, hash, bucket_at(model->image, head, index_bit(head, hash)));
        if (!bit || !read_record(model->image, head, bit, k, e, s))
            continue;
        lookup->found |= UINT32_C(1) << k;
        if (open_found(model->image, head, pylm__n_leaves(tree), k, e, s))
            opened(k, e, s);
        else
            damaged |= UINT32_C(1) << k;
    }
    lookup->found &= ~damaged;
}
#endif
