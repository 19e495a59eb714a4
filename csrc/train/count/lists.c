/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lists.c: see lists.h.
 */
#include "lists.h"

#include "core/evidence_coded.h"

#define COUNT_BITS 4u /* inline counts: 1 to 16 */

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

static void put_splits(struct pylm__buffer *lists, const struct pylm__list_entries *s, unsigned n_bits,
                       unsigned total_bits)
{
    struct splits w;
    for (splits_begin(&w, s->tree, s->leaves, s->n, 2); splits_next(&w);) {
        pylm__buffer_bits(lists, s->leaves[w.middle], s->symbol_bits);
        pylm__buffer_bits(lists, w.middle - w.s.from, n_bits);
        pylm__buffer_bits(lists, pylm__occurrences(s, w.s.from, w.middle), total_bits);
    }
}

void pylm__list_put(struct pylm__buffer *lists, const struct pylm__list_entries *s)
{
    uint32_t n = s->n, total = s->sums[n - 1u], repeats = total - n;
    uint32_t low = n - 1u < 15u ? n - 1u : 15u, high = repeats < 15u ? repeats : 15u;
    pylm__buffer_bits(lists, low | high << 4, 8);
    if (low == 15u)
        put_rest(lists, n - 16u);
    if (high == 15u)
        put_rest(lists, repeats - 15u);
    pylm__buffer_bits(lists, s->leaves[0], s->symbol_bits);
    put_splits(lists, s, pylm__width(n - 1u), pylm__width(total - 1u));
    pylm__buffer_flush(lists);
}

/* ---- coded lists ---- */

uint32_t pylm__count_code(uint32_t count)
{
    uint32_t code = 0;
    while (code < PYLM__MAX_CODE && count - 1u >= (pylm__coded_count(code) + pylm__coded_count(code + 1u)) / 2u)
        code++;
    return code;
}

int pylm__is_coded_list(uint32_t n, uint32_t max_code)
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
    if (!pylm__is_coded_list(n, list->max_code))
        return 0;
    if (list->n_splits) {
        nbytes += rest_nbytes(list->total) + 1u;
        bits += (uint64_t)list->n_splits * (pylm__width(n - 1u) + total_bits + pylm__width(list->n_splits - 1u));
    }
    if (n > 15u)
        nbytes += rest_nbytes(n - 16u);
    return nbytes + (bits + 7u) / 8u;
}

static void put_long_splits(struct pylm__buffer *lists, const struct pylm__list_entries *s, uint32_t n_splits,
                            unsigned total_bits)
{
    uint32_t n = s->n;
    unsigned skip_bits = pylm__width(n_splits - 1u), n_bits = pylm__width(n - 1u);
    struct splits w, left;
    uint32_t skip;
    long_splits_begin(&left, s->tree, s->leaves, n);
    for (long_splits_begin(&w, s->tree, s->leaves, n); splits_next(&w);) {
        left.stack[0] = w.stack[w.depth - 1u];
        left.depth = 1;
        for (skip = 0; splits_next(&left); skip++)
            continue;
        pylm__buffer_bits(lists, skip, skip_bits);
        pylm__buffer_bits(lists, w.middle - w.s.from, n_bits);
        pylm__buffer_bits(lists, pylm__occurrences(s, w.s.from, w.middle), total_bits);
    }
}

void pylm__coded_list_put(struct pylm__buffer *lists, const struct pylm__list_entries *s, uint32_t max_code)
{
    uint32_t n = s->n;
    unsigned width = pylm__width(max_code), total_bits = pylm__width(s->sums[n - 1u]);
    uint32_t i, low = n - 1u < 15u ? n - 1u : 15u, n_splits = pylm__coded_n_splits(s->tree, s->leaves, n);
    pylm__buffer_bits(lists, low | width << 4, 8);
    if (low == 15u)
        put_rest(lists, n - 16u);
    if (n_splits) {
        put_rest(lists, s->sums[n - 1u]);
        pylm__buffer_bits(lists, pylm__width(n_splits - 1u), 8);
    }
    for (i = 0; i < n; i++)
        pylm__buffer_bits(lists, s->leaves[i], s->symbol_bits);
    for (i = 0; i < n; i++)
        pylm__buffer_bits(lists, pylm__count_code(pylm__occurrences(s, i, i + 1u)), width);
    if (n_splits)
        put_long_splits(lists, s, n_splits, total_bits);
    pylm__buffer_flush(lists);
}
