/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fit.c: ridge-regularised logistic regression for the mixing weights.
 *
 * The log-odds of an event are linear in all weights: the sum over families of (weights of the chosen
 * set) . (inputs). So the loss is convex with one optimum, and there is nothing to tune but the ridge.
 * It is found by block Newton steps: one family after the other, each of its sets solved exactly with
 * the others held fixed; the sets of a family share no event. A common vector, fitted first, stands
 * behind the families, which only describe how a situation differs: a set with few events stays near it.
 *
 * Sums are taken over runs of events in a fixed order, so any number of threads gives the same bytes.
 */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../core/mix.h"
#include "calibrate.h"

#define N_INPUTS (PYLM__MAX_TEMPLATES + 1u)
#define N_PAIRS (N_INPUTS * (N_INPUTS + 1u) / 2u)
#define COMMON PYLM__N_FAMILIES /* the common vector is one more family, of one set */
#define RUN 16384u              /* events summed up at once */
#define MAX_CYCLES 24u
#define COMMON_CYCLES 8u
#define ENOUGH 2e-7             /* nats an event gained in a cycle; less ends the fit */
#define COMMON_RIDGE 1.0
#define COMMON_PRIOR 0.3        /* a weight without any event */
#define SET_RIDGE 6.0           /* in units of squared nats of input; see DESIGN.md */
#define MAX_STEP 1.0            /* of any weight at once: keeps Newton's first steps tame */
#define WEIGHT_ONE 8192.0       /* q13 */
#define MAX_WEIGHT_SUM 10.0     /* of a row's magnitudes: the engine's sums then stay below 2^31 */

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
    uint32_t *order;   /* events by set */
    struct run *runs;
    uint32_t *first_run; /* by set; one more at the end */
    double *weights;   /* n_sets rows of N_INPUTS */
    double *steps;     /* likewise: what the last step added */
    double ridge, prior;
};

struct fit {
    uint64_t n_events;
    uint32_t n_inputs;
    uint64_t *row;     /* by event: where its inputs begin; one more at the end */
    uint8_t *number;   /* which input */
    int16_t *value;    /* its log-odds, q10 */
    const uint8_t *side;
    double *log_odds;  /* by event, with the present weights */
    struct family families[PYLM__N_FAMILIES + 1u];
    struct sums *sums; /* by run of the family at work */
    uint32_t n_threads;
};

/* ---- events ---- */

static int gather_inputs(struct fit *fit, const struct pylm__fit_input *in)
{
    uint32_t k, n = in->templates->n;
    uint64_t e, at = 0;
    for (e = 0; e < fit->n_events; e++) {
        struct pylm__situation situation = {0, 0, 0, 0};
        uint32_t sets[PYLM__N_FAMILIES];
        fit->row[e] = at;
        for (k = 0; k < n; k++) {
            uint32_t index = in->indices[k][e];
            if (!index)
                continue;
            pylm__situation_add(&situation, k, in->templates->n_suffix, in->templates->of[k].role,
                                pylm__index_level(index));
            if (fit->number) {
                fit->number[at] = (uint8_t)k;
                fit->value[at] = in->calibration[k * PYLM__N_CALIBRATION + index];
            }
            at++;
        }
        if (fit->number) {
            fit->number[at] = (uint8_t)n;
            fit->value[at] = PYLM__CONSTANT_Q10;
        }
        at++;
        pylm__situation_sets(&situation, in->heldout->node_set[e], sets);
        for (k = 0; k < PYLM__N_FAMILIES; k++)
            fit->families[k].set_of[e] = sets[k];
    }
    fit->row[e] = at;
    return PYLM_OK;
}

/* Sorts a family's events by set and parts them into runs. */
static int order_events(struct family *f, uint64_t n_events)
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
        f->order[starts[f->set_of[e]]++] = (uint32_t)e;
    free(starts);
    return PYLM_OK;
}

/* ---- one Newton step ---- */

/* Loss, gradient and curvature of a run of events at the present log-odds. */
static void sum_run(const struct fit *fit, const struct family *f, const struct run *run, struct sums *sums)
{
    uint64_t i, a, b;
    memset(sums, 0, sizeof *sums);
    for (i = run->from; i < run->to; i++) {
        uint32_t e = f->order[i];
        double d = fit->log_odds[e], p = 1.0 / (1.0 + exp(-d)), error = p - fit->side[e];
        double curve = p * (1.0 - p);
        sums->loss += log1p(exp(-fabs(d))) + ((d > 0) != fit->side[e] ? fabs(d) : 0.0);
        for (a = fit->row[e]; a < fit->row[e + 1u]; a++) {
            uint32_t k = fit->number[a];
            double x = fit->value[a] * (1.0 / 1024.0), *row = sums->curvature + k * (k + 1u) / 2u;
            sums->gradient[k] += error * x;
            x *= curve * (1.0 / 1024.0);
            for (b = fit->row[e]; b <= a; b++)
                row[fit->number[b]] += x * fit->value[b];
        }
    }
}

