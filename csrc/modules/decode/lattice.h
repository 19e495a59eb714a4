/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lattice.h: what a search through a lattice keeps.
 *
 * Arcs come in the order of their first nodes. So all nodes that have hypotheses and are not done with lie between the
 * present node and the farthest that an arc has led to: a window. Only in there are states kept, in slots, a ring of
 * `beam` for each node. Of every hypothesis there is a *record*, for good: its cost, and by which *edges* it was
 * reached, the best first. Those are the arcs of the lattice, each between two records:
 *
 *      lattice    0 ----> 1 ====> 2             records     o ---- o ---- o
 *                                                                    \___ o
 *
 * The best path is read off backwards, along the first edges. For further ones see best_paths.c.
 */
#ifndef PYLM_DECODE_LATTICE_H
#define PYLM_DECODE_LATTICE_H

#include "core/bits.h"
#include "pylm_decode.h"

struct pylm__record {
    int64_t cost; /* of the best path to here */
    uint32_t first_edge;
    uint32_t unused;
};

struct pylm__edge {
    int64_t cost;  /* of the best path to here that ends with it */
    uint32_t from; /* record */
    uint32_t arc, next;
};

struct pylm__slot {
    pylm_state state;
    uint64_t key;
    int64_t cost;
    uint32_t record;
};

/* A path whose end is decided: from `edge` on, along those of the parents. */
struct pylm__item {
    int64_t cost; /* of the best path with that end */
    uint32_t edge, parent;
};

struct pylm__search_head {
    uint32_t node; /* whose arcs are looked at */
    uint32_t n_records, free_record, n_edges, free_edge;
    uint32_t n_items, n_heap, n_paths;
};

/* The caller's memory, in parts. */
struct pylm__search {
    struct pylm__search_head *head;
    struct pylm__record *records;
    struct pylm__edge *edges;
    struct pylm__slot *slots;
    struct pylm__item *items;
    uint32_t *n_slots; /* of each node of the window */
    uint32_t *heap;    /* items, the cheapest first */
    uint32_t *arcs;    /* of a path */
    uint32_t window;
    uint64_t nbytes;
};

/* Lays out the memory. Returns PYLM_ERR_LARGE if it is too much. */
int pylm__search_layout(const pylm_lattice *lattice, void *memory, struct pylm__search *search);

/* The slots of a node of the window. */
static inline struct pylm__slot *pylm__search_slots(const pylm_lattice *lattice, const struct pylm__search *search,
                                                    uint32_t node)
{
    return search->slots + (size_t)(node % search->window) * lattice->beam;
}

#endif
