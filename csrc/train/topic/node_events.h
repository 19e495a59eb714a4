/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_events.h: for every node of a tree, the readings before the symbols whose path goes through it, and which side
 * each of them took. In bytes a node has several lists: one for each prefix with a record of its own, and one of all
 * others.
 */
#ifndef PYLM_TRAIN_NODE_EVENTS_H
#define PYLM_TRAIN_NODE_EVENTS_H

#include "node_solver.h"
#include "readings.h"
#include "train/tree/symbol_tree.h"

struct pylm__node_events {
    const struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    uint64_t *starts;                   /* by record: where its list begins; one more at the end */
    uint32_t *rows;                     /* of all lists; in each, group by group */
    uint32_t *ends[PYLM__TOPIC_GROUPS]; /* by group, by record: where it ends, from the list's begin */
    uint32_t *n[PYLM__TOPIC_GROUPS][2]; /* by group, side, record: how many there are */
    uint32_t *every;                    /* by record: of how many one is listed */
};

/* Lists events of planned readings. Of a record with very many, a part is listed, evenly spread; what is in no list,
 * and not held out, is no longer wanted. To be freed, also after a failure. The lists do not depend on n_threads. */
int pylm__node_events_list(struct pylm__node_events *events, struct pylm__readings *readings,
                           const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree, uint32_t n_threads,
                           const pylm_task *task);
void pylm__node_events_free(struct pylm__node_events *events);

#endif
