/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * options.h: defaults of the options of training, and which are allowed.
 */
#ifndef PYLM_TRAIN_OPTIONS_H
#define PYLM_TRAIN_OPTIONS_H

#include "train/text/prepare.h"

/* Whether all options are in range, and fit together. */
int pylm__options_are_sane(const pylm_train_options *options);

/* The trees that options ask for, where there can be several. */
uint32_t pylm__options_n_trees(const pylm_train_options *options);

/* How large a vocabulary of documents that were added is to be. */
struct pylm__vocabulary_limits pylm__options_limits(const pylm_train_options *options,
                                                    const struct pylm__corpus *corpus);

/* The options of the model that spells unknown words.
 *   whole    those of the word model
 *   nbytes   of the word model without it */
pylm_train_options pylm__options_of_speller(const pylm_train_options *whole, uint64_t nbytes);

#endif
