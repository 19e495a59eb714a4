/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * budget.c: see budget.h.
 *
 * Every template is pruned at a level (successors.h). At first all have the same level, one at which the model about
 * fits, and the weights are fitted. Then there are rounds. In each, every template is pruned a little more and a little
 * less, while everything else stays. The change in how well the held-out text is predicted, and in bytes, is an
 * *offer*. The best offers, by bits gained for a byte, are taken until the budget is used up; then everything is
 * counted and fitted again. One round is not enough, because templates can replace each other: when the best one is
 * gone, the second best becomes the best.
 */
#include "budget.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage1.h"
#include "prune_template.h"
#include "train/count/calibrate.h"

#define N_ROUNDS 3u
#define REACH 3u /* levels tried on either side of the present one; all of them in the last round, else every other */
#define MAX_OFFERS (2u * REACH + 2u)
#define FILLING 40u /* bytes that alignment, and longer numbers in the facts, may add for a template or tree */
#define SLICE 65536u

/* A template at a level. */
struct offer {
    uint32_t level;
    uint64_t nbytes; /* of its table */
    double loss;     /* how many bits more than at the present level all held-out text takes */
};

struct budgeting {
    struct pylm__budget *budget;
    struct pylm__trained_tree *trained;
    struct pylm__prune_input input;
    uint16_t *indices[PYLM__MAX_TEMPLATES];
    uint32_t levels[PYLM__MAX_TEMPLATES];
    struct offer offers[PYLM__MAX_TEMPLATES][PYLM__N_PRICES];
    uint32_t n_offers[PYLM__MAX_TEMPLATES];
    uint64_t smallest;                  /* bytes of the smallest image */
    uint64_t per_template;              /* what a template adds to the frame, bytes */
    uint32_t step;                      /* from one level that is tried to the next */
    double *log_odds, *losses;          /* of every held-out event: 1/1024 nat, nats */
    uint32_t (*sets)[PYLM__N_FAMILIES]; /* of every event: rows of the weight table */
};

/* Does a job for every template. */
static int for_templates(struct budgeting *b, pylm__job job, enum pylm_stage stage, pylm_task *task)
{
    pylm__task_begin(task, stage, b->trained->templates.n);
    return pylm__run_jobs(job, b, b->trained->templates.n, b->budget->n_counted, task);
}

/* ---- sizes ---- */

/* Bytes of the image with empty tables. */
static int frame_nbytes(const struct pylm__budget *budget, const struct pylm__trained_tree *trained, uint64_t *nbytes)
{
    struct pylm__trained_tree bare = *trained;
    struct pylm__image_parts parts = {budget->corpus, &bare, 1, budget->facts, NULL};
    uint32_t k;
    int status;
    *nbytes = 0;
    memset(&bare.stages, 0, sizeof bare.stages);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        memset(&bare.packed[k], 0, sizeof bare.packed[k]);
    status = pylm__stages_allocate(&bare.stages, &bare.tree, &bare.templates);
    if (status == PYLM_OK)
        status = pylm__image_nbytes(&parts, nbytes);
    *nbytes += (uint64_t)bare.templates.n * FILLING + FILLING;
    pylm__stages_free(&bare.stages);
    return status;
}

/* That image has only the symbol tree and the empty context, with an empty table. */
int pylm__budget_smallest(const struct pylm__budget *budget, struct pylm__trained_tree *trained, uint64_t *nbytes)
{
    struct pylm__templates all = trained->templates;
    int status;
    trained->templates.n = trained->templates.n_suffix = 1;
    trained->templates.plan.n_recalled = 0;
    status = frame_nbytes(budget, trained, nbytes);
    trained->templates = all;
    return status;
}

/* ---- counting at the present levels ---- */

static int count_level(void *user, uint32_t k, pylm_task *task)
{
    struct budgeting *b = user;
    struct pylm__trained_tree *trained = b->trained;
    struct pylm__pruned_template pruned;
    memset(&pruned, 0, sizeof pruned);
    free(b->indices[k]);
    b->indices[k] = pylm__array_new(b->budget->heldout->n_events, sizeof *b->indices[k]);
    if (!b->indices[k])
        return PYLM_ERR_MEMORY;
    pruned.n_levels = 1;
    pruned.levels[0] = b->levels[k];
    pruned.indices[0] = b->indices[k];
    pruned.packed = &trained->packed[k];
    pruned.means = b->budget->heldout->means;
    PYLM__TRY(pylm__prune_template(&b->input, k, &pruned, task));
    pylm__calibrate(b->budget->heldout, b->indices[k], b->budget->corpus->tokenizer != PYLM_TOKENIZER_BYTES, 0,
                    trained->calibration + k * PYLM__N_CALIBRATION);
    return PYLM_OK;
}

