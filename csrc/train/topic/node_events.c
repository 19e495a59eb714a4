/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * node_events.c: see node_events.h.
 */
#include "node_events.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 16384u /* of a node, about; of more, a part is listed */

struct listing {
    struct pylm__node_events *events;
    const struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    uint32_t group;
    uint32_t *left; /* by node: how many events are passed over before one is listed */
};

typedef void visit(struct listing *l, uint32_t node, int side, uint32_t row);

static void count(struct listing *l, uint32_t node, int side, uint32_t row)
{
    (void)row;
    l->events->n[l->group][side][node]++;
}

static void list(struct listing *l, uint32_t node, int side, uint32_t row)
{
    struct pylm__node_events *e = l->events;
    if (l->left[node]--)
        return;
    e->rows[e->starts[node] + e->ends[l->group][node]++] = row | (side ? PYLM__EVENT_RIGHT : 0u);
    l->left[node] = e->every[node] - 1u;
}

/* Visits all events of a group, in the order of the text. */
static void visit_group(struct listing *l, visit *see)
{
    const struct pylm__readings *readings = l->readings;
    const struct pylm__symbol_tree *tree = l->tree;
    uint32_t part;
    for (part = 0; part < PYLM__TOPIC_PARTS; part++) {
        uint64_t p = readings->begins[part], row = readings->first_row[part];
        if (readings->group[part] != l->group)
            continue;
        for (; p < readings->ends[part]; p++, row++) {
            uint32_t leaf = tree->leaf_of[pylm__symbol(l->corpus, p)], node = 0, lo = 0, hi = tree->n_symbols;
            while (hi - lo > 1u) {
                uint32_t mid = tree->mid[node];
                int side = leaf >= mid;
                see(l, node, side, (uint32_t)row);
                node += side ? mid - lo : 1u;
                *(side ? &lo : &hi) = mid;
            }
        }
    }
}

static uint32_t count_all(const struct pylm__node_events *e, uint32_t node)
{
    uint32_t group, n = 0;
    for (group = 0; group < PYLM__TOPIC_GROUPS; group++)
        n += e->n[group][0][node] + e->n[group][1][node];
    return n;
}

static int allocate(struct listing *l, uint32_t n_nodes)
{
    struct pylm__node_events *e = l->events;
    uint32_t group, side;
    e->starts = pylm__array_new((uint64_t)n_nodes + 1u, sizeof *e->starts);
    e->every = pylm__array_new(n_nodes, sizeof *e->every);
    l->left = pylm__array_new(n_nodes, sizeof *l->left);
    for (group = 0; group < PYLM__TOPIC_GROUPS; group++) {
        e->ends[group] = pylm__array_new(n_nodes, sizeof *e->ends[group]);
        for (side = 0; side < 2u; side++) {
            e->n[group][side] = pylm__array_new(n_nodes, sizeof *e->n[group][side]);
            if (!e->n[group][side] || !e->ends[group])
                return PYLM_ERR_MEMORY;
        }
    }
    return e->starts && e->every && l->left ? PYLM_OK : PYLM_ERR_MEMORY;
}

static int list_all(struct listing *l)
{
    struct pylm__node_events *e = l->events;
    uint32_t node, n_nodes = l->tree->n_symbols - 1u;
    PYLM__TRY(allocate(l, n_nodes));
    for (l->group = 0; l->group < PYLM__TOPIC_GROUPS; l->group++)
        visit_group(l, count);
    for (node = 0; node < n_nodes; node++) {
        uint32_t n = count_all(e, node);
        e->every[node] = n / MAX_EVENTS + 1u;
        e->starts[node + 1u] = e->starts[node] + (n + e->every[node] - 1u) / e->every[node];
    }
    e->rows = pylm__array_new(e->starts[n_nodes], sizeof *e->rows);
    if (!e->rows)
        return PYLM_ERR_MEMORY;
    for (l->group = 0; l->group < PYLM__TOPIC_GROUPS; l->group++) {
        if (l->group)
            memcpy(e->ends[l->group], e->ends[l->group - 1u], n_nodes * sizeof *e->ends[0]);
        visit_group(l, list);
    }
    return PYLM_OK;
}

int pylm__node_events_list(struct pylm__node_events *events, const struct pylm__readings *readings,
                           const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree)
{
    struct listing l = {events, readings, corpus, tree, 0, NULL};
    int status;
    memset(events, 0, sizeof *events);
    status = list_all(&l);
    free(l.left);
    return status;
}

void pylm__node_events_free(struct pylm__node_events *events)
{
    uint32_t group;
    for (group = 0; group < PYLM__TOPIC_GROUPS; group++) {
        free(events->ends[group]);
        free(events->n[group][0]);
        free(events->n[group][1]);
    }
    free(events->starts);
    free(events->rows);
    free(events->every);
}
