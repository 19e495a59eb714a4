/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * losses.c: see losses.h.
 */
#include "losses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage1.h"
#include "train/count/calibrate.h"

#define PART 65536u  /* events, for a thread at a time */
#define SLICE 65536u /* events between two looks at the task */
#define AHEAD 32u    /* events are not in the order of the text: they are fetched so long before they are needed */
#define SUM_OF_NAT (1024.0 * 8192.0)
#define STEPS_IN_NAT 16.0 /* of the table; the largest error is 5e-9 nats */
#define LARGEST_NATS 32u  /* of the table; beyond it the loss is 0 */
#define N_STEPS (LARGEST_NATS * 16u)

/* ---- the loss of an event ---- */

/* log(1 + e^-x) as a table of cubic polynomials, which have its values and slopes at the ends of their steps: the same
 * with every library, and faster. */
static void make_softplus(double *table)
{
    uint32_t i;
    for (i = 0; i < N_STEPS; i++) {
        double x0 = i / STEPS_IN_NAT, x1 = (i + 1u) / STEPS_IN_NAT, y0 = log1p(exp(-x0)), y1 = log1p(exp(-x1));
        double slope0 = -1.0 / (1.0 + exp(x0)) / STEPS_IN_NAT, slope1 = -1.0 / (1.0 + exp(x1)) / STEPS_IN_NAT;
        double *c = table + 4u * (size_t)i;
        c[0] = y0;
        c[1] = slope0;
        c[2] = 3.0 * (y1 - y0) - 2.0 * slope0 - slope1;
        c[3] = 2.0 * (y0 - y1) + slope0 + slope1;
    }
}

/* What an event costs, nats, if that is its sum. */
static double event_loss(const double *softplus, unsigned side, double sum)
{
    static const double of_side[2] = {-1.0 / SUM_OF_NAT, 1.0 / SUM_OF_NAT}; /* no branch: it would be unforeseeable */
    double d = sum * of_side[side], x = fabs(d) * STEPS_IN_NAT, below = 0.5 * (fabs(d) - d);
    const double *c;
    uint32_t step;
    if (x >= N_STEPS)
        return below;
    step = (uint32_t)x;
    c = softplus + 4u * (size_t)step;
    x -= step;
    return c[0] + x * (c[1] + x * (c[2] + x * c[3])) + below;
}

int pylm__losses_new(struct pylm__losses *l, const struct pylm__heldout *heldout, int symmetric)
{
    memset(l, 0, sizeof *l);
    l->heldout = heldout;
    l->symmetric = symmetric;
    l->events = pylm__array_new(heldout->n_events, sizeof *l->events);
    l->softplus = pylm__array_new(4u * N_STEPS, sizeof *l->softplus);
    if (!l->events || !l->softplus)
        return PYLM_ERR_MEMORY;
    make_softplus(l->softplus);
    return PYLM_OK;
}

void pylm__losses_free(struct pylm__losses *l)
{
    free(l->events);
    free(l->softplus);
    memset(l, 0, sizeof *l);
}

/* ---- present sums ---- */

/* Weights of a set: of the templates, the constant, the topic. */
static uint32_t row_of(const struct pylm__losses *l)
{
    return l->templates->n + (l->heldout->topic_log_odds ? 2u : 1u);
}

/* The sum of weights times inputs, as the engine has it: with the limit of weights it fits 32 bits. */
static int32_t weigh(const struct pylm__losses *l, uint64_t e, const uint32_t *sets)
{
    uint32_t i, k, n = l->templates->n, row = row_of(l);
    int32_t inputs[PYLM__MAX_TEMPLATES + 1u], sum = 0; /* with topics there is one template fewer at most */
    const int16_t *family = l->weights;
    for (k = 0; k < n; k++)
        inputs[k] = l->calibration[k * PYLM__N_CALIBRATION + l->indices[k][e]];
    inputs[n] = PYLM__CONSTANT_Q10;
    if (l->heldout->topic_log_odds)
        inputs[n + 1u] = l->heldout->topic_log_odds[e];
    for (i = 0; i < PYLM__N_FAMILIES; i++) {
        const int16_t *w = family + (size_t)sets[i] * row;
        for (k = 0; k < row; k++)
            sum += w[k] * inputs[k];
        family += (size_t)l->n_sets[i] * row;
    }
    return sum;
}

static int weigh_part(void *user, uint32_t part, pylm_task *task)
{
    struct pylm__losses *l = user;
    const struct pylm__heldout *heldout = l->heldout;
    uint64_t e = (uint64_t)part * PART, end = e + PART < heldout->n_events ? e + PART : heldout->n_events;
    uint32_t i, k, sets[PYLM__N_FAMILIES];
    (void)task;
    for (; e < end; e++) {
        struct pylm__situation situation = {0, 0, 0, 0, 0};
        struct pylm__fixed_sets fixed = pylm__heldout_fixed_sets(heldout, e);
        for (k = 0; k < l->templates->n; k++)
            pylm__situation_add(&situation, l->templates, k, l->indices[k][e]);
        situation.confidence = pylm__confidence(heldout->means[e]);
        pylm__situation_sets(&situation, &fixed, l->templates->n, sets);
        for (i = 0; i < PYLM__N_FAMILIES; i++)
            l->events[e].sets[i] = (uint16_t)sets[i];
        l->events[e].side = heldout->side[e];
        l->events[e].log_odds = weigh(l, e, sets);
    }
    return PYLM_OK;
}

