/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overlay.c: the hash tables of an overlay. See overlay.h.
 *
 *   part      u32 run, u32 symbols learned (the time), 8 bytes zero; weights; node buckets; slot buckets
 *   node      u24 node + 1, or 0; u8 count left; u24 time left; u8 count right; u24 time right; u8 zero
 *   slot      u16 fingerprint, 0 if empty; u16 uses; three successors, the latest first: u24 leaf, u8 count (0: none)
 */
#include "overlay.h"

#include <string.h>

#if PYLM_MODULE_ADAPT

#define HEAD_NBYTES 16u
#define NODE_NBYTES 12u
#define NODES_PER_BUCKET 4u
#define SLOT_NBYTES (4u + 4u * PYLM__N_RECENT)
#define SLOTS_PER_BUCKET 4u
#define MAX_NODE_COUNT 30u /* counts of a node are halved beyond */
#define MAX_COUNT 255u     /* of a successor */
#define DECAY_ABOVE 2u     /* the part of another successor's count above this is halved */
#define U24 UINT32_C(0xffffff)
/* Weights have a quarter of the memory at most. They take 600 bytes or more, so there is room for a slot as well. */
#define WEIGHTS_SHARE 4u
#define MAX_USES 65535u
#define FIRST_LONG 64u /* the number of the first long context in keys, above those of templates */

typedef char smallest_part_is_enough
    [PYLM__MIN_PART_NBYTES >= HEAD_NBYTES + NODES_PER_BUCKET * NODE_NBYTES + SLOTS_PER_BUCKET * SLOT_NBYTES ? 1 : -1];

void pylm__overlay_lay_out(uint8_t *part, size_t nbytes, uint32_t n_nodes, uint32_t n_weights,
                           struct pylm__overlay *overlay)
{
    size_t weights = 2u * (size_t)n_weights, nodes, slots;
    nbytes -= HEAD_NBYTES;
    if (weights > nbytes / WEIGHTS_SHARE)
        weights = 0;
    nbytes -= weights;
    nodes = nbytes / 2u / (NODES_PER_BUCKET * NODE_NBYTES);
    if (nodes > n_nodes / 2u + 1u) /* there are twice as many places as nodes then */
        nodes = n_nodes / 2u + 1u;
    nodes = nodes ? nodes : 1u;
    slots = (nbytes - nodes * NODES_PER_BUCKET * NODE_NBYTES) / (SLOTS_PER_BUCKET * SLOT_NBYTES);
    overlay->head = part;
    part += HEAD_NBYTES;
    overlay->weights = weights ? part : NULL;
    overlay->nodes = part += weights;
    overlay->slots = part += nodes * NODES_PER_BUCKET * NODE_NBYTES;
    overlay->n_node_buckets = (uint32_t)nodes;
    overlay->n_slot_buckets = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
}

typedef char plan_is_its_bytes[sizeof(struct pylm__plan) == PYLM__PLAN_NBYTES ? 1 : -1];

/* ---- slots ---- */

static uint8_t *slot_bucket(const struct pylm__overlay *overlay, uint64_t key)
{
    return overlay->slots + (size_t)((key >> 32) * overlay->n_slot_buckets >> 32) * (SLOTS_PER_BUCKET * SLOT_NBYTES);
}

static uint32_t fingerprint(uint64_t key)
{
    uint32_t check = (uint32_t)key >> 16; /* the bucket is chosen by the upper half */
    return check ? check : 1u;
}

/* The slot of a context; NULL if there is none, or for the key 0. */
static uint8_t *find_slot(const struct pylm__overlay *overlay, uint64_t key)
{
    uint8_t *slot = slot_bucket(overlay, key);
    uint32_t i, check = fingerprint(key);
    if (!key)
        return NULL;
    for (i = 0; i < SLOTS_PER_BUCKET; i++, slot += SLOT_NBYTES)
        if (pylm__load16(slot) == check)
            return slot;
    return NULL;
}

/* The context's slot. If it has none, the least used slot of its bucket is made empty for it, and the others lose a
 * use. */
static uint8_t *take_slot(const struct pylm__overlay *overlay, uint64_t key)
{
    uint8_t *slot = find_slot(overlay, key), *bucket = slot_bucket(overlay, key);
    uint32_t i, uses, fewest = UINT32_MAX;
    if (slot)
        return slot;
    for (i = 0; i < SLOTS_PER_BUCKET; i++) {
        uses = pylm__load16(bucket + i * SLOT_NBYTES) ? pylm__load16(bucket + i * SLOT_NBYTES + 2u) + 1u : 0u;
        if (uses < fewest) {
            fewest = uses;
            slot = bucket + i * SLOT_NBYTES;
        }
        if (uses > 1u)
            pylm__store16(bucket + i * SLOT_NBYTES + 2u, uses - 2u);
    }
    memset(slot, 0, SLOT_NBYTES);
    pylm__store16(slot, fingerprint(key));
    return slot;
}

