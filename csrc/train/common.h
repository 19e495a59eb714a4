/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * common.h: what every part of the trainer needs: memory, threads, progress.
 */
#ifndef PYLM_TRAIN_COMMON_H
#define PYLM_TRAIN_COMMON_H

#include "pylm_train.h"

/* Goes on only if a call succeeded. */
#define PYLM__TRY(call)              \
    do {                             \
        int try_status = (call);     \
        if (try_status != PYLM_OK)   \
            return try_status;       \
    } while (0)

/* calloc and realloc for arrays of n elements: NULL if there is no memory or the size overflows; never
 * NULL just because n is 0. */
void *pylm__array_new(uint64_t n, uint64_t element_nbytes);
void *pylm__array_grow(void *array, uint64_t n, uint64_t element_nbytes);

/* Threads to use for up to n_jobs independent jobs, if the caller asked for `wanted` (0: all). 1 in a
 * process forked after threads were used: libgomp's threads do not survive a fork and would hang. */
int pylm__n_threads(uint32_t wanted, uint64_t n_jobs);

/* The number of this thread among those of a parallel loop, from 0 on. */
uint32_t pylm__thread(void);

/* Does n independent jobs on several threads, a step of progress each. Returns the error of one that failed, or
 * PYLM_ERR_CANCELLED. */
typedef int (*pylm__job)(void *user, uint32_t number, pylm_task *task);
int pylm__run_jobs(pylm__job job, void *user, uint32_t n_jobs, uint32_t n_threads, pylm_task *task);

/* Progress; `task` may be NULL. */
void pylm__task_begin(pylm_task *task, enum pylm_stage stage, uint64_t total);
void pylm__task_step(pylm_task *task);
static inline int pylm__task_cancelled(const pylm_task *task)
{
    return task && task->cancel;
}

#endif
