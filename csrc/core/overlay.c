/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overlay.c: see overlay.h.
 *
 *   part      u32 run, 12 bytes for later; node buckets; slot buckets
 *   node      u32 node + 1, or 0; u8 slow left, slow right, fast left, fast right
 *   slot      u16 fingerprint, 0 if empty; u16 uses; the latest successors first: u24 leaf, u8 count (0: none)
 */
#include "overlay.h"

#include <string.h>

#define HEAD_NBYTES 16u
#define NODE_NBYTES 8u
#define NODES 4u /* a bucket */
#define SLOT_NBYTES (4u + 4u * PYLM__N_RECENT)
#define SLOTS 4u /* a bucket */
#define SLOW_LIMIT 255u /* counts are halved beyond */
#define FAST_LIMIT 30u
#define COUNT_LIMIT 255u
#define MAX_USES 65535u
#define FIRST_LONG 64u /* keys of long contexts are told apart from those of templates by this */

int pylm__overlay_part(uint8_t *memory, uint64_t nbytes, uint32_t n_trees, uint32_t tree, uint32_t n_nodes,
                       struct pylm__overlay *overlay)
{
    uint64_t part = nbytes / n_trees, nodes, slots;
    if (part < HEAD_NBYTES + NODES * NODE_NBYTES + SLOTS * SLOT_NBYTES)
        return 0;
    nodes = (part - HEAD_NBYTES) / 4u / (NODES * NODE_NBYTES);
    if (nodes > n_nodes / 2u + 1u) /* twice as many places as there are nodes */
        nodes = n_nodes / 2u + 1u;
    nodes = nodes ? nodes : 1u;
    slots = (part - HEAD_NBYTES - nodes * NODES * NODE_NBYTES) / (SLOTS * SLOT_NBYTES);
    if (!slots)
        return 0;
    overlay->run = memory + (size_t)(tree * part);
    overlay->nodes = overlay->run + HEAD_NBYTES;
    overlay->n_node_buckets = (uint32_t)nodes;
    overlay->slots = overlay->nodes + (size_t)(nodes * NODES * NODE_NBYTES);
    overlay->n_slot_buckets = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
    return 1;
}

void pylm__plan_read(const struct pylm__tree *tree, struct pylm__plan *plan)
{
    const uint8_t *p = tree->head + PYLM__T_PLAN;
    uint32_t i;
    plan->n_recalled = p[0] < PYLM__MAX_RECALLED ? p[0] : PYLM__MAX_RECALLED;
    plan->n_long = p[1] < PYLM__MAX_LONG ? p[1] : PYLM__MAX_LONG;
    p += 2;
    for (i = 0; i < PYLM__MAX_RECALLED; i++)
        plan->recalled[i] = *p++;
    for (i = 0; i < PYLM__MAX_LONG; i++)
        plan->lengths[i] = *p++;
}

void pylm__overlay_keys(const struct pylm__plan *plan, const uint64_t *hashes,
                        const struct pylm__state *state, uint64_t *keys)
{
    uint64_t hash = PYLM__HASH_SEED;
    uint32_t i, lag = 1;
    for (i = 0; i < plan->n_recalled; i++)
        keys[i] = pylm__hash_step(hashes[plan->recalled[i]], i + 1u);
    for (i = 0; i < plan->n_long; i++) {
        for (; lag <= plan->lengths[i]; lag++)
            hash = pylm__hash_step(hash, pylm__state_recent(state, lag));
        keys[plan->n_recalled + i] = pylm__state_recent(state, plan->lengths[i])
                                         ? pylm__hash_step(hash, FIRST_LONG + i) | 1u
                                         : 0u;
    }
}

/* ---- slots ---- */

static uint8_t *slot_bucket(const struct pylm__overlay *overlay, uint64_t key)
{
    return overlay->slots + (size_t)((key >> 32) * overlay->n_slot_buckets >> 32) * (SLOTS * SLOT_NBYTES);
}

static uint32_t fingerprint(uint64_t key)
{
    uint32_t check = (uint32_t)key >> 16; /* the bucket is chosen by the upper half */
    return check ? check : 1u;
}

static uint8_t *find_slot(const struct pylm__overlay *overlay, uint64_t key)
{
    uint8_t *slot = slot_bucket(overlay, key);
    uint32_t i, check = fingerprint(key);
    for (i = 0; i < SLOTS; i++, slot += SLOT_NBYTES)
        if (pylm__load16(slot) == check)
            return slot;
    return NULL;
}

/* The context's slot, or the least used of its bucket made empty; the others lose a use. */
static uint8_t *take_slot(const struct pylm__overlay *overlay, uint64_t key)
{
    uint8_t *slot = find_slot(overlay, key), *bucket = slot_bucket(overlay, key);
    uint32_t i, uses, least = UINT32_MAX;
    if (slot)
        return slot;
    for (i = 0; i < SLOTS; i++) {
        uses = pylm__load16(bucket + i * SLOT_NBYTES) ? pylm__load16(bucket + i * SLOT_NBYTES + 2u) + 1u : 0u;
        if (uses < least) {
            least = uses;
            slot = bucket + i * SLOT_NBYTES;
        }
        if (uses > 1u)
            pylm__store16(bucket + i * SLOT_NBYTES + 2u, uses - 2u);
    }
    memset(slot, 0, SLOT_NBYTES);
    pylm__store16(slot, fingerprint(key));
    return slot;
}

static uint32_t leaf_at(const uint8_t *slot, uint32_t i)
{
    return pylm__load32(slot + 4u + 4u * i) & 0xffffffu;
}

static uint32_t count_at(const uint8_t *slot, uint32_t i)
{
    return slot[4u + 4u * i + 3u];
}

