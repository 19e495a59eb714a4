/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keys.h: a template's contexts, and what followed them, as numbers that can be sorted.
 */
#ifndef PYLM_TRAIN_KEYS_H
#define PYLM_TRAIN_KEYS_H

#include "heldout.h"
#include "pack.h"

/* The keys of a whole corpus, in its order. */
void pylm__keys_make(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                     const struct pylm__templates *templates, uint32_t k, uint64_t *keys);

/* Contexts whose hash, its upper PYLM__HASH_BITS bits, is in [from, to). */
struct pylm__hashes {
    uint64_t from, to;
};

/* Keys in a growing array. */
struct pylm__keys {
    uint64_t *keys;
    uint64_t n, capacity;
};

/* The keys of a corpus whose contexts are in a range, in its order; those of held-out symbols also go to their
 * places in `of_blocks`, which has one for each. */
int pylm__keys_in(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                  const struct pylm__templates *templates, uint32_t k, struct pylm__hashes range,
                  const struct pylm__heldout *heldout, struct pylm__keys *keys, uint64_t *of_blocks,
                  const pylm_task *task);

/* Parts all contexts of a template into up to `capacity` ranges of about max_keys keys, by what a sample of the
 * corpus says: a range has more if it has a part of all hashes that is too small to be parted. Returns how many. */
uint32_t pylm__keys_ranges(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                           const struct pylm__templates *templates, uint32_t k, uint64_t max_keys,
                           struct pylm__hashes *ranges, uint32_t capacity);

/* Those of the held-out symbols, in their order. */
void pylm__keys_of_blocks(const struct pylm__heldout *heldout, const uint64_t *keys, uint64_t *of_blocks);

#endif
