/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keys.h: the contexts of a template, and what followed them, as keys (key.h).
 */
#ifndef PYLM_TRAIN_KEYS_H
#define PYLM_TRAIN_KEYS_H

#include "heldout.h"
#include "key.h"

/* The contexts of one template in a corpus. */
struct pylm__contexts {
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    uint32_t k; /* number of the template */
};

/* Keys in a growing array. */
struct pylm__keys {
    uint64_t *keys;
    uint64_t n, capacity;
};

/* The keys of a whole corpus, in its order.
 *   base, base_keys   another template whose keys are wanted, too, and those; NULL: none */
int pylm__keys_make(const struct pylm__contexts *contexts, uint64_t *keys, uint32_t base, uint64_t *base_keys,
                    const pylm_task *task);

/* The keys whose hashes are in a range, in the order of the corpus. Those of held-out symbols are also written to
 * `of_blocks`, which has an element for every held-out symbol. */
int pylm__keys_in(const struct pylm__contexts *contexts, struct pylm__hash_range range,
                  const struct pylm__heldout *heldout, struct pylm__keys *keys, uint64_t *of_blocks,
                  const pylm_task *task);

/* Splits all hashes into up to `capacity` ranges of about max_keys keys, by a sample of the corpus. A range has more if
 * it cannot be split. Returns how many ranges there are. */
uint32_t pylm__keys_ranges(const struct pylm__contexts *contexts, uint64_t max_keys, struct pylm__hash_range *ranges,
                           uint32_t capacity);

/* Copies the keys of the held-out symbols from those of the whole corpus. */
void pylm__keys_of_blocks(const struct pylm__heldout *heldout, const uint64_t *keys, uint64_t *of_blocks);

#endif
