/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence.c: see evidence.h. Nothing here trusts the tables: a position or count that cannot be is
 * clamped or taken as no evidence, so that a damaged image gives wrong numbers but no wrong access.
 */
#include "evidence.h"

static uint64_t bucket_of(const uint8_t *head, uint64_t hash)
{
    unsigned bits = head[PYLM__C_BUCKET_BITS];
    return bits ? hash >> (64u - bits) : 0u;
}

/* Where the records of a context's bucket are; prefetches the first. */
static void find_bucket(const uint8_t *image, const uint8_t *head, uint64_t hash, struct pylm__lookup *look)
{
    const uint8_t *index = image + (size_t)pylm__load64(head + PYLM__C_INDEX);
    unsigned width = head[PYLM__C_INDEX_BITS];
    uint64_t bit = bucket_of(head, hash) * width;
    uint32_t n_records = pylm__load32(head + PYLM__C_N_RECORDS);
    look->check_bits = head[PYLM__C_CHECK_BITS];
    look->check = (uint32_t)(hash << head[PYLM__C_BUCKET_BITS] >> (64u - look->check_bits));
    look->payload_bits = head[PYLM__C_PAYLOAD_BITS];
    look->records = image + (size_t)pylm__load64(head + PYLM__C_RECORDS);
    look->at = pylm__bits(index, bit, width);
    look->end = pylm__bits(index, bit + width, width);
    if (look->end > n_records)
        look->end = n_records;
    if (look->at < look->end)
        PYLM__PREFETCH(look->records +
                       (size_t)((uint64_t)look->at * (look->check_bits + 1u + look->payload_bits) >> 3));
}

/* Bit where the record of the context begins, behind its fingerprint; 0 if the bucket does not have it. */
static uint64_t find_record(const struct pylm__lookup *look)
{
    unsigned width = look->check_bits + 1u + look->payload_bits;
    uint64_t bit = (uint64_t)look->at * width;
    uint32_t i, seen, mask = pylm__mask(look->check_bits);
    for (i = look->at; i < look->end; i++, bit += width) {
        seen = (uint32_t)pylm__word(look->records, bit) & mask;
        if (seen >= look->check)
            return seen == look->check ? bit + look->check_bits : 0u;
    }
    return 0;
}

/* Reads what a nibble of 15 left out; what there is of it at the end of the lists. */
static uint32_t read_rest(const uint8_t **at, const uint8_t *end)
{
    uint32_t value = 0, shift;
    for (shift = 0; shift < 32u && *at < end; shift += 7u) {
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 127u) << shift;
        if (byte < 128u)
            break;
    }
    return value;
}

/* Occurrences of the first i successors of a coded list. */
static uint32_t coded_sum(const struct pylm__evidence *e, uint32_t i)
{
    uint32_t n_sums = i ? (i - 1u) / PYLM__SUMMED : 0u, at = n_sums * PYLM__SUMMED, sum = 0;
    if (!e->n_bits)
        return i;
    if (n_sums)
        sum = pylm__bits(e->leaves, e->sums + (n_sums - 1u) * e->split_bits, e->split_bits);
    for (; at < i; at++) {
        uint32_t code = pylm__bits(e->leaves, e->splits + at * e->n_bits, e->n_bits);
        sum += pylm__coded_count(code & pylm__mask(PYLM__MAX_CODE_BITS));
    }
    return sum;
}

struct pylm__split pylm__evidence_coded_split(const struct pylm__evidence *e, uint32_t mid)
{
    uint32_t left = 1, right = e->n; /* the where the first successor right of mid is */
    struct pylm__split split;
    while (left + 1u < right) {
        uint32_t middle = left + (right - left) / 2u;
        if (pylm__bits(e->leaves, (e->at + middle - 1u) * e->leaf_bits, e->leaf_bits) < mid)
            left = middle;
        else
            right = middle;
    }
    split.n_left = left;
    split.total_left = coded_sum(e, e->at + left) - e->before;
    return split;
}

/* The rest of a coded list's header, from its first byte on; returns 0 if the list does not lie inside. */
static int open_coded(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t n_leaves,
                      struct pylm__evidence *e)
{
    uint32_t n_sums;
    uint64_t bits;
    if (e->n > n_leaves)
        return 0;
    e->n_bits = (uint8_t)(first >> 4 & 7u);
    n_sums = e->n_bits ? (e->n - 1u) / PYLM__SUMMED : 0u;
    e->split_bits = 0;
    if (n_sums) {
        if (at == end || *at > 32u)
            return 0;
        e->split_bits = *at++;
    }
    e->splits = e->n * e->leaf_bits; /* all below 2^24 * (24 + 7 + 2) */
    e->sums = e->splits + e->n * e->n_bits;
    bits = e->sums + (uint64_t)n_sums * e->split_bits;
    if (bits > (uint64_t)(end - at) * 8u)
        return 0;
    e->leaves = at;
    e->total = coded_sum(e, e->n);
    return e->total > 0;
}

