/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * posix_threads.c: how many threads can be started on a POSIX system.
 */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS: glibc, musl */
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE /* MAP_ANON */
#endif
#include "platform.h"

#ifdef _OPENMP
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

#define LEFT_NBYTES ((size_t)8 << 20) /* that are to be left when all threads run: their runtime needs some, too */

/* Threads that wait until all have been started. */
struct trial {
    pthread_mutex_t lock;
    pthread_t threads[255];
    uint32_t n;
};

static void *wait_for_others(void *trial)
{
    (void)pthread_mutex_lock(&((struct trial *)trial)->lock);
    (void)pthread_mutex_unlock(&((struct trial *)trial)->lock);
    return NULL;
}

/* Whether there is room for the stacks of n threads. */
static int have_room(uint32_t n, size_t stack_nbytes)
{
    size_t nbytes = n * stack_nbytes + LEFT_NBYTES;
    void *room = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return 0;
    (void)munmap(room, nbytes);
    return 1;
}

/* How many of n threads can be started at once, besides this one. They end again. */
static uint32_t try_threads(uint32_t n)
{
    struct trial *trial = calloc(1, sizeof *trial);
    uint32_t i;
    if (!trial || pthread_mutex_init(&trial->lock, NULL) != 0) {
        free(trial);
        return 0;
    }
    (void)pthread_mutex_lock(&trial->lock);
    while (trial->n < n && pthread_create(&trial->threads[trial->n], NULL, wait_for_others, trial) == 0)
        trial->n++;
    (void)pthread_mutex_unlock(&trial->lock);
    n = trial->n;
    for (i = 0; i < n; i++)
        (void)pthread_join(trial->threads[i], NULL);
    (void)pthread_mutex_destroy(&trial->lock);
    free(trial);
    return n;
}

/* Memory may become short at any time, and is looked at each time, which takes some 5 µs. The number of threads that a
 * user may have rarely changes: so they are started only if there were never so many. */
uint32_t pylm__os_startable(uint32_t n)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static uint32_t known; /* that could be started at once */
    pthread_attr_t usual;
    size_t stack_nbytes = (size_t)8 << 20;
    if (n <= 1u)
        return 1; /* also in a process that was forked while another thread had the lock */
    n = (n < 256u ? n : 256u) - 1u;
    if (pthread_attr_init(&usual) == 0) {
        (void)pthread_attr_getstacksize(&usual, &stack_nbytes);
        (void)pthread_attr_destroy(&usual);
    }
    while (n && !have_room(n, stack_nbytes))
        n--;
    (void)pthread_mutex_lock(&lock);
    if (n > known) {
        n = try_threads(n);
        known = n > known ? n : known;
    }
    (void)pthread_mutex_unlock(&lock);
    return n + 1u;
}
#else
uint32_t pylm__os_startable(uint32_t n)
{
    return n ? n : 1u;
}
#endif
