/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overlay.h: what a state has learned from the text it has read.
 *
 * An overlay is memory of the caller's, of any size. Every tree has an equal part of it, with
 *
 *   nodes   how often the text lately went left and right at a node of the tree, and when it last did;
 *   slots   of some contexts, the successors they had last, with counts; also of a few long contexts, for
 *           repetitions: there the last successor counts, and for how many symbols in a row such contexts
 *           have been right by now (the run);
 *   weights of the second stage, which begin as the model's and learn from every symbol; see extended.h. Memory that is
 *           too small for them does without.
 *
 * The first two are hash tables in which what is least used makes room. Nodes are verified exactly; contexts by a
 * fingerprint of 16 bits, so that one that was never seen is taken for one that was with a probability of
 * about 2^-15.
 *
 * Numbers in it are little-endian bytes at any address, and none is trusted: an overlay may come from a
 * file.
 */
#ifndef PYLM_ADAPT_OVERLAY_H
#define PYLM_ADAPT_OVERLAY_H

#include "core/context.h"
#include "plan.h"

/* One tree's part of an overlay. */
struct pylm__overlay {
    uint8_t *head;    /* u32 length of the present run, u32 symbols learned */
    uint8_t *weights; /* i16, arranged as the tree's overlay weights; NULL: the tree's own serve */
    uint8_t *nodes, *slots;
    uint32_t n_node_buckets, n_slot_buckets;
};

/* Successors of one context, the latest first. The recall behind those of the plan's contexts is the
 * repetition: one successor, with its step (see pylm__run_step()) as count. */
struct pylm__recall {
    uint32_t leaf[PYLM__N_RECENT];
    uint8_t count[PYLM__N_RECENT];
    uint8_t n;
};

/* What is known of a node, left and right. */
struct pylm__node_past {
    uint8_t counts[2]; /* of the last times that it was reached */
    uint8_t ages[2];   /* how long ago, 1 to PYLM__N_AGES - 1, a level for every doubling; 0: never */
};

#define PYLM__N_AGES 17u

#define PYLM__MIN_PART_NBYTES 128u /* bytes of a tree's part: its head, a bucket of nodes and one of slots */

/* Says what lies where in a tree's part, of PYLM__MIN_PART_NBYTES bytes or more.
 *   n_weights   how many the tree has; a few hundred, or 0: none are wanted */
void pylm__overlay_lay_out(uint8_t *part, size_t nbytes, uint32_t n_nodes, uint32_t n_weights,
                           struct pylm__overlay *overlay);

/* Symbols learned, modulo 2^32. */
PYLM__INLINE uint32_t pylm__overlay_time(const struct pylm__overlay *overlay)
{
    return pylm__load32(overlay->head + 4);
}

/* The keys of a plan's contexts, then of its long contexts, into `keys`; 0 for an indirect context while nothing is
 * recalled of the other one, and for a long context that reaches back before the start of the text. `hashes` are
 * those of the tree's templates. */
void pylm__overlay_keys(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *hashes,
                        const struct pylm__state *state, uint64_t *keys);

/* The key of the context in a place of the plan. */
static inline uint64_t pylm__recall_key(uint64_t hash, uint32_t place)
{
    return pylm__hash_step(hash, place + 1u) | 1u;
}

/* What followed the contexts before. Writes n_recalled + 1 recalls. */
void pylm__overlay_recall(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                          uint32_t n_leaves, struct pylm__recall *recalls);

/* The contexts were followed by `leaf`. */
void pylm__overlay_learn(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                         uint32_t leaf);

/* A node's past; zeros if there is none. */
struct pylm__node_past pylm__overlay_node(const struct pylm__overlay *overlay, uint32_t node);

/* A node was left to the left (0) or right (1). */
void pylm__overlay_count(const struct pylm__overlay *overlay, uint32_t node, int side);

/* ---- what personal.c needs ---- */

/* What is kept of a context's key, 40 bits: of its upper half, which chooses the bucket, 24, and the fingerprint. */
static inline uint64_t pylm__key_kept(uint64_t key)
{
    return key >> 40 << 16 | (key >> 16 & 0xffffu);
}

/* A key with what was kept. The 8 bits that are not known choose another bucket hardly ever. */
static inline uint64_t pylm__key_of_kept(uint64_t kept)
{
    return (kept >> 16) << 40 | UINT64_C(0x80) << 32 | (kept & 0xffffu) << 16 | 1u;
}

/* Make an overlay that has learned nothing what it would be of such counts, though in no order. First the nodes on the
 * path to every symbol, with its count; then, once, with the sum of these counts; then every context, with its
 * most frequent successors. */
void pylm__overlay_add_path(const struct pylm__overlay *overlay, uint32_t node, int side, uint32_t count);
void pylm__overlay_settle_nodes(const struct pylm__overlay *overlay, uint32_t n);
void pylm__overlay_fill(const struct pylm__overlay *overlay, uint64_t key, const struct pylm__recall *successors);

/* How a repetition is told apart: by which long context found it (0 the shortest), and the run so far. */
static inline uint8_t pylm__run_step(uint32_t which, uint32_t run)
{
    uint32_t level = pylm__ilog2(run + 1u);
    return (uint8_t)(which * PYLM__N_RUNS + (level < PYLM__N_RUNS ? level : PYLM__N_RUNS - 1u));
}

#endif
