/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * common.h: what all parts of training share: arrays, threads, progress.
 */
#ifndef PYLM_TRAIN_COMMON_H
#define PYLM_TRAIN_COMMON_H

#include "pylm_train.h"

/* Returns the status of a call if it failed. */
#define PYLM__TRY(call)                                                                                                \
    do {                                                                                                               \
        int try_status = (call);                                                                                       \
        if (try_status != PYLM_OK)                                                                                     \
            return try_status;                                                                                         \
    } while (0)

/* calloc() and realloc() for arrays of n elements. NULL if there is no memory, or if the size overflows; with n = 0
 * they are not NULL. */
void *pylm__array_new(uint64_t n, uint64_t element_nbytes);
void *pylm__array_grow(void *array, uint64_t n, uint64_t element_nbytes);

/* A copy of a text that ends with a byte 0. NULL if there is no memory. */
char *pylm__text_copy(const char *text);

/* How many threads to use for n_jobs independent jobs, if the caller asked for `wanted` (0: all). 1 in a process that
 * was forked after threads were used: the threads of libgomp do not survive a fork, and it would wait for them. Fewer
 * where memory is short: as many as can be started now. So what is allocated for each thread is used with the number
 * that it was allocated for. */
int pylm__n_threads(uint32_t wanted, uint64_t n_jobs);

/* The number of this thread in a parallel loop, from 0 on. */
uint32_t pylm__thread(void);

/* n locks, each for one thread at a time. NULL if there is no memory. */
struct pylm__locks;
struct pylm__locks *pylm__locks_new(uint32_t n);
void pylm__locks_free(struct pylm__locks *locks);
void pylm__lock(struct pylm__locks *locks, uint32_t number);
void pylm__unlock(struct pylm__locks *locks, uint32_t number);
int pylm__lock_is_free(struct pylm__locks *locks, uint32_t number); /* at this moment */

/* Does n independent jobs on several threads; each is a step of progress. Returns the error of a job that failed, or
 * PYLM_ERR_CANCELLED. */
typedef int (*pylm__job)(void *user, uint32_t number, pylm_task *task);
int pylm__run_jobs(pylm__job job, void *user, uint32_t n_jobs, uint32_t n_threads, pylm_task *task);

/* Progress; `task` may be NULL. */
void pylm__task_begin(pylm_task *task, enum pylm_stage stage, uint64_t total);
void pylm__task_step(pylm_task *task);
void pylm__task_add(pylm_task *task, uint32_t n); /* so many steps */
static inline int pylm__task_cancelled(const pylm_task *task)
{
    return task && task->cancel;
}

#endif
