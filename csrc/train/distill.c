/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * distill.c: which contexts of a model texts need.
 *
 * All contexts of a place in a text that the model knows have a part in what it predicts there. The texts are gone
 * through three times: to count how many places need each context, as far as 2; to count for each place the contexts
 * that no other needs, its own; and, since it is known then which places are given up, those with most of their own, to
 * mark what the others need.
 */
#include <stdlib.h>
#include <string.h>

#include "subset.h"

#include "core/work.h"

#define ALL_PPM 1000000u
#define SLICE 4096u      /* places: a step of progress, some milliseconds */
#define N_PASSES 3u
#define MAX_FOUND (PYLM__MAX_TREES * PYLM__MAX_TEMPLATES) /* contexts that a place can need */

/* What is known of a context. */
#define USED_ONCE 1u
#define USED_MORE 2u
#define STAYS 4u

struct distilling {
    const struct pylm__model *model;
    const uint32_t *symbols;
    const uint64_t *ends;
    uint64_t n_texts;
    pylm_task *task;
    struct pylm__work *work;
    uint8_t *contexts[PYLM__MAX_TREES][PYLM__MAX_TEMPLATES]; /* a byte for every record */
    uint8_t *own;              /* of every place, how many contexts only it needs: MAX_FOUND at most */
    uint64_t n_places, at;     /* `at` is the place that a pass has come to */
    uint32_t least;            /* places with more contexts of their own are given up; */
    uint64_t n_at_least;       /* and of those with so many, the first ones */
    uint64_t n_given_up;
};

/* Finds the contexts that a state has. Returns how many. */
static uint32_t find_contexts(struct distilling *d, const struct pylm__state *state, uint8_t **found)
{
    const struct pylm__tree *tree = &d->work->mixer.tree;
    uint32_t t, set, n = 0;
    pylm__work_first_tree(d->model, d->work);
    for (t = 0; t < d->model->n_trees; t++) {
        if (t)
            pylm__work_next_tree(d->model, d->work);
        set = pylm__root(d->model, state, d->work)->active.sets.active;
        for (; set; set &= set - 1u) {
            uint32_t k = pylm__lowest_from(set, 0);
            found[n++] = d->contexts[t][k] + pylm__lookup_record(d->model, tree, k, &d->work->lookup);
        }
    }
    return n;
}

/* ---- the three passes: what is done at a place with the contexts found there ---- */

typedef void (*at_place)(struct distilling *d, uint8_t **found, uint32_t n);

static void count(struct distilling *d, uint8_t **found, uint32_t n)
{
    (void)d;
    while (n--)
        *found[n] = *found[n] ? USED_MORE : USED_ONCE;
}

static void count_own(struct distilling *d, uint8_t **found, uint32_t n)
{
    uint32_t own = 0;
    while (n--)
        own += *found[n] == USED_ONCE;
    d->own[d->at] = (uint8_t)own;
}

static void mark(struct distilling *d, uint8_t **found, uint32_t n)
{
    uint32_t own = d->own[d->at];
    if (own > d->least)
        return;
    if (own == d->least && d->n_at_least) {
        d->n_at_least--;
        return;
    }
    while (n--)
        *found[n] |= STAYS;
}

static int pass(struct distilling *d, at_place visit)
{
    uint8_t *found[MAX_FOUND];
    struct pylm__state state;
    uint64_t text, i = 0;
    d->at = 0;
    for (text = 0; text < d->n_texts; text++) {
        memset(&state, 0, sizeof state);
        for (;; i++, d->at++) {
            visit(d, found, find_contexts(d, &state, found));
            if (d->at % SLICE == 0) {
                if (pylm__task_cancelled(d->task))
                    return PYLM_ERR_CANCELLED;
                pylm__task_step(d->task);
            }
            if (i == d->ends[text])
                break;
            pylm__state_read(&state, d->model->tokenizer, d->symbols[i]);
        }
        d->at++; /* the end of a text is a place, too */
    }
    return PYLM_OK;
}

/* Gives places up, as many as may be: those with most contexts of their own. */
static void give_up(struct distilling *d, uint32_t keep_ppm)
{
    uint64_t places_of[MAX_FOUND + 1u] = {0}, left, i;
    left = d->n_places / ALL_PPM * (ALL_PPM - keep_ppm) + d->n_places % ALL_PPM * (ALL_PPM - keep_ppm) / ALL_PPM;
    for (i = 0; i < d->n_places; i++)
        places_of[d->own[i]]++;
    for (d->least = MAX_FOUND; d->least && places_of[d->least] <= left; d->least--) {
        left -= places_of[d->least];
        d->n_given_up += places_of[d->least];
    }
    d->n_at_least = d->least ? left : 0u; /* who has none has nothing to give */
    d->n_given_up += d->n_at_least;
}

