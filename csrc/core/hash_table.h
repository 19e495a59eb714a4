/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * hash_table.h: a table of hashes in an image: which number does a hash have?
 *
 * Hashes of 32 bits stand in ascending order; the first has the number 0. The highest bits of a hash are its bucket.
 * Where the hashes of each bucket begin stands before them, so that one or two are compared.
 *
 *     n | log2 of the buckets | begins of 2^that buckets, and the end | n hashes      all u32
 */
#ifndef PYLM_CORE_HASH_TABLE_H
#define PYLM_CORE_HASH_TABLE_H

#include "bits.h"

#define PYLM__TABLE_MAX_BITS 24u
#define PYLM__TABLE_HEAD_NBYTES 8u

/* Bytes of a table, whose head is there. */
static inline uint64_t pylm__table_nbytes(uint32_t n, uint32_t bits)
{
    return PYLM__TABLE_HEAD_NBYTES + 4u * (((uint64_t)1 << bits) + 1u + n);
}

/* The number of a hash, or PYLM_NONE. */
static inline uint32_t pylm__table_find(const uint8_t *table, uint32_t hash)
{
    uint32_t n = pylm__load32(table), bits = pylm__load32(table + 4);
    const uint8_t *begins = table + PYLM__TABLE_HEAD_NBYTES, *hashes = begins + 4u * (((size_t)1 << bits) + 1u);
    const uint8_t *bucket = begins + 4u * (size_t)(hash >> 1 >> (31u - bits));
    uint32_t i = pylm__load32(bucket), end = pylm__load32(bucket + 4);
    if (PYLM__DAMAGED(end > n))
        end = n;
    while (i < end) { /* one or two, unless somebody chose them */
        uint32_t middle = i + (end - i) / 2u, other = pylm__load32(hashes + 4u * (size_t)middle);
        if (other == hash)
            return middle;
        if (other < hash)
            i = middle + 1u;
        else
            end = middle;
    }
    return PYLM_NONE;
}

#endif
