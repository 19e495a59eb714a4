/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * best_paths.c: the best paths of a search, one after the other.
 *
 * An item is a path whose end is decided. Its cost is that of the best path with this end, which is known: every
 * record knows its best cost, and every edge, too. So the cheapest item is taken from a heap again and again. If it has
 * come to the start, it is the next best path. Else it goes on with the best edge before, and the next best edge in the
 * place of its own is another item. This is A* with a perfect bound; see Huang and Chiang, "Better k-best parsing",
 * 2005, algorithm 3.
 */
#include "lattice.h"

#if PYLM_MODULE_DECODE

/* Whether an item comes first: the cheaper one; of equal ones the later one, which is nearer to the start. */
static int comes_first(const struct pylm__search *search, uint32_t a, uint32_t b)
{
    int64_t x = search->items[a].cost, y = search->items[b].cost;
    return x != y ? x < y : a > b;
}

static void sift_down(const struct pylm__search *search, uint32_t i)
{
    uint32_t *heap = search->heap, n = search->head->n_heap, moving = heap[i], child;
    for (; (child = 2u * i + 1u) < n; i = child) {
        if (child + 1u < n && comes_first(search, heap[child + 1u], heap[child]))
            child++;
        if (!comes_first(search, heap[child], moving))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moving;
}

static void push(const struct pylm__search *search, int64_t cost, uint32_t edge, uint32_t parent)
{
    uint32_t *heap = search->heap, item = search->head->n_items++, i = search->head->n_heap++, above;
    search->items[item].cost = cost;
    search->items[item].edge = edge;
    search->items[item].parent = parent;
    for (; i && comes_first(search, item, heap[above = (i - 1u) / 2u]); i = above)
        heap[i] = heap[above];
    heap[i] = item;
}

static uint32_t pop(const struct pylm__search *search)
{
    uint32_t first = search->heap[0];
    search->heap[0] = search->heap[--search->head->n_heap];
    if (search->head->n_heap)
        sift_down(search, 0);
    return first;
}

/* The records at the last node, the cheapest of them, or all as items. */
static uint32_t find_ends(const pylm_lattice *lattice, const struct pylm__search *search, int as_items)
{
    uint32_t last = lattice->n_nodes - 1u, n = search->n_slots[last % search->window], i, best = PYLM_NONE;
    const struct pylm__slot *slots = pylm__search_slots(lattice, search, last);
    for (i = 0; i < n; i++) {
        const struct pylm__record *record = &search->records[slots[i].record];
        if (best == PYLM_NONE || record->cost < search->records[best].cost)
            best = slots[i].record;
        if (as_items)
            push(search, record->cost, record->first_edge, PYLM_NONE);
    }
    return best;
}

/* The path along the first edges. */
static int take_best(const pylm_lattice *lattice, const struct pylm__search *search, pylm_path *path)
{
    uint32_t record = find_ends(lattice, search, 0), n = 0, i, edge, swapped;
    if (record == PYLM_NONE)
        return 0;
    path->cost_q16 = search->records[record].cost;
    for (; (edge = search->records[record].first_edge) != PYLM_NONE; record = search->edges[edge].from)
        search->arcs[n++] = search->edges[edge].arc;
    for (i = 0; i < n / 2u; i++) { /* it was read backwards */
        swapped = search->arcs[i];
        search->arcs[i] = search->arcs[n - 1u - i];
        search->arcs[n - 1u - i] = swapped;
    }
    path->arcs = search->arcs;
    path->n_arcs = n;
    return 1;
}

/* The cheapest path among the items. */
static int take_next(const struct pylm__search *search, pylm_path *path)
{
    uint32_t item, next, n = 0;
    while (search->head->n_heap) {
        const struct pylm__edge *edge;
        uint32_t before;
        item = pop(search);
        edge = &search->edges[search->items[item].edge];
        next = edge->next;
        if (next != PYLM_NONE)
            push(search, search->items[item].cost + (search->edges[next].cost - edge->cost), next,
                 search->items[item].parent);
        before = search->records[edge->from].first_edge;
        if (before != PYLM_NONE) {
            push(search, search->items[item].cost, before, item);
            continue;
        }
        path->cost_q16 = search->items[item].cost;
        for (; item != PYLM_NONE; item = search->items[item].parent)
            search->arcs[n++] = search->edges[search->items[item].edge].arc;
        path->arcs = search->arcs;
        path->n_arcs = n;
        return 1;
    }
    return 0;
}

int pylm_lattice_path(const pylm_lattice *lattice, void *memory, pylm_path *path)
{
    struct pylm__search search;
    int found;
    (void)pylm__search_layout(lattice, memory, &search);
    if (search.head->n_paths == lattice->n_best)
        return 0;
    if (lattice->n_best > 1u && !search.head->n_paths)
        (void)find_ends(lattice, &search, 1);
    found = lattice->n_best > 1u ? take_next(&search, path) : take_best(lattice, &search, path);
    search.head->n_paths = found ? search.head->n_paths + 1u : lattice->n_best;
    return found;
}

#endif
