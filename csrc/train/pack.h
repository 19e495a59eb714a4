/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_PACK_H
#define PYLM_TRAIN_PACK_H

#include "buffer.h"
#include "tree.h"

/* A key: the upper PYLM__HASH_BITS bits of a context's hash, then the leaf that followed, 24 bits. */
#define PYLM__LEAF_BITS 24u

/* One template's table, ready to be copied into an image. */
struct pylm__packed {
    struct pylm__buffer index, records, lists;
    uint64_t n_records;
    unsigned bucket_bits, check_bits, count_bits, payload_bits, index_bits;
};

/* Packs the contexts of n sorted keys that were seen at least min_count times, as evidence.h lays them
 * out. The result is to be freed, also after a failure. */
int pylm__pack(struct pylm__packed *packed, const uint64_t *keys, uint64_t n,
               const struct pylm__symbol_tree *tree, uint32_t min_count, const pylm_task *task);
void pylm__packed_free(struct pylm__packed *packed);

#endif
