/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * options.h: which options of training are possible.
 */
#ifndef PYLM_TRAIN_OPTIONS_H
#define PYLM_TRAIN_OPTIONS_H

#include "pylm_train.h"

/* Whether all options are in range, and those of one predictor are set for this predictor only. */
int pylm__options_are_sane(const pylm_train_options *options);

#endif