static int count(struct budgeting *b, pylm_task *task)
{
    const struct pylm__heldout *heldout = b->budget->heldout;
    uint32_t k;
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        pylm__packed_free(&b->trained->packed[k]); /* all at once, so that none is there twice */
    memset(heldout->means, 0, (size_t)heldout->n_events * sizeof *heldout->means);
    return for_templates(b, count_level, PYLM_STAGE_COUNT, task);
}

/* Offers need the first stage only. */
static int fit(struct budgeting *b, int only_first, pylm_task *task)
{
    struct pylm__budget *budget = b->budget;
    struct pylm__trained_tree *trained = b->trained;
    struct pylm__stages_input input = {budget->heldout,     budget->corpus,       &trained->tree,
                                       &trained->templates, trained->calibration, budget->n_threads};
    pylm__stages_free(&trained->stages);
    return pylm__stages_fit(&trained->stages, &input, b->indices, only_first, task);
}

/* ---- the start ---- */

static int size_levels(void *user, uint32_t k, pylm_task *task)
{
    struct budgeting *b = user;
    struct pylm__pruned_template pruned;
    uint32_t i;
    memset(&pruned, 0, sizeof pruned);
    for (i = 0; i < PYLM__N_PRICES; i++)
        pruned.levels[i] = i;
    pruned.n_levels = PYLM__N_PRICES;
    if (b->levels[k] != PYLM__PRICE_NOTHING)
        PYLM__TRY(pylm__prune_template(&b->input, k, &pruned, task));
    for (i = 0; i < PYLM__N_PRICES; i++)
        b->offers[k][i].nbytes = pruned.nbytes[i];
    return PYLM_OK;
}

/* Gives all templates the lowest level at which their tables take at most half of the budget, or what the frame leaves
 * of it if that is more. */
static void begin_levels(struct budgeting *b, uint64_t frame)
{
    uint64_t room = b->budget->max_nbytes / 2u, nbytes;
    uint32_t level, k;
    if (b->budget->max_nbytes > frame && b->budget->max_nbytes - frame > room)
        room = b->budget->max_nbytes - frame;
    for (level = 0; level + 1u < PYLM__PRICE_NOTHING; level++) {
        for (nbytes = 0, k = 0; k < b->trained->templates.n; k++)
            nbytes += b->offers[k][level].nbytes;
        if (nbytes <= room)
            break;
    }
    for (k = 0; k < b->trained->templates.n; k++)
        if (b->levels[k] != PYLM__PRICE_NOTHING)
            b->levels[k] = level;
}

/* ---- offers ---- */

/* What an event costs, nats. */
static double event_loss(const struct budgeting *b, uint64_t e, double log_odds)
{
    double d = (b->budget->heldout->side[e] ? log_odds : -log_odds) / 1024.0; /* of what happened */
    return log1p(exp(-fabs(d))) + (d < 0 ? -d : 0.0);
}

