/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prune.c: drops the contexts that a log does not need; pylm_prune.h says which these are.
 *
 * There are three passes over the log. The first counts how many positions need each context, up to 2. The second
 * counts the contexts that only one position needs: they are its *own*. The positions with most of their own are given
 * up. The third pass marks the contexts that all other positions need.
 */
#include "pylm_prune.h"

#include <stdlib.h>
#include <string.h>

#include "core/work.h"
#include "subset.h"

#define ALL_PPM 1000000u
#define SLICE 4096u /* positions: a step of progress, some milliseconds */
#define N_PASSES 3u
#define MAX_FOUND (PYLM__MAX_TREES * PYLM__MAX_TEMPLATES) /* contexts that a position can need */

/* What is known of a context. */
#define USED_ONCE 1u
#define USED_MORE 2u
#define STAYS 4u

struct pruning {
    const struct pylm__model *model;
    const pylm_texts *log;
    pylm_task *task;
    struct pylm__work *work;
    uint8_t *contexts[PYLM__MAX_TREES][PYLM__MAX_TEMPLATES]; /* a byte for every record */
    uint8_t *own;                                            /* by position: contexts of its own, at most MAX_FOUND */
    uint64_t n_positions;
    uint64_t at;       /* the position that a pass has come to */
    uint32_t max_own;  /* positions with more contexts of their own are given up; */
    uint64_t n_at_max; /* of those with just so many, the first n_at_max */
    uint64_t n_given_up;
};

/* Finds the contexts that a state has. Returns how many. */
static uint32_t find_contexts(struct pruning *p, const struct pylm__state *state, uint8_t **found)
{
    const struct pylm__tree *tree = &p->work->mixer.tree;
    uint32_t t, set, n = 0;
    pylm__work_first_tree(p->model, p->work);
    for (t = 0; t < p->model->n_trees; t++) {
        if (t)
            pylm__work_next_tree(p->model, p->work);
        set = pylm__root(p->model, state, p->work)->active.sets.active;
        for (; set; set &= set - 1u) {
            uint32_t k = pylm__lowest_from(set, 0);
            found[n++] = p->contexts[t][k] + pylm__lookup_record(p->model, tree, k, &p->work->lookup);
        }
    }
    return n;
}

/* ---- the three passes: what is done at a position with the contexts found there ---- */

typedef void (*visit)(struct pruning *p, uint8_t **found, uint32_t n);

static void count(struct pruning *p, uint8_t **found, uint32_t n)
{
    (void)p;
    while (n--)
        *found[n] = *found[n] ? USED_MORE : USED_ONCE;
}

static void count_own(struct pruning *p, uint8_t **found, uint32_t n)
{
    uint32_t own = 0;
    while (n--)
        own += *found[n] == USED_ONCE;
    p->own[p->at] = (uint8_t)own;
}

static void mark(struct pruning *p, uint8_t **found, uint32_t n)
{
    uint32_t own = p->own[p->at];
    if (own > p->max_own)
        return;
    if (own == p->max_own && p->n_at_max) {
        p->n_at_max--;
        return;
    }
    while (n--)
        *found[n] |= STAYS;
}

static int pass(struct pruning *p, visit call)
{
    uint8_t *found[MAX_FOUND];
    struct pylm__state state;
    uint64_t text, i = 0;
    p->at = 0;
    for (text = 0; text < p->log->n_texts; text++) {
        memset(&state, 0, sizeof state);
        pylm__state_begin(&state, p->model);
        for (;; i++, p->at++) {
            call(p, found, find_contexts(p, &state, found));
            if (p->at % SLICE == 0) {
                if (pylm__task_cancelled(p->task))
                    return PYLM_ERR_CANCELLED;
                pylm__task_step(p->task);
            }
            if (i == p->log->ends[text])
                break;
            pylm__state_go_on(&state, p->model, p->log->symbols[i]);
        }
        p->at++; /* the end of a text is a position, too */
    }
    return PYLM_OK;
}

/* Gives up the positions with most contexts of their own, as many as keep_ppm allows. */
static void give_up(struct pruning *p, uint32_t keep_ppm)
{
    uint64_t n_with[MAX_FOUND + 1u] = {0}, left, i; /* positions by the number of their own contexts */
    uint32_t give_ppm = ALL_PPM - keep_ppm;
    left = p->n_positions / ALL_PPM * give_ppm + p->n_positions % ALL_PPM * give_ppm / ALL_PPM;
    for (i = 0; i < p->n_positions; i++)
        n_with[p->own[i]]++;
    for (p->max_own = MAX_FOUND; p->max_own && n_with[p->max_own] <= left; p->max_own--) {
        left -= n_with[p->max_own];
        p->n_given_up += n_with[p->max_own];
    }
    p->n_at_max = p->max_own ? left : 0u; /* to give up positions with none would save nothing */
    p->n_given_up += p->n_at_max;
}

