/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pruner.c: see pruner.h. Which levels will be tried is not known before all templates are sized. But the tables sized
 * so far tell a level that the first one cannot be below. Candidates are remembered from a little below that.
 */
#include "pruner.h"

#include <stdlib.h>
#include <string.h>

#include "core/evidence_coded.h"

/* Levels below the one to begin with: those that a table may end at, and those at which templates are tried. */
#define TABLE_MARGIN 6u
#define HELDOUT_MARGIN 12u

void pylm__pruner_begin(struct pylm__pruner *p, uint64_t begin_nbytes, uint64_t room)
{
    uint32_t k;
    p->begin_nbytes = begin_nbytes;
    p->room = room;
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++) {
        pylm__candidates_begin(&p->tables[k], PYLM__PRICE_NOTHING, &p->room);
        pylm__candidates_begin(&p->heldout[k], PYLM__PRICE_NOTHING, &p->room);
    }
}

void pylm__pruner_free(struct pylm__pruner *p)
{
    uint32_t k;
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++) {
        pylm__candidates_free(&p->tables[k]);
        pylm__candidates_free(&p->heldout[k]);
    }
}

uint32_t pylm__pruner_begin_level(const struct pylm__pruner *p)
{
    uint32_t level = 0;
    while (level + 1u < PYLM__PRICE_NOTHING && p->sums[level] > p->begin_nbytes)
        level++;
    return level;
}

static uint32_t below(uint32_t level, uint32_t margin)
{
    return level > margin ? level - margin : 0u;
}

/* ---- sizes ---- */

struct sizing {
    uint64_t n_records[PYLM__N_PRICES], lists[PYLM__N_PRICES]; /* by level */
    unsigned symbol_bits;
    const struct pylm__symbol_tree *tree;
    uint32_t *leaves; /* of one list */
    struct pylm__candidates *table;
};

/* Of a list at one level. */
static uint64_t list_nbytes(struct sizing *s, const struct pylm__ranked *ranked, uint32_t level)
{
    struct pylm__coded_list list = {0, 0, 0, 0};
    uint32_t i;
    for (i = 0; i < ranked->n; i++) {
        const struct pylm__ranked_successor *of = &ranked->of[i];
        if (of->last_level < level)
            continue;
        s->leaves[list.n++] = of->leaf;
        list.total += pylm__coded_count(of->code);
        list.max_code = of->code > list.max_code ? of->code : list.max_code;
    }
    list.n_splits = pylm__coded_n_splits(s->tree, s->leaves, list.n);
    return pylm__coded_list_nbytes(&list, s->symbol_bits);
}

static int take_size(void *user, const struct pylm__pruned_context *context)
{
    struct sizing *s = user;
    const struct pylm__ranked *ranked = &context->ranked;
    struct pylm__coded_list single = {1, 0, 0, 0};
    uint32_t level, i;
    for (level = 0; level < ranked->list_end; level++) {
        s->n_records[level]++;
        s->lists[level] += list_nbytes(s, ranked, level);
    }
    for (i = 0; i < ranked->n; i++)
        single.max_code = ranked->of[i].is_best ? ranked->of[i].code : single.max_code;
    for (; level < ranked->end; level++) {
        s->n_records[level]++;
        s->lists[level] += pylm__coded_list_nbytes(&single, s->symbol_bits);
    }
    pylm__candidates_add(s->table, context);
    return PYLM_OK;
}

static int take_candidate(void *user, const struct pylm__pruned_context *context)
{
    pylm__candidates_add(user, context);
    return PYLM_OK;
}

/* Adds the sizes of a template to the sums. Returns the level that the first one cannot be below, as far as known. */
static uint32_t add_sizes(struct pylm__pruner *p, const uint64_t *sizes)
{
    uint32_t level;
#ifdef _OPENMP
#pragma omp critical(pylm_sizes)
#endif
    {
        for (level = 0; sizes && level < PYLM__N_PRICES; level++)
            p->sums[level] += sizes[level];
        level = pylm__pruner_begin_level(p);
    }
    return level;
}

