/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pruner.c: see pruner.h. Which levels will be tried is not known before all templates are sized. But the tables sized
 * so far tell a level that the first one cannot be below. What is kept only far below that is not even counted.
 */
#include "pruner.h"

#include <stdlib.h>
#include <string.h>

#include "bases.h"
#include "core/evidence_coded.h"

#define MARGIN 6u /* levels below the one to begin with that may be tried: the lowest has an eighth of its price */

void pylm__pruner_begin(struct pylm__pruner *p, int may_raise)
{
    pylm__pruner_free(p);
    p->may_raise = may_raise;
    p->room.nbytes = p->room_nbytes;
    p->room.is_short = 0;
    memset(p->steps, 0, sizeof p->steps);
    memset(p->sums, 0, sizeof p->sums);
}

void pylm__pruner_free(struct pylm__pruner *p)
{
    uint32_t k;
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++) {
        pylm__counted_free(&p->counted[k]);
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

static uint32_t below(uint32_t level)
{
    return level > MARGIN ? level - MARGIN : 0u;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The lowest level that may be tried, as far as is known. */
static uint32_t lowest_level(const struct pylm__pruner *p)
{
    uint32_t level;
#ifdef _OPENMP
#pragma omp critical(pylm_pruner)
#endif
    level = pylm__pruner_begin_level(p);
    return below(level);
}

/* The template whose counts say what a template saves; PYLM__NO_BASE: none. */
static uint32_t base_of(const struct pylm__pruner *p, uint32_t k)
{
    uint32_t base = p->in.templates->of[k].base;
    return base != PYLM__NO_BASE ? base : k ? 0u : PYLM__NO_BASE;
}

/* Whether template k extends another one, itself or by others. */
static int extends(const struct pylm__pruner *p, uint32_t k, uint32_t other)
{
    while (k > other)
        k = base_of(p, k);
    return k == other;
}

/* ---- counting ---- */

static int count(struct pylm__pruner *p, uint32_t k, struct pylm__stream *stream, const pylm_task *task)
{
    const struct pylm__templates *templates = p->in.templates;
    struct pylm__counted_input input;
    uint32_t base = base_of(p, k), i;
    memset(&input, 0, sizeof input);
    input.prices = &p->in.prices;
    input.lowest = lowest_level(p);
    input.may_raise = p->may_raise;
    input.extends = base != PYLM__NO_BASE;
    input.has_bases = input.extends && templates->of[base].kind != PYLM__KIND_NOTHING;
    input.min_count = templates->of[k].min_count;
    for (i = k + 1u; i < templates->n; i++)
        if (extends(p, i, k)) {
            input.is_base = 1;
            input.min_count = smaller(input.min_count, templates->of[i].min_count);
        }
    PYLM__TRY(pylm__counted_make(&p->counted[k], stream, &input, &p->room, task));
    return input.has_bases ? pylm__counted_find_bases(&p->counted[k], &stream->contexts, base, task) : PYLM_OK;
}

static int count_in_files(struct pylm__pruner *p, uint32_t k, const pylm_task *task)
{
    const struct pylm__prune_input *in = &p->in;
    struct pylm__spill scratch = {0};
    struct pylm__stream stream;
    int status = PYLM_OK;
    memset(&stream, 0, sizeof stream);
    stream.contexts.corpus = in->corpus;
    stream.contexts.tree = in->tree;
    stream.contexts.templates = in->templates;
    stream.contexts.k = k;
    stream.heldout = in->heldout;
    stream.max_keys = p->files.max_keys;
    stream.scratch = &scratch;
    if (p->files.candidates)
        status = pylm__spill_open(&scratch, p->files.folder);
    if (status == PYLM_OK)
        status = count(p, k, &stream, task);
    pylm__spill_close(&scratch);
    return status;
}

/* ---- sizes ---- */

struct sizing {
    uint64_t n_records[PYLM__N_PRICES], lists[PYLM__N_PRICES]; /* by level */
    unsigned symbol_bits;
    const struct pylm__symbol_tree *tree;
    uint32_t *leaves; /* of one list */
    struct pylm__candidates *table;
    uint32_t lowest;
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
    for (level = s->lowest; level < ranked->list_end; level++) {
        s->n_records[level]++;
        s->lists[level] += list_nbytes(s, ranked, level);
    }
    for (i = 0; i < ranked->n; i++)
        single.max_code = ranked->of[i].is_best ? ranked->of[i].code : single.max_code;
    for (; level < ranked->end; level++) {
        s->n_records[level]++;
        s->lists[level] += pylm__coded_list_nbytes(&single, s->symbol_bits);
    }
    return pylm__candidates_add(s->table, context);
}

/* Adds the sizes of a template to the sums. */
static void add_sizes(struct pylm__pruner *p, const uint64_t *sizes)
{
    uint32_t level;
#ifdef _OPENMP
#pragma omp critical(pylm_pruner)
#endif
    for (level = 0; level < PYLM__N_PRICES; level++)
        p->sums[level] += sizes[level];
}

/* Sizes a template that has been counted, as its base has. Levels below the lowest one are not asked for: they have the
 * size of that. */
static int size_counted(struct pylm__pruner *p, uint32_t k, const pylm_task *task)
{
    uint32_t base = base_of(p, k), level;
    struct pylm__pruning pruning;
    struct sizing s;
    int status;
    pruning.in = &p->in;
    pruning.counted = &p->counted[k];
    pruning.base = base == PYLM__NO_BASE ? NULL : &p->counted[base];
    pruning.min_count = p->in.templates->of[k].min_count;
    pruning.task = task;
    pruning.lowest = larger(lowest_level(p), larger(p->counted[k].lowest, pruning.base ? pruning.base->lowest : 0u));
    memset(&s, 0, sizeof s);
    s.symbol_bits = p->in.symbol_bits;
    s.tree = p->in.tree;
    s.table = &p->tables[k];
    s.lowest = pruning.lowest;
    s.leaves = pylm__array_new(s.tree->n_symbols, sizeof *s.leaves);
    if (!s.leaves)
        return PYLM_ERR_MEMORY;
    pylm__candidates_begin(s.table, pruning.lowest, p->files.candidates);
    status = pylm__prune_table(&pruning, take_size, &s);
    free(s.leaves);
    PYLM__TRY(status);
    PYLM__TRY(pylm__candidates_end(s.table));
    for (level = PYLM__PRICE_NOTHING; level-- > 0;)
        p->sizes[k][level] = level < s.lowest
                                 ? p->sizes[k][s.lowest]
                                 : pylm__coded_table_nbytes(s.n_records[level], s.lists[level], s.symbol_bits);
    add_sizes(p, p->sizes[k]);
    pruning.lowest = larger(lowest_level(p), pruning.lowest);
    pylm__candidates_begin(&p->heldout[k], pruning.lowest, p->files.candidates);
    PYLM__TRY(pylm__prune_heldout(&pruning, pylm__candidates_add, &p->heldout[k]));
    return pylm__candidates_end(&p->heldout[k]);
}

/* Takes a template that can be sized; PYLM__MAX_TEMPLATES: there is none at this moment. */
static uint32_t take_counted(struct pylm__pruner *p)
{
    uint32_t k, base, found = PYLM__MAX_TEMPLATES;
#ifdef _OPENMP
#pragma omp critical(pylm_pruner)
#endif
    for (k = 0; k < p->in.templates->n && found == PYLM__MAX_TEMPLATES; k++) {
        base = base_of(p, k);
        if (p->steps[k] == PYLM__COUNTED && (base == PYLM__NO_BASE || p->steps[base] >= PYLM__COUNTED)) {
            p->steps[k] = PYLM__BEING_SIZED;
            found = k;
        }
    }
    return found;
}

/* Frees what was counted of a template if nobody needs it any more. */
static void free_counted(struct pylm__pruner *p, uint32_t k)
{
    uint32_t i;
    int needed = k == PYLM__NO_BASE || p->steps[k] != PYLM__SIZED;
    for (i = 0; i < p->in.templates->n && !needed; i++)
        needed = base_of(p, i) == k && p->steps[i] != PYLM__SIZED;
    if (!needed)
        pylm__counted_free(&p->counted[k]);
}

/* A template has been counted, or sized. */
static void set_step(struct pylm__pruner *p, uint32_t k, enum pylm__pruner_step step)
{
#ifdef _OPENMP
#pragma omp critical(pylm_pruner)
#endif
    {
        p->steps[k] = step;
        if (step == PYLM__SIZED) {
            free_counted(p, k);
            free_counted(p, base_of(p, k));
        }
    }
}

int pylm__pruner_count(struct pylm__pruner *p, uint32_t k, const pylm_task *task)
{
    int status = count_in_files(p, k, task);
    if (status != PYLM_OK) {
        int is_short = p->counted[k].is_short;
        pylm__counted_free(&p->counted[k]);
        return is_short && !p->may_raise ? PYLM_OK : status;
    }
    set_step(p, k, PYLM__COUNTED);
    while ((k = take_counted(p)) < PYLM__MAX_TEMPLATES) {
        if (!p->in.templates->of[k].hidden)
            PYLM__TRY(size_counted(p, k, task));
        set_step(p, k, PYLM__SIZED);
    }
    return PYLM_OK;
}

int pylm__pruner_is_done(const struct pylm__pruner *p)
{
    uint32_t k;
    for (k = 0; k < p->in.templates->n; k++)
        if (p->steps[k] != PYLM__SIZED)
            return 0;
    return 1;
}

/* ---- what is kept ---- */

uint32_t pylm__pruner_lowest(const struct pylm__pruner *p, uint32_t number)
{
    return larger(below(pylm__pruner_begin_level(p)), larger(p->tables[number].lowest, p->heldout[number].lowest));
}

int pylm__pruner_heldout(const struct pylm__pruner *p, uint32_t number, uint32_t lowest, pylm__take_context *take,
                         void *user, const pylm_task *task)
{
    return pylm__candidates_hand_on(&p->heldout[number], lowest, take, user, task);
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

int pylm__pruner_pack(const struct pylm__pruner *p, uint32_t number, uint32_t level, struct pylm__packed *packed,
                      const pylm_task *task)
{
    const struct pylm__packing_files in_memory = {NULL, NULL};
    struct table t;
    int status = pylm__kept_new(&t.kept, p->in.tree->n_symbols);
    t.level = level;
    t.packing = pylm__packing_begin(packed, p->in.tree, PYLM__LIST_CODED, 0, in_memory);
    if (status == PYLM_OK && t.packing && level != PYLM__PRICE_NOTHING)
        status = pylm__candidates_hand_on(&p->tables[number], level, take_record, &t, task);
    pylm__kept_free(&t.kept);
    return pylm__packing_end(t.packing, status, task);
}
