/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * successors.c: see successors.h.
 */
#include "successors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence_coded.h"
#include "train/base/sort.h"

/* Average bits of a successor in a list besides its leaf: code and sums; of a list: header and padding; of a record:
 * fingerprint, kind, inline count and index. */
#define SUCCESSOR_BITS 2.0
#define LIST_BITS 12.0
#define RECORD_BITS 20.0

int pylm__successors_new(struct pylm__successors *s, struct pylm__kept *kept, uint32_t n_symbols)
{
    memset(s, 0, sizeof *s);
    memset(kept, 0, sizeof *kept);
    s->leaves = pylm__array_new(n_symbols, sizeof *s->leaves);
    s->counts = pylm__array_new(n_symbols, sizeof *s->counts);
    s->gains = pylm__array_new(n_symbols, sizeof *s->gains);
    kept->leaves = pylm__array_new(n_symbols, sizeof *kept->leaves);
    kept->sums = pylm__array_new(n_symbols, sizeof *kept->sums);
    return s->leaves && s->counts && s->gains && kept->leaves && kept->sums ? PYLM_OK : PYLM_ERR_MEMORY;
}

void pylm__successors_free(struct pylm__successors *s, struct pylm__kept *kept)
{
    free(s->leaves);
    free(s->counts);
    free(s->gains);
    free(kept->leaves);
    free(kept->sums);
}

void pylm__successors_collect(struct pylm__successors *s, const struct pylm__key_range *all,
                              const struct pylm__key_range *own)
{
    uint64_t i = all->from, j = own->from, begin;
    s->n = s->total = 0;
    while (i < all->to) {
        uint64_t key = all->keys[i], n;
        for (begin = i; i < all->to && all->keys[i] == key; i++)
            continue;
        n = i - begin;
        for (; j < own->to && own->keys[j] == key; j++)
            n--;
        if (!n)
            continue;
        s->leaves[s->n] = (uint32_t)key & PYLM__LEAF_MASK;
        s->counts[s->n++] = (uint32_t)n;
        s->total += (uint32_t)n;
    }
}

/* The first position of a range whose key is not less, searched from the start in growing steps. */
static uint64_t skip_to(const struct pylm__key_range *r, uint64_t key)
{
    uint64_t step = 1, left = r->to - r->from;
    while (step < left && r->keys[r->from + step] < key)
        step *= 2u;
    return pylm__lower_bound(r->keys, r->from + (step / 2u < left ? step / 2u : left),
                             r->from + (step < left ? step : left), key);
}

/* Occurrences of all keys of a range. */
static uint64_t range_total(const struct pylm__key_range *r)
{
    if (!r->sums || r->from == r->to)
        return r->to - r->from;
    return r->sums[r->to - 1u] - (r->from ? r->sums[r->from - 1u] : 0u);
}

/* How often a key occurs in a range. The range starts behind it then: keys are looked up in ascending order. */
static uint64_t count_key(struct pylm__key_range *r, uint64_t key)
{
    uint64_t begin = r->from = skip_to(r, key);
    if (r->sums) {
        if (begin == r->to || r->keys[begin] != key)
            return 0;
        r->from++;
        return r->sums[begin] - (begin ? r->sums[begin - 1u] : 0u);
    }
    r->from = skip_to(r, key + 1u);
    return r->from - begin;
}

void pylm__successors_gains(struct pylm__successors *s, const struct pylm__key_range *base,
                            const struct pylm__key_range *base_own, double discount)
{
    struct pylm__key_range all = *base, own = *base_own;
    uint64_t hash;
    double scale;
    uint32_t i;
    if (base->from == base->to) { /* happens only if the hashes of two contexts are the same */
        s->n = 0;
        return;
    }
    hash = base->keys[base->from] >> PYLM__LEAF_BITS;
    scale = (double)(range_total(base) - range_total(base_own)) / s->total;
    for (i = 0; i < s->n; i++) {
        uint64_t key = hash << PYLM__LEAF_BITS | s->leaves[i];
        double b = (double)(count_key(&all, key) - count_key(&own, key)), c = s->counts[i] - discount;
        b = b < s->counts[i] ? s->counts[i] : b;
        s->gains[i] = c > 0 ? c * log2(c * scale / b) : 0.0;
    }
}

void pylm__successors_gains_alone(struct pylm__successors *s, const uint8_t *depths)
{
    uint32_t i;
    for (i = 0; i < s->n; i++)
        s->gains[i] = s->counts[i] * (log2((double)s->counts[i] / s->total) + depths[s->leaves[i]]);
}

static void keep(struct pylm__kept *kept, uint32_t leaf, uint32_t count)
{
    uint32_t code = pylm__count_code(count);
    kept->leaves[kept->n] = leaf;
    kept->sums[kept->n] = (kept->n ? kept->sums[kept->n - 1u] : 0u) + pylm__coded_count(code);
    kept->max_code = code > kept->max_code ? code : kept->max_code;
    kept->n++;
}

void pylm__successors_prune(const struct pylm__successors *s, uint32_t level, unsigned symbol_bits,
                            struct pylm__kept *kept)
{
    double price = exp2(0.5 * level - 6.5), left = 0;
    double least = level ? price * (symbol_bits + SUCCESSOR_BITS) : -HUGE_VAL;
    double single, record = price * (symbol_bits + RECORD_BITS);
    uint32_t i, best = 0;
    kept->n = kept->max_code = 0;
    if (level == PYLM__PRICE_NOTHING)
        return;
    for (i = 0; i < s->n; i++) {
        best = s->gains[i] > s->gains[best] ? i : best;
        if (s->gains[i] >= least) {
            keep(kept, s->leaves[i], s->counts[i]);
            left += s->gains[i] - least;
        }
    }
    if (!level || !s->n)
        return;
    left -= record + price * LIST_BITS;
    single = s->gains[best] - record; /* the best successor only, within the record */
    if (left < single || left < 0) {
        kept->n = kept->max_code = 0;
        if (single >= 0)
            keep(kept, s->leaves[best], s->counts[best]);
    }
}
