/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sort.c: radix sort in two steps. A pass over the most significant byte makes 256 parts that fit a cache. Each part is
 * then sorted from its least significant byte up. If a byte is the same in all keys of a part, its pass is left out. So
 * small symbols, and contexts of one hash, cost nothing.
 */
#include "sort.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS 256u
#define SMALL 48u /* fewer keys are sorted by insertion */

static void insertion_sort(uint64_t *keys, uint64_t n)
{
    uint64_t i, j;
    for (i = 1; i < n; i++) {
        uint64_t key = keys[i];
        for (j = i; j && keys[j - 1u] > key; j--)
            keys[j] = keys[j - 1u];
        keys[j] = key;
    }
}

/* Sorts keys by one byte, from one array to another. Returns 0, and does nothing, if the byte is the same in all
 * keys. */
static int scatter(const uint64_t *from, uint64_t *to, uint64_t n, unsigned shift, uint64_t *starts)
{
    uint64_t i, sum = 0;
    memset(starts, 0, DIGITS * sizeof *starts);
    for (i = 0; i < n; i++)
        starts[from[i] >> shift & 255u]++;
    if (n && starts[from[0] >> shift & 255u] == n)
        return 0;
    for (i = 0; i < DIGITS; i++) {
        uint64_t here = starts[i];
        starts[i] = sum;
        sum += here;
    }
    for (i = 0; i < n; i++)
        to[starts[from[i] >> shift & 255u]++] = from[i];
    return 1;
}

/* Sorts by the bytes below the first; the result ends in `keys`. */
static void sort_part(uint64_t *keys, uint64_t *scratch, uint64_t n)
{
    uint64_t starts[DIGITS], *from = keys, *to = scratch;
    unsigned shift;
    if (n <= SMALL) {
        insertion_sort(keys, n);
        return;
    }
    for (shift = 0; shift < 56u; shift += 8u) {
        if (scatter(from, to, n, shift, starts)) {
            uint64_t *t = from;
            from = to;
            to = t;
        }
    }
    if (from != keys)
        memcpy(keys, from, (size_t)(n * sizeof *keys));
}

int pylm__sort(uint64_t *keys, uint64_t *scratch, uint64_t n, const pylm_task *task)
{
    uint64_t ends[DIGITS], begin = 0;
    unsigned i;
    if (n <= SMALL) {
        insertion_sort(keys, n);
        return PYLM_OK;
    }
    if (!scatter(keys, scratch, n, 56, ends)) {
        sort_part(keys, scratch, n);
        return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
    }
    for (i = 0; i < DIGITS; i++) { /* scatter() leaves the end of each part behind */
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        sort_part(scratch + begin, keys + begin, ends[i] - begin);
        memcpy(keys + begin, scratch + begin, (size_t)((ends[i] - begin) * sizeof *keys));
        begin = ends[i];
    }
    return PYLM_OK;
}

/* Puts keys into the parts of their first bytes, where they are: each key takes the place of one that goes on in turn.
 *   next   where each part begins; out: where it ends
 *   ends   where each part ends */
static void part_in_place(uint64_t *keys, uint64_t *next, const uint64_t *ends)
{
    unsigned i;
    for (i = 0; i < DIGITS; i++)
        while (next[i] < ends[i]) {
            uint64_t key = keys[next[i]], other;
            unsigned digit;
            while ((digit = (unsigned)(key >> 56)) != i) {
                other = keys[next[digit]];
                keys[next[digit]++] = key;
                key = other;
            }
            keys[next[i]++] = key;
        }
}

int pylm__sort_alone(uint64_t *keys, uint64_t n, const pylm_task *task)
{
    uint64_t next[DIGITS], ends[DIGITS] = {0}, sum = 0, most = 0, *scratch;
    unsigned i;
    int status = PYLM_OK;
    for (sum = 0; sum < n; sum++)
        ends[keys[sum] >> 56]++;
    for (sum = 0, i = 0; i < DIGITS; i++) {
        most = ends[i] > most ? ends[i] : most;
        next[i] = sum;
        ends[i] = sum += ends[i];
    }
    scratch = pylm__array_new(most, sizeof *scratch);
    if (!scratch)
        return PYLM_ERR_MEMORY;
    if (most < n)
        part_in_place(keys, next, ends);
    for (sum = 0, i = 0; i < DIGITS && status == PYLM_OK; sum = ends[i++]) {
        status = pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
        if (status == PYLM_OK)
            sort_part(keys + sum, scratch, ends[i] - sum);
    }
    free(scratch);
    return status;
}
