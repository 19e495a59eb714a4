/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * minimise.h: the optimum of a regression.
 */
#ifndef PYLM_TRAIN_MINIMISE_H
#define PYLM_TRAIN_MINIMISE_H

#include "pass.h"

/* Finds the weights w with the smallest loss, from 0 on.
 *   enough    nats an event that a step gains; when steps gain less, it ends
 *   n_steps   in: at most; out: how many were made. Each is a step of progress
 *   loss      out: with these weights, nats, without the ridge */
int pylm__minimise(struct pylm__regression *r, double *w, double enough, uint32_t *n_steps, double *loss,
                   pylm_task *task);

#endif
