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

/* What vectors are made from. */
struct pylm__topic_text {
    const struct pylm__corpus *corpus;
    struct pylm__heldout *heldout; /* gets what the vectors say of it */
    const struct pylm__symbol_tree *tree;
};

/* A section of the text, by record. At first both are counts: of the events that went left, and of those that went
 * right. */
struct pylm__event_section {
    uint32_t *next; /* where in the record's list the next event goes */
    uint32_t *left; /* how many events are passed over before one is listed */
};

struct pylm__node_events {
    struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const struct pylm__heldout *heldout;
    const struct pylm__symbol_tree *tree;
    uint64_t *starts;                   /* by record: where its list begins; one more at the end */
    uint32_t first;                     /* the first record whose list is there */
    uint32_t *rows;                     /* of the lists that are there; in each, group by group */
    uint32_t *ends[PYLM__TOPIC_GROUPS]; /* by group, by record: where it ends, from the list's begin */
    uint32_t *n[PYLM__TOPIC_GROUPS][2]; /* by group, side, record: how many there are */
    uint32_t *every;                    /* by record: of how many one is listed */
    struct pylm__event_section sections[PYLM__TOPIC_SECTIONS];
    uint32_t *numbers; /* by planned reading: its row; NULL: rows are known */
};

/* Counts the events of planned readings, for all records. To be freed, also after a failure. */
int pylm__node_events_count(struct pylm__node_events *events, struct pylm__readings *readings,
                            const struct pylm__topic_text *text, uint32_t n_threads, const pylm_task *task);

/* Lists the events of some records, each once, in their order; lists that were there are gone. Of a record with very
 * many, a part is listed, evenly spread. Readings that are in a list are wanted then, and with the last records those
 * of held-out symbols with events, too. The lists do not depend on n_threads. */
int pylm__node_events_list(struct pylm__node_events *events, uint32_t first, uint32_t end, uint32_t n_threads,
                           const pylm_task *task);
void pylm__node_events_free(struct pylm__node_events *events);

/* The row of a held-out symbol with events, by its number among all positions with readings. To be asked after the last
 * records were listed. */
static inline size_t pylm__node_events_row(const struct pylm__node_events *events, uint64_t number)
{
    return events->readings->row_of ? events->readings->row_of[number] : events->numbers[number];
}

/* The list of a record, which is there. */
static inline const uint32_t *pylm__node_events_of(const struct pylm__node_events *events, uint32_t record)
{
    return events->rows + (events->starts[record] - events->starts[events->first]);
}

#endif