PYLM__INLINE uint32_t leaf_at(const uint8_t *slot, uint32_t i)
{
    return pylm__load32(slot + 4u + 4u * i) & 0xffffffu;
}

PYLM__INLINE uint32_t count_at(const uint8_t *slot, uint32_t i)
{
    return slot[4u + 4u * i + 3u];
}

PYLM__INLINE void put(uint8_t *slot, uint32_t i, uint32_t leaf, uint32_t count)
{
    pylm__store32(slot + 4u + 4u * i, leaf | count << 24);
}

/* ---- keys ---- */

static uint64_t indirect_key(const struct pylm__overlay *overlay, uint64_t key, const struct pylm__state *state)
{
    const uint8_t *slot = find_slot(overlay, key);
    uint64_t hash = PYLM__HASH_SEED;
    if (!slot || !count_at(slot, 0))
        return 0;
    hash = pylm__hash_step(hash, leaf_at(slot, 0) + 1u);
    hash = pylm__hash_step(hash, count_at(slot, 1) ? leaf_at(slot, 1) + 1u : 0u);
    return pylm__hash_step(hash, pylm__state_recent(state, 1));
}

void pylm__overlay_keys(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *hashes,
                        const struct pylm__state *state, uint64_t *keys)
{
    uint64_t hash = PYLM__HASH_SEED;
    uint32_t i, lag;
    for (i = 0; i < plan->n_recalled; i++) {
        uint32_t from = plan->recalled[i];
        uint64_t base =
            from < PYLM__INDIRECT ? hashes[from] : indirect_key(overlay, keys[from - PYLM__INDIRECT], state);
        keys[i] = base ? pylm__recall_key(base, i) : 0u;
    }
    keys += i;
    for (i = 0, lag = 1; i < plan->n_long; lag++) {
        uint32_t recent = pylm__state_recent(state, lag);
        hash = pylm__hash_step(hash, recent);
        for (; i < plan->n_long && lag == plan->lengths[i]; i++)
            keys[i] = recent ? pylm__hash_step(hash, FIRST_LONG + i) | 1u : 0u;
    }
}

/* ---- recalls ---- */

void pylm__overlay_recall(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                          uint32_t n_leaves, struct pylm__recall *recalls)
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
        const uint8_t *slot = find_slot(overlay, keys[plan->n_recalled + j]);
        if (slot && count_at(slot, 0) && leaf_at(slot, 0) < n_leaves) {
            recalls[i].leaf[0] = leaf_at(slot, 0);
            recalls[i].count[0] = pylm__run_step(j, pylm__load32(overlay->head));
            recalls[i].n = 1;
        }
    }
}

/* Moves a successor to the front of its slot and counts it. The others keep their order, and their counts decay. A new
 * successor takes the place of the last. */
static void count_leaf(uint8_t *slot, uint32_t leaf)
{
    uint32_t i, count = 0, found = 0, uses = pylm__load16(slot + 2u), moving = leaf, here;
    for (i = 0; i < PYLM__N_RECENT; i++, moving = here) {
        uint32_t other;
        here = pylm__load32(slot + 4u + 4u * i);
        if (found)
            moving = here;
        other = moving >> 24;
        if (i)
            put(slot, i, moving & U24, other > DECAY_ABOVE ? (other + DECAY_ABOVE) / 2u : other);
        if (!found && here >> 24 && (here & U24) == leaf) {
            found = 1;
            count = here >> 24;
        }
    }
    put(slot, 0, leaf, count < MAX_COUNT ? count + 1u : count);
    pylm__store16(slot + 2u, uses < MAX_USES ? uses + 1u : uses);
}

void pylm__overlay_learn(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                         uint32_t leaf)
{
    uint32_t i, run = pylm__load32(overlay->head), right = 0;
    for (i = plan->n_long; i-- > 0;) { /* whether the longest one was right */
        const uint8_t *slot = find_slot(overlay, keys[plan->n_recalled + i]);
        if (slot) {
            right = count_at(slot, 0) && leaf_at(slot, 0) == leaf;
            break;
        }
    }
    pylm__store32(overlay->head, !right ? 0u : run < PYLM__RUN_LIMIT ? run + 1u : PYLM__RUN_LIMIT);
    for (i = 0; i < (uint32_t)plan->n_recalled + plan->n_long; i++)
        if (keys[i])
            count_leaf(take_slot(overlay, keys[i]), leaf);
    pylm__store32(overlay->head + 4, pylm__overlay_time(overlay) + 1u);
}

/* ---- nodes ---- */

static uint8_t *node_bucket(const struct pylm__overlay *overlay, uint32_t node)
{
    uint64_t hash = pylm__hash_step(PYLM__HASH_SEED, node);
    return overlay->nodes + (size_t)((hash >> 32) * overlay->n_node_buckets >> 32) * (NODES_PER_BUCKET * NODE_NBYTES);
}

