/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * counted.c: see counted.h.
 */
#include "counted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY 256u          /* occurrences that are always enough */
#define FIRST_ROOM 1024u   /* elements */
#define MAX_START_BITS 22u /* of an index, */
#define START_SHARE 2u     /* with so many contexts for each of its elements */
#define SLICE 65536u       /* contexts between two looks at the task */

/* What a successor can save at best, by its occurrences, and what that has to pay for. */
struct filter {
    double most[MANY], least, record;
    uint32_t min_pair, min_count;
    int is_base;
};

struct making {
    struct pylm__counted *c;
    const struct pylm__counted_input *input;
    struct filter filter;
    uint64_t n_symbols, once, twice; /* of the text; followers that came so often */
    uint32_t n_leaves;
};

/* ---- what may be left out ---- */

static void make_filter(struct making *m)
{
    struct filter *f = &m->filter;
    uint32_t level = m->c->lowest, n;
    f->least = m->input->prices->least[level];
    f->record = m->input->prices->record[level];
    f->is_base = m->input->is_base;
    f->min_count = m->input->min_count;
    f->min_pair = 1;
    for (n = 1; n < MANY; n++) {
        f->most[n] = n < m->n_symbols ? n * log2((double)m->n_symbols / n) : 0.0;
        if (n == f->min_pair && m->input->extends && f->most[n] < f->least)
            f->min_pair++;
    }
}

/* Whether a context with these followers may be needed. */
static int may_be_kept(const struct filter *f, const struct pylm__follower *of, uint32_t n)
{
    double sum = 0;
    uint32_t i;
    if (f->is_base || f->min_pair == 1u)
        return n > 0;
    for (i = 0; i < n; i++) {
        if (of[i].n >= MANY || f->most[of[i].n] >= f->record)
            return 1;
        sum += f->most[of[i].n] - f->least;
    }
    return n && sum >= f->record;
}

/* ---- room ---- */

static void resize(struct pylm__counted *c, uint64_t n_contexts, uint64_t n_followers, int *fits)
{
    void *contexts = c->contexts, *followers = c->followers;
    *fits = (n_contexts == c->context_room ||
             pylm__room_resize(c->room, &contexts, &c->context_room, n_contexts, sizeof *c->contexts)) &&
            (n_followers == c->follower_room ||
             pylm__room_resize(c->room, &followers, &c->follower_room, n_followers, sizeof *c->followers));
    c->contexts = contexts;
    c->followers = followers;
}

/* Leaves out what can be by now. */
static void thin(struct making *m)
{
    struct pylm__counted *c = m->c;
    uint64_t i, n_contexts = 0;
    uint32_t n_followers = 0, at = 0, begin;
    for (i = 0; i < c->n_contexts; i++) {
        struct pylm__counted_context context = c->contexts[i];
        for (begin = n_followers; at < context.end; at++)
            if (c->followers[at].n >= m->filter.min_pair)
                c->followers[n_followers++] = c->followers[at];
        if (!may_be_kept(&m->filter, c->followers + begin, n_followers - begin)) {
            n_followers = begin;
            continue;
        }
        context.end = n_followers;
        c->contexts[n_contexts++] = context;
    }
    c->n_contexts = n_contexts;
    c->n_followers = n_followers;
}

/* Raises the lowest level, until more can be left out. */
static int raise_lowest(struct making *m)
{
    uint32_t min_pair = m->filter.min_pair;
    m->c->is_short = 1;
    do {
        if (!m->input->may_raise || m->c->lowest + 1u >= PYLM__PRICE_NOTHING || min_pair + 1u >= MANY)
            return PYLM_ERR_MEMORY;
        m->c->lowest++;
        make_filter(m);
    } while (m->filter.min_pair == min_pair);
    thin(m);
    return PYLM_OK;
}

/* Makes room for a context with n followers. */
static int reserve(struct making *m, uint32_t n)
{
    struct pylm__counted *c = m->c;
    uint64_t contexts, followers;
    int fits = c->n_contexts < c->context_room && c->n_followers + n <= c->follower_room;
    if (fits)
        return PYLM_OK;
    for (;;) {
        contexts = c->n_contexts < c->context_room ? c->context_room : c->n_contexts + c->n_contexts / 4u + FIRST_ROOM;
        followers = c->n_followers + n <= c->follower_room ? c->follower_room
                                                           : c->n_followers + n + c->n_followers / 4u + FIRST_ROOM;
        if (followers <= UINT32_MAX)
            resize(c, contexts, followers, &fits);
        if (fits)
            return PYLM_OK;
        PYLM__TRY(raise_lowest(m));
    }
}

/* ---- contexts as they come ---- */

