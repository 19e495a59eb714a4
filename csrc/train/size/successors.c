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
#define MANY 64u /* occurrences that are never left out */

int pylm__successors_new(struct pylm__successors *s, uint32_t n_symbols)
{
    memset(s, 0, sizeof *s);
    s->leaf_bits = pylm__key_leaf_bits(n_symbols);
    s->leaves = pylm__array_new(n_symbols, sizeof *s->leaves);
    s->counts = pylm__array_new(n_symbols, sizeof *s->counts);
    s->gains = pylm__array_new(n_symbols, sizeof *s->gains);
    s->worth = pylm__array_new(n_symbols, sizeof *s->worth);
    s->ranked = pylm__array_new(n_symbols, sizeof *s->ranked);
    return s->leaves && s->counts && s->gains && s->worth && s->ranked ? PYLM_OK : PYLM_ERR_MEMORY;
}

void pylm__successors_free(struct pylm__successors *s)
{
    free(s->leaves);
    free(s->counts);
    free(s->gains);
    free(s->worth);
    free(s->ranked);
}

int pylm__kept_new(struct pylm__kept *kept, uint32_t n_symbols)
{
    memset(kept, 0, sizeof *kept);
    kept->leaves = pylm__array_new(n_symbols, sizeof *kept->leaves);
    kept->sums = pylm__array_new(n_symbols, sizeof *kept->sums);
    return kept->leaves && kept->sums ? PYLM_OK : PYLM_ERR_MEMORY;
}

void pylm__kept_free(struct pylm__kept *kept)
{
    free(kept->leaves);
    free(kept->sums);
}

void pylm__prices_find(struct pylm__prices *prices, unsigned symbol_bits)
{
    uint32_t level;
    for (level = 0; level < PYLM__N_PRICES; level++) {
        double price = exp2(0.5 * level - 6.5);
        prices->least[level] = level ? price * (symbol_bits + SUCCESSOR_BITS) : -HUGE_VAL;
        prices->record[level] = price * (symbol_bits + RECORD_BITS);
        prices->list[level] = price * LIST_BITS;
    }
}

/* The first position of a range whose key is not less, searched from the start in growing steps. */
static uint64_t skip_keys(const struct pylm__key_range *r, uint64_t key)
{
    uint64_t step = 1, left = r->to - r->from;
    while (step < left && r->keys[r->from + step] < key)
        step *= 2u;
    return pylm__lower_bound(r->keys, r->from + (step / 2u < left ? step / 2u : left),
                             r->from + (step < left ? step : left), key);
}

/* How many of a context's keys have a leaf. The range begins behind them then: leaves are looked up in ascending
 * order. */
static uint32_t take_own(struct pylm__key_range *own, uint32_t leaf, unsigned leaf_bits)
{
    uint64_t key, begin;
    if (own->from == own->to)
        return 0;
    key = own->keys[own->from] >> leaf_bits << leaf_bits | leaf;
    begin = own->from = skip_keys(own, key);
    own->from = skip_keys(own, key + 1u);
    return (uint32_t)(own->from - begin);
}

static void collect(struct pylm__successors *s, const struct pylm__followers *all, const struct pylm__key_range *own,
                    uint32_t min_n)
{
    struct pylm__key_range left = *own;
    uint32_t i;
    s->n = 0;
    for (i = 0; i < all->n; i++) {
        uint32_t n = all->of[i].n;
        if (n < min_n)
            continue;
        n -= take_own(&left, all->of[i].leaf, s->leaf_bits);
        if (n < min_n)
            continue;
        s->leaves[s->n] = all->of[i].leaf;
        s->counts[s->n++] = n;
    }
}

static uint32_t total_without(const struct pylm__followers *all, const struct pylm__key_range *own)
{
    return all->total - (uint32_t)(own->to - own->from);
}

/* The fewest occurrences that can save so many bits. The base has no fewer.
 *   scale   occurrences of the base for each of the context */
static uint32_t fewest(double scale, double discount, double least)
{
    uint32_t n = 1;
    while (n < MANY && (n - discount) * log2((n - discount) * scale / n) < least)
        n++;
    return n;
}

/* The first follower from `from` on whose leaf is not less, searched in growing steps. */
static uint32_t skip_to(const struct pylm__followers *f, uint32_t from, uint32_t leaf)
{
    uint32_t step = 1, to;
    while (step < f->n - from && f->of[from + step].leaf < leaf)
        step *= 2u;
    to = step < f->n - from ? from + step : f->n;
    from += step / 2u < f->n - from ? step / 2u : f->n - from;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2u;
        if (f->of[middle].leaf < leaf)
            from = middle + 1u;
        else
            to = middle;
    }
    return from;
}

