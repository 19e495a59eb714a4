/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * counted.h: what a template counted in the whole text, as far as a small model may keep it. It is made from keys that
 * stream by (train/count/stream.h), so it is as large as the model allows, not as the text is.
 *
 * A successor that followed c times saves c log2(N / c) bits at most, in a text of N symbols. If that is less than what
 * it costs at the lowest level that will be looked at, it cannot be kept, whatever its base says. The context that this
 * one extends has at least as many of it. So what is left out here is never looked up there either.
 */
#ifndef PYLM_TRAIN_COUNTED_H
#define PYLM_TRAIN_COUNTED_H

#include "room.h"
#include "successors.h"
#include "train/count/stream.h"

struct pylm__counted_context {
    uint64_t hash;
    uint32_t total; /* how often it occurs, with any symbol behind it */
    uint32_t end;   /* where its followers end */
};

/* In the order of their hashes, and of the leaves. */
struct pylm__counted {
    struct pylm__counted_context *contexts;
    struct pylm__follower *followers;
    uint64_t *bases; /* by context: the hash of what it extends; NULL: all extend the same, or nothing */
    uint64_t n_contexts, n_followers, context_room, follower_room, base_room; /* elements */
    uint32_t *starts; /* where contexts begin, by the upper bits of their hashes */
    unsigned start_bits;
    unsigned leaf_bits;  /* of keys */
    uint64_t *of_blocks; /* keys of all held-out symbols */
    double discount;     /* of absolute discounting, estimated from all followers in the text */
    uint32_t lowest;     /* all that is kept from this level on is here */
    int is_short;        /* 1: there was no room for it */
    struct pylm__room *room;
};

/* What decides about it. */
struct pylm__counted_input {
    const struct pylm__prices *prices;
    int extends;        /* 1: there is a base that says what is saved */
    int has_bases;      /* 1: not all contexts extend the same one */
    int is_base;        /* 1: others extend it, so what it has is looked up */
    uint32_t min_count; /* less frequent contexts are left out */
    uint32_t lowest;    /* a level */
    int may_raise;      /* 1: without room the level is raised; else that is PYLM_ERR_MEMORY */
};

/* Counts a template. Memory comes from `room`. To be freed, also after a failure.
 *   stream   its of_blocks are made here */
int pylm__counted_make(struct pylm__counted *counted, struct pylm__stream *stream,
                       const struct pylm__counted_input *input, struct pylm__room *room, const pylm_task *task);
void pylm__counted_free(struct pylm__counted *counted);

/* The number of a context, or n_contexts. */
uint64_t pylm__counted_find(const struct pylm__counted *counted, uint64_t hash);

/* Fetches what pylm__counted_find() reads: first where to look, then what is there. */
static inline void pylm__counted_fetch_start(const struct pylm__counted *counted, uint64_t hash)
{
    PYLM__PREFETCH(&counted->starts[hash >> (64u - counted->leaf_bits - counted->start_bits)]);
}

static inline void pylm__counted_fetch_context(const struct pylm__counted *counted, uint64_t hash)
{
    PYLM__PREFETCH(&counted->contexts[counted->starts[hash >> (64u - counted->leaf_bits - counted->start_bits)]]);
}

/* What followed a context. */
static inline struct pylm__followers pylm__counted_followers(const struct pylm__counted *counted, uint64_t context)
{
    uint32_t begin = context ? counted->contexts[context - 1u].end : 0u;
    struct pylm__followers f = {counted->followers + begin, counted->contexts[context].end - begin,
                                counted->contexts[context].total};
    return f;
}

#endif