static void put(uint8_t *slot, uint32_t i, uint32_t leaf, uint32_t count)
{
    pylm__store32(slot + 4u + 4u * i, leaf | count << 24);
}

void pylm__overlay_recall(const struct pylm__overlay *overlay, const struct pylm__plan *plan,
                          const uint64_t *keys, uint32_t n_leaves, struct pylm__recall *recalls)
{
    uint32_t i, j;
    for (i = 0; i < plan->n_recalled; i++) {
        const uint8_t *slot = find_slot(overlay, keys[i]);
        struct pylm__recall *r = &recalls[i];
        r->n = 0;
        for (j = 0; slot && j < PYLM__N_RECENT && count_at(slot, j); j++) {
            if (leaf_at(slot, j) >= n_leaves)
                continue;
            r->leaf[r->n] = leaf_at(slot, j);
            r->count[r->n++] = (uint8_t)count_at(slot, j);
        }
    }
    recalls[i].n = 0;
    for (j = plan->n_long; j-- > 0 && !recalls[i].n;) {
        const uint8_t *slot = keys[plan->n_recalled + j] ? find_slot(overlay, keys[plan->n_recalled + j]) : NULL;
        if (slot && count_at(slot, 0) && leaf_at(slot, 0) < n_leaves) {
            recalls[i].leaf[0] = leaf_at(slot, 0);
            recalls[i].count[0] = pylm__run_step(j, pylm__load32(overlay->run));
            recalls[i].n = 1;
        }
    }
}

/* Moves a successor to the front of its slot and counts it. */
static void count_leaf(uint8_t *slot, uint32_t leaf)
{
    uint32_t i, j, count = 0, uses = pylm__load16(slot + 2u);
    for (i = 0; i < PYLM__N_RECENT - 1u && (leaf_at(slot, i) != leaf || !count_at(slot, i)); i++)
        continue;
    if (leaf_at(slot, i) == leaf)
        count = count_at(slot, i);
    for (j = i; j > 0; j--)
        put(slot, j, leaf_at(slot, j - 1u), count_at(slot, j - 1u));
    if (count == COUNT_LIMIT)
        for (j = 1, count /= 2u; j < PYLM__N_RECENT; j++)
            put(slot, j, leaf_at(slot, j), (count_at(slot, j) + 1u) / 2u);
    put(slot, 0, leaf, count + 1u);
    pylm__store16(slot + 2u, uses < MAX_USES ? uses + 1u : uses);
}

void pylm__overlay_learn(const struct pylm__overlay *overlay, const struct pylm__plan *plan,
                         const uint64_t *keys, uint32_t leaf)
{
    uint32_t i, run = pylm__load32(overlay->run), right = 0;
    for (i = plan->n_long; i-- > 0;) { /* was the longest one right? */
        const uint8_t *slot = keys[plan->n_recalled + i] ? find_slot(overlay, keys[plan->n_recalled + i]) : NULL;
        if (slot) {
            right = count_at(slot, 0) && leaf_at(slot, 0) == leaf;
            break;
        }
    }
    pylm__store32(overlay->run, !right ? 0u : run < PYLM__RUN_LIMIT ? run + 1u : PYLM__RUN_LIMIT);
    for (i = 0; i < (uint32_t)plan->n_recalled + plan->n_long; i++)
        if (keys[i])
            count_leaf(take_slot(overlay, keys[i]), leaf);
}

/* ---- nodes ---- */

static uint8_t *node_bucket(const struct pylm__overlay *overlay, uint32_t node)
{
    uint64_t hash = pylm__hash_step(PYLM__HASH_SEED, node);
    return overlay->nodes + (size_t)((hash >> 32) * overlay->n_node_buckets >> 32) * (NODES * NODE_NBYTES);
}

static uint8_t *find_node(const struct pylm__overlay *overlay, uint32_t node)
{
    uint8_t *at = node_bucket(overlay, node);
    uint32_t i;
    for (i = 0; i < NODES; i++, at += NODE_NBYTES)
        if (pylm__load32(at) == node + 1u)
            return at;
    return NULL;
}

struct pylm__node_counts pylm__overlay_node(const struct pylm__overlay *overlay, uint32_t node)
{
    struct pylm__node_counts counts = {{0, 0}, {0, 0}};
    const uint8_t *at = find_node(overlay, node);
    if (at) {
        counts.slow[0] = at[4];
        counts.slow[1] = at[5];
        counts.fast[0] = at[6];
        counts.fast[1] = at[7];
    }
    return counts;
}

/* The node's place, or that of the node with the lowest counts in its bucket, made empty. */
static uint8_t *take_node(const struct pylm__overlay *overlay, uint32_t node)
{
    uint8_t *at = find_node(overlay, node), *bucket = node_bucket(overlay, node);
    uint32_t i, sum, least = UINT32_MAX;
    if (at)
        return at;
    for (i = 0; i < NODES; i++, bucket += NODE_NBYTES) {
        sum = bucket[4] + 0u + bucket[5];
        if (sum < least) {
            least = sum;
            at = bucket;
        }
    }
    memset(at, 0, NODE_NBYTES);
    pylm__store32(at, node + 1u);
    return at;
}

static void count_side(uint8_t *counts, int side, uint32_t limit)
{
    if (counts[side] >= limit) {
        counts[0] /= 2u;
        counts[1] /= 2u;
    }
    counts[side]++;
}

void pylm__overlay_count(const struct pylm__overlay *overlay, uint32_t node, int side)
{
    uint8_t *at = take_node(overlay, node);
    count_side(at + 4, side, SLOW_LIMIT);
    count_side(at + 6, side, FAST_LIMIT);
}
