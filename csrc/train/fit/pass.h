/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pass.h: passes over all events of a fit, which sum up the loss, its gradient and its curvature; and the state of a
 * fit.
 */
#ifndef PYLM_TRAIN_PASS_H
#define PYLM_TRAIN_PASS_H

#include <math.h>

#include "problem.h"
#include "train/base/common.h"

#define PYLM__FIT_COMMON PYLM__FIT_MAX_FAMILIES /* the common vector is one more family, of one set */
#define PYLM__FIT_N_FAMILIES (PYLM__FIT_COMMON + 1u)
#define PYLM__FIT_MAX_CHUNKS 32u /* parts of the events; each has sums of its own */

struct pylm__family {
    uint32_t n_sets;
    double *weights; /* n_sets rows of n_inputs */
    double *steps;   /* likewise: what the last step added */
    double *factors; /* by set: the curvature's Cholesky factor, a lower triangle row by row */
    double *before;  /* by set: the loss before the last step, with the ridge */
    double *damping; /* by set: steps are divided by it */
    double ridge;
    const double *prior; /* by input; NULL: 0 */
};

/* A loss, nats: a sum, and a product of probabilities that are not in it yet. So one logarithm serves many events. */
struct pylm__loss {
    double sum, product;
};

/* Sums over the events of a chunk, of one family. */
struct pylm__sums {
    struct pylm__loss *before; /* by set */
    struct pylm__loss *after;  /* by set of the pending family: with its step */
    double *gradient;          /* as weights */
};

struct pylm__fit {
    const struct pylm__fit_problem *problem;
    uint32_t n_inputs, n_pairs, n_families;
    double *log_odds; /* by event, with the present weights */
    uint32_t n_chunks;
    int n_threads;
    uint32_t n_steps; /* of progress */
    struct pylm__family families[PYLM__FIT_N_FAMILIES];
    const struct pylm__family *pending; /* its last step is not in the log-odds yet; NULL: none */
    struct pylm__sums sums[PYLM__FIT_MAX_CHUNKS];
    double *curvatures;      /* by thread: of one chunk, as factors of the family with the most sets */
    uint64_t curvature_size; /* numbers in each of them */
};

static inline double pylm__loss_of(const struct pylm__loss *loss)
{
    return loss->sum - log(loss->product);
}

/* Sets the log-odds of all events to those of the prior weights. */
int pylm__begin_events(struct pylm__fit *fit, const pylm_task *task);

/* What the ridge adds to the loss of a set. */
double pylm__ridge_loss(const struct pylm__fit *fit, const struct pylm__family *f, uint32_t set);

/* Applies the pending step, and sums up over all events for a family. Where the step makes a set's loss larger, half of
 * it is taken back and the pass repeated, until no set is worse.
 *   curved   1: f->factors becomes the curvature, too */
int pylm__settled_pass(struct pylm__fit *fit, const struct pylm__family *f, int curved, const pylm_task *task);

#endif
