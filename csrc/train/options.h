/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * options.h: defaults of the options of training, and which are allowed.
 */
#ifndef PYLM_TRAIN_OPTIONS_H
#define PYLM_TRAIN_OPTIONS_H

#include "train/base/common.h"

/* Whether all options are in range, and fit together. */
int pylm__options_are_sane(const pylm_train_options *options);

/* The trees that options ask for, where there can be several. */
uint32_t pylm__options_n_trees(const pylm_train_options *options);

#endif
