/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fit.c: ridge-regularised logistic regression for the mixing weights.
 *
 * The log-odds of an event are linear in all weights: the sum over families of (weights of the chosen
 * set) . (inputs). So the loss is convex with one optimum, and there is nothing to tune but the ridge.
 * It is found by block Newton steps: one family after the other, each of its sets solved with the others
 * held fixed; the sets of a family share no event. The curvature, nine tenths of the work, is computed
 * anew in the first cycles only; after them it hardly changes, and the optimum does not depend on it. A
 * common vector, fitted first, stands behind the families, which only describe how a situation differs:
 * a set with few events stays near it.
 *
 * Sums are taken over runs of events in a fixed order, so any number of threads gives the same bytes.
 */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_INPUTS PYLM__FIT_MAX_INPUTS
#define N_PAIRS (N_INPUTS * (N_INPUTS + 1u) / 2u)
#define COMMON PYLM__FIT_MAX_FAMILIES /* the common vector is one more family, of one set */
#define RUN 16384u              /* events summed up at once */
#define MAX_CYCLES 24u
#define COMMON_CYCLES 16u
#define CURVATURE_CYCLES 2u     /* with a curvature of their own */
#define ENOUGH 3e-6             /* nats an event gained in a cycle; less ends the fit */
#define COMMON_RIDGE 1.0
#define SET_RIDGE 300.0         /* in units of squared nats of input; DESIGN.md has the measurements */
#define MAX_STEP 1.0            /* of any weight at once: keeps Newton's first steps tame */
#define WEIGHT_ONE 8192.0       /* q13 */

/* One event with its inputs, in one piece of memory: events are visited in three different orders, and
 * each visit should cost one cache miss. */
struct event {
    double log_odds; /* with the present weights */
    uint16_t n, side;
    struct pylm__fit_input inputs[];
};

#define EVENT_UNIT 8u /* events begin at multiples of so many bytes */

/* Consecutive events, in a family's order, that share a set. */
struct run {
    uint32_t set;
    uint64_t from, to;
};

struct sums {
    double loss;
    double gradient[N_INPUTS];
    double curvature[N_PAIRS]; /* lower triangle, row by row */
};

struct family {
    uint32_t n_sets, n_runs;
    uint32_t *set_of;  /* by event */
    uint32_t *order;   /* where the events of each set are, in EVENT_UNITs */
    struct run *runs;
    uint32_t *first_run; /* by set; one more at the end */
    double *weights;   /* n_sets rows of N_INPUTS */
    double *steps;     /* likewise: what the last step added */
    double *factors;   /* by set: the curvature's Cholesky factor, N_PAIRS numbers */
    double ridge;
    const double *prior; /* by input; NULL: 0 */
};

struct fit {
    const struct pylm__fit_problem *problem;
    uint64_t n_events;
    uint32_t n_inputs, n_families;
    uint8_t *events;   /* all of them, one behind the other */
    uint64_t events_nbytes;
    struct family families[PYLM__FIT_MAX_FAMILIES + 1u];
    struct sums *sums; /* by run of the family at work */
    uint32_t n_threads;
};

/* ---- events ---- */

static struct event *event_at(const struct fit *fit, uint64_t units)
{
    return (struct event *)(void *)(fit->events + units * EVENT_UNIT);
}

static uint64_t event_units(uint32_t n_inputs)
{
    return (sizeof(struct event) + n_inputs * sizeof(struct pylm__fit_input) + EVENT_UNIT - 1u) / EVENT_UNIT;
}

/* Space for all events. */
static uint64_t measure_events(const struct pylm__fit_problem *problem)
{
    struct pylm__fit_input inputs[N_INPUTS];
    uint32_t sets[PYLM__FIT_MAX_FAMILIES];
    uint64_t e, units = 0;
    for (e = 0; e < problem->n_events; e++)
        units += event_units(problem->gather(problem->user, e, inputs, sets));
    return units * EVENT_UNIT;
}