int pylm__pruner_size(struct pylm__pruner *p, uint32_t k, const pylm_task *task)
{
    struct sizing s;
    struct pylm__pruning *pruning;
    uint32_t level = add_sizes(p, NULL);
    int status;
    memset(&s, 0, sizeof s);
    s.symbol_bits = p->in.symbol_bits;
    s.tree = p->in.tree;
    s.table = &p->tables[k];
    s.leaves = pylm__array_new(s.tree->n_symbols, sizeof *s.leaves);
    if (!s.leaves)
        return PYLM_ERR_MEMORY;
    pylm__candidates_begin(s.table, below(level, TABLE_MARGIN), &p->room);
    pruning = pylm__pruning_begin(&p->in, k, task, &status);
    if (status == PYLM_OK)
        status = pylm__pruning_table(pruning, 0, take_size, &s);
    if (status == PYLM_OK) {
        for (level = 0; level < PYLM__PRICE_NOTHING; level++)
            p->sizes[k][level] = pylm__coded_table_nbytes(s.n_records[level], s.lists[level], s.symbol_bits);
        level = add_sizes(p, p->sizes[k]);
        pylm__candidates_raise(s.table, below(level, TABLE_MARGIN));
        level = below(level, HELDOUT_MARGIN);
        pylm__candidates_begin(&p->heldout[k], level, &p->room);
        status = pylm__pruning_heldout(pruning, level, take_candidate, &p->heldout[k]);
    }
    pylm__pruning_end(pruning);
    free(s.leaves);
    return status;
}

void pylm__pruner_tidy(struct pylm__pruner *p)
{
    uint32_t k, level = pylm__pruner_begin_level(p);
    for (k = 0; k < p->in.templates->n; k++) {
        pylm__candidates_raise(&p->tables[k], below(level, TABLE_MARGIN));
        pylm__candidates_raise(&p->heldout[k], below(level, HELDOUT_MARGIN));
    }
}

/* ---- what is kept ---- */

int pylm__pruner_heldout(struct pylm__pruner *p, uint32_t k, uint32_t number, uint32_t lowest, pylm__take_context *take,
                         void *user, const pylm_task *task)
{
    struct pylm__candidates *c = &p->heldout[number];
    struct pylm__pruning *pruning;
    int status;
    if (lowest == PYLM__PRICE_NOTHING)
        return PYLM_OK;
    if (c->lowest <= lowest)
        return pylm__candidates_hand_on(c, take, user, task);
    pruning = pylm__pruning_begin(&p->in, k, task, &status);
    if (status == PYLM_OK)
        status = pylm__pruning_heldout(pruning, lowest, take, user);
    pylm__pruning_end(pruning);
    return status;
}

struct table {
    struct pylm__packing *packing;
    uint32_t level;
    struct pylm__kept kept;
};

static int take_record(void *user, const struct pylm__pruned_context *context)
{
    struct table *t = user;
    pylm__ranked_keep(&context->ranked, t->level, &t->kept);
    if (!t->kept.n)
        return PYLM_OK;
    return pylm__packing_add(t->packing, context->hash, t->kept.leaves, t->kept.sums, t->kept.n);
}

int pylm__pruner_pack(struct pylm__pruner *p, uint32_t k, uint32_t number, uint32_t level, struct pylm__packed *packed,
                      const pylm_task *task)
{
    const struct pylm__candidates *c = &p->tables[number];
    const struct pylm__packing_files in_memory = {NULL, NULL};
    struct pylm__pruning *pruning = NULL;
    struct table t;
    int status = pylm__kept_new(&t.kept, p->in.tree->n_symbols);
    t.level = level;
    t.packing = pylm__packing_begin(packed, p->in.tree, PYLM__LIST_CODED, 0, in_memory);
    if (status == PYLM_OK && t.packing && level != PYLM__PRICE_NOTHING) {
        if (c->lowest <= level) {
            status = pylm__candidates_hand_on(c, take_record, &t, task);
        } else {
            pruning = pylm__pruning_begin(&p->in, k, task, &status);
            if (status == PYLM_OK)
                status = pylm__pruning_table(pruning, level, take_record, &t);
            pylm__pruning_end(pruning);
        }
    }
    pylm__kept_free(&t.kept);
    return pylm__packing_end(t.packing, status, task);
}