/* Solves A x = b in place for a positive definite A, lower triangle; x replaces b. */
static void solve(double *a, double *b, uint32_t n)
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
        for (k = 0; k < i; k++)
            b[i] -= ai[k] * b[k];
        b[i] /= ai[i];
    }
    for (i = n; i-- > 0;) {
        for (k = i + 1u; k < n; k++)
            b[i] -= a[k * (k + 1u) / 2u + i] * b[k];
        b[i] /= a[i * (i + 1u) / 2u + i];
    }
}

/* Adds up a set's runs, makes the step and returns the set's loss, ridge included, before it. */
static double step_set(struct fit *fit, struct family *f, uint32_t set)
{
    struct sums sum;
    double *w = f->weights + (size_t)set * N_INPUTS, *step = f->steps + (size_t)set * N_INPUTS, largest = 0;
    uint32_t r, i, n = fit->n_inputs;
    memset(&sum, 0, sizeof sum);
    for (r = f->first_run[set]; r < f->first_run[set + 1u]; r++) {
        sum.loss += fit->sums[r].loss;
        for (i = 0; i < n; i++)
            sum.gradient[i] += fit->sums[r].gradient[i];
        for (i = 0; i < n * (n + 1u) / 2u; i++)
            sum.curvature[i] += fit->sums[r].curvature[i];
    }
    for (i = 0; i < n; i++) {
        double away = w[i] - f->prior;
        sum.loss += 0.5 * f->ridge * away * away;
        step[i] = -(sum.gradient[i] + f->ridge * away);
        sum.curvature[i * (i + 1u) / 2u + i] += f->ridge;
    }
    solve(sum.curvature, step, n);
    for (i = 0; i < n; i++)
        largest = fmax(largest, fabs(step[i]));
    for (i = 0; i < n; i++) {
        step[i] *= largest > MAX_STEP ? MAX_STEP / largest : 1.0;
        w[i] += step[i];
    }
    return sum.loss;
}

static void apply_run(struct fit *fit, const struct family *f, const struct run *run)
{
    const double *step = f->steps + (size_t)run->set * N_INPUTS;
    uint64_t i, a;
    for (i = run->from; i < run->to; i++) {
        uint32_t e = f->order[i];
        double sum = 0;
        for (a = fit->row[e]; a < fit->row[e + 1u]; a++)
            sum += step[fit->number[a]] * fit->value[a];
        fit->log_odds[e] += sum * (1.0 / 1024.0);
    }
}

/* One step for all sets of a family. *loss becomes the loss before it. */
static int step_family(struct fit *fit, struct family *f, double *loss, const pylm_task *task)
{
    int64_t r, n_runs = f->n_runs;
    uint32_t s;
    (void)fit->n_threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->n_threads, f->n_runs))
#endif
    for (r = 0; r < n_runs; r++)
        if (!pylm__task_cancelled(task))
            sum_run(fit, f, &f->runs[r], &fit->sums[r]);
    if (pylm__task_cancelled(task))
        return PYLM_ERR_CANCELLED;
    for (*loss = 0, s = 0; s < f->n_sets; s++)
        if (f->first_run[s] < f->first_run[s + 1u])
            *loss += step_set(fit, f, s);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->n_threads, f->n_runs))
#endif
    for (r = 0; r < n_runs; r++)
        apply_run(fit, f, &f->runs[r]);
    return PYLM_OK;
}

/* ---- the whole fit ---- */

static int run_cycles(struct fit *fit, struct pylm__fit_result *result, pylm_task *task)
{
    double loss = 0, last = HUGE_VAL, ignored;
    uint32_t cycle, i;
    pylm__task_begin(task, PYLM_STAGE_FIT, COMMON_CYCLES + MAX_CYCLES);
    for (cycle = 0; cycle < COMMON_CYCLES; cycle++, last = loss) {
        PYLM__TRY(step_family(fit, &fit->families[COMMON], &loss, task));
        pylm__task_step(task);
        if (last - loss < ENOUGH * 10 * (double)fit->n_events)
            break;
    }
    last = HUGE_VAL;
    for (cycle = 0; cycle < MAX_CYCLES; cycle++, last = loss) {
        PYLM__TRY(step_family(fit, &fit->families[0], &loss, task));
        for (i = 1; i < PYLM__N_FAMILIES; i++)
            PYLM__TRY(step_family(fit, &fit->families[i], &ignored, task));
        pylm__task_step(task);
        if (last - loss < ENOUGH * (double)fit->n_events)
            break;
    }
    result->cycles = cycle;
    return PYLM_OK;
}

