/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lattice.c: the beam search through a lattice. See lattice.h.
 */
#include "lattice.h"

#include <string.h>

#include "core/context.h"
#include "core/lexicon.h"
#include "core/score.h"

#if PYLM_MODULE_DECODE

#define MAX_BEAM 4096u
#define MAX_BEST 65536u
#define MAX_WEIGHT (UINT32_C(1) << 24)
#define MAX_NBYTES (UINT64_C(1) << 40)
#define SLICE 1024u /* symbols scored at a call, or one arc's */
#define START 0u    /* the record of node 0 */

/* ---- memory ---- */

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* How many nodes lie between the first node of an arc and the farthest that arcs led to by then, both included. */
static uint32_t window_of(const pylm_lattice *lattice)
{
    uint32_t i, farthest = 0, window = 2;
    for (i = 0; i < lattice->n_arcs; i++) {
        const pylm_arc *arc = &lattice->arcs[i];
        farthest = arc->to > farthest ? arc->to : farthest;
        window = farthest - arc->from + 1u > window ? farthest - arc->from + 1u : window;
    }
    return window;
}

/* Takes a part of the memory. */
static void *take(uint8_t *memory, uint64_t *used, uint64_t n, size_t nbytes)
{
    void *part = memory ? memory + (size_t)*used : NULL;
    *used += (n * nbytes + 7u) & ~UINT64_C(7);
    return part;
}

int pylm__search_layout(const pylm_lattice *lattice, void *memory, struct pylm__search *search)
{
    uint64_t beam = lattice->beam, several = lattice->n_best > 1u, used = 0;
    uint64_t n_records = (uint64_t)lattice->n_nodes * beam + 1u;
    uint64_t n_edges = several ? larger((uint64_t)lattice->n_arcs * beam, n_records) : n_records;
    uint64_t n_items = several ? 2u * (uint64_t)lattice->n_best * lattice->n_nodes + beam : 0u;
    search->window = window_of(lattice);
    if (n_records > UINT32_MAX || n_edges >= UINT32_MAX || n_items >= UINT32_MAX)
        return PYLM_ERR_LARGE;
    search->head = take(memory, &used, 1, sizeof *search->head);
    search->records = take(memory, &used, n_records, sizeof *search->records);
    search->edges = take(memory, &used, n_edges + 1u, sizeof *search->edges);
    search->slots = take(memory, &used, search->window * beam, sizeof *search->slots);
    search->items = take(memory, &used, n_items, sizeof *search->items);
    search->n_slots = take(memory, &used, search->window, sizeof *search->n_slots);
    search->heap = take(memory, &used, n_items, sizeof *search->heap);
    search->arcs = take(memory, &used, lattice->n_nodes, sizeof *search->arcs);
    search->nbytes = used;
    return used > MAX_NBYTES || used > SIZE_MAX ? PYLM_ERR_LARGE : PYLM_OK;
}

static int has_sane_numbers(const pylm_lattice *lattice)
{
    return lattice->n_nodes >= 2u && lattice->n_nodes < UINT32_MAX && lattice->beam && lattice->beam <= MAX_BEAM &&
           lattice->merge <= PYLM__MAX_LAG && lattice->weight_q16 <= MAX_WEIGHT && lattice->n_best &&
           lattice->n_best <= MAX_BEST;
}

int pylm_lattice_nbytes(const pylm_model *model, const pylm_lattice *lattice, uint64_t *nbytes)
{
    struct pylm__search search;
    pylm_info info;
    uint32_t i, last = 0;
    int status;
    if (!has_sane_numbers(lattice))
        return PYLM_ERR_ARGUMENT;
    for (i = 0; i < lattice->n_arcs; i++) {
        const pylm_arc *arc = &lattice->arcs[i];
        if (arc->from < last || arc->to <= arc->from || arc->to >= lattice->n_nodes || arc->begin > arc->end ||
            arc->end > lattice->n_symbols)
            return PYLM_ERR_ARGUMENT;
        last = arc->from;
    }
    pylm_model_info(model, &info);
    for (i = 0; i < lattice->n_symbols; i++)
        if (lattice->symbols[i] >= info.n_symbols)
            return PYLM_ERR_ARGUMENT;
    status = pylm__search_layout(lattice, NULL, &search);
    if (status == PYLM_OK)
        *nbytes = search.nbytes;
    return status;
}