/* ---- all of it ---- */

static int begin(struct pruning *p)
{
    struct pylm__tree tree;
    uint32_t t, k;
    int complete;
    p->work = malloc((size_t)pylm_work_nbytes((const pylm_model *)(const void *)p->model));
    p->own = pylm__array_new(p->n_positions, 1);
    complete = p->work && p->own;
    for (t = 0; t < p->model->n_trees; t++) {
        pylm__tree_view(p->model, t ? &tree : NULL, &tree);
        for (k = 0; k < tree.n_templates; k++) {
            p->contexts[t][k] = pylm__array_new(pylm__load32(pylm__template_head(&tree, k) + PYLM__C_N_RECORDS), 1);
            complete = complete && p->contexts[t][k];
        }
    }
    return complete ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void end(struct pruning *p)
{
    uint32_t t, k;
    for (t = 0; t < PYLM__MAX_TREES; t++)
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            free(p->contexts[t][k]);
    free(p->work);
    free(p->own);
}

static int choose(struct pruning *p, uint32_t keep_ppm)
{
    uint32_t t, k, i, n;
    struct pylm__tree tree;
    pylm__task_begin(p->task, PYLM_STAGE_PRUNE, N_PASSES * ((p->n_positions + SLICE - 1u) / SLICE));
    PYLM__TRY(pass(p, count));
    PYLM__TRY(pass(p, count_own));
    give_up(p, keep_ppm);
    PYLM__TRY(pass(p, mark));
    for (t = 0; t < p->model->n_trees; t++) {
        pylm__tree_view(p->model, t ? &tree : NULL, &tree);
        for (k = 0; k < tree.n_templates; k++) {
            n = pylm__load32(pylm__template_head(&tree, k) + PYLM__C_N_RECORDS);
            for (i = 0; i < n; i++)
                p->contexts[t][k][i] &= STAYS;
        }
    }
    return PYLM_OK;
}

static int write(const struct pruning *p, const pylm_model *model, const void *facts, uint64_t facts_nbytes,
                 pylm_pruned *pruned)
{
    struct pylm__subset subset;
    struct pylm__buffer image;
    uint32_t t, k;
    int status;
    subset.facts = facts;
    subset.facts_nbytes = facts_nbytes;
    for (t = 0; t < PYLM__MAX_TREES; t++)
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            subset.stays[t][k] = p->contexts[t][k];
    memset(&image, 0, sizeof image);
    pylm__task_begin(p->task, PYLM_STAGE_WRITE, 1);
    status = pylm__subset_build(model, &subset, p->task, &image);
    pylm__task_step(p->task);
    if (status != PYLM_OK) {
        pylm__buffer_free(&image);
        return status;
    }
    pruned->image = image.data;
    pruned->image_nbytes = image.n;
    pruned->n_places = p->n_positions;
    pruned->n_given_up = p->n_given_up;
    return PYLM_OK;
}

/* Whether the ends are in order, and the model has all symbols. */
static int is_log_for(const pylm_texts *log, const struct pylm__model *model)
{
    uint64_t i, n = log->n_texts ? log->ends[log->n_texts - 1u] : 0u;
    for (i = 1; i < log->n_texts; i++)
        if (log->ends[i] < log->ends[i - 1u])
            return 0;
    for (i = 0; i < n; i++)
        if (log->symbols[i] >= model->n_symbols)
            return 0;
    return 1;
}

int pylm_prune(const pylm_model *model, const pylm_texts *log, uint32_t keep_ppm, const void *facts,
               uint64_t facts_nbytes, pylm_task *task, pylm_pruned *pruned)
{
    struct pruning p;
    int status;
    memset(pruned, 0, sizeof *pruned);
    memset(&p, 0, sizeof p);
    p.model = pylm__model_view(model);
    p.log = log;
    p.task = task;
    if (pylm__is_kernel(p.model) || !keep_ppm || keep_ppm > ALL_PPM || !is_log_for(log, p.model))
        return PYLM_ERR_ARGUMENT;
    if (pylm__n_below(p.model))
        return PYLM_ERR_LAYER;
    if (!log->n_texts || !log->ends[log->n_texts - 1u])
        return PYLM_ERR_EMPTY;
    p.n_positions = log->ends[log->n_texts - 1u] + log->n_texts;
    status = begin(&p);
    if (status == PYLM_OK)
        status = choose(&p, keep_ppm);
    if (status == PYLM_OK)
        status = write(&p, model, facts, facts_nbytes, pruned);
    end(&p);
    return status;
}

void pylm_pruned_free(pylm_pruned *pruned)
{
    if (!pruned)
        return;
    free(pruned->image);
    memset(pruned, 0, sizeof *pruned);
}
