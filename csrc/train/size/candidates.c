/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * candidates.c: see candidates.h. A context is a head, its successors, and its places.
 */
#include "candidates.h"

#include <stdlib.h>
#include <string.h>

#define READ_NBYTES 65536u /* at a time, and the longest context */
#define SLICE 65536u       /* contexts between two looks at the task */

struct head {
    uint64_t hash;
    uint32_t n_successors, n_places;
    uint8_t list_end, end; /* of struct pylm__ranked */
    uint8_t block, unused;
};

void pylm__candidates_begin(struct pylm__candidates *c, uint32_t lowest, struct pylm__spill *spill)
{
    memset(c, 0, sizeof *c);
    c->lowest = lowest;
    if (spill)
        pylm__buffer_spill(&c->contexts, spill);
}

void pylm__candidates_free(struct pylm__candidates *c)
{
    pylm__buffer_free(&c->contexts);
    memset(c, 0, sizeof *c);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

int pylm__candidates_add(void *candidates, const struct pylm__pruned_context *context)
{
    struct pylm__candidates *c = candidates;
    const struct pylm__ranked *ranked = &context->ranked;
    struct head head;
    memset(&head, 0, sizeof head);
    head.hash = context->hash;
    head.n_successors = ranked->n;
    head.n_places = context->n_places;
    head.list_end = (uint8_t)ranked->list_end;
    head.end = (uint8_t)ranked->end;
    head.block = (uint8_t)context->block;
    c->most_successors = larger(c->most_successors, ranked->n);
    c->most_places = larger(c->most_places, context->n_places);
    pylm__buffer_bytes(&c->contexts, &head, sizeof head);
    pylm__buffer_bytes(&c->contexts, ranked->of, ranked->n * sizeof *ranked->of);
    if (context->n_places)
        pylm__buffer_bytes(&c->contexts, context->places, context->n_places * sizeof *context->places);
    return c->contexts.status;
}

int pylm__candidates_end(struct pylm__candidates *c)
{
    pylm__buffer_drain(&c->contexts);
    pylm__buffer_trim(&c->contexts);
    return c->contexts.status;
}

/* What is read of a context. */
struct reading {
    struct pylm__reader reader;
    struct pylm__ranked_successor *successors;
    uint32_t *places;
};

/* Reads the next context, as far as it is wanted. Returns 0 behind the last. */
static int read_context(struct reading *r, uint32_t lowest, struct pylm__pruned_context *context)
{
    struct head head;
    uint64_t successors, places;
    if (pylm__reader_need(&r->reader, sizeof head) < sizeof head)
        return 0;
    memcpy(&head, r->reader.data, sizeof head);
    pylm__reader_skip(&r->reader, sizeof head);
    successors = head.n_successors * sizeof *r->successors;
    places = head.n_places * sizeof *r->places;
    if (pylm__reader_need(&r->reader, successors + places) < successors + places)
        return 0; /* the file cannot be read */
    context->ranked.n = 0;
    if (head.end > lowest) {
        memcpy(r->successors, r->reader.data, (size_t)successors);
        memcpy(r->places, r->reader.data + successors, (size_t)places);
        context->ranked.n = head.n_successors;
    }
    pylm__reader_skip(&r->reader, successors + places);
    context->ranked.list_end = head.list_end;
    context->ranked.end = head.end;
    context->hash = head.hash;
    context->block = head.block;
    context->n_places = head.n_places;
    return 1;
}

static int hand_on(struct reading *r, uint32_t lowest, pylm__take_context *take, void *user, const pylm_task *task)
{
    struct pylm__pruned_context context;
    uint64_t seen = 0;
    memset(&context, 0, sizeof context);
    context.ranked.of = r->successors;
    context.places = r->places;
    while (read_context(r, lowest, &context)) {
        if (++seen % SLICE == 0 && pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        if (context.ranked.n)
            PYLM__TRY(take(user, &context));
    }
    return PYLM_OK;
}

int pylm__candidates_hand_on(const struct pylm__candidates *c, uint32_t lowest, pylm__take_context *take, void *user,
                             const pylm_task *task)
{
    struct reading r;
    uint64_t longest = c->most_successors * sizeof *r.successors + c->most_places * sizeof *r.places;
    int status;
    memset(&r, 0, sizeof r);
    r.successors = pylm__array_new(c->most_successors, sizeof *r.successors);
    r.places = pylm__array_new(c->most_places, sizeof *r.places);
    status = r.successors && r.places ? PYLM_OK : PYLM_ERR_MEMORY;
    if (status == PYLM_OK)
        status = pylm__reader_begin(&r.reader, &c->contexts, READ_NBYTES + longest + sizeof(struct head));
    if (status == PYLM_OK)
        status = hand_on(&r, lowest, take, user, task);
    status = pylm__reader_end(&r.reader, status);
    free(r.successors);
    free(r.places);
    return status;
}