/* ---- all of it ---- */

static int begin(struct distilling *d)
{
    struct pylm__tree tree;
    uint32_t t, k;
    int complete;
    d->work = malloc((size_t)pylm_work_nbytes((const pylm_model *)(const void *)d->model));
    d->own = pylm__array_new(d->n_places, 1);
    complete = d->work && d->own;
    for (t = 0; t < d->model->n_trees; t++) {
        pylm__tree_view(d->model, t ? &tree : NULL, &tree);
        for (k = 0; k < tree.n_templates; k++) {
            d->contexts[t][k] = pylm__array_new(pylm__load32(pylm__template_head(&tree, k) + PYLM__C_N_RECORDS), 1);
            complete = complete && d->contexts[t][k];
        }
    }
    return complete ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void end(struct distilling *d)
{
    uint32_t t, k;
    for (t = 0; t < PYLM__MAX_TREES; t++)
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            free(d->contexts[t][k]);
    free(d->work);
    free(d->own);
}

static int choose(struct distilling *d, uint32_t keep_ppm)
{
    uint32_t t, k, i, n;
    struct pylm__tree tree;
    pylm__task_begin(d->task, PYLM_STAGE_DISTILL, N_PASSES * ((d->n_places + SLICE - 1u) / SLICE));
    PYLM__TRY(pass(d, count));
    PYLM__TRY(pass(d, count_own));
    give_up(d, keep_ppm);
    PYLM__TRY(pass(d, mark));
    for (t = 0; t < d->model->n_trees; t++) {
        pylm__tree_view(d->model, t ? &tree : NULL, &tree);
        for (k = 0; k < tree.n_templates; k++) {
            n = pylm__load32(pylm__template_head(&tree, k) + PYLM__C_N_RECORDS);
            for (i = 0; i < n; i++)
                d->contexts[t][k][i] &= STAYS;
        }
    }
    return PYLM_OK;
}

static int write(const struct distilling *d, const pylm_model *model, const void *facts, uint64_t facts_nbytes,
                 pylm_distilled *distilled)
{
    struct pylm__subset subset;
    struct pylm__buffer image;
    uint32_t t, k;
    int status;
    subset.facts = facts;
    subset.facts_nbytes = facts_nbytes;
    for (t = 0; t < PYLM__MAX_TREES; t++)
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            subset.stays[t][k] = d->contexts[t][k];
    memset(&image, 0, sizeof image);
    pylm__task_begin(d->task, PYLM_STAGE_WRITE, 1);
    status = pylm__subset_build(model, &subset, d->task, &image);
    pylm__task_step(d->task);
    if (status != PYLM_OK) {
        pylm__buffer_free(&image);
        return status;
    }
    distilled->image = image.data;
    distilled->image_nbytes = image.n;
    distilled->n_places = d->n_places;
    distilled->n_given_up = d->n_given_up;
    return PYLM_OK;
}

/* Whether the texts are what they have to be. */
static int texts_are_sane(const struct distilling *d)
{
    uint64_t i, n = d->n_texts ? d->ends[d->n_texts - 1u] : 0u;
    for (i = 1; i < d->n_texts; i++)
        if (d->ends[i] < d->ends[i - 1u])
            return 0;
    for (i = 0; i < n; i++)
        if (d->symbols[i] >= d->model->n_symbols)
            return 0;
    return 1;
}

int pylm_distill(const pylm_model *model, const uint32_t *symbols, const uint64_t *ends, uint64_t n_texts,
                 uint32_t keep_ppm, const void *facts, uint64_t facts_nbytes, pylm_task *task,
                 pylm_distilled *distilled)
{
    struct distilling d;
    int status;
    memset(distilled, 0, sizeof *distilled);
    if (pylm__is_kernel(pylm__model_view(model)))
        return PYLM_ERR_ARGUMENT;
    memset(&d, 0, sizeof d);
    d.model = pylm__model_view(model);
    d.symbols = symbols;
    d.ends = ends;
    d.n_texts = n_texts;
    d.task = task;
    if (!keep_ppm || keep_ppm > ALL_PPM || !texts_are_sane(&d))
        return PYLM_ERR_ARGUMENT;
    if (pylm__n_below(d.model))
        return PYLM_ERR_LAYER;
    if (!n_texts || !ends[n_texts - 1u])
        return PYLM_ERR_EMPTY;
    d.n_places = ends[n_texts - 1u] + n_texts;
    status = begin(&d);
    if (status == PYLM_OK)
        status = choose(&d, keep_ppm);
    if (status == PYLM_OK)
        status = write(&d, model, facts, facts_nbytes, distilled);
    end(&d);
    return status;
}

void pylm_distilled_free(pylm_distilled *distilled)
{
    if (!distilled)
        return;
    free(distilled->image);
    memset(distilled, 0, sizeof *distilled);
}