/* The log-odds and weight sets of all events, with the present weights. */
static int find_present_losses(struct budgeting *b, const pylm_task *task)
{
    const struct pylm__trained_tree *trained = b->trained;
    const struct pylm__templates *templates = &trained->templates;
    const struct pylm__shape shape = pylm__shape_of(&trained->tree, templates);
    uint32_t i, k, row = templates->n + 1u, before[PYLM__N_FAMILIES] = {0};
    uint64_t e;
    for (i = 1; i < PYLM__N_FAMILIES; i++)
        before[i] = before[i - 1u] + pylm__n_sets(i - 1u, &shape);
    for (e = 0; e < b->budget->heldout->n_events; e++) {
        struct pylm__situation situation = {0, 0, 0, 0, 0};
        struct pylm__fixed_sets fixed;
        double sum = 0;
        if (e % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        for (k = 0; k < templates->n; k++)
            pylm__situation_add(&situation, templates, k, b->indices[k][e]);
        situation.confidence = pylm__confidence(b->budget->heldout->means[e]);
        fixed = pylm__heldout_fixed_sets(b->budget->heldout, e);
        pylm__situation_sets(&situation, &fixed, templates->n, b->sets[e]);
        for (i = 0; i < PYLM__N_FAMILIES; i++) {
            const int16_t *w = trained->stages.stage1_weights + (uint64_t)(b->sets[e][i] += before[i]) * row;
            for (k = 0; k < templates->n; k++)
                sum += (double)w[k] * trained->calibration[k * PYLM__N_CALIBRATION + b->indices[k][e]];
            sum += (double)w[templates->n] * PYLM__CONSTANT_Q10;
        }
        b->log_odds[e] = sum / 8192.0;
        b->losses[e] = event_loss(b, e, b->log_odds[e]);
    }
    return PYLM_OK;
}

static double weight_of(const struct budgeting *b, uint32_t k, uint64_t e)
{
    uint32_t i, row = b->trained->templates.n + 1u;
    double sum = 0;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        sum += b->trained->stages.stage1_weights[(uint64_t)b->sets[e][i] * row + k];
    return sum / 8192.0;
}

/* Bits that all events take more if template k has other evidence, or none. */
static double loss_with(const struct budgeting *b, uint32_t k, const uint16_t *indices, const int16_t *calibration,
                        const pylm_task *task)
{
    const int16_t *present = b->trained->calibration + k * PYLM__N_CALIBRATION;
    double loss = 0;
    uint64_t e;
    for (e = 0; e < b->budget->heldout->n_events; e++) {
        int change = (indices ? calibration[indices[e]] : 0) - present[b->indices[k][e]];
        if (e % SLICE == 0 && pylm__task_cancelled(task))
            break; /* the caller sees it, too */
        if (change)
            loss += event_loss(b, e, b->log_odds[e] + weight_of(b, k, e) * change) - b->losses[e];
    }
    return loss / log(2.0);
}

static void add_offer(struct budgeting *b, uint32_t k, uint32_t level, uint64_t nbytes, double loss)
{
    struct offer *offer = &b->offers[k][b->n_offers[k]++];
    offer->level = level;
    offer->nbytes = nbytes;
    offer->loss = loss;
}

/* Makes the offers of a template near its present level, from nothing to the largest. */
static int make_offers(void *user, uint32_t k, pylm_task *task)
{
    struct budgeting *b = user;
    struct pylm__pruned_template pruned;
    int16_t calibration[PYLM__N_CALIBRATION];
    uint32_t i, reach = b->step * REACH, present = b->levels[k];
    int status = PYLM_OK;
    memset(&pruned, 0, sizeof pruned);
    b->n_offers[k] = 0;
    if (present == PYLM__PRICE_NOTHING)
        return PYLM_OK;
    for (i = present < reach ? present % b->step : present - reach;
         i <= present + reach && i < PYLM__PRICE_NOTHING && status == PYLM_OK; i += b->step) {
        uint32_t n = pruned.n_levels++;
        pruned.levels[n] = i;
        pruned.indices[n] = pylm__array_new(b->budget->heldout->n_events, sizeof *pruned.indices[n]);
        status = pruned.indices[n] ? PYLM_OK : PYLM_ERR_MEMORY;
    }
    if (status == PYLM_OK)
        status = pylm__prune_template(&b->input, k, &pruned, task);
    if (status == PYLM_OK)
        add_offer(b, k, PYLM__PRICE_NOTHING, 0, loss_with(b, k, NULL, NULL, task));
    for (i = pruned.n_levels; i-- > 0 && status == PYLM_OK;) {
        pylm__calibrate(b->budget->heldout, pruned.indices[i], b->budget->corpus->tokenizer != PYLM_TOKENIZER_BYTES, 0,
                        calibration);
        add_offer(b, k, pruned.levels[i], pruned.nbytes[i], loss_with(b, k, pruned.indices[i], calibration, task));
        if (pylm__task_cancelled(task))
            status = PYLM_ERR_CANCELLED;
    }
    for (i = 0; i < pruned.n_levels; i++)
        free(pruned.indices[i]);
    return status;
}

/* What has been taken so far. */
struct taking {
    uint32_t taken[PYLM__MAX_TEMPLATES]; /* numbers of offers */
    int full[PYLM__MAX_TEMPLATES];       /* 1: its next step does not fit */
    int paid[PYLM__MAX_TEMPLATES];       /* 1: its part of the frame is counted */
};

/* Bytes that a template adds to the frame, with those that it extends and that are not counted yet. */
static uint64_t frame_step(const struct budgeting *b, const struct taking *t, uint32_t k)
{
    uint64_t nbytes = 0;
    for (; k != PYLM__NO_BASE && !t->paid[k]; k = b->trained->templates.of[k].base)
        nbytes += b->per_template;
    return nbytes;
}

static uint64_t step_nbytes(const struct budgeting *b, const struct taking *t, uint32_t k, uint32_t next)
{
    uint64_t present = b->offers[k][t->taken[k]].nbytes, nbytes = b->offers[k][next].nbytes;
    return (nbytes > present ? nbytes - present : 0u) + frame_step(b, t, k);
}

/* Finds the best step from an offer to a larger one of the same template: the most bits gained for a byte. Returns bits
 * a byte. */
static double best_step(const struct budgeting *b, const struct taking *t, uint32_t k, uint32_t *next)
{
    double best = 0;
    uint32_t i;
    for (i = t->taken[k] + 1u; i < b->n_offers[k]; i++) {
        uint64_t nbytes = step_nbytes(b, t, k, i);
        double gain = b->offers[k][t->taken[k]].loss - b->offers[k][i].loss;
        double rate = gain / (double)(nbytes ? nbytes : 1u);
        if (rate > best) {
            best = rate;
            *next = i;
        }
    }
    return best;
}

/* Takes the best steps of all templates as long as there is room, starting with nothing. Returns the bytes of all
 * tables. */
static uint64_t take_offers(struct budgeting *b, uint64_t room)
{
    struct taking t;
    uint32_t k, i, next = 0, best_k, best_next, n = b->trained->templates.n;
    uint64_t nbytes, tables = 0;
    memset(&t, 0, sizeof t);
    t.paid[0] = 1;
    do {
        double best = 0, rate;
        for (best_k = n, best_next = k = 0; k < n; k++) {
            rate = t.full[k] ? 0.0 : best_step(b, &t, k, &next);
            if (rate > best) {
                best = rate;
                best_k = k;
                best_next = next;
            }
        }
        nbytes = best_k < n ? step_nbytes(b, &t, best_k, best_next) : 0u;
        if (best_k < n && nbytes > room) {
            t.full[best_k] = 1;
        } else if (best_k < n) {
            room -= nbytes;
            t.taken[best_k] = best_next;
            for (i = best_k; i != PYLM__NO_BASE; i = b->trained->templates.of[i].base)
                t.paid[i] = 1;
        }
    } while (best_k < n);
    for (k = 0; k < n; k++)
        if (b->n_offers[k]) {
            b->levels[k] = b->offers[k][t.taken[k]].level;
            tables += b->offers[k][t.taken[k]].nbytes;
        }
    return tables;
}

/* ---- templates that go ---- */

/* Whether a template that stays extends template k. Such templates come behind it. */
static int is_needed(const struct pylm__templates *templates, const uint32_t *levels, uint32_t k)
{
    uint32_t i;
    for (i = k + 1u; i < templates->n; i++)
        if (templates->of[i].base == k && (levels[i] != PYLM__PRICE_NOTHING || is_needed(templates, levels, i)))
            return 1;
    return 0;
}

/* Drops the templates that keep nothing. Of suffix contexts only the longest can be dropped: their numbers are their
 * orders. */
static void drop_templates(struct budgeting *b)
{
    struct pylm__templates *t = &b->trained->templates, old = *t;
    uint8_t number[PYLM__MAX_TEMPLATES];
    int stays[PYLM__MAX_TEMPLATES];
    uint32_t k, n_suffix = t->n_suffix;
    for (k = 0; k < old.n; k++)
        stays[k] = b->levels[k] != PYLM__PRICE_NOTHING || is_needed(&old, b->levels, k);
    while (n_suffix > 1u && !stays[n_suffix - 1u])
        n_suffix--;
    for (t->n = k = 0; k < old.n; k++) {
        stays[k] |= k < n_suffix;
        if (!stays[k])
            continue;
        number[k] = (uint8_t)t->n;
        t->of[t->n] = old.of[k];
        if (old.of[k].base != PYLM__NO_BASE)
            t->of[t->n].base = number[old.of[k].base];
        b->levels[t->n++] = b->levels[k];
    }
    t->n_suffix = n_suffix;
    pylm__plan_renumber(&t->plan, stays, number);
}

/* Chooses a level for every template, so that the image fits, and drops templates. Says whether anything is not as it
 * was. */
static int choose_levels(struct budgeting *b, int *changed)
{
    const struct pylm__templates all = b->trained->templates;
    uint64_t room = b->budget->max_nbytes - b->smallest, nbytes, tables, over;
    uint32_t levels[PYLM__MAX_TEMPLATES];
    memcpy(levels, b->levels, sizeof levels);
    for (;;) {
        tables = take_offers(b, room);
        drop_templates(b);
        PYLM__TRY(frame_nbytes(b->budget, b->trained, &nbytes));
        nbytes += tables;
        if (nbytes <= b->budget->max_nbytes)
            break;
        over = nbytes - b->budget->max_nbytes;
        room = over < room ? room - over : 0u;
        b->trained->templates = all;
        memcpy(b->levels, levels, sizeof levels);
    }
    *changed = b->trained->templates.n < all.n || memcmp(b->levels, levels, all.n * sizeof *levels) != 0;
    return PYLM_OK;
}

/* ---- the whole ---- */

static void begin(struct budgeting *b, struct pylm__budget *budget, struct pylm__trained_tree *trained)
{
    uint32_t k;
    memset(b, 0, sizeof *b);
    b->budget = budget;
    b->trained = trained;
    b->input.corpus = budget->corpus;
    b->input.tree = &trained->tree;
    b->input.templates = &trained->templates;
    b->input.heldout = budget->heldout;
    b->input.min_count = budget->min_count;
    for (k = 0; k < trained->templates.n; k++)
        b->levels[k] = trained->templates.of[k].hidden ? PYLM__PRICE_NOTHING : 0u;
}

static int run_rounds(struct budgeting *b, pylm_task *task)
{
    uint64_t frame = 0;
    uint32_t round, n = b->trained->templates.n;
    PYLM__TRY(pylm__budget_smallest(b->budget, b->trained, &b->smallest));
    PYLM__TRY(frame_nbytes(b->budget, b->trained, &frame));
    if (n > 1u) /* what each further template adds to the frame */
        b->per_template = (frame - b->smallest) / (n - 1u) + 1u;
    PYLM__TRY(for_templates(b, size_levels, PYLM_STAGE_CHOOSE, task));
    begin_levels(b, frame);
    PYLM__TRY(count(b, task));
    PYLM__TRY(fit(b, 1, task));
    for (round = 0; round < N_ROUNDS; round++) {
        int is_last = round + 1u == N_ROUNDS, changed;
        b->step = is_last ? 1u : 2u;
        PYLM__TRY(find_present_losses(b, task));
        PYLM__TRY(for_templates(b, make_offers, PYLM_STAGE_CHOOSE, task));
        PYLM__TRY(choose_levels(b, &changed));
        if (changed)
            PYLM__TRY(count(b, task));
        if (changed || is_last)
            PYLM__TRY(fit(b, !is_last, task));
    }
    return PYLM_OK;
}

int pylm__budget_train(struct pylm__budget *budget, struct pylm__trained_tree *trained, pylm_task *task)
{
    struct budgeting *b = pylm__array_new(1, sizeof *b);
    uint64_t n_events = budget->heldout->n_events;
    uint32_t k;
    int status = PYLM_ERR_MEMORY;
    if (!b)
        return status;
    begin(b, budget, trained);
    b->log_odds = pylm__array_new(n_events, sizeof *b->log_odds);
    b->losses = pylm__array_new(n_events, sizeof *b->losses);
    b->sets = pylm__array_new(n_events, sizeof *b->sets);
    if (b->log_odds && b->losses && b->sets)
        status = run_rounds(b, task);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        free(b->indices[k]);
    free(b->log_odds);
    free(b->losses);
    free(b->sets);
    free(b);
    return status;
}
