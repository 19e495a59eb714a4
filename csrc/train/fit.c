/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fit.c: ridge-regularised logistic regression for the mixing weights.
 *
 * The log-odds of an event are linear in all weights: the sum over families of (weights of the chosen
 * set) . (inputs). So the loss is convex with one optimum, and there is nothing to tune but the ridge.
 * It is found by block Newton steps: one family after the other, each of its sets solved with the others
 * held fixed; the sets of a family share no event. The curvature, most of the work, is computed in the first
 * cycles only, and of every few events: the gradient decides where the optimum is, the curvature only how
 * quickly it is reached. A step that makes a set's loss larger is halved until it does not. A common vector, fitted first, stands behind the families, which only describe how
 * a situation differs: a set with few events stays near it.
 *
 * Each step is one pass over the events in the order of the text, which also applies the step before. Sums
 * are taken by chunk, in a fixed order, so any number of threads gives the same bytes.
 */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage2.h"

#define COMMON PYLM__FIT_MAX_FAMILIES /* the common vector is one more family, of one set */
#define N_FAMILIES (COMMON + 1u)
#define MAX_CHUNKS 32u          /* parts of the events; each has sums of its own */
#define CHUNK 4096u             /* events in one, at least */
#define SLICE 8192u             /* events between two looks at the task */
#define MAX_CYCLES 24u
#define COMMON_CYCLES 16u
#define CURVATURE_CYCLES 2u     /* with a curvature of their own; the common vector needs it longer */
#define COMMON_CURVATURE_CYCLES 5u
#define CURVATURE_EVERY 5u      /* events, of which one is looked at for the curvature; odd, as a byte has 8 */
#define ENOUGH 1e-5             /* nats an event gained in a cycle; less ends the fit */
#define MAX_STEP 1.0            /* of any weight at once: keeps Newton's first steps tame */
#define MAX_TAKE_BACKS 12u      /* halvings of a step that does harm */
#define TOLERANCE 1e-9          /* nats by which a set's loss may grow: rounding */
#define MAX_LOG_ODDS 30.0       /* keeps probabilities apart from 0 and 1 */
#define SMALLEST_PRODUCT 1e-280 /* times e^-30 it is still a normal number */
#define WEIGHT_ONE 8192.0       /* q13 */

struct family {
    uint32_t n_sets;
    double *weights;   /* n_sets rows of n_inputs */
    double *steps;     /* likewise: what the last step added */
    double *factors;   /* by set: the curvature's Cholesky factor, a lower triangle row by row */
    double *before;    /* by set: the loss before the last step, ridge included */
    double *damping;   /* by set: steps are divided by it */
    double ridge;
    const double *prior; /* by input; NULL: 0 */
};

/* A loss as a sum, nats, and as a product of probabilities not yet in it: there is one logarithm for many. */
struct loss {
    double sum, product;
};

/* Sums over the events of a chunk, of one family. */
struct sums {
    struct loss *before; /* by set */
    struct loss *after;  /* by set of the pending family: with its step */
    double *gradient;  /* as weights */
};

struct fit {
    const struct pylm__fit_problem *problem;
    uint32_t n_inputs, n_pairs, n_families;
    double *log_odds;  /* by event, with the present weights */
    uint32_t n_chunks;
    int n_threads;
    uint32_t n_steps;  /* of progress */
    struct family families[N_FAMILIES];
    const struct family *pending; /* its last step is not yet in the log-odds */
    struct sums sums[MAX_CHUNKS];
    double *curvatures; /* by thread: of one chunk, as factors of the family with the most sets */
    uint64_t curvature_size; /* numbers in each */
};

/* ---- events ---- */

/* First event of a chunk. */
static uint64_t chunk_begin(const struct fit *fit, uint32_t chunk)
{
    return fit->problem->n_events * chunk / fit->n_chunks;
}

/* One event's inputs that have something to say, their numbers ascending. */
struct event {
    uint32_t n, number[PYLM__FIT_MAX_INPUTS];
    double value[PYLM__FIT_MAX_INPUTS];
};

