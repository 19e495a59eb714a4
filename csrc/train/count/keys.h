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

/* The keys of a whole corpus, in its order.
 *   base, base_keys   another template whose keys are wanted, too, and those; NULL: none */
int pylm__keys_make(const struct pylm__contexts *contexts, uint64_t *keys, uint32_t base, uint64_t *base_keys,
                    const pylm_task *task);

/* How far the keys of a corpus have been made. */
struct pylm__keys_cursor {
    uint64_t document, position;
    uint64_t first; /* held-out symbols before block number `block`, which ends behind `position` */
    uint32_t block;
    pylm_state state; /* what stands before the position */
};

/* Makes the next keys of a corpus, at most n, in its order. Those of held-out symbols are also written to `of_blocks`,
 * which has an element for every held-out symbol. *n becomes how many there are; 0 at the end.
 *   cursor   all zero before the first call */
int pylm__keys_next(const struct pylm__contexts *contexts, const struct pylm__heldout *heldout,
                    struct pylm__keys_cursor *cursor, uint64_t *keys, uint64_t *n, uint64_t *of_blocks,
                    const pylm_task *task);

/* Copies the keys of the held-out symbols from those of the whole corpus. */
void pylm__keys_of_blocks(const struct pylm__heldout *heldout, const uint64_t *keys, uint64_t *of_blocks);

#endif
