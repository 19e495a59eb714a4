/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_PACK_H
#define PYLM_TRAIN_PACK_H

#include "spill.h"
#include "tree.h"

#include "core/image.h"

/* A key: the upper PYLM__HASH_BITS bits of a context's hash, then the leaf that followed, 24 bits. */
#define PYLM__LEAF_BITS 24u

/* One template's table, ready to be copied into an image. */
struct pylm__packed {
    struct pylm__buffer index, records, lists;
    uint64_t n_records;
    unsigned bucket_bits, check_bits, count_bits, payload_bits, index_bits;
    unsigned form; /* enum pylm__list_form */
};

void pylm__packed_free(struct pylm__packed *packed);

/* Packs contexts in the order of their hashes, as evidence.h lays them out. The result is to be freed, also after
 * a failure. pylm__packing_end() is to be called whatever happens; with a `status` that is not PYLM_OK, it only
 * tidies up and returns that.
 *   exact   fingerprints as wide as they can be
 *   spill   where tables go; NULL: they stay in memory */
struct pylm__packing;
struct pylm__packing *pylm__packing_begin(struct pylm__packed *packed, const struct pylm__symbol_tree *tree,
                                          enum pylm__list_form form, int exact, struct pylm__spill *spill);
int pylm__packing_add(struct pylm__packing *packing, uint64_t hash, const uint32_t *leaves,
                      const uint32_t *sums, uint32_t n);
int pylm__packing_end(struct pylm__packing *packing, int status);

/* Adds those contexts of n sorted keys that were seen at least min_count times. All keys of a context are there. */
int pylm__packing_add_keys(struct pylm__packing *packing, const uint64_t *keys, uint64_t n, uint32_t min_count,
                           const pylm_task *task);

/* log2 of the buckets that a table of so many contexts has. */
unsigned pylm__bucket_bits(uint64_t n_records);

/* Tables with coded lists. The code that stands for a count, and what it stands for; the size of a list,
 * 0 for a successor that fits a record; and of a whole table, in an image. */
uint32_t pylm__count_code(uint32_t count);
uint64_t pylm__coded_list_nbytes(uint32_t n, uint32_t max_code, uint32_t total, unsigned symbol_bits);
uint64_t pylm__coded_table_nbytes(uint64_t n_records, uint64_t lists_nbytes, unsigned symbol_bits);

#endif