/* Takes the context that begins at *at, of which there are keys up to `end`. */
static int take_context(struct making *m, const struct pylm__sorted_keys *sorted, uint64_t *at, uint64_t end)
{
    struct pylm__counted *c = m->c;
    struct pylm__counted_context *context;
    uint64_t n = end - *at, hash = sorted->keys[*at] >> c->leaf_bits, begin;
    uint32_t count, total = 0;
    PYLM__TRY(reserve(m, n < m->n_leaves ? (uint32_t)n : m->n_leaves));
    begin = c->n_followers;
    while (*at < end) {
        struct pylm__follower *follower = &c->followers[c->n_followers];
        follower->leaf = pylm__key_leaf(sorted->keys[*at], c->leaf_bits);
        follower->n = count = pylm__sorted_take(sorted, at);
        total += count;
        m->once += count == 1u;
        m->twice += count == 2u;
        c->n_followers += count >= m->filter.min_pair;
    }
    if (total < m->filter.min_count ||
        !may_be_kept(&m->filter, c->followers + begin, (uint32_t)(c->n_followers - begin))) {
        c->n_followers = begin;
        return PYLM_OK;
    }
    context = &c->contexts[c->n_contexts++];
    context->hash = hash;
    context->total = total;
    context->end = (uint32_t)c->n_followers;
    return PYLM_OK;
}

static int take_keys(void *user, struct pylm__sorted_keys sorted, struct pylm__hash_range range, const pylm_task *task)
{
    struct making *m = user;
    unsigned leaf_bits = m->c->leaf_bits;
    uint64_t at = 0, end = 0, seen = 0;
    (void)range;
    while (at < sorted.n) {
        uint64_t hash = sorted.keys[at] >> leaf_bits;
        while (end < sorted.n && sorted.keys[end] >> leaf_bits == hash)
            end++;
        PYLM__TRY(take_context(m, &sorted, &at, end));
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* ---- when all have come ---- */

/* Gives back memory, and makes room for the bases. */
static int settle(struct making *m)
{
    struct pylm__counted *c = m->c;
    void *bases = c->bases;
    int fits;
    for (;;) {
        resize(c, c->n_contexts, c->n_followers, &fits);
        if (!m->input->has_bases || pylm__room_resize(c->room, &bases, &c->base_room, c->n_contexts, sizeof *c->bases))
            break;
        PYLM__TRY(raise_lowest(m));
    }
    c->bases = bases;
    return PYLM_OK;
}

static int make_index(struct pylm__counted *c)
{
    uint64_t i, n_starts;
    while (c->start_bits < MAX_START_BITS && c->n_contexts >> c->start_bits > START_SHARE)
        c->start_bits++;
    n_starts = (uint64_t)1 << c->start_bits;
    c->starts = pylm__array_new(n_starts + 1u, sizeof *c->starts);
    if (!c->starts)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < c->n_contexts; i++)
        c->starts[(c->contexts[i].hash >> (64u - c->leaf_bits - c->start_bits)) + 1u]++;
    for (i = 0; i < n_starts; i++)
        c->starts[i + 1u] += c->starts[i];
    return PYLM_OK;
}

uint64_t pylm__counted_find(const struct pylm__counted *c, uint64_t hash)
{
    uint64_t start = hash >> (64u - c->leaf_bits - c->start_bits);
    uint32_t from = c->starts[start], end = c->starts[start + 1u], to = end;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2u;
        if (c->contexts[middle].hash < hash)
            from = middle + 1u;
        else
            to = middle;
    }
    return from < end && c->contexts[from].hash == hash ? from : c->n_contexts;
}

/* ---- the whole ---- */

int pylm__counted_make(struct pylm__counted *c, struct pylm__stream *stream, const struct pylm__counted_input *input,
                       struct pylm__room *room, const pylm_task *task)
{
    struct making m;
    memset(c, 0, sizeof *c);
    memset(&m, 0, sizeof m);
    m.c = c;
    m.input = input;
    m.n_symbols = stream->contexts.corpus->n;
    m.n_leaves = stream->contexts.tree->n_symbols;
    c->leaf_bits = pylm__key_leaf_bits(stream->contexts.tree->n_symbols);
    c->lowest = input->lowest;
    c->room = room;
    make_filter(&m);
    stream->of_blocks = c->of_blocks = pylm__array_new(stream->heldout->n_symbols, sizeof *c->of_blocks);
    if (!c->of_blocks)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__stream_keys(stream, take_keys, &m, task));
    PYLM__TRY(settle(&m));
    /* The usual estimate of the discount: n1 / (n1 + 2 n2), where n1 successors occur once and n2 twice. */
    c->discount = m.once ? (double)m.once / ((double)m.once + 2.0 * (double)m.twice) : 0.5;
    return make_index(c);
}

void pylm__counted_free(struct pylm__counted *c)
{
    if (c->room)
        (void)pylm__room_take(c->room, 0,
                              c->context_room * sizeof *c->contexts + c->follower_room * sizeof *c->followers +
                                  c->base_room * sizeof *c->bases);
    free(c->contexts);
    free(c->followers);
    free(c->bases);
    free(c->starts);
    free(c->of_blocks);
    memset(c, 0, sizeof *c);
}
