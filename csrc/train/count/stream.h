/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stream.h: all keys (key.h) of a template, sorted, a range of contexts at a time. If there is no room for the keys of
 * the whole text, they come out of a merge of sorted runs in a file (train/base/runs.h).
 */
#ifndef PYLM_TRAIN_STREAM_H
#define PYLM_TRAIN_STREAM_H

#include "keys.h"
#include "train/base/runs.h"

#define PYLM__STREAM_CHUNK 262144u /* keys that come out of a merge together, about */

struct pylm__stream {
    struct pylm__contexts contexts;
    const struct pylm__heldout *heldout;
    uint64_t *of_blocks;         /* out, complete before the first keys are taken: those of all held-out symbols */
    uint64_t max_keys;           /* sorted at once, at most; of more symbols, or of more than 2^31, there are runs */
    struct pylm__spill *scratch; /* where those go: a file that is open; not needed else */
};

/* Takes keys. Ranges come in the order of their hashes, and cover all. */
typedef int pylm__take_keys(void *user, struct pylm__sorted_keys sorted, struct pylm__hash_range range,
                            const pylm_task *task);

/* Hands on all keys. Memory: 8 bytes for each of max_keys and a few hundredths more; while runs are merged,
 * PYLM__STREAM_NBYTES. */
int pylm__stream_keys(const struct pylm__stream *stream, pylm__take_keys *take, void *user, const pylm_task *task);
#define PYLM__STREAM_NBYTES                                                                                            \
    ((uint64_t)PYLM__MAX_RUNS_MERGED * PYLM__RUN_BLOCK_NBYTES + 20u * (uint64_t)PYLM__STREAM_CHUNK)

#endif
