/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sorted.h: the keys (key.h) of a template and of its base, the template that it extends, sorted; and for every context
 * of the template the one of the base.
 */
#ifndef PYLM_TRAIN_SORTED_H
#define PYLM_TRAIN_SORTED_H

#include "train/count/keys.h"

/* Different sorted keys, in which contexts are looked up. */
struct pylm__key_index {
    uint64_t n;
    uint64_t *keys;
    uint32_t *sums;   /* occurrences of those up to each */
    uint32_t *starts; /* where keys begin, by the upper bits of the hash */
    unsigned start_bits;
    unsigned leaf_bits; /* of keys */
};

struct pylm__sorted {
    uint64_t n;
    unsigned leaf_bits;                   /* of keys */
    uint64_t *keys;                       /* of all symbols, sorted */
    uint64_t n_contexts;                  /* that are frequent enough: */
    uint64_t *contexts, *bases;           /* their hashes, ascending, and those of what they extend */
    uint32_t *begins;                     /* the first key of each */
    struct pylm__key_index base;          /* empty if there is no base */
    uint64_t *of_blocks, *base_of_blocks; /* keys of the held-out symbols, in the order of the text */
};

/* Sorts the keys of contexts->k.
 *   base        the template that it extends; PYLM__NO_BASE: none
 *   min_count   less frequent contexts are not listed
 * To be freed, also after a failure. */
int pylm__sorted_make(struct pylm__sorted *sorted, const struct pylm__contexts *contexts, uint32_t base,
                      const struct pylm__heldout *heldout, uint32_t min_count, const pylm_task *task);
void pylm__sorted_free(struct pylm__sorted *sorted);

/* Fetches what the next function will read: first where the keys begin, then the keys. */
void pylm__key_index_fetch_start(const struct pylm__key_index *index, uint64_t hash);
void pylm__key_index_fetch_keys(const struct pylm__key_index *index, uint64_t hash);

/* The keys of a context. */
struct pylm__key_range pylm__key_index_find(const struct pylm__key_index *index, uint64_t hash);

/* The end of the keys, of n, that have the same context as the one at `from`. */
uint64_t pylm__context_end(const uint64_t *keys, uint64_t from, uint64_t n, unsigned leaf_bits);

#endif