/* How often a leaf followed. *from becomes where larger ones are: leaves are looked up in ascending order. */
static uint32_t take_follower(const struct pylm__followers *f, uint32_t *from, uint32_t leaf)
{
    uint32_t at = leaf; /* where it would be if all leaves were there */
    if (at < *from || at >= f->n || f->of[at].leaf != leaf)
        at = *from = skip_to(f, *from, leaf);
    if (at >= f->n || f->of[at].leaf != leaf)
        return 0;
    *from = at + 1u;
    return f->of[at].n;
}

void pylm__successors_find(struct pylm__successors *s, const struct pylm__gain_input *in)
{
    struct pylm__key_range own = *in->base_own;
    double scale;
    uint32_t i, from = 0;
    s->total = total_without(in->all, in->own);
    scale = (double)total_without(in->base, in->base_own) / s->total;
    collect(s, in->all, in->own, fewest(scale, in->discount, in->least));
    for (i = 0; i < s->n; i++) {
        double b = (double)take_follower(in->base, &from, s->leaves[i]) - take_own(&own, s->leaves[i], s->leaf_bits),
               c = s->counts[i] - in->discount;
        b = b < s->counts[i] ? s->counts[i] : b;
        s->gains[i] = c > 0 ? c * log2(c * scale / b) : 0.0;
    }
}

void pylm__successors_find_alone(struct pylm__successors *s, const struct pylm__followers *all,
                                 const struct pylm__key_range *own, const uint8_t *depths)
{
    uint32_t i;
    s->total = total_without(all, own);
    collect(s, all, own, 1);
    for (i = 0; i < s->n; i++)
        s->gains[i] = s->counts[i] * (log2((double)s->counts[i] / s->total) + depths[s->leaves[i]]);
}

/* The levels, from 1 on, at which keeping a list is better than keeping the best successor, and than nothing. */
static uint32_t find_list_end(const struct pylm__successors *s, const struct pylm__prices *prices, double best)
{
    const double *gains = s->gains;
    uint32_t level, i, n = s->n, n_worth;
    for (level = 1; level < PYLM__PRICE_NOTHING; level++, gains = s->worth, n = n_worth) {
        double least = prices->least[level], left = 0;
        if (best < least)
            break;
        for (n_worth = i = 0; i < n; i++)
            if (gains[i] >= least) {
                left += gains[i] - least;
                s->worth[n_worth++] = gains[i];
            }
        left -= prices->record[level] + prices->list[level];
        if (left < best - prices->record[level] || left < 0)
            break;
    }
    return level;
}

static uint8_t find_last_level(const struct pylm__prices *prices, double gain)
{
    uint8_t level = 0;
    while (level + 1u < PYLM__PRICE_NOTHING && gain >= prices->least[level + 1u])
        level++;
    return level;
}

struct pylm__ranked pylm__successors_rank(struct pylm__successors *s, const struct pylm__prices *prices,
                                          uint32_t lowest)
{
    struct pylm__ranked ranked = {s->ranked, 0, 0, 0};
    uint32_t i, best = 0;
    if (!s->n || lowest >= PYLM__PRICE_NOTHING)
        return ranked;
    for (i = 1; i < s->n; i++)
        best = s->gains[i] > s->gains[best] ? i : best;
    if (s->gains[best] < prices->least[lowest])
        return ranked;
    ranked.list_end = s->n > 1u ? find_list_end(s, prices, s->gains[best]) : 1u;
    ranked.end = ranked.list_end;
    while (ranked.end < PYLM__PRICE_NOTHING && s->gains[best] - prices->record[ranked.end] >= 0)
        ranked.end++;
    if (ranked.end <= lowest)
        return ranked;
    for (i = 0; i < s->n; i++) {
        struct pylm__ranked_successor *to = &s->ranked[ranked.n];
        if (s->gains[i] < prices->least[lowest] && i != best)
            continue;
        to->leaf = s->leaves[i];
        to->code = (uint8_t)pylm__count_code(s->counts[i]);
        to->last_level = find_last_level(prices, s->gains[i]);
        to->is_best = i == best;
        ranked.n++;
    }
    return ranked;
}

void pylm__ranked_keep(const struct pylm__ranked *ranked, uint32_t level, struct pylm__kept *kept)
{
    uint32_t i, sum = 0;
    kept->n = kept->max_code = 0;
    if (level >= ranked->end)
        return;
    for (i = 0; i < ranked->n; i++) {
        const struct pylm__ranked_successor *s = &ranked->of[i];
        if (level < ranked->list_end ? s->last_level < level : !s->is_best)
            continue;
        sum += pylm__coded_count(s->code);
        kept->leaves[kept->n] = s->leaf;
        kept->sums[kept->n++] = sum;
        kept->max_code = s->code > kept->max_code ? s->code : kept->max_code;
    }
}