static uint8_t *find_node(const struct pylm__overlay *overlay, uint32_t node)
{
    uint8_t *at = node_bucket(overlay, node);
    uint32_t i;
    for (i = 0; i < NODES_PER_BUCKET; i++, at += NODE_NBYTES)
        if ((pylm__load32(at) & U24) == node + 1u)
            return at;
    return NULL;
}

/* The present time, 1 to 2^24 - 1. It goes round: what is very old then looks younger. */
static uint32_t now(const struct pylm__overlay *overlay)
{
    return pylm__overlay_time(overlay) % U24 + 1u;
}

static uint8_t age(uint32_t present, uint32_t time)
{
    uint32_t level;
    if (!time)
        return 0;
    level = 1u + pylm__ilog2((present > time ? present - time : present + U24 - time) | 1u);
    return (uint8_t)(level < PYLM__N_AGES ? level : PYLM__N_AGES - 1u);
}

struct pylm__node_past pylm__overlay_node(const struct pylm__overlay *overlay, uint32_t node)
{
    struct pylm__node_past past = {{0, 0}, {0, 0}};
    const uint8_t *at = find_node(overlay, node);
    uint32_t present = now(overlay);
    if (at) {
        past.counts[0] = at[3];
        past.counts[1] = at[7];
        past.ages[0] = age(present, pylm__load32(at + 4) & U24);
        past.ages[1] = age(present, pylm__load32(at + 8) & U24);
    }
    return past;
}

/* The node's place. If it has none, the node of its bucket that was reached longest ago makes room. */
static uint8_t *take_node(const struct pylm__overlay *overlay, uint32_t node)
{
    uint8_t *at = find_node(overlay, node), *bucket = node_bucket(overlay, node);
    uint32_t i, left, right, newest, oldest = UINT32_MAX;
    if (at)
        return at;
    for (i = 0; i < NODES_PER_BUCKET; i++, bucket += NODE_NBYTES) {
        left = pylm__load32(bucket + 4) & U24;
        right = pylm__load32(bucket + 8) & U24;
        newest = left > right ? left : right;
        if (newest < oldest) {
            oldest = newest;
            at = bucket;
        }
    }
    memset(at, 0, NODE_NBYTES);
    pylm__store32(at, node + 1u);
    return at;
}

void pylm__overlay_count(const struct pylm__overlay *overlay, uint32_t node, int side)
{
    uint8_t *at = take_node(overlay, node), *here = at + (side ? 7 : 3);
    if (*here >= MAX_NODE_COUNT) {
        at[3] /= 2u;
        at[7] /= 2u;
    }
    ++*here;
    pylm__store32(at + (side ? 8 : 4), now(overlay) | (pylm__load32(at + (side ? 8 : 4)) & ~U24));
}

/* ---- from counts ---- */

/* While paths are added, sums of counts stand where times will. */
void pylm__overlay_add_path(const struct pylm__overlay *overlay, uint32_t node, int side, uint32_t count)
{
    uint8_t *at = take_node(overlay, node) + (side ? 8 : 4);
    uint32_t sum = (pylm__load32(at) & U24) + count;
    pylm__store32(at, (sum < U24 ? sum : U24) | (pylm__load32(at) & ~U24));
}

/* Makes a time of a sum: a side taken `sum` times in n symbols was taken n / sum symbols ago, on average. */
static void settle(uint8_t *at, uint32_t present, uint32_t n, uint32_t sum)
{
    uint32_t ago = sum ? n / sum : 0u;
    uint32_t time = !sum ? 0u : ago < present ? present - ago : 1u;
    pylm__store32(at, time | (pylm__load32(at) & ~U24));
}

void pylm__overlay_settle_nodes(const struct pylm__overlay *overlay, uint32_t n)
{
    uint8_t *at = overlay->nodes, *end = at + (size_t)overlay->n_node_buckets * (NODES_PER_BUCKET * NODE_NBYTES);
    uint32_t left, right;
    pylm__store32(overlay->head + 4, n);
    for (; at < end; at += NODE_NBYTES) {
        left = pylm__load32(at + 4) & U24;
        right = pylm__load32(at + 8) & U24;
        settle(at + 4, now(overlay), n, left);
        settle(at + 8, now(overlay), n, right);
        while (left > MAX_NODE_COUNT || right > MAX_NODE_COUNT) {
            left /= 2u;
            right /= 2u;
        }
        at[3] = (uint8_t)left;
        at[7] = (uint8_t)right;
    }
}

void pylm__overlay_fill(const struct pylm__overlay *overlay, uint64_t key, const struct pylm__recall *successors)
{
    uint8_t *slot = take_slot(overlay, key);
    uint32_t i, uses = 0;
    for (i = 0; i < successors->n; i++) {
        put(slot, i, successors->leaf[i], successors->count[i]);
        uses += successors->count[i];
    }
    pylm__store16(slot + 2u, uses);
}

#endif