/* Fills in one event and the sets that it belongs to; returns its units. */
static uint64_t gather_event(struct fit *fit, uint64_t e, struct event *event)
{
    const struct pylm__fit_problem *problem = fit->problem;
    uint32_t sets[PYLM__FIT_MAX_FAMILIES], i;
    event->n = (uint16_t)problem->gather(problem->user, e, event->inputs, sets);
    event->side = problem->side[e];
    event->log_odds = 0;
    for (i = 0; i < event->n; i++)
        event->log_odds += problem->prior[event->inputs[i].number] * event->inputs[i].value * (1.0 / 1024.0);
    for (i = 0; i < fit->n_families; i++)
        fit->families[i].set_of[e] = sets[i];
    return event_units(event->n);
}

static int gather_events(struct fit *fit, uint32_t *places, const pylm_task *task)
{
    uint64_t e, at = 0;
    fit->events_nbytes = measure_events(fit->problem);
    fit->events = pylm__array_new(fit->events_nbytes, 1);
    if (!fit->events)
        return PYLM_ERR_MEMORY;
    if (fit->events_nbytes / EVENT_UNIT > UINT32_MAX)
        return PYLM_ERR_LARGE;
    for (e = 0; e < fit->n_events; e++) {
        if (e % RUN == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        places[e] = (uint32_t)at;
        at += gather_event(fit, e, event_at(fit, at));
    }
    return PYLM_OK;
}

/* Sorts a family's events by set and parts them into runs. */
static int order_events(struct family *f, const uint32_t *places, uint64_t n_events)
{
    uint64_t e, *starts = pylm__array_new((uint64_t)f->n_sets + 1u, sizeof *starts);
    uint64_t max_runs = n_events / RUN + f->n_sets;
    uint32_t s;
    f->runs = pylm__array_new(max_runs, sizeof *f->runs);
    f->first_run = pylm__array_new((uint64_t)f->n_sets + 1u, sizeof *f->first_run);
    if (!starts || !f->runs || !f->first_run) {
        free(starts);
        return PYLM_ERR_MEMORY;
    }
    for (e = 0; e < n_events; e++)
        starts[f->set_of[e] + 1u]++;
    for (s = 0; s < f->n_sets; s++)
        starts[s + 1u] += starts[s];
    for (s = 0; s < f->n_sets; s++) {
        f->first_run[s] = f->n_runs;
        for (e = starts[s]; e < starts[s + 1u]; e += RUN) {
            struct run *run = &f->runs[f->n_runs++];
            run->set = s;
            run->from = e;
            run->to = e + RUN < starts[s + 1u] ? e + RUN : starts[s + 1u];
        }
    }
    f->first_run[s] = f->n_runs;
    for (e = 0; e < n_events; e++)
        f->order[starts[f->set_of[e]]++] = places[e];
    free(starts);
    return PYLM_OK;
}

/* ---- one Newton step ---- */

static double event_loss(const struct event *event)
{
    double d = event->side ? event->log_odds : -event->log_odds; /* of what happened */
    return log1p(exp(-fabs(d))) + (d < 0 ? -d : 0.0);
}

/* Loss, gradient and, if wanted, curvature of a run of events at the present log-odds. */
static void sum_run(const struct fit *fit, const struct family *f, const struct run *run, int curved,
                    struct sums *sums)
{
    uint64_t i;
    uint32_t a, b;
    sums->loss = 0;
    memset(sums->gradient, 0, sizeof sums->gradient);
    if (curved)
        memset(sums->curvature, 0, sizeof sums->curvature);
    for (i = run->from; i < run->to; i++) {
        const struct event *event = event_at(fit, f->order[i]);
        const struct pylm__fit_input *in = event->inputs;
        double p = 1.0 / (1.0 + exp(-event->log_odds)), error = (p - event->side) * (1.0 / 1024.0);
        double curve = p * (1.0 - p) * (1.0 / (1024.0 * 1024.0));
        PYLM__PREFETCH(event_at(fit, f->order[i + 4u < run->to ? i + 4u : i]));
        sums->loss += event_loss(event);
        for (a = 0; a < event->n; a++)
            sums->gradient[in[a].number] += error * in[a].value;
        for (a = 0; curved && a < event->n; a++) {
            double x = curve * in[a].value, *row = sums->curvature + in[a].number * (in[a].number + 1u) / 2u;
            for (b = 0; b <= a; b++)
                row[in[b].number] += x * in[b].value;
        }
    }
}

/* Makes a positive definite matrix, lower triangle, its Cholesky factor. */
static void factorise(double *a, uint32_t n)
{
    uint32_t i, j, k;
    for (i = 0; i < n; i++) {
        double *ai = a + i * (i + 1u) / 2u;
        for (j = 0; j <= i; j++) {
            const double *aj = a + j * (j + 1u) / 2u;
            double sum = ai[j];
            for (k = 0; k < j; k++)
                sum -= ai[k] * aj[k];
            ai[j] = i == j ? sqrt(sum) : sum / aj[j];
        }
    }
}

/* Solves A x = b for a factorised A; x replaces b. */
static void solve(const double *a, double *b, uint32_t n)
{
    uint32_t i, k;
    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++)
            b[i] -= a[i * (i + 1u) / 2u + k] * b[k];
        b[i] /= a[i * (i + 1u) / 2u + i];
    }
    for (i = n; i-- > 0;) {
        for (k = i + 1u; k < n; k++)
            b[i] -= a[k * (k + 1u) / 2u + i] * b[k];
        b[i] /= a[i * (i + 1u) / 2u + i];
    }
}