/* ---- records and edges ---- */

static uint32_t new_record(const struct pylm__search *search)
{
    uint32_t record = search->head->free_record;
    if (record == PYLM_NONE)
        return search->head->n_records++;
    search->head->free_record = search->records[record].first_edge;
    return record;
}

static uint32_t new_edge(const struct pylm__search *search, uint32_t from, uint32_t arc, int64_t cost)
{
    uint32_t edge = search->head->free_edge;
    if (edge == PYLM_NONE)
        edge = search->head->n_edges++;
    else
        search->head->free_edge = search->edges[edge].next;
    search->edges[edge].cost = cost;
    search->edges[edge].from = from;
    search->edges[edge].arc = arc;
    search->edges[edge].next = PYLM_NONE;
    return edge;
}

static void free_edges(const struct pylm__search *search, uint32_t edge)
{
    uint32_t next;
    for (; edge != PYLM_NONE; edge = next) {
        next = search->edges[edge].next;
        search->edges[edge].next = search->head->free_edge;
        search->head->free_edge = edge;
    }
}

/* Adds an edge to a record's, in the order of their costs, after equal ones. `only`: the best one alone is kept. */
static void add_edge(const struct pylm__search *search, uint32_t record, uint32_t edge, int only)
{
    struct pylm__record *r = &search->records[record];
    uint32_t *place = &r->first_edge;
    while (*place != PYLM_NONE && search->edges[*place].cost <= search->edges[edge].cost)
        place = &search->edges[*place].next;
    search->edges[edge].next = *place;
    *place = edge;
    r->cost = search->edges[r->first_edge].cost;
    if (only) {
        free_edges(search, search->edges[r->first_edge].next);
        search->edges[r->first_edge].next = PYLM_NONE;
    }
}

/* ---- hypotheses ---- */

/* One that goes along an arc. */
struct move {
    const pylm_lattice *lattice;
    const struct pylm__search *search;
    uint32_t arc, from; /* from: a record */
    struct pylm__slot to;
};

/* Gives a hypothesis a slot of its node, if it is one of the best there. */
static void arrive(const struct move *move)
{
    const pylm_lattice *lattice = move->lattice;
    const struct pylm__search *search = move->search;
    uint32_t node = lattice->arcs[move->arc].to, *n = &search->n_slots[node % search->window], i, worst = 0, edge;
    struct pylm__slot *slots = pylm__search_slots(lattice, search, node);
    for (i = 0; i < *n && slots[i].key != move->to.key; i++)
        if (slots[i].cost >= slots[worst].cost)
            worst = i;
    if (i == *n && *n == lattice->beam) { /* no room: the worst goes, or this one */
        if (move->to.cost >= slots[worst].cost)
            return;
        i = worst;
        free_edges(search, search->records[slots[i].record].first_edge);
        search->records[slots[i].record].first_edge = search->head->free_record;
        search->head->free_record = slots[i].record;
    } else if (i < *n) { /* one that agrees with it */
        if (lattice->n_best == 1u && move->to.cost >= slots[i].cost)
            return;
        edge = new_edge(search, move->from, move->arc, move->to.cost);
        add_edge(search, slots[i].record, edge, lattice->n_best == 1u);
        if (move->to.cost < slots[i].cost) {
            slots[i].state = move->to.state;
            slots[i].cost = move->to.cost;
        }
        return;
    } else {
        ++*n;
    }
    slots[i] = move->to;
    slots[i].record = new_record(search);
    search->records[slots[i].record].first_edge = PYLM_NONE;
    add_edge(search, slots[i].record, new_edge(search, move->from, move->arc, move->to.cost), 1);
}

static int64_t weighted(const pylm_lattice *lattice, uint64_t cost)
{
    return (int64_t)((cost * lattice->weight_q16 + 32768u) >> 16);
}

/* Reads the symbols of an arc at a state. Returns their cost. */
static uint64_t read_arc(const pylm_model *model, const pylm_lattice *lattice, const pylm_arc *arc, void *work,
                         pylm_state *state)
{
    uint64_t total = 0;
    (void)pylm_score(model, state, lattice->symbols + arc->begin, arc->end - arc->begin, work, NULL, &total);
    return total;
}

