/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * key.h: a context and the symbol that followed it, in one number.
 *
 * A key is the upper PYLM__HASH_BITS bits of a context's hash, then the leaf of the symbol. So sorted keys have the
 * successors of a context side by side, in the order of the leaves.
 */
#ifndef PYLM_TRAIN_KEY_H
#define PYLM_TRAIN_KEY_H

#include "core/image.h"

#define PYLM__LEAF_BITS 24u
#define PYLM__LEAF_MASK ((UINT32_C(1) << PYLM__LEAF_BITS) - 1u)

/* Contexts whose hash, cut to PYLM__HASH_BITS bits, is in [from, to). */
struct pylm__hash_range {
    uint64_t from, to;
};

#define PYLM__ALL_HASHES ((uint64_t)1 << PYLM__HASH_BITS)

/* Sorted keys: of a context there are all or none. */
struct pylm__sorted_keys {
    const uint64_t *keys;
    const uint32_t *sums; /* if all keys are different: how often those up to each occur; NULL: each occurs once */
    uint64_t n;
};

/* A part of sorted keys. */
struct pylm__key_range {
    const uint64_t *keys;
    const uint32_t *sums; /* as above */
    uint64_t from, to;
};

#endif
