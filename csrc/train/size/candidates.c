/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * candidates.c: see candidates.h.
 */
#include "candidates.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024u /* elements */
#define SLICE 65536u     /* contexts between two looks at the task */

struct pylm__candidate {
    uint64_t hash;           /* or, in a held-out block, where its places end */
    uint32_t successors_end; /* where its successors end */
    uint8_t list_end, end;   /* of struct pylm__ranked */
    uint8_t block;
};

void pylm__candidates_begin(struct pylm__candidates *c, uint32_t lowest, struct pylm__room *room)
{
    memset(c, 0, sizeof *c);
    c->lowest = lowest;
    c->room = room;
}

static void drop(struct pylm__candidates *c)
{
    uint64_t nbytes = c->context_room * sizeof *c->contexts + c->successor_room * sizeof *c->successors +
                      c->place_room * sizeof *c->places;
    free(c->contexts);
    free(c->successors);
    free(c->places);
    if (nbytes)
        (void)pylm__room_take(c->room, 0, nbytes);
    pylm__candidates_begin(c, PYLM__PRICE_NOTHING, c->room);
}

void pylm__candidates_free(struct pylm__candidates *c)
{
    drop(c);
}

/* Makes room for n further elements. */
static int reserve(struct pylm__candidates *c, void **array, uint64_t *room, uint64_t used, uint64_t n,
                   uint64_t element_nbytes)
{
    if (used + n <= *room)
        return 1;
    return pylm__room_resize(c->room, array, room, (used + n) + (used + n) / 4u + FIRST_ROOM, element_nbytes);
}

/* Moves what stays to the front. */
static void filter(struct pylm__candidates *c)
{
    uint64_t i, n_contexts = 0, n_successors = 0, n_places = 0, from = 0, place = 0;
    int has_places = c->n_places > 0;
    for (i = 0; i < c->n_contexts; i++) {
        struct pylm__candidate context = c->contexts[i];
        uint64_t end = context.successors_end, place_end = has_places ? context.hash : 0u;
        uint32_t n = pylm__ranked_filter(c->successors + from, (uint32_t)(end - from), context.end, c->lowest);
        if (n) {
            memmove(c->successors + n_successors, c->successors + from, n * sizeof *c->successors);
            n_successors += n;
            context.successors_end = (uint32_t)n_successors;
            if (has_places) {
                memmove(c->places + n_places, c->places + place, (size_t)(place_end - place) * sizeof *c->places);
                n_places += place_end - place;
                context.hash = n_places;
            }
            c->contexts[n_contexts++] = context;
        }
        from = end;
        place = place_end;
    }
    c->n_contexts = n_contexts;
    c->n_successors = n_successors;
    c->n_places = n_places;
}

/* Makes room for a context with n successors. */
static int reserve_context(struct pylm__candidates *c, uint32_t n, uint32_t n_places)
{
    void *contexts = c->contexts, *successors = c->successors, *places = c->places;
    int fits = c->n_successors + n <= UINT32_MAX &&
               reserve(c, &contexts, &c->context_room, c->n_contexts, 1, sizeof *c->contexts);
    fits = fits && reserve(c, &successors, &c->successor_room, c->n_successors, n, sizeof *c->successors);
    fits = fits && reserve(c, &places, &c->place_room, c->n_places, n_places, sizeof *c->places);
    c->contexts = contexts;
    c->successors = successors;
    c->places = places;
    return fits;
}

void pylm__candidates_add(struct pylm__candidates *c, const struct pylm__pruned_context *context)
{
    uint32_t n = context->ranked.n, n_places = context->n_places;
    struct pylm__candidate *new;
    if (c->lowest == PYLM__PRICE_NOTHING)
        return;
    while (!reserve_context(c, n, n_places)) {
        if (++c->lowest == PYLM__PRICE_NOTHING) {
            drop(c);
            return;
        }
        filter(c);
    }
    memcpy(c->successors + c->n_successors, context->ranked.of, n * sizeof *c->successors);
    n = pylm__ranked_filter(c->successors + c->n_successors, n, context->ranked.end, c->lowest);
    if (!n)
        return;
    if (n_places)
        memcpy(c->places + c->n_places, context->places, n_places * sizeof *c->places);
    c->n_successors += n;
    c->n_places += n_places;
    new = &c->contexts[c->n_contexts++];
    new->hash = context->places ? c->n_places : context->hash;
    new->successors_end = (uint32_t)c->n_successors;
    new->list_end = (uint8_t)context->ranked.list_end;
    new->end = (uint8_t)context->ranked.end;
    new->block = (uint8_t)context->block;
}

void pylm__candidates_raise(struct pylm__candidates *c, uint32_t lowest)
{
    void *contexts = c->contexts, *successors = c->successors, *places = c->places;
    if (lowest > c->lowest) {
        c->lowest = lowest;
        filter(c);
    }
    if (c->lowest == PYLM__PRICE_NOTHING)
        return;
    (void)pylm__room_resize(c->room, &contexts, &c->context_room, c->n_contexts, sizeof *c->contexts);
    (void)pylm__room_resize(c->room, &successors, &c->successor_room, c->n_successors, sizeof *c->successors);
    (void)pylm__room_resize(c->room, &places, &c->place_room, c->n_places, sizeof *c->places);
    c->contexts = contexts;
    c->successors = successors;
    c->places = places;
}

int pylm__candidates_hand_on(const struct pylm__candidates *c, pylm__take_context *take, void *user,
                             const pylm_task *task)
{
    struct pylm__pruned_context context;
    uint64_t i, successor = 0, place = 0;
    int has_places = c->n_places > 0;
    memset(&context, 0, sizeof context);
    for (i = 0; i < c->n_contexts; i++) {
        const struct pylm__candidate *from = &c->contexts[i];
        if (i % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        context.ranked.of = c->successors + successor;
        context.ranked.n = (uint32_t)(from->successors_end - successor);
        context.ranked.list_end = from->list_end;
        context.ranked.end = from->end;
        successor = from->successors_end;
        context.hash = from->hash;
        if (has_places) {
            context.block = from->block;
            context.places = c->places + place;
            context.n_places = (uint32_t)(from->hash - place);
            place = from->hash;
        }
        PYLM__TRY(take(user, &context));
    }
    return PYLM_OK;
}
