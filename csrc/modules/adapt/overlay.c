/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overlay.c: the hash tables of an overlay. See overlay.h.
 *
 *   part        u32 run, u32 symbols learned (the time), 8 bytes zero; weights; node buckets; successor buckets
 *   node        u24 node + 1, or 0; u8 count left; u24 time left; u8 count right; u24 time right; u8 zero
 *   successor   u16 fingerprint of its context, 0 if empty; u24 leaf; u8 count. The latest of a bucket stands first
 */
#include "overlay.h"

#include <string.h>

#if PYLM_MODULE_ADAPT

#define HEAD_NBYTES 16u
#define NODE_NBYTES 12u
#define NODES_PER_BUCKET 4u
#define ENTRY_NBYTES 6u /* of a successor */
#define ENTRIES_PER_BUCKET 10u
#define BUCKET_NBYTES (ENTRY_NBYTES * ENTRIES_PER_BUCKET)
#define MAX_NODE_COUNT 30u /* counts of a node are halved beyond */
#define MAX_COUNT 255u     /* of a successor */
#define DECAY_ABOVE 2u     /* the part of another successor's count above this is halved */
#define U24 UINT32_C(0xffffff)
/* Weights have a quarter of the memory at most. They take 600 bytes or more, so there is room for a bucket as well. */
#define WEIGHTS_SHARE 4u
#define FIRST_LONG 64u /* the number of the first long context in keys, above those of templates */

typedef char
    smallest_part_is_enough[PYLM__MIN_PART_NBYTES >= HEAD_NBYTES + NODES_PER_BUCKET * NODE_NBYTES + BUCKET_NBYTES ? 1
                                                                                                                  : -1];

void pylm__overlay_lay_out(uint8_t *part, size_t nbytes, uint32_t n_nodes, uint32_t n_weights,
                           struct pylm__overlay *overlay)
{
    size_t weights = 2u * (size_t)n_weights, nodes, successors;
    nbytes -= HEAD_NBYTES;
    if (weights > nbytes / WEIGHTS_SHARE)
        weights = 0;
    nbytes -= weights;
    nodes = nbytes / 2u / (NODES_PER_BUCKET * NODE_NBYTES);
    if (nodes > n_nodes / 2u + 1u) /* there are twice as many places as nodes then */
        nodes = n_nodes / 2u + 1u;
    nodes = nodes ? nodes : 1u;
    successors = (nbytes - nodes * NODES_PER_BUCKET * NODE_NBYTES) / BUCKET_NBYTES;
    overlay->head = part;
    part += HEAD_NBYTES;
    overlay->weights = weights ? part : NULL;
    overlay->nodes = part += weights;
    overlay->successors = part += nodes * NODES_PER_BUCKET * NODE_NBYTES;
    overlay->n_node_buckets = (uint32_t)nodes;
    overlay->n_successor_buckets = successors < UINT32_MAX ? (uint32_t)successors : UINT32_MAX;
    overlay->n_leaves = n_nodes + 1u;
}

typedef char plan_is_its_bytes[sizeof(struct pylm__plan) == PYLM__PLAN_NBYTES ? 1 : -1];

/* ---- successors ---- */

static uint8_t *bucket_of(const struct pylm__overlay *overlay, uint64_t key)
{
    return overlay->successors + (size_t)((key >> 32) * overlay->n_successor_buckets >> 32) * BUCKET_NBYTES;
}

static uint32_t fingerprint(uint64_t key)
{
    uint32_t check = (uint32_t)key >> 16; /* the bucket is chosen by the upper half */
    return check ? check : 1u;
}

PYLM__INLINE uint32_t leaf_at(const uint8_t *entry)
{
    return pylm__load32(entry + 2) & U24;
}

PYLM__INLINE void put(uint8_t *entry, uint32_t check, uint32_t leaf, uint32_t count)
{
    pylm__store16(entry, check);
    pylm__store32(entry + 2, leaf | count << 24);
}

/* The latest successors of a context, at most as many; none for the key 0. */
static void find_successors(const struct pylm__overlay *overlay, uint64_t key, uint32_t most,
                            struct pylm__recall *recall)
{
    const uint8_t *entry = bucket_of(overlay, key), *end = entry + (key ? BUCKET_NBYTES : 0u);
    uint32_t check = fingerprint(key);
    recall->n = 0;
    for (; entry < end && recall->n < most; entry += ENTRY_NBYTES)
        if (pylm__load16(entry) == check && leaf_at(entry) < overlay->n_leaves) {
            recall->leaf[recall->n] = leaf_at(entry);
            recall->count[recall->n++] = entry[5];
        }
}

/* Where the first successor of a new context goes. Most contexts of bytes never come again; they leave earlier. */
PYLM__INLINE uint8_t *place_of_new(const struct pylm__overlay *overlay, uint8_t *bucket)
{
    return bucket + (overlay->n_leaves == 256u ? ENTRIES_PER_BUCKET / 2u - 1u : 0u) * ENTRY_NBYTES;
}

/* Moves a context's successor to the front of its bucket and counts it. Counts of the context's others decay. A new
 * successor takes the place of the last entry, whosesoever it is; if a context keeps one only, that of the old one. */
