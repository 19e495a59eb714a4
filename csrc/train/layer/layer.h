/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.h: what training a layer takes from the model that it will lie on: the vocabulary, the symbol tree, and what that
 * model says about the held-out text, which is one more input of the final stage.
 */
#ifndef PYLM_TRAIN_LAYER_H
#define PYLM_TRAIN_LAYER_H

#include "train/count/heldout.h"

/* Gives a new corpus the vocabulary of a base. Its symbols are the base's from then on, and stay so. */
void pylm__corpus_on_base(struct pylm__corpus *corpus, const pylm_model *base);

/* Reads the tree of a base with one tree; PYLM_ERR_DAMAGED if its numbers of sets contradict each other. */
int pylm__tree_of_base(struct pylm__symbol_tree *tree, const pylm_model *base);

/* Finds heldout->below: the base's log-odds at every event. */
int pylm__heldout_below(struct pylm__heldout *heldout, const struct pylm__corpus *corpus, uint32_t n_threads,
                        pylm_task *task);

#endif
