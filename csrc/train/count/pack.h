/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pack.h: contexts packed into the table of a template.
 */
#ifndef PYLM_TRAIN_PACK_H
#define PYLM_TRAIN_PACK_H

#include "core/image.h"
#include "train/base/spill.h"
#include "train/tree/symbol_tree.h"

/* The table of a template, as it will be in an image. */
struct pylm__packed {
    struct pylm__buffer index, records, lists;
    uint64_t n_records;
    unsigned bucket_bits, check_bits, count_bits, payload_bits, index_bits;
    unsigned form; /* enum pylm__list_form */
};

void pylm__packed_free(struct pylm__packed *packed);

/* Packs contexts that come in the order of their hashes. core/evidence.h has the layout. `packed` is to be freed, also
 * after a failure. NULL if there is no memory.
 *   exact   fingerprints are as wide as they can be
 *   spill   where tables go; NULL: they stay in memory */
struct pylm__packing;
struct pylm__packing *pylm__packing_begin(struct pylm__packed *packed, const struct pylm__symbol_tree *tree,
                                          enum pylm__list_form form, int exact, struct pylm__spill *spill);

/* Adds a context.
 *   leaves, sums   n successors, and the occurrences up to each */
int pylm__packing_add(struct pylm__packing *packing, uint64_t hash, const uint32_t *leaves, const uint32_t *sums,
                      uint32_t n);

/* Adds the contexts of n sorted keys (key.h) that occur at least min_count times. All keys of a context must be
 * there. */
int pylm__packing_add_keys(struct pylm__packing *packing, const uint64_t *keys, uint64_t n, uint32_t min_count,
                           const pylm_task *task);

/* Completes the table; frees `packing`. To be called in any case, also with NULL. If `status` is not PYLM_OK, it only
 * frees, and returns the status. */
int pylm__packing_end(struct pylm__packing *packing, int status);

/* log2 of the number of buckets in a table of so many contexts. */
unsigned pylm__bucket_bits(uint64_t n_records);

/* ---- tables with coded lists ---- */

/* The code that stands for a count. */
uint32_t pylm__count_code(uint32_t count);

/* The splits of a list: one for each slice that is long. */
uint32_t pylm__coded_n_splits(const struct pylm__symbol_tree *tree, const uint32_t *leaves, uint32_t n);

/* What the size of a list depends on: successors, the highest code, occurrences, splits. */
struct pylm__coded_list {
    uint32_t n, max_code, total, n_splits;
};

/* Bytes of a list; 0 for a single successor that fits into a record. */
uint64_t pylm__coded_list_nbytes(const struct pylm__coded_list *list, unsigned symbol_bits);

/* Bytes of a whole table in an image. */
uint64_t pylm__coded_table_nbytes(uint64_t n_records, uint64_t lists_nbytes, unsigned symbol_bits);

#endif