static void sum_curvature(const struct fit *fit, struct family *f, uint32_t set)
{
    double *factor = f->factors + (size_t)set * N_PAIRS;
    uint32_t r, i, n = fit->n_inputs;
    memset(factor, 0, N_PAIRS * sizeof *factor);
    for (r = f->first_run[set]; r < f->first_run[set + 1u]; r++)
        for (i = 0; i < n * (n + 1u) / 2u; i++)
            factor[i] += fit->sums[r].curvature[i];
    for (i = 0; i < n; i++)
        factor[i * (i + 1u) / 2u + i] += f->ridge;
    factorise(factor, n);
}

/* Adds up a set's runs, makes the step and returns the set's loss, ridge included, before it. */
static double step_set(struct fit *fit, struct family *f, uint32_t set)
{
    double *w = f->weights + (size_t)set * N_INPUTS, *step = f->steps + (size_t)set * N_INPUTS;
    double loss = 0, largest = 0;
    uint32_t r, i, n = fit->n_inputs;
    for (i = 0; i < n; i++) {
        double away = w[i] - (f->prior ? f->prior[i] : 0.0);
        loss += 0.5 * f->ridge * away * away;
        step[i] = -f->ridge * away;
        for (r = f->first_run[set]; r < f->first_run[set + 1u]; r++)
            step[i] -= fit->sums[r].gradient[i];
    }
    for (r = f->first_run[set]; r < f->first_run[set + 1u]; r++)
        loss += fit->sums[r].loss;
    solve(f->factors + (size_t)set * N_PAIRS, step, n);
    for (i = 0; i < n; i++)
        largest = fmax(largest, fabs(step[i]));
    for (i = 0; i < n; i++) {
        step[i] *= largest > MAX_STEP ? MAX_STEP / largest : 1.0;
        w[i] += step[i];
    }
    return loss;
}

static void apply_run(struct fit *fit, const struct family *f, const struct run *run)
{
    const double *step = f->steps + (size_t)run->set * N_INPUTS;
    uint64_t i;
    uint32_t a;
    for (i = run->from; i < run->to; i++) {
        struct event *event = event_at(fit, f->order[i]);
        double sum = 0;
        for (a = 0; a < event->n; a++)
            sum += step[event->inputs[a].number] * event->inputs[a].value;
        event->log_odds += sum * (1.0 / 1024.0);
    }
}