static void count_leaf(const struct pylm__overlay *overlay, uint64_t key, uint32_t leaf, int keeps_one)
{
    uint8_t *bucket = bucket_of(overlay, key), *entry = bucket, *front = place_of_new(overlay, bucket);
    uint8_t *place = bucket + BUCKET_NBYTES - ENTRY_NBYTES; /* to be filled up from the front */
    uint32_t check = fingerprint(key), count = 0;
    for (; entry < bucket + BUCKET_NBYTES; entry += ENTRY_NBYTES) {
        if (pylm__load16(entry) != check)
            continue;
        front = bucket;
        if (leaf_at(entry) == leaf)
            count = entry[5];
        else if (entry[5] > DECAY_ABOVE)
            entry[5] = (uint8_t)((entry[5] + DECAY_ABOVE) / 2u);
        if (leaf_at(entry) == leaf || keeps_one)
            place = entry;
    }
    memmove(front + ENTRY_NBYTES, front, (size_t)(place - front));
    put(front, check, leaf, count < MAX_COUNT ? count + 1u : count);
}

/* ---- keys ---- */

/* Fetches a context's bucket, which may lie on two lines. */
PYLM__INLINE void fetch(const struct pylm__overlay *overlay, uint64_t key)
{
    PYLM__PREFETCH(bucket_of(overlay, key));
    PYLM__PREFETCH(bucket_of(overlay, key) + BUCKET_NBYTES - 1u);
}

static uint64_t indirect_key(const struct pylm__overlay *overlay, uint64_t key, const struct pylm__state *state)
{
    struct pylm__recall recall;
    uint64_t hash = PYLM__HASH_SEED;
    find_successors(overlay, key, 2, &recall);
    if (!recall.n)
        return 0;
    hash = pylm__hash_step(hash, recall.leaf[0] + 1u);
    hash = pylm__hash_step(hash, recall.n > 1u ? recall.leaf[1] + 1u : 0u);
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
        fetch(overlay, keys[i]);
    }
    keys += i;
    for (i = 0, lag = 1; i < plan->n_long; lag++) {
        uint32_t recent = pylm__state_recent(state, lag);
        hash = pylm__hash_step(hash, recent);
        for (; i < plan->n_long && lag == plan->lengths[i]; i++)
            fetch(overlay, keys[i] = recent ? pylm__hash_step(hash, FIRST_LONG + i) | 1u : 0u);
    }
}

/* ---- recalls ---- */

/* The longest of the long contexts that was there before, and what followed it. Returns its number; the recall is empty
 * if there is none. */
static uint32_t find_repetition(const struct pylm__overlay *overlay, const struct pylm__plan *plan,
                                const uint64_t *keys, struct pylm__recall *recall)
{
    uint32_t i = plan->n_long;
    recall->n = 0;
    while (i && !recall->n)
        find_successors(overlay, keys[plan->n_recalled + --i], 1, recall);
    return i;
}

void pylm__overlay_recall(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                          struct pylm__recall *recalls)
{
    uint32_t i, which;
    for (i = 0; i < plan->n_recalled; i++)
        find_successors(overlay, keys[i], PYLM__N_RECENT, &recalls[i]);
    which = find_repetition(overlay, plan, keys, &recalls[i]);
    recalls[i].count[0] = pylm__run_step(which, pylm__load32(overlay->head));
}

void pylm__overlay_learn(const struct pylm__overlay *overlay, const struct pylm__plan *plan, const uint64_t *keys,
                         uint32_t leaf)
{
    struct pylm__recall repetition;
    uint32_t i, run = pylm__load32(overlay->head);
    (void)find_repetition(overlay, plan, keys, &repetition);
    run = !repetition.n || repetition.leaf[0] != leaf ? 0u : run < PYLM__RUN_LIMIT ? run + 1u : PYLM__RUN_LIMIT;
    pylm__store32(overlay->head, run);
    for (i = 0; i < (uint32_t)plan->n_recalled + plan->n_long; i++)
        if (keys[i])
            count_leaf(overlay, keys[i], leaf, i >= plan->n_recalled);
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

void pylm__overlay_fetch_node(const struct pylm__overlay *overlay, uint32_t node)
{
    PYLM__PREFETCH(node_bucket(overlay, node));
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

/* Puts an entry behind those that are there. In a full bucket it takes the place of the rarest one that is rarer. */
static void append(uint8_t *bucket, uint32_t check, uint32_t leaf, uint32_t count)
{
    uint8_t *entry = bucket, *end = bucket + BUCKET_NBYTES, *rarest = bucket;
    for (; entry < end && entry[5]; entry += ENTRY_NBYTES)
        if (entry[5] < rarest[5])
            rarest = entry;
    if (entry == end) {
        if (rarest[5] >= count)
            return;
        entry -= ENTRY_NBYTES;
        memmove(rarest, rarest + ENTRY_NBYTES, (size_t)(entry - rarest));
    }
    put(entry, check, leaf, count);
}

void pylm__overlay_fill(const struct pylm__overlay *overlay, uint64_t key, const struct pylm__recall *successors)
{
    uint32_t i;
    for (i = 0; i < successors->n; i++)
        append(bucket_of(overlay, key), fingerprint(key), successors->leaf[i], successors->count[i]);
}

#endif
