/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * scale.h: contexts that occur more often than a count of 32 bits can say. In a text of more than 2^32 symbols the
 * empty context does. Its counts are divided by a power of two: its probabilities hardly change, and all that reads
 * counts can do with 32 bits.
 */
#ifndef PYLM_TRAIN_SCALE_H
#define PYLM_TRAIN_SCALE_H

#include "heldout.h"
#include "key.h"

/* Occurrences that a context may have. What is scaled has at most so many, and one more for each successor, and those
 * of a block: so 32 bits are enough. */
#define PYLM__MOST_OCCURRENCES (UINT64_C(1) << 31)

/* Scales contexts.
 *   of_blocks    keys of all held-out symbols: a count stays as large as it is in any block, so that those of a block
 *                can be taken out
 *   keys, sums   n keys of whole contexts, sorted and different, and how often those up to each occur; sums change
 *   most         a context with more occurrences is scaled: PYLM__MOST_OCCURRENCES, but for tests */
int pylm__scale_contexts(const struct pylm__heldout *heldout, const uint64_t *of_blocks, unsigned leaf_bits,
                         const uint64_t *keys, uint64_t *sums, uint64_t n, uint64_t most);

#endif