/* Sums up all runs of a family. */
static int sum_runs(struct fit *fit, const struct family *f, int curved, const pylm_task *task)
{
    int64_t r, n_runs = f->n_runs;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->n_threads, f->n_runs))
#endif
    for (r = 0; r < n_runs; r++)
        if (!pylm__task_cancelled(task))
            sum_run(fit, f, &f->runs[r], curved, &fit->sums[r]);
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

/* One step for all sets of a family. *loss becomes the loss before it. */
static int step_family(struct fit *fit, struct family *f, int curved, double *loss, const pylm_task *task)
{
    int64_t r, s, n_runs = f->n_runs, n_sets = f->n_sets;
    PYLM__TRY(sum_runs(fit, f, curved, task));
    if (curved) {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->n_threads, f->n_sets))
#endif
        for (s = 0; s < n_sets; s++)
            if (f->first_run[s] < f->first_run[s + 1])
                sum_curvature(fit, f, (uint32_t)s);
    }
    for (*loss = 0, s = 0; s < n_sets; s++)
        if (f->first_run[s] < f->first_run[s + 1])
            *loss += step_set(fit, f, (uint32_t)s);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->n_threads, f->n_runs))
#endif
    for (r = 0; r < n_runs; r++)
        if (!pylm__task_cancelled(task))
            apply_run(fit, f, &f->runs[r]);
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}

/* ---- the whole fit ---- */

static int run_cycles(struct fit *fit, struct pylm__fit_result *result, pylm_task *task)
{
    double loss = 0, last = HUGE_VAL, ignored;
    uint32_t cycle, i;
    pylm__task_begin(task, PYLM_STAGE_FIT, COMMON_CYCLES + MAX_CYCLES);
    for (cycle = 0; cycle < COMMON_CYCLES; cycle++, last = loss) {
        PYLM__TRY(step_family(fit, &fit->families[COMMON], 1, &loss, task));
        pylm__task_step(task);
        if (fabs(last - loss) < ENOUGH * (double)fit->n_events)
            break;
    }
    last = HUGE_VAL;
    for (cycle = 0; cycle < MAX_CYCLES; cycle++, last = loss) {
        int curved = cycle < CURVATURE_CYCLES;
        PYLM__TRY(step_family(fit, &fit->families[0], curved, &loss, task));
        for (i = 1; i < fit->n_families; i++)
            PYLM__TRY(step_family(fit, &fit->families[i], curved, &ignored, task));
        pylm__task_step(task);
        if (fabs(last - loss) < ENOUGH * (double)fit->n_events)
            break;
    }
    result->cycles = cycle;
    return PYLM_OK;
}

/* The common vector becomes part of family 0. */
static void write_weights(const struct fit *fit, int16_t *weights)
{
    double most = fit->problem->max_weight_sum;
    uint32_t i, s, k, n = fit->n_inputs;
    for (i = 0; i < fit->n_families; i++) {
        for (s = 0; s < fit->families[i].n_sets; s++, weights += n) {
            const double *w = fit->families[i].weights + (size_t)s * N_INPUTS;
            double row[N_INPUTS], sum = 0;
            for (k = 0; k < n; k++) {
                row[k] = w[k] + (i ? 0.0 : fit->families[COMMON].weights[k]);
                sum += fabs(row[k]);
            }
            for (k = 0; k < n; k++) {
                double value = row[k] * (sum > most ? most / sum : 1.0) * WEIGHT_ONE;
                weights[k] = (int16_t)fmin(fmax(floor(value + 0.5), -32767.0), 32767.0);
            }
        }
    }
}

