/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_vectors.h: the nodes' topic vectors, by logistic regression on the readings along the text.
 */
#ifndef PYLM_TRAIN_NODE_VECTORS_H
#define PYLM_TRAIN_NODE_VECTORS_H

#include "node_events.h"

/* Steps of progress that it takes. */
uint32_t pylm__node_vectors_steps(const struct pylm__symbol_tree *tree);

/* Finds the vectors of a tree's nodes from listed events and their readings. What vectors that know nothing of the
 * held-out text say in it becomes heldout->topic_log_odds.
 *   records   in: NULL, or records that are freed; out, to be freed: by node, a record as in core/topic.h
 * The result does not depend on n_threads. */
int pylm__node_vectors_find(uint8_t **records, const struct pylm__node_events *events, struct pylm__heldout *heldout,
                            uint32_t n_threads, pylm_task *task);

#endif