int pylm__losses_weigh(struct pylm__losses *l, const struct pylm__trained_tree *trained, uint16_t *const *indices,
                       uint32_t n_threads, pylm_task *task)
{
    const struct pylm__shape shape = pylm__shape_of(&trained->tree, &trained->templates);
    uint32_t i;
    l->templates = &trained->templates;
    l->weights = trained->stages.stage1_weights;
    l->calibration = trained->calibration;
    l->indices = indices;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        l->n_sets[i] = pylm__n_sets(i, &shape);
    PYLM__TRY(pylm__run_jobs(weigh_part, l, (uint32_t)((l->heldout->n_events + PART - 1u) / PART), n_threads, NULL));
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

double pylm__losses_total(const struct pylm__losses *l)
{
    double nats = 0;
    uint64_t e;
    for (e = 0; e < l->heldout->n_events; e++)
        nats += event_loss(l->softplus, l->events[e].side, l->events[e].log_odds);
    return nats / log(2.0);
}

/* ---- with a template that is pruned otherwise ---- */

/* The weights of an input, one after the other. */
struct column {
    int32_t *of;
    const int32_t *families[PYLM__N_FAMILIES]; /* where each begins */
};

static int make_column(const struct pylm__losses *l, uint32_t k, struct column *column)
{
    uint32_t i, row, n = row_of(l), n_rows = 0;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_rows += l->n_sets[i];
    column->of = pylm__array_new(n_rows, sizeof *column->of);
    if (!column->of)
        return PYLM_ERR_MEMORY;
    for (row = 0; row < n_rows; row++)
        column->of[row] = l->weights[(size_t)row * n + k];
    for (n_rows = i = 0; i < PYLM__N_FAMILIES; n_rows += l->n_sets[i++])
        column->families[i] = column->of + n_rows;
    return PYLM_OK;
}

static int32_t weight_of(const struct column *column, const struct pylm__weighed *event)
{
    int32_t weight = 0;
    uint32_t f;
    for (f = 0; f < PYLM__N_FAMILIES; f++)
        weight += column->families[f][event->sets[f]];
    return weight;
}

/* Calibrates all levels that are tried. */
static int calibrate(const struct pylm__losses *l, const struct pylm__tried_paths *tried,
                     int16_t (*tables)[PYLM__N_CALIBRATION])
{
    uint64_t (*seen)[PYLM__N_CALIBRATION][2] = pylm__array_new(tried->n_levels, sizeof *seen);
    uint32_t i, j;
    if (!seen)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < tried->n; i++) {
        unsigned side = l->heldout->side[tried->events[i]];
        for (j = 0; j < tried->n_levels; j++)
            seen[j][tried->indices[j][i]][side]++;
    }
    for (j = 0; j < tried->n_levels; j++)
        pylm__calibrate_seen(seen[j], l->symmetric, 0, tables[j]);
    free(seen);
    return PYLM_OK;
}

/* Adds what event i of those tried costs more with each level, nats. */
static void add_event(const struct pylm__losses *l, const struct pylm__tried_paths *tried, uint32_t i,
                      const struct column *column, int here, int16_t (*tables)[PYLM__N_CALIBRATION], double *more)
{
    const struct pylm__weighed *event = &l->events[tried->events[i]];
    int change, last = 0;
    int32_t weight = 0;
    double loss = 0, present = 0;
    uint32_t j;
    for (j = 0; j <= tried->n_levels; j++) {
        change = (j < tried->n_levels ? tables[j][tried->indices[j][i]] : 0) - here;
        if (!change)
            continue;
        if (!last) {
            weight = weight_of(column, event);
            present = event_loss(l->softplus, event->side, event->log_odds);
        }
        if (change != last)
            loss = event_loss(l->softplus, event->side, event->log_odds + (double)weight * change) - present;
        more[j] += loss;
        last = change;
    }
}

int pylm__losses_of_tried(const struct pylm__losses *l, uint32_t k, const struct pylm__tried_paths *tried,
                          uint32_t present, double *more, const pylm_task *task)
{
    const int16_t *now = l->calibration + k * PYLM__N_CALIBRATION;
    int16_t tables[PYLM__MAX_TRIED][PYLM__N_CALIBRATION];
    struct column column;
    uint32_t i, j;
    PYLM__TRY(calibrate(l, tried, tables));
    PYLM__TRY(make_column(l, k, &column));
    for (j = 0; j <= tried->n_levels; j++)
        more[j] = 0;
    for (i = 0; i < tried->n && (i % SLICE || !pylm__task_cancelled(task)); i++) {
        if (i + AHEAD < tried->n)
            PYLM__PREFETCH(&l->events[tried->events[i + AHEAD]]);
        add_event(l, tried, i, &column, now[tried->indices[present][i]], tables, more);
    }
    for (j = 0; j <= tried->n_levels; j++)
        more[j] /= log(2.0);
    free(column.of);
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

/* ---- with topic vectors of another length ---- */

int pylm__losses_of_topics(const struct pylm__losses *l, double *more, const pylm_task *task)
{
    const struct pylm__heldout *heldout = l->heldout;
    struct column column;
    uint64_t e;
    uint32_t j;
    PYLM__TRY(make_column(l, l->templates->n + 1u, &column));
    for (j = 0; j < PYLM__TOPIC_LEVELS; j++)
        more[j] = 0;
    for (e = 0; e < heldout->n_events && (e % SLICE || !pylm__task_cancelled(task)); e++) {
        const struct pylm__weighed *event = &l->events[e];
        double weight = weight_of(&column, event), present = event_loss(l->softplus, event->side, event->log_odds);
        int here = heldout->topic_log_odds[e];
        for (j = 0; j < PYLM__TOPIC_LEVELS; j++) {
            int change = heldout->topic_levels[j][e] - here;
            more[j] += event_loss(l->softplus, event->side, event->log_odds + weight * change) - present;
        }
    }
    for (j = 0; j < PYLM__TOPIC_LEVELS; j++)
        more[j] /= log(2.0);
    free(column.of);
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}
