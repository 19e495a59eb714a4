/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overflow.h: what found no place near its slot in a hash table.
 *
 * The problem: the hash is public, so whoever writes a text can choose words that all belong into the same slots, and
 * each is compared with all before it. What others do: a secret key for each process. What we do: a table looks at
 * PYLM__NEAR slots, and what is not there is in a balanced tree (AVL: Adelson-Velsky and Landis 1962), sorted by what
 * it is. So the worst case is 16 slots and a logarithm, there is no secret, and every run does the same. In a table
 * that is half full, one in some hundred goes to the tree if nobody chose them.
 */
#ifndef PYLM_TRAIN_OVERFLOW_H
#define PYLM_TRAIN_OVERFLOW_H

#include "train/base/common.h"

#define PYLM__NEAR 16u /* slots looked at, from that of the hash on */

/* Set everything to 0 first. */
struct pylm__overflow {
    struct pylm__overflow_node *nodes; /* nodes[0] is none */
    uint32_t n, capacity, root;
};

/* How a key compares with entry `number` of a table: below 0, 0 or above. */
typedef int (*pylm__compare_entry)(const void *table, const void *key, uint32_t number);

/* The number of the entry with a key; PYLM_NONE. */
uint32_t pylm__overflow_find(const struct pylm__overflow *overflow, pylm__compare_entry compare, const void *table,
                             const void *key);

/* Adds an entry whose key is not there. PYLM_ERR_MEMORY: then nothing has changed. */
int pylm__overflow_add(struct pylm__overflow *overflow, pylm__compare_entry compare, const void *table, const void *key,
                       uint32_t number);

/* Empties it, and leaves its memory for what comes; or gives that back, too. */
void pylm__overflow_clear(struct pylm__overflow *overflow);
void pylm__overflow_free(struct pylm__overflow *overflow);

#endif
