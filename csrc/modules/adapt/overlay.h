/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overlay.h: what a state has learned from the text it has read.
 *
 * An overlay is memory of the caller's, of any size. Every tree has an equal part of it, with
 *
 *   nodes        how often the text lately went left and right at a node of the tree, and when it last did
 *   successors   of some contexts, with counts. A few long contexts serve repetitions: of these there is only the last
 *                successor, and the run: for how many symbols in a row long contexts have been right
 *   weights      of stage 2. They begin as the model's and learn from every symbol; see extended.h. Memory that is too
 *                small has none
 *
 * Nodes and successors are hash tables, in which what was used longest ago makes room. All successors of a context lie
 * in one bucket, between those of others, the latest first. Nodes are told apart exactly, contexts by a fingerprint of
 * 16 bits: a new context is taken for a known one with a probability of about 2^-13.
 *
 * Numbers are little-endian bytes at any address. None is trusted, since an overlay may come from a file.
 */
#ifndef PYLM_ADAPT_OVERLAY_H
#define PYLM_ADAPT_OVERLAY_H

#include "core/context.h"
#include "plan.h"

/* One tree's part of an overlay. */
struct pylm__overlay {
    uint8_t *head;    /* u32 length of the present run, u32 symbols learned */
    uint8_t *weights; /* i16, in the order of the tree's overlay weights; NULL: the tree's are used */
    uint8_t *nodes, *successors;
    uint32_t n_node_buckets, n_successor_buckets, n_leaves;
};

/* Successors of one context, the latest first. The recalls of the plan's contexts are followed by the repetition: one
 * successor, with its step (pylm__run_step()) as count. */
struct pylm__recall {
    uint32_t leaf[PYLM__N_RECENT];
    uint8_t count[PYLM__N_RECENT];
    uint8_t n;
};

/* What an overlay knows of a node, left and right. */
struct pylm__node_past {
    uint8_t counts[2]; /* of the last times that the node was reached */
    uint8_t ages[2];   /* how long ago: a level for every doubling, 1 to PYLM__N_AGES - 1; 0: never */
};

#define PYLM__N_AGES 17u

#define PYLM__MIN_PART_NBYTES 128u /* bytes of a tree's part: its head, a bucket of nodes and one of successors */

/* Lays out a tree's part, of PYLM__MIN_PART_NBYTES bytes or more.
 *   n_weights   of the tree: a few hundred; 0: without */
void pylm__overlay_lay_out(uint8_t *part, size_t nbytes, uint32_t n_nodes, uint32_t n_weights,
                           struct pylm__overlay *overlay);

/* Symbols learned, modulo 2^32. */
PYLM__INLINE uint32_t pylm__overlay_time(const struct pylm__overlay *overlay)
{
    return pylm__load32(overlay->head + 4);
}

/* Writes the keys of a plan's contexts, then of its long contexts. A key is 0 for a long context that begins before the
 * text, and for an indirect context while the other context recalls nothing.
 *   hashes   of the tree's templates */
void pylm__overlay_keys(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *hashes,
                        const struct pylm__state *state, uint64_t *keys);

/* The key of a context, from its hash and its place in the plan. */
static inline uint64_t pylm__recall_key(uint64_t hash, uint32_t place)
{
    return pylm__hash_step(hash, place + 1u) | 1u;
}

/* Recalls what followed the contexts before. Writes n_recalled + 1 recalls. */
void pylm__overlay_recall(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                          struct pylm__recall *recalls);

/* Notes that `leaf` followed the contexts. */
void pylm__overlay_learn(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                         uint32_t leaf);

/* Fetches a node's past, but does not wait for it. */
void pylm__overlay_fetch_node(const struct pylm__overlay *overlay, uint32_t node);

/* A node's past; zeros if there is none. */
struct pylm__node_past pylm__overlay_node(const struct pylm__overlay *overlay, uint32_t node);

/* Notes that the text went left (0) or right (1) at a node. */
void pylm__overlay_count(const struct pylm__overlay *overlay, uint32_t node, int side);

/* ---- what personal.c needs ---- */

/* The 40 bits that personal counts keep of a context's key: 24 of its upper half, which chooses the bucket, and the
 * fingerprint. */
static inline uint64_t pylm__key_kept(uint64_t key)
{
    return key >> 40 << 16 | (key >> 16 & 0xffffu);
}

/* A key made of these. The 8 bits that were not kept hardly ever change the bucket. */
static inline uint64_t pylm__key_of_kept(uint64_t kept)
{
    return (kept >> 16) << 40 | UINT64_C(0x80) << 32 | (kept & 0xffffu) << 16 | 1u;
}

/* These make an overlay of counts, as if it had learned them, in no order. It must have learned nothing before. First
 * _add_path() for the nodes on the path to every symbol, with its count. Then once _settle_nodes(), with the sum of
 * these counts. Then _fill() for every context, with its most frequent successors. */
void pylm__overlay_add_path(const struct pylm__overlay *overlay, uint32_t node, int side, uint32_t count);
void pylm__overlay_settle_nodes(const struct pylm__overlay *overlay, uint32_t n);
void pylm__overlay_fill(const struct pylm__overlay *overlay, uint64_t key, const struct pylm__recall *successors);

/* The step of a repetition: which long context found it (0: the shortest), and the level of the run so far. */
static inline uint8_t pylm__run_step(uint32_t which, uint32_t run)
{
    uint32_t level = pylm__ilog2((run + 1u) | 1u); /* the same, but for the largest number in a damaged overlay */
    return (uint8_t)(which * PYLM__N_RUNS + (level < PYLM__N_RUNS ? level : PYLM__N_RUNS - 1u));
}

#endif