/* The common vector becomes part of family 0. */
static void write_weights(const struct fit *fit, int16_t *weights)
{
    uint32_t i, s, k, n = fit->n_inputs;
    for (i = 0; i < PYLM__N_FAMILIES; i++) {
        for (s = 0; s < fit->families[i].n_sets; s++, weights += n) {
            const double *w = fit->families[i].weights + (size_t)s * N_INPUTS;
            double row[N_INPUTS], sum = 0;
            for (k = 0; k < n; k++) {
                row[k] = w[k] + (i ? 0.0 : fit->families[COMMON].weights[k]);
                sum += fabs(row[k]);
            }
            for (k = 0; k < n; k++) {
                double value = row[k] * (sum > MAX_WEIGHT_SUM ? MAX_WEIGHT_SUM / sum : 1.0) * WEIGHT_ONE;
                weights[k] = (int16_t)fmin(fmax(floor(value + 0.5), -32767.0), 32767.0);
            }
        }
    }
}

static double bits_a_symbol(const struct fit *fit, uint64_t n_symbols)
{
    double loss = 0;
    uint64_t e;
    for (e = 0; e < fit->n_events; e++) {
        double d = fit->log_odds[e];
        loss += log1p(exp(-fabs(d))) + ((d > 0) != fit->side[e] ? fabs(d) : 0.0);
    }
    return loss / log(2.0) / (double)n_symbols;
}

static int allocate_family(struct fit *fit, const struct pylm__fit_input *in, uint32_t i)
{
    struct family *f = &fit->families[i];
    uint32_t s;
    f->n_sets = i == COMMON ? 1u : pylm__n_sets(i, in->templates->n_suffix, in->n_node_sets);
    f->ridge = i == COMMON ? COMMON_RIDGE : SET_RIDGE;
    f->prior = i == COMMON ? COMMON_PRIOR : 0.0;
    f->set_of = pylm__array_new(fit->n_events, sizeof *f->set_of);
    f->order = pylm__array_new(fit->n_events, sizeof *f->order);
    f->weights = pylm__array_new((uint64_t)f->n_sets * N_INPUTS, sizeof *f->weights);
    f->steps = pylm__array_new((uint64_t)f->n_sets * N_INPUTS, sizeof *f->steps);
    if (!f->set_of || !f->order || !f->weights || !f->steps)
        return PYLM_ERR_MEMORY;
    for (s = 0; s < f->n_sets * N_INPUTS; s++)
        f->weights[s] = f->prior;
    return PYLM_OK;
}

static int prepare(struct fit *fit, const struct pylm__fit_input *in)
{
    uint32_t i, most_runs = 1;
    uint64_t e, a;
    for (i = 0; i <= COMMON; i++)
        PYLM__TRY(allocate_family(fit, in, i));
    fit->row = pylm__array_new(fit->n_events + 1u, sizeof *fit->row);
    fit->log_odds = pylm__array_new(fit->n_events, sizeof *fit->log_odds);
    if (!fit->row || !fit->log_odds)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(gather_inputs(fit, in)); /* counts them: there are no arrays yet */
    fit->number = pylm__array_new(fit->row[fit->n_events], sizeof *fit->number);
    fit->value = pylm__array_new(fit->row[fit->n_events], sizeof *fit->value);
    if (!fit->number || !fit->value)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(gather_inputs(fit, in));
    for (i = 0; i <= COMMON; i++) {
        PYLM__TRY(order_events(&fit->families[i], fit->n_events));
        most_runs = fit->families[i].n_runs > most_runs ? fit->families[i].n_runs : most_runs;
    }
    fit->sums = pylm__array_new(most_runs, sizeof *fit->sums);
    if (!fit->sums)
        return PYLM_ERR_MEMORY;
    for (e = 0; e < fit->n_events; e++)
        for (a = fit->row[e]; a < fit->row[e + 1u]; a++)
            fit->log_odds[e] += COMMON_PRIOR * fit->value[a] / 1024.0;
    return PYLM_OK;
}

int pylm__fit(const struct pylm__fit_input *input, int16_t *weights, struct pylm__fit_result *result,
              pylm_task *task)
{
    struct fit fit;
    uint32_t i;
    int status;
    memset(&fit, 0, sizeof fit);
    fit.n_events = input->heldout->n_events;
    fit.n_inputs = input->templates->n + 1u;
    fit.side = input->heldout->side;
    fit.n_threads = input->n_threads;
    status = fit.n_events < UINT32_MAX ? prepare(&fit, input) : PYLM_ERR_LARGE;
    if (status == PYLM_OK)
        status = run_cycles(&fit, result, task);
    if (status == PYLM_OK) {
        write_weights(&fit, weights);
        result->loss = bits_a_symbol(&fit, input->heldout->n_symbols);
    }
    for (i = 0; i <= COMMON; i++) {
        free(fit.families[i].set_of);
        free(fit.families[i].order);
        free(fit.families[i].runs);
        free(fit.families[i].first_run);
        free(fit.families[i].weights);
        free(fit.families[i].steps);
    }
    free(fit.row);
    free(fit.number);
    free(fit.value);
    free(fit.log_odds);
    free(fit.sums);
    return status;
}
