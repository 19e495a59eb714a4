/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * store.c: see store.h.
 */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"

#define STEP_NBYTES (UINT64_C(64) << 20) /* by which a file grows: nothing is moved then */

/* Maps so many bytes of the file anew. If that fails, what was mapped still is. */
static int remap(struct pylm__store *store, uint64_t nbytes)
{
    void *data;
    if (pylm__os_temporary_map(store->file, nbytes, &data) != 0)
        return PYLM_ERR_FILE;
    if (store->data)
        pylm__os_temporary_unmap(store->data, store->nbytes);
    store->data = data;
    store->nbytes = nbytes;
    return PYLM_OK;
}

/* Moves what is in memory to a file of so many bytes. */
static int move_to_file(struct pylm__store *store, uint64_t nbytes)
{
    struct pylm__store moved = pylm__store_like(store);
    moved.file = pylm__os_temporary_open(store->folder);
    if (!moved.file || remap(&moved, nbytes) != PYLM_OK) {
        int error = errno;
        if (moved.file)
            pylm__os_temporary_close(moved.file);
        errno = error;
        return PYLM_ERR_FILE;
    }
    if (store->nbytes)
        memcpy(moved.data, store->data, (size_t)store->nbytes);
    free(store->data);
    *store = moved;
    return PYLM_OK;
}

int pylm__store_grow(struct pylm__store *store, uint64_t nbytes)
{
    uint64_t room = store->nbytes + store->nbytes / 2u;
    void *data;
    if (nbytes <= store->nbytes)
        return PYLM_OK;
    if (store->file)
        return remap(store, nbytes + STEP_NBYTES);
    if (store->most_in_memory && nbytes > store->most_in_memory) {
        int status = move_to_file(store, nbytes + STEP_NBYTES);
        if (status == PYLM_OK || !store->may_stay)
            return status;
        store->most_in_memory = 0;
    }
    room = store->most_in_memory && room > store->most_in_memory ? store->most_in_memory : room;
    room = room > nbytes ? room : nbytes;
    data = pylm__array_grow(store->data, room, 1);
    if (!data)
        return PYLM_ERR_MEMORY;
    store->data = data;
    store->nbytes = room;
    return PYLM_OK;
}

void pylm__store_shrink(struct pylm__store *store, uint64_t nbytes)
{
    void *data;
    if (nbytes >= store->nbytes)
        return;
    if (store->file) {
        (void)remap(store, nbytes ? nbytes : 1u);
        return;
    }
    data = pylm__array_grow(store->data, nbytes, 1);
    if (data) {
        store->data = data;
        store->nbytes = nbytes;
    }
}

void pylm__store_free(struct pylm__store *store)
{
    if (store->file) {
        pylm__os_temporary_unmap(store->data, store->nbytes);
        pylm__os_temporary_close(store->file);
    } else {
        free(store->data);
    }
    *store = pylm__store_like(store);
}

void pylm__store_rest(const struct pylm__store *store)
{
    if (store->file)
        pylm__os_temporary_rest(store->data, store->nbytes);
}
