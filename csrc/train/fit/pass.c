/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pass.c: see pass.h. Events are in the order of the text. Sums are taken by chunk, in a fixed order, so that any
 * number of threads gives the same bytes.
 */
#include "pass.h"

#include <string.h>

#include "core/stage2.h"

#define SLICE 8192u             /* events between two looks at the task */
#define CURVATURE_EVERY 5u      /* one of so many events is used for the curvature; odd, as paths often have 8 nodes */
#define MAX_TAKE_BACKS 12u      /* halvings of a step that makes a set worse */
#define TOLERANCE 1e-9          /* nats by which the loss of a set may grow: rounding */
#define MAX_LOG_ODDS 30.0       /* keeps probabilities apart from 0 and 1 */
#define SMALLEST_PRODUCT 1e-280 /* times e^-30 it is still a normal number */

/* ---- events ---- */

/* First event of a chunk. */
static uint64_t chunk_begin(const struct pylm__fit *fit, uint32_t chunk)
{
    return fit->problem->n_events * chunk / fit->n_chunks;
}

/* The inputs of an event that are not 0, in the order of their numbers. */
struct event {
    uint32_t n, number[PYLM__FIT_MAX_INPUTS];
    double value[PYLM__FIT_MAX_INPUTS];
};

static void load_event(const struct pylm__fit *fit, uint64_t e, struct event *event)
{
    const int16_t *const *inputs = fit->problem->inputs;
    uint32_t i, n = 0;
    for (i = 0; i < fit->n_inputs; i++) {
        int16_t value = inputs[i] ? inputs[i][e] : PYLM__CONSTANT_Q10;
        event->number[n] = i;
        event->value[n] = value;
        n += value != 0; /* a branch would be mispredicted too often */
    }
    event->n = n;
}

/* The product of a row of weights and an event, nats. */
static double weigh(const double *weights, const struct event *event)
{
    double sum = 0;
    uint32_t a;
    for (a = 0; a < event->n; a++)
        sum += weights[event->number[a]] * event->value[a];
    return sum * (1.0 / 1024.0);
}

