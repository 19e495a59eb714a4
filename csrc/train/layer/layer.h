/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.h: what a layer takes from its base, the model that it will lie on: the vocabulary, the symbol tree, and the
 * predictions for the held-out text, which are one more input of the second stage.
 */
#ifndef PYLM_TRAIN_LAYER_H
#define PYLM_TRAIN_LAYER_H

#include "train/count/heldout.h"

/* Gives a new corpus the vocabulary of a base, for good. */
void pylm__corpus_on_base(struct pylm__corpus *corpus, const pylm_model *base);

/* Reads the tree of a base that has one. PYLM_ERR_DAMAGED if its numbers of weight sets contradict each other. */
int pylm__tree_of_base(struct pylm__symbol_tree *tree, const pylm_model *base);

/* Finds heldout->base_log_odds: the log-odds of the base at every event. */
int pylm__heldout_base_log_odds(struct pylm__heldout *heldout, const struct pylm__corpus *corpus, uint32_t n_threads,
                                pylm_task *task);

#endif
