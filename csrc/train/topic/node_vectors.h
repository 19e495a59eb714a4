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

void pylm__node_vectors_free(struct pylm__node_vectors *vectors);

/* What a node's vector is made from: all but a group that is held out, or all. */
enum { PYLM__WITHOUT_FIRST, PYLM__WITHOUT_SECOND, PYLM__OF_ALL, PYLM__N_SOLUTIONS };

/* The vectors on their way. */
struct pylm__node_solving {
    const struct pylm__node_events *events;
    struct pylm__heldout *heldout;
    uint8_t *records[PYLM__N_SOLUTIONS];
    int16_t *log_odds[PYLM__TOPIC_LEVELS]; /* by held-out event, of each level; NULL: not wanted */
    struct pylm__node_solver *solvers;     /* by thread */
    int n_threads;
    uint32_t first_job;
};

/* Begins, for events that are counted. To be freed, also after a failure. */
int pylm__node_solving_begin(struct pylm__node_solving *solving, const struct pylm__node_events *events,
                             struct pylm__heldout *heldout, uint32_t n_threads);
void pylm__node_solving_free(struct pylm__node_solving *solving);

/* The first record of a job. There are PYLM__NODE_VECTORS_STEPS. */
uint32_t pylm__node_solving_record(const struct pylm__node_solving *solving, uint32_t job);

/* Solves the records of some jobs, whose events are listed, and their readings there. The vectors do not depend on
 * n_threads, nor on which jobs are done together. */
int pylm__node_solving_jobs(struct pylm__node_solving *solving, uint32_t first, uint32_t end, pylm_task *task);

/* Ends after all jobs, with the readings of the held-out text. What vectors that know nothing of that say in it becomes
 * heldout->topic_log_odds, and topic_levels.
 *   out   in: none, or vectors that are freed; to be freed */
int pylm__node_solving_end(struct pylm__node_solving *solving, struct pylm__node_vectors *out);

/* Keeps the first n numbers of each fade. Not for bytes.
 *   is_short   1: they have 4 bits, and are kept so */
void pylm__node_vectors_cut(struct pylm__node_vectors *vectors, uint32_t n_nodes, uint32_t n, int is_short);

#endif