int pylm__begin_events(struct pylm__fit *fit, const pylm_task *task)
{
    int c;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(fit->n_threads)
#endif
    for (c = 0; c < (int)fit->n_chunks; c++) {
        struct event event;
        uint64_t e, end = chunk_begin(fit, (uint32_t)c + 1u);
        for (e = chunk_begin(fit, (uint32_t)c); e < end && !pylm__task_cancelled(task); e++) {
            load_event(fit, e, &event);
            fit->log_odds[e] = weigh(fit->problem->prior, &event);
        }
    }
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

/* ---- one pass ---- */

/* An event's set in a family. */
static uint32_t set_of(const struct pylm__fit *fit, const struct pylm__family *f, uint64_t e)
{
    uint32_t i = (uint32_t)(f - fit->families);
    return i == PYLM__FIT_COMMON ? 0u : fit->problem->sets[i][e];
}

static void add_gradient(const struct event *event, double error, double *gradient)
{
    uint32_t a;
    for (a = 0; a < event->n; a++)
        gradient[event->number[a]] += error * event->value[a];
}

static void add_curvature(const struct event *event, double p, double *curvature)
{
    double curve = p * (1.0 - p) * (CURVATURE_EVERY / (1024.0 * 1024.0));
    uint32_t a, b;
    for (a = 0; a < event->n; a++) {
        double x = curve * event->value[a], *row = curvature + event->number[a] * (event->number[a] + 1u) / 2u;
        for (b = 0; b <= a; b++)
            row[event->number[b]] += x * event->value[b];
    }
}

static void clear_losses(struct pylm__loss *losses, uint32_t n)
{
    uint32_t i;
    for (i = 0; i < n; i++) {
        losses[i].sum = 0;
        losses[i].product = 1.0;
    }
}

/* Adds an event that had probability p: at least e^-30. */
static void add_loss(struct pylm__loss *loss, double p)
{
    loss->product *= p;
    if (loss->product < SMALLEST_PRODUCT) {
        loss->sum -= log(loss->product);
        loss->product = 1.0;
    }
}

static void clear_sums(const struct pylm__fit *fit, const struct pylm__family *f, double *curvature,
                       struct pylm__sums *sums)
{
    clear_losses(sums->before, f->n_sets);
    memset(sums->gradient, 0, (size_t)f->n_sets * fit->n_inputs * sizeof *sums->gradient);
    if (curvature)
        memset(curvature, 0, (size_t)f->n_sets * fit->n_pairs * sizeof *curvature);
    if (fit->pending)
        clear_losses(sums->after, fit->pending->n_sets);
}

/* Applies the pending step to the events of a chunk, and sums up for a family.
 *   curvature   out: a sum, too; NULL: not wanted */
static void pass_chunk(struct pylm__fit *fit, const struct pylm__family *f, double *curvature, uint32_t chunk,
                       const pylm_task *task)
{
    struct pylm__sums *sums = &fit->sums[chunk];
    uint64_t begin = chunk_begin(fit, chunk), end = chunk_begin(fit, chunk + 1u), e;
    clear_sums(fit, f, curvature, sums);
    for (e = begin; e < end; e++) {
        struct event event;
        double p, log_odds;
        size_t set = set_of(fit, f, e), pending = fit->pending ? set_of(fit, fit->pending, e) : 0u;
        uint8_t side = fit->problem->side[e];
        if ((e - begin) % SLICE == 0 && pylm__task_cancelled(task))
            return;
        load_event(fit, e, &event);
        if (fit->pending)
            fit->log_odds[e] += weigh(fit->pending->steps + pending * fit->n_inputs, &event);
        log_odds = fit->log_odds[e];
        log_odds = log_odds < -MAX_LOG_ODDS ? -MAX_LOG_ODDS : log_odds > MAX_LOG_ODDS ? MAX_LOG_ODDS : log_odds;
        p = 1.0 / (1.0 + exp(-log_odds));
        add_loss(&sums->before[set], side ? p : 1.0 - p);
        if (fit->pending)
            add_loss(&sums->after[pending], side ? p : 1.0 - p);
        add_gradient(&event, (p - side) * (1.0 / 1024.0), sums->gradient + set * fit->n_inputs);
        if (curvature && (e - begin) % CURVATURE_EVERY == 0)
            add_curvature(&event, p, curvature + set * fit->n_pairs);
    }
}

static void add_all(double *sums, const double *parts, uint64_t n)
{
    uint64_t i;
    for (i = 0; i < n; i++)
        sums[i] += parts[i];
}

/* Makes a pass over all events. The curvature is large: it is not kept for each chunk, but added up in their order. */
static int pass(struct pylm__fit *fit, const struct pylm__family *f, int curved, const pylm_task *task)
{
    uint64_t n = (uint64_t)f->n_sets * fit->n_pairs;
    int c;
    if (curved)
        memset(f->factors, 0, (size_t)n * sizeof *f->factors);
#ifdef _OPENMP
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(fit -> n_threads)
#endif
    for (c = 0; c < (int)fit->n_chunks; c++) {
        double *own = curved ? fit->curvatures + pylm__thread() * fit->curvature_size : NULL;
        pass_chunk(fit, f, own, (uint32_t)c, task);
#ifdef _OPENMP
#pragma omp ordered
#endif
        if (own)
            add_all(f->factors, own, n);
    }
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

double pylm__ridge_loss(const struct pylm__fit *fit, const struct pylm__family *f, uint32_t set)
{
    const double *w = f->weights + (size_t)set * fit->n_inputs;
    double sum = 0;
    uint32_t i;
    for (i = 0; i < fit->n_inputs; i++) {
        double away = w[i] - (f->prior ? f->prior[i] : 0.0);
        sum += 0.5 * f->ridge * away * away;
    }
    return sum;
}

/* Where the pending step has made a set worse, takes half of it back. That becomes the pending step, and the next steps
 * of the set are shorter. Returns whether there were such sets. */
static int take_back(struct pylm__fit *fit)
{
    const struct pylm__family *f = fit->pending;
    uint32_t set, c, i, n = fit->n_inputs;
    int any = 0;
    for (set = 0; set < f->n_sets; set++) {
        double *w = f->weights + (size_t)set * n, *step = f->steps + (size_t)set * n, after;
        int worse;
        for (after = pylm__ridge_loss(fit, f, set), c = 0; c < fit->n_chunks; c++)
            after += pylm__loss_of(&fit->sums[c].after[set]);
        worse = after > f->before[set] + TOLERANCE;
        for (i = 0; i < n; i++) {
            step[i] = worse ? -0.5 * step[i] : 0.0;
            w[i] += step[i];
        }
        f->damping[set] *= worse ? 2.0 : 1.0;
        any |= worse;
    }
    return any;
}

int pylm__settled_pass(struct pylm__fit *fit, const struct pylm__family *f, int curved, const pylm_task *task)
{
    uint32_t tries;
    for (tries = 0; tries < MAX_TAKE_BACKS; tries++) {
        PYLM__TRY(pass(fit, f, curved, task));
        if (!fit->pending || !take_back(fit))
            break;
    }
    fit->pending = NULL;
    return PYLM_OK;
}