/* The loss of all events with the final weights, and their log-odds. */
static int final_loss(struct fit *fit, double *loss, double *log_odds, const pylm_task *task)
{
    uint64_t e, at = 0;
    uint32_t r;
    PYLM__TRY(sum_runs(fit, &fit->families[COMMON], 0, task));
    for (*loss = 0, r = 0; r < fit->families[COMMON].n_runs; r++)
        *loss += fit->sums[r].loss;
    *loss /= log(2.0);
    for (e = 0; log_odds && e < fit->n_events; e++) {
        log_odds[e] = event_at(fit, at)->log_odds;
        at += event_units(event_at(fit, at)->n);
    }
    return PYLM_OK;
}

static int allocate_family(struct fit *fit, uint32_t i)
{
    struct family *f = &fit->families[i];
    uint32_t s;
    f->n_sets = i == COMMON ? 1u : fit->problem->n_sets[i];
    f->ridge = i == COMMON ? COMMON_RIDGE : SET_RIDGE;
    f->prior = i == COMMON ? fit->problem->prior : NULL;
    f->set_of = pylm__array_new(fit->n_events, sizeof *f->set_of);
    f->order = pylm__array_new(fit->n_events, sizeof *f->order);
    f->weights = pylm__array_new((uint64_t)f->n_sets * N_INPUTS, sizeof *f->weights);
    f->steps = pylm__array_new((uint64_t)f->n_sets * N_INPUTS, sizeof *f->steps);
    f->factors = pylm__array_new((uint64_t)f->n_sets * N_PAIRS, sizeof *f->factors);
    if (!f->set_of || !f->order || !f->weights || !f->steps || !f->factors)
        return PYLM_ERR_MEMORY;
    for (s = 0; f->prior && s < fit->n_inputs; s++)
        f->weights[s] = f->prior[s];
    return PYLM_OK;
}

/* Families are worked through in this order: those of the problem, then the common one. */
static struct family *family_at(struct fit *fit, uint32_t i)
{
    return &fit->families[i < fit->n_families ? i : COMMON];
}

static int prepare(struct fit *fit, const pylm_task *task)
{
    uint32_t i, most_runs = 1, *places = pylm__array_new(fit->n_events, sizeof *places);
    int status = places ? PYLM_OK : PYLM_ERR_MEMORY;
    for (i = 0; i <= fit->n_families && status == PYLM_OK; i++)
        status = allocate_family(fit, i < fit->n_families ? i : COMMON);
    if (status == PYLM_OK)
        status = gather_events(fit, places, task);
    for (i = 0; i <= fit->n_families && status == PYLM_OK; i++) {
        status = order_events(family_at(fit, i), places, fit->n_events);
        most_runs = family_at(fit, i)->n_runs > most_runs ? family_at(fit, i)->n_runs : most_runs;
    }
    free(places);
    fit->sums = pylm__array_new(most_runs, sizeof *fit->sums);
    return status == PYLM_OK && !fit->sums ? PYLM_ERR_MEMORY : status;
}

int pylm__fit(const struct pylm__fit_problem *problem, int16_t *weights, double *log_odds,
              struct pylm__fit_result *result, pylm_task *task)
{
    struct fit fit;
    uint32_t i;
    int status;
    memset(&fit, 0, sizeof fit);
    fit.problem = problem;
    fit.n_events = problem->n_events;
    fit.n_inputs = problem->n_inputs;
    fit.n_families = problem->n_families;
    fit.n_threads = problem->n_threads;
    status = fit.n_events < UINT32_MAX ? prepare(&fit, task) : PYLM_ERR_LARGE;
    if (status == PYLM_OK)
        status = run_cycles(&fit, result, task);
    if (status == PYLM_OK)
        status = final_loss(&fit, &result->loss, log_odds, task);
    if (status == PYLM_OK)
        write_weights(&fit, weights);
    for (i = 0; i <= COMMON; i++) {
        free(fit.families[i].set_of);
        free(fit.families[i].order);
        free(fit.families[i].runs);
        free(fit.families[i].first_run);
        free(fit.families[i].weights);
        free(fit.families[i].steps);
        free(fit.families[i].factors);
    }
    free(fit.events);
    free(fit.sums);
    return status;
}
