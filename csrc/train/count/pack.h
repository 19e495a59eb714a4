/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pack.h: contexts packed into the table of a template.
 */
#ifndef PYLM_TRAIN_PACK_H
#define PYLM_TRAIN_PACK_H

#include "key.h"
#include "lists.h"
#include "train/base/spill.h"

/* The table of a template, as it will be in an image. */
struct pylm__packed {
    struct pylm__buffer index, records, lists;
    uint64_t n_records;
    unsigned bucket_bits, check_bits, count_bits, payload_bits, index_bits;
    unsigned form; /* enum pylm__list_form */
};

void pylm__packed_free(struct pylm__packed *packed);

/* Where a table goes while it is packed. NULL: it stays in memory. */
struct pylm__packing_files {
    struct pylm__spill *tables;  /* what is finished */
    struct pylm__spill *scratch; /* what is needed until the end */
};

/* Packs contexts that come in the order of their hashes. core/evidence.h has the layout. `packed` is to be freed, also
 * after a failure. NULL if there is no memory.
 *   exact   fingerprints are as wide as they can be */
struct pylm__packing;
struct pylm__packing *pylm__packing_begin(struct pylm__packed *packed, const struct pylm__symbol_tree *tree,
                                          enum pylm__list_form form, int exact, struct pylm__packing_files files);

/* Adds a context.
 *   leaves, sums   n successors, and the occurrences up to each */
int pylm__packing_add(struct pylm__packing *packing, uint64_t hash, const uint32_t *leaves, const uint32_t *sums,
                      uint32_t n);

/* Adds the contexts of sorted keys that occur at least min_count times. All keys of a context must be there. */
int pylm__packing_add_keys(struct pylm__packing *packing, struct pylm__sorted_keys sorted, uint32_t min_count,
                           const pylm_task *task);

/* Completes the table; frees `packing`. To be called in any case, also with NULL. If `status` is not PYLM_OK, it only
 * frees, and returns the status. */
int pylm__packing_end(struct pylm__packing *packing, int status, const pylm_task *task);

/* Whether a table can have so many contexts, and lists of so many bytes. */
int pylm__table_fits(uint64_t n_records, uint64_t lists_nbytes);

/* log2 of the number of buckets in a table of so many contexts. */
unsigned pylm__bucket_bits(uint64_t n_records);

/* Bytes of a whole table with coded lists in an image. */
uint64_t pylm__coded_table_nbytes(uint64_t n_records, uint64_t lists_nbytes, unsigned symbol_bits);

#endif
