/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sort.h: sorted keys.
 */
#ifndef PYLM_TRAIN_SORT_H
#define PYLM_TRAIN_SORT_H

#include "common.h"

/* Sorts n keys, smallest first. `scratch` has room for n keys. Returns PYLM_OK, or PYLM_ERR_CANCELLED: then the keys
 * are in no useful order. */
int pylm__sort(uint64_t *keys, uint64_t *scratch, uint64_t n, const pylm_task *task);

/* The same without scratch: of keys with many first bytes, it needs memory for a few hundredths. */
int pylm__sort_alone(uint64_t *keys, uint64_t n, const pylm_task *task);

/* The first place in keys[from, to) that is not less than `key`; the range is sorted. */
static inline uint64_t pylm__lower_bound(const uint64_t *keys, uint64_t from, uint64_t to, uint64_t key)
{
    while (from < to) {
        uint64_t middle = from + (to - from) / 2u;
        if (keys[middle] < key)
            from = middle + 1u;
        else
            to = middle;
    }
    return from;
}

#endif