/* Of an arc with a single symbol: its costs at several states abreast, at most PYLM__ABREAST, which read it. */
static void read_abreast(const struct pylm__model *model, uint32_t symbol, const struct pylm__slot *slots, uint32_t n,
                         void *work, uint64_t *costs)
{
    struct pylm__state states[PYLM__ABREAST];
    struct pylm__small probabilities[PYLM__ABREAST];
    uint32_t places[PYLM__ABREAST], share = PYLM__SHARE_ONE, i;
    uint32_t place = pylm__has_lexicon(model) ? pylm__lexicon_symbol(model, symbol, &share) : symbol;
    for (i = 0; i < n; i++) {
        places[i] = place;
        states[i] = *pylm__state_const(&slots[i].state);
    }
    pylm__probabilities(model, states, places, n, work, NULL, probabilities);
    for (i = 0; i < n; i++)
        costs[i] = pylm__small_cost(probabilities[i]) + (pylm__has_lexicon(model) ? pylm__share_cost(share) : 0u);
}

/* Takes all hypotheses of a node along an arc. */
static void follow(const pylm_model *model, const pylm_lattice *lattice, const struct pylm__search *search,
                   uint32_t number, void *work)
{
    const pylm_arc *arc = &lattice->arcs[number];
    const struct pylm__slot *slots = pylm__search_slots(lattice, search, arc->from);
    uint32_t i, j, here, n = search->n_slots[arc->from % search->window], single = arc->end - arc->begin == 1u;
    uint64_t costs[PYLM__ABREAST];
    struct move move;
    move.lattice = lattice;
    move.search = search;
    move.arc = number;
    for (i = 0; i < n; i += here) {
        here = n - i < PYLM__ABREAST ? n - i : PYLM__ABREAST;
        if (single)
            read_abreast(pylm__model_view(model), lattice->symbols[arc->begin], slots + i, here, work, costs);
        for (j = 0; j < here; j++) {
            move.from = slots[i + j].record;
            move.to = slots[i + j];
            if (single)
                (void)pylm_state_read(model, &move.to.state, lattice->symbols[arc->begin]);
            else
                costs[j] = read_arc(model, lattice, arc, work, &move.to.state);
            move.to.cost += weighted(lattice, costs[j]) + arc->cost_q16;
            move.to.key = pylm_state_key(&move.to.state, lattice->merge);
            arrive(&move);
        }
    }
}

static void begin(const pylm_lattice *lattice, const struct pylm__search *search, const pylm_state *state)
{
    struct pylm__slot *slot = pylm__search_slots(lattice, search, 0);
    memset(search->head, 0, sizeof *search->head);
    memset(search->n_slots, 0, search->window * sizeof *search->n_slots);
    search->head->free_record = search->head->free_edge = PYLM_NONE;
    memset(slot, 0, sizeof *slot);
    slot->state = *state;
    pylm__state_view(&slot->state)->learns = 0;
    slot->record = new_record(search);
    search->records[START].cost = 0;
    search->records[START].first_edge = PYLM_NONE;
    search->n_slots[0] = 1;
}

void pylm_lattice_search(const pylm_model *model, const pylm_lattice *lattice, const pylm_state *state, void *memory,
                         void *work, uint32_t *arc)
{
    struct pylm__search search;
    uint32_t done = 0;
    (void)pylm__search_layout(lattice, memory, &search);
    if (!*arc)
        begin(lattice, &search, state);
    while (*arc < lattice->n_arcs && done < SLICE) {
        const pylm_arc *next = &lattice->arcs[*arc];
        for (; search.head->node < next->from; search.head->node++)
            search.n_slots[search.head->node % search.window] = 0; /* nothing leads from there any more */
        done += search.n_slots[next->from % search.window] * (next->end - next->begin) + 1u;
        follow(model, lattice, &search, (*arc)++, work);
    }
    if (*arc == lattice->n_arcs) /* the end is in the window, or was not reached */
        for (; search.head->node < lattice->n_nodes - 1u; search.head->node++)
            search.n_slots[search.head->node % search.window] = 0;
}

#endif
