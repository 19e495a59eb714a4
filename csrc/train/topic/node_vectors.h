/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_vectors.h: the nodes' topic vectors, by logistic regression on the readings along the text.
 */
#ifndef PYLM_TRAIN_NODE_VECTORS_H
#define PYLM_TRAIN_NODE_VECTORS_H

#include "node_events.h"

#define PYLM__NODE_VECTORS_STEPS 512u /* of progress */

/* The part of an image with the vectors of a tree's nodes. */
struct pylm__node_vectors {
    uint8_t *part; /* what the readings say it begins with, and a record for each of theirs as in core/topic.h; NULL:
                      there are none */
    uint64_t nbytes;
};

/* Finds the vectors of a tree's nodes from listed events and their readings. What vectors that know nothing of the
 * held-out text say in it becomes heldout->topic_log_odds, and topic_levels.
 *   out   in: none, or vectors that are freed; to be freed
 * The result does not depend on n_threads. */
int pylm__node_vectors_find(struct pylm__node_vectors *out, const struct pylm__node_events *events,
                            struct pylm__heldout *heldout, uint32_t n_threads, pylm_task *task);
void pylm__node_vectors_free(struct pylm__node_vectors *vectors);

/* Keeps the first n numbers of each fade, of 4 bits: they are short. */
void pylm__node_vectors_cut(struct pylm__node_vectors *vectors, uint32_t n_nodes, uint32_t n);

#endif
