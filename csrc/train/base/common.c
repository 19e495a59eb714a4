/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * common.c: see common.h.
 */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "platform/platform.h"

void *pylm__array_new(uint64_t n, uint64_t element_nbytes)
{
    if (n >= SIZE_MAX / element_nbytes)
        return NULL;
    return calloc((size_t)(n ? n : 1u), (size_t)element_nbytes);
}

char *pylm__text_copy(const char *text)
{
    size_t nbytes = strlen(text) + 1u;
    char *copy = malloc(nbytes);
    return copy ? memcpy(copy, text, nbytes) : NULL;
}

void *pylm__array_grow(void *array, uint64_t n, uint64_t element_nbytes)
{
    if (n >= SIZE_MAX / element_nbytes)
        return NULL;
    return realloc(array, (size_t)((n ? n : 1u) * element_nbytes));
}

#ifdef _OPENMP
/* Whether this process was forked from one that had used threads. */
static int forked_with_threads(void)
{
    static long owner; /* the process that used threads first */
    long self = pylm__os_process_id(), first;
#pragma omp critical(pylm_owner)
    {
        if (!owner)
            owner = self;
        first = owner;
    }
    return first != self;
}
#endif

int pylm__n_threads(uint32_t wanted, uint64_t n_jobs)
{
#ifdef _OPENMP
    uint64_t n = wanted ? wanted : (uint64_t)omp_get_num_procs();
    n = n < n_jobs ? n : n_jobs;
    n = n < 256u ? n : 256u;
    if (n > 1u && forked_with_threads())
        n = 1;
    return n ? (int)pylm__os_startable((uint32_t)n) : 1; /* if one cannot be started, OpenMP ends the process */
#else
    (void)wanted;
    (void)n_jobs;
    return 1;
#endif
}

uint32_t pylm__thread(void)
{
#ifdef _OPENMP
    return (uint32_t)omp_get_thread_num();
#else
    return 0;
#endif
}

struct pylm__locks {
    uint32_t n;
#ifdef _OPENMP
    omp_lock_t *of;
#endif
};

struct pylm__locks *pylm__locks_new(uint32_t n)
{
    struct pylm__locks *locks = pylm__array_new(1, sizeof *locks);
#ifdef _OPENMP
    uint32_t i;
    if (locks)
        locks->of = pylm__array_new(n, sizeof *locks->of);
    if (!locks || !locks->of) {
        free(locks);
        return NULL;
    }
    for (i = 0; i < n; i++)
        omp_init_lock(&locks->of[i]);
#endif
    if (locks)
        locks->n = n;
    return locks;
}

void pylm__locks_free(struct pylm__locks *locks)
{
#ifdef _OPENMP
    uint32_t i;
    for (i = 0; locks && i < locks->n; i++)
        omp_destroy_lock(&locks->of[i]);
    if (locks)
        free(locks->of);
#endif
    free(locks);
}

void pylm__lock(struct pylm__locks *locks, uint32_t number)
{
#ifdef _OPENMP
    omp_set_lock(&locks->of[number]);
#else
    (void)locks;
    (void)number;
#endif
}

void pylm__unlock(struct pylm__locks *locks, uint32_t number)
{
#ifdef _OPENMP
    omp_unset_lock(&locks->of[number]);
#else
    (void)locks;
    (void)number;
#endif
}

int pylm__lock_is_free(struct pylm__locks *locks, uint32_t number)
{
#ifdef _OPENMP
    int is_free = omp_test_lock(&locks->of[number]) != 0;
    if (is_free)
        omp_unset_lock(&locks->of[number]);
    return is_free;
#else
    (void)locks;
    (void)number;
    return 1;
#endif
}

int pylm_has_openmp(void)
{
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

void pylm__task_begin(pylm_task *task, enum pylm_stage stage, uint64_t total)
{
    if (!task)
        return;
    task->done = 0;
    task->total = (uint32_t)(total < UINT32_MAX ? total : UINT32_MAX);
    task->stage = (int)stage;
}

void pylm__task_add(pylm_task *task, uint32_t n)
{
    if (!task)
        return;
#ifdef _OPENMP
#pragma omp critical(pylm_task)
#endif
    task->done = task->done + n;
}

void pylm__task_step(pylm_task *task)
{
    pylm__task_add(task, 1);
}

const char *pylm_stage_text(int stage)
{
    switch (stage) {
    case PYLM_STAGE_READ:
        return "reading";
    case PYLM_STAGE_PIECES:
        return "finding pieces";
    case PYLM_STAGE_CLUSTER:
        return "clustering";
    case PYLM_STAGE_TOPICS:
        return "finding topics";
    case PYLM_STAGE_COUNT:
        return "counting";
    case PYLM_STAGE_CHOOSE:
        return "choosing";
    case PYLM_STAGE_FIT:
        return "fitting weights";
    case PYLM_STAGE_WRITE:
        return "writing";
    case PYLM_STAGE_SCORE:
        return "scoring";
    case PYLM_STAGE_SOURCES:
        return "sorting passages";
    case PYLM_STAGE_TRACE:
        return "tracing";
    case PYLM_STAGE_PRUNE:
        return "pruning";
    case PYLM_STAGE_BASE:
        return "asking the base";
    default:
        return "working";
    }
}

int pylm__run_jobs(pylm__job job, void *user, uint32_t n_jobs, uint32_t n_threads, pylm_task *task)
{
    int i, n = (int)n_jobs, first_error = PYLM_OK;
    (void)n_threads; /* without OpenMP */
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(pylm__n_threads(n_threads, n_jobs))
#endif
    for (i = 0; i < n; i++) {
        int status = pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : job(user, (uint32_t)i, task);
        if (status != PYLM_OK) {
#ifdef _OPENMP
#pragma omp critical(pylm_error)
#endif
            first_error = status;
        }
        pylm__task_step(task);
    }
    return first_error;
}
