/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * store.h: a large array, in memory or, if there is more than may be there, in a temporary file that is mapped. Who
 * goes through the array gives back what he has passed: the system then needs no memory for it, and reads it again
 * from the file, or from what it remembers of it.
 */
#ifndef PYLM_TRAIN_STORE_H
#define PYLM_TRAIN_STORE_H

#include "common.h"

struct pylm__store {
    void *data;
    uint64_t nbytes;         /* there is room for */
    uint64_t most_in_memory; /* bytes; more go to a file. 0: any number stay in memory */
    int may_stay;            /* 1: where no file can be had, it stays in memory */
    const char *folder;      /* of the file: see pylm__os_temporary_open() */
    void *file;              /* NULL: it is in memory */
};

/* An empty store. */
static inline struct pylm__store pylm__store_like(const struct pylm__store *other)
{
    struct pylm__store store = {NULL, 0, other->most_in_memory, other->may_stay, other->folder, NULL};
    return store;
}

/* Makes room for so many bytes at least, and somewhat more, so that a store can grow step by step. What is in it
 * stays. PYLM_ERR_MEMORY or PYLM_ERR_FILE (errno says why); then it is as it was. */
int pylm__store_grow(struct pylm__store *store, uint64_t nbytes);

/* Gives back the room behind so many bytes, as far as that is possible. */
void pylm__store_shrink(struct pylm__store *store, uint64_t nbytes);

/* Empties it. */
void pylm__store_free(struct pylm__store *store);

/* Gives back the memory of a mapped file. What is in it stays, also for other threads that are reading it. */
void pylm__store_rest(const struct pylm__store *store);

#endif