/* Likewise for a list with splits. */
static int open_splits(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t n_leaves,
                       struct pylm__evidence *e)
{
    uint32_t repeats = first >> 4;
    uint64_t bits;
    if (repeats == 15u)
        repeats += read_rest(&at, end);
    if (e->n > n_leaves || repeats > UINT32_MAX - e->n)
        return 0;
    e->total = e->n + repeats;
    e->n_bits = (uint8_t)pylm__width(e->n - 1u);
    e->split_bits = (uint8_t)(e->n_bits + pylm__width(e->total - 1u));
    e->n_mask = pylm__mask(e->n_bits);
    e->total_mask = pylm__mask((unsigned)e->split_bits - e->n_bits);
    e->splits = e->n * e->leaf_bits; /* below 2^24 * 24 */
    bits = e->splits + (uint64_t)(e->n - 1u) * e->split_bits;
    if (bits > (uint64_t)(end - at) * 8u)
        return 0;
    e->leaves = at;
    return 1;
}

/* Opens the list at `at`; returns 0 if it does not lie inside the lists, which end at `end`. */
static int open_list(const uint8_t *at, const uint8_t *end, uint32_t n_leaves, struct pylm__evidence *e)
{
    uint32_t first = *at++;
    e->n = (first & 15u) + 1u;
    if (e->n == 16u)
        e->n += read_rest(&at, end);
    if (!(e->coded ? open_coded : open_splits)(first, at, end, n_leaves, e))
        return 0;
    e->at = e->split = e->before = 0;
    e->first = pylm__bits(e->leaves, 0, e->leaf_bits);
    e->edge = (e->n - 1u) * e->leaf_bits;
    e->stale = 1;
    PYLM__PREFETCH(e->leaves + (e->edge >> 3));
    PYLM__PREFETCH(e->leaves + (e->splits >> 3));
    return 1;
}

/* Reads the record at a bit; a list's position is noted and its first bytes prefetched. */
static void read_record(const uint8_t *image, const uint8_t *head, const struct pylm__lookup *look,
                        uint64_t bit, struct pylm__evidence *e)
{
    uint32_t payload = pylm__bits(look->records, bit + 1u, look->payload_bits);
    e->leaves = NULL;
    e->stale = 0;
    if (pylm__bits(look->records, bit, 1)) {
        e->n = payload < pylm__load64(head + PYLM__C_LISTS_NBYTES) ? 2u : 0u; /* until it is opened */
        e->leaves = image + (size_t)(pylm__load64(head + PYLM__C_LISTS) + payload);
        if (e->n)
            PYLM__PREFETCH(e->leaves);
    } else {
        e->n = 1;
        e->first = e->last = payload & ((UINT32_C(1) << e->leaf_bits) - 1u);
        e->total = payload >> e->leaf_bits;
        e->total = e->coded ? pylm__coded_count(e->total & pylm__mask(PYLM__MAX_CODE_BITS)) : e->total + 1u;
        e->total += !e->total; /* damaged */
    }
}

/* In four rounds, so that the cache misses of all templates overlap: compute and prefetch the addresses
 * of the index entries; read them, prefetch the records; read these, prefetch the lists; open them. */
uint32_t pylm__evidence_find(const struct pylm__model *model, const struct pylm__tree *tree,
                             const struct pylm__state *state, uint64_t *hashes, struct pylm__lookup *looks,
                             struct pylm__evidence *found)
{
    const uint8_t *image = model->image, *head;
    uint32_t k, i, n = 0, kept = 0;
    pylm__context_hashes(tree, state, hashes);
    for (k = 0; k < tree->n_templates; k++) {
        head = pylm__template_head(tree, k);
        PYLM__PREFETCH(image + (size_t)(pylm__load64(head + PYLM__C_INDEX) +
                                        (bucket_of(head, hashes[k]) * head[PYLM__C_INDEX_BITS] >> 3)));
    }
    for (k = 0; k < tree->n_templates; k++)
        find_bucket(image, pylm__template_head(tree, k), hashes[k], &looks[k]);
    for (k = 0; k < tree->n_templates; k++) {
        uint64_t bit = find_record(&looks[k]);
        if (!bit)
            continue;
        head = pylm__template_head(tree, k);
        found[n].template_number = (uint8_t)k;
        found[n].role = head[PYLM__C_ROLE];
        found[n].leaf_bits = tree->symbol_bits;
        found[n].calibration = tree->calibration + (size_t)k * PYLM__N_CALIBRATION * 2u;
        found[n].is_suffix = k < tree->n_suffix;
        found[n].selects = found[n].is_suffix || found[n].role != PYLM__ROLE_NONE;
        found[n].level = 0;
        found[n].digits = 0;
        found[n].coded = head[PYLM__C_LIST_FORM] == PYLM__LIST_CODED;
        read_record(image, head, &looks[k], bit, &found[n]);
        n += found[n].n > 0;
    }
    for (i = 0; i < n; i++) {
        struct pylm__evidence *e = &found[i];
        if (e->leaves) {
            head = pylm__template_head(tree, e->template_number);
            if (!open_list(e->leaves,
                           image + (size_t)(pylm__load64(head + PYLM__C_LISTS) +
                                            pylm__load64(head + PYLM__C_LISTS_NBYTES)),
                           tree->n_symbols, e))
                continue;
        }
        pylm__evidence_set_total(e, e->total);
        e->unit = (UINT32_C(1) << PYLM__UNIT_BITS) / e->total;
        if (kept != i)
            found[kept] = *e;
        kept++;
    }
    return kept;
}