static void load_event(const struct fit *fit, uint64_t e, struct event *event)
{
    const int16_t *const *inputs = fit->problem->inputs;
    uint32_t i, n = 0;
    for (i = 0; i < fit->n_inputs; i++) {
        int16_t value = inputs[i] ? inputs[i][e] : PYLM__CONSTANT_Q10;
        event->number[n] = i;
        event->value[n] = value;
        n += value != 0; /* no branch, which nobody could foresee */
    }
    event->n = n;
}

/* What a row of weights makes of an event, nats. */
static double weigh(const double *weights, const struct event *event)
{
    double sum = 0;
    uint32_t a;
    for (a = 0; a < event->n; a++)
        sum += weights[event->number[a]] * event->value[a];
    return sum * (1.0 / 1024.0);
}

/* The log-odds of all events with the prior weights. */
static int begin_events(struct fit *fit, const pylm_task *task)
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
static uint32_t set_of(const struct fit *fit, const struct family *f, uint64_t e)
{
    uint32_t i = (uint32_t)(f - fit->families);
    return i == COMMON ? 0u : fit->problem->sets[i][e];
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

static void clear_losses(struct loss *losses, uint32_t n)
{
    uint32_t i;
    for (i = 0; i < n; i++) {
        losses[i].sum = 0;
        losses[i].product = 1.0;
    }
}

/* Adds an event that had probability p: at least e^-30. */
static void add_loss(struct loss *loss, double p)
{
    loss->product *= p;
    if (loss->product < SMALLEST_PRODUCT) {
        loss->sum -= log(loss->product);
        loss->product = 1.0;
    }
}

static double loss_of(const struct loss *loss)
{
    return loss->sum - log(loss->product);
}

static void clear_sums(const struct fit *fit, const struct family *f, double *curvature, struct sums *sums)
{
    clear_losses(sums->before, f->n_sets);
    memset(sums->gradient, 0, (size_t)f->n_sets * fit->n_inputs * sizeof *sums->gradient);
    if (curvature)
        memset(curvature, 0, (size_t)f->n_sets * fit->n_pairs * sizeof *curvature);
    if (fit->pending)
        clear_losses(sums->after, fit->pending->n_sets);
}

/* Applies the pending step to a chunk's events and sums them up for a family.
 *   curvature   likewise a sum over the chunk; NULL: not wanted */
static void pass_chunk(struct fit *fit, const struct family *f, double *curvature, uint32_t chunk,
                       const pylm_task *task)
{
    struct sums *sums = &fit->sums[chunk];
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

/* A pass over all events. The curvature is large: it is not kept by chunk, but added up in their order. */
static int pass(struct fit *fit, const struct family *f, int curved, const pylm_task *task)
{
    uint64_t n = (uint64_t)f->n_sets * fit->n_pairs;
    int c;
    if (curved)
        memset(f->factors, 0, (size_t)n * sizeof *f->factors);
#ifdef _OPENMP
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(fit->n_threads)
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

/* What the ridge adds to a set's loss. */
static double ridge_loss(const struct fit *fit, const struct family *f, uint32_t set)
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

/* Where the pending step has made a set worse, takes half of it back, which becomes the pending step; such
 * sets go on more carefully. Returns whether there were any. */
static int take_back(struct fit *fit)
{
    const struct family *f = fit->pending;
    uint32_t set, c, i, n = fit->n_inputs;
    int any = 0;
    for (set = 0; set < f->n_sets; set++) {
        double *w = f->weights + (size_t)set * n, *step = f->steps + (size_t)set * n, after;
        int worse;
        for (after = ridge_loss(fit, f, set), c = 0; c < fit->n_chunks; c++)
            after += loss_of(&fit->sums[c].after[set]);
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

/* Passes over all events until the pending step does no harm any more. */
static int settled_pass(struct fit *fit, const struct family *f, int curved, const pylm_task *task)
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

/* ---- one Newton step ---- */

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

/* The curvature is known but for the ridge. */
static void factorise_set(const struct fit *fit, const struct family *f, uint32_t set)
{
    double *factor = f->factors + (size_t)set * fit->n_pairs;
    uint32_t i, n = fit->n_inputs;
    for (i = 0; i < n; i++)
        factor[i * (i + 1u) / 2u + i] += f->ridge;
    factorise(factor, n);
}

/* Adds up a set's sums and makes the step. */
static void step_set(const struct fit *fit, struct family *f, uint32_t set)
{
    uint32_t c, i, n = fit->n_inputs;
    double *w = f->weights + (size_t)set * n, *step = f->steps + (size_t)set * n, largest = 0, scale;
    f->before[set] = ridge_loss(fit, f, set);
    for (c = 0; c < fit->n_chunks; c++)
        f->before[set] += loss_of(&fit->sums[c].before[set]);
    for (i = 0; i < n; i++) {
        step[i] = -f->ridge * (w[i] - (f->prior ? f->prior[i] : 0.0));
        for (c = 0; c < fit->n_chunks; c++)
            step[i] -= fit->sums[c].gradient[(size_t)set * n + i];
    }
    solve(f->factors + (size_t)set * fit->n_pairs, step, n);
    for (i = 0; i < n; i++)
        largest = fmax(largest, fabs(step[i]));
    scale = 1.0 / f->damping[set];
    scale *= largest * scale > MAX_STEP ? MAX_STEP / (largest * scale) : 1.0;
    for (i = 0; i < n; i++) {
        step[i] *= scale;
        w[i] += step[i];
    }
}

/* One step for all sets of a family. *loss becomes the loss before it. */
static int step_family(struct fit *fit, struct family *f, int curved, double *loss, const pylm_task *task)
{
    int64_t s, n_sets = f->n_sets;
    PYLM__TRY(settled_pass(fit, f, curved, task));
    if (curved) {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(pylm__n_threads(fit->problem->n_threads, f->n_sets))
#endif
        for (s = 0; s < n_sets; s++)
            factorise_set(fit, f, (uint32_t)s);
    }
    for (*loss = 0, s = 0; s < n_sets; s++) {
        step_set(fit, f, (uint32_t)s);
        *loss += f->before[s];
    }
    fit->pending = f;
    return PYLM_OK;
}

/* ---- the whole fit ---- */

static void fit_step(struct fit *fit, pylm_task *task)
{
    fit->n_steps++;
    pylm__task_step(task);
}

static int run_cycles(struct fit *fit, struct pylm__fit_result *result, pylm_task *task)
{
    double loss = 0, last = HUGE_VAL, ignored, enough = ENOUGH * (double)fit->problem->n_events;
    uint32_t cycle, i;
    for (cycle = 0; cycle < COMMON_CYCLES; cycle++, last = loss) {
        PYLM__TRY(step_family(fit, &fit->families[COMMON], cycle < COMMON_CURVATURE_CYCLES, &loss, task));
        fit_step(fit, task);
        if (fabs(last - loss) < enough)
            break;
    }
    last = HUGE_VAL;
    for (cycle = 0; cycle < MAX_CYCLES; cycle++, last = loss) {
        int curved = cycle < CURVATURE_CYCLES;
        PYLM__TRY(step_family(fit, &fit->families[0], curved, &loss, task));
        for (i = 1; i < fit->n_families; i++)
            PYLM__TRY(step_family(fit, &fit->families[i], curved, &ignored, task));
        fit_step(fit, task);
        if (fabs(last - loss) < enough)
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
            const double *w = fit->families[i].weights + (size_t)s * n;
            double row[PYLM__FIT_MAX_INPUTS], sum = 0;
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

/* The loss of all events with the final weights, which are in their log-odds then. */
static int final_loss(struct fit *fit, double *loss, const pylm_task *task)
{
    uint32_t c;
    PYLM__TRY(settled_pass(fit, &fit->families[COMMON], 0, task));
    for (*loss = 0, c = 0; c < fit->n_chunks; c++)
        *loss += loss_of(&fit->sums[c].before[0]);
    *loss /= log(2.0);
    return PYLM_OK;
}

static int allocate_family(struct fit *fit, uint32_t i)
{
    struct family *f = &fit->families[i];
    uint32_t s;
    f->n_sets = i == COMMON ? 1u : fit->problem->n_sets[i];
    f->ridge = i == COMMON ? fit->problem->common_ridge : fit->problem->set_ridge;
    f->prior = i == COMMON ? fit->problem->prior : NULL;
    f->weights = pylm__array_new((uint64_t)f->n_sets * fit->n_inputs, sizeof *f->weights);
    f->steps = pylm__array_new((uint64_t)f->n_sets * fit->n_inputs, sizeof *f->steps);
    f->factors = pylm__array_new((uint64_t)f->n_sets * fit->n_pairs, sizeof *f->factors);
    f->before = pylm__array_new(f->n_sets, sizeof *f->before);
    f->damping = pylm__array_new(f->n_sets, sizeof *f->damping);
    if (!f->weights || !f->steps || !f->factors || !f->before || !f->damping)
        return PYLM_ERR_MEMORY;
    for (s = 0; s < f->n_sets; s++)
        f->damping[s] = 1.0;
    if (f->prior)
        memcpy(f->weights, f->prior, fit->n_inputs * sizeof *f->weights);
    return PYLM_OK;
}

/* The sums have room for the family with the most sets. */
static int allocate(struct fit *fit)
{
    uint32_t i, most = 1, c;
    for (i = 0; i < fit->n_families; i++) {
        if (fit->problem->n_sets[i] > UINT16_MAX)
            return PYLM_ERR_LARGE;
        PYLM__TRY(allocate_family(fit, i));
        most = fit->problem->n_sets[i] > most ? fit->problem->n_sets[i] : most;
    }
    PYLM__TRY(allocate_family(fit, COMMON));
    for (c = 0; c < fit->n_chunks; c++) {
        fit->sums[c].gradient = pylm__array_new((uint64_t)most * fit->n_inputs, sizeof *fit->sums[c].gradient);
        fit->sums[c].before = pylm__array_new(most, sizeof *fit->sums[c].before);
        fit->sums[c].after = pylm__array_new(most, sizeof *fit->sums[c].after);
        if (!fit->sums[c].gradient || !fit->sums[c].before || !fit->sums[c].after)
            return PYLM_ERR_MEMORY;
    }
    fit->curvature_size = (uint64_t)most * fit->n_pairs;
    fit->curvatures = pylm__array_new((uint64_t)fit->n_threads * fit->curvature_size, sizeof *fit->curvatures);
    return fit->curvatures ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void free_all(struct fit *fit)
{
    uint32_t i, c;
    for (i = 0; i < N_FAMILIES; i++) {
        free(fit->families[i].weights);
        free(fit->families[i].steps);
        free(fit->families[i].factors);
        free(fit->families[i].before);
        free(fit->families[i].damping);
    }
    for (c = 0; c < fit->n_chunks; c++) {
        free(fit->sums[c].gradient);
        free(fit->sums[c].before);
        free(fit->sums[c].after);
    }
    free(fit->curvatures);
    free(fit);
}

uint32_t pylm__fit_steps(void)
{
    return COMMON_CYCLES + MAX_CYCLES;
}

int pylm__fit(const struct pylm__fit_problem *problem, int16_t *weights, double *log_odds,
              struct pylm__fit_result *result, pylm_task *task)
{
    struct fit *fit = pylm__array_new(1, sizeof *fit);
    int status;
    if (!fit)
        return PYLM_ERR_MEMORY;
    fit->problem = problem;
    fit->n_inputs = problem->n_inputs;
    fit->n_pairs = problem->n_inputs * (problem->n_inputs + 1u) / 2u;
    fit->n_families = problem->n_families;
    fit->log_odds = log_odds;
    fit->n_chunks = problem->n_events < MAX_CHUNKS * CHUNK ? (uint32_t)(problem->n_events / CHUNK) + 1u : MAX_CHUNKS;
    fit->n_threads = pylm__n_threads(problem->n_threads, fit->n_chunks);
    status = allocate(fit);
    if (status == PYLM_OK)
        status = begin_events(fit, task);
    if (status == PYLM_OK)
        status = run_cycles(fit, result, task);
    if (status == PYLM_OK)
        status = final_loss(fit, &result->loss, task);
    if (status == PYLM_OK)
        write_weights(fit, weights);
    while (fit->n_steps < pylm__fit_steps()) /* it ended sooner than it might have */
        fit_step(fit, task);
    free_all(fit);
    return status;
}
