/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * key.h: a context and the symbol that followed it, in one number.
 *
 * A key is the upper bits of a context's hash, then the leaf of the symbol. So sorted keys have the successors of a
 * context side by side, in the order of the leaves. Leaves have as few bits as they need, so that the hash has many:
 *
 *     | hash: 48 bits; 40 for 2^24 symbols | leaf: 16 bits; 24 for 2^24 symbols |
 */
#ifndef PYLM_TRAIN_KEY_H
#define PYLM_TRAIN_KEY_H

#include "core/image.h"

#define PYLM__LEAST_LEAF_BITS (64u - PYLM__HASH_BITS)

/* Bits of a leaf in a key. */
static inline unsigned pylm__key_leaf_bits(uint32_t n_symbols)
{
    unsigned bits = pylm__width(n_symbols - 1u);
    return bits < PYLM__LEAST_LEAF_BITS ? PYLM__LEAST_LEAF_BITS : bits;
}

static inline uint32_t pylm__key_leaf(uint64_t key, unsigned leaf_bits)
{
    return (uint32_t)key & pylm__mask(leaf_bits);
}

/* Contexts whose hash, cut to the bits that it has in a key, is in [from, to). */
struct pylm__hash_range {
    uint64_t from, to;
};

#define PYLM__ALL_HASHES UINT64_MAX

/* Sorted keys: of a context there are all or none, and less than 2^32 with their repetitions (scale.h). */
struct pylm__sorted_keys {
    const uint64_t *keys;
    const uint64_t *sums; /* if all keys are different: how often those up to each occur; NULL: each occurs once */
    uint64_t n;
};

/* How often the key that begins at *at occurs; *at becomes where the next one begins. */
static inline uint32_t pylm__sorted_take(const struct pylm__sorted_keys *sorted, uint64_t *at)
{
    uint64_t begin = (*at)++;
    if (sorted->sums)
        return (uint32_t)(sorted->sums[begin] - (begin ? sorted->sums[begin - 1u] : 0u));
    while (*at < sorted->n && sorted->keys[*at] == sorted->keys[begin])
        ++*at;
    return (uint32_t)(*at - begin);
}

/* A part of sorted keys. */
struct pylm__key_range {
    const uint64_t *keys;
    const uint64_t *sums; /* as above */
    uint64_t from, to;
};

#endif
