/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * runs.h: counting more keys than memory holds. It is an external merge sort: as many keys as there is room for are
 * sorted, equal ones are combined, and the result, a *run*, is written to a temporary file. In the end all runs are
 * merged, and what they have comes in order.
 *
 *     keys   d a c a | b d a a | c b   ->   runs   a2 c1 d1 | a2 b1 d1 | b1 c1   ->   merged   a4 b2 c2 d2
 *
 * A key costs about 5 bytes there: the difference to the key before it, and its number of occurrences if that is not 1.
 */
#ifndef PYLM_TRAIN_RUNS_H
#define PYLM_TRAIN_RUNS_H

#include "spill.h"

/* Most runs that can be merged at once: each is read in blocks of its own. */
#define PYLM__MAX_RUNS_MERGED 256u
#define PYLM__RUN_BLOCK_NBYTES 16384u

struct pylm__runs {
    struct pylm__spill *file;
    struct pylm__buffer *runs;
    uint32_t n, capacity;
};

void pylm__runs_init(struct pylm__runs *runs, struct pylm__spill *file);
void pylm__runs_free(struct pylm__runs *runs);

/* Adds n sorted keys as a run. PYLM_ERR_LARGE if there are PYLM__MAX_RUNS_MERGED already. */
int pylm__runs_add(struct pylm__runs *runs, const uint64_t *keys, uint64_t n, const pylm_task *task);

/* The keys of all runs, in order, each once. NULL if there is no memory: PYLM__RUN_BLOCK_NBYTES for each run. */
struct pylm__merge;
struct pylm__merge *pylm__merge_new(const struct pylm__runs *runs);
void pylm__merge_free(struct pylm__merge *merge);

/* The next key and how often it occurs in all. Returns 0 behind the last, and after a failure: pylm__merge_status(). */
int pylm__merge_next(struct pylm__merge *merge, uint64_t *key, uint64_t *count);
int pylm__merge_status(const struct pylm__merge *merge);

#endif
