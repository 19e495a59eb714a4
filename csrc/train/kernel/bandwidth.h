/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * bandwidth.h: the distances of a kernel, fitted to held-out text.
 */
#ifndef PYLM_TRAIN_BANDWIDTH_H
#define PYLM_TRAIN_BANDWIDTH_H

#include "train/count/heldout_evidence.h"

/* What a template counts in held-out text. */
struct pylm__way {
    uint8_t kind[PYLM_MAX_REACH];  /* what has to agree at each position: PYLM__KIND_NOTHING, _SYMBOL or _CLASS */
    const struct pylm__hits *hits; /* by symbol */
};

struct pylm__bandwidth_problem {
    uint64_t n_symbols; /* held out */
    uint32_t vocabulary;
    uint32_t n_ways;
    struct pylm__way ways[PYLM__MAX_WAYS];
    uint32_t n_threads;
};

/* Fits the distances of a kernel whose reach and n_class are set, for tau = 1.
 *   given   1: the distances are set, and stay
 *   bits    out: of a held-out symbol */
int pylm__bandwidth_fit(const struct pylm__bandwidth_problem *problem, int given, pylm_kernel *kernel, double *bits,
                        pylm_task *task);

#endif
