/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * room.h: memory that arrays of several threads share, by its bytes.
 */
#ifndef PYLM_TRAIN_ROOM_H
#define PYLM_TRAIN_ROOM_H

#include "train/base/common.h"

struct pylm__room {
    uint64_t nbytes; /* that are left */
    int is_short;    /* 1: there were too few */
};

/* Takes bytes, and gives others back. Returns 0 if there are not so many: nothing is taken then. */
static inline int pylm__room_take(struct pylm__room *room, uint64_t taken, uint64_t given)
{
    int enough;
#ifdef _OPENMP
#pragma omp critical(pylm_room)
#endif
    {
        enough = taken <= room->nbytes + given;
        if (enough)
            room->nbytes = room->nbytes + given - taken;
        else
            room->is_short = 1;
    }
    return enough;
}

/* Gives an array another size, if there is room. Returns 0 if there is none, or no memory: it is as it was then.
 *   n   elements it has room for; becomes `wanted` */
static inline int pylm__room_resize(struct pylm__room *room, void **array, uint64_t *n, uint64_t wanted,
                                    uint64_t element_nbytes)
{
    void *other;
    if (!pylm__room_take(room, wanted * element_nbytes, *n * element_nbytes))
        return 0;
    other = pylm__array_grow(*array, wanted, element_nbytes);
    if (!other) {
        (void)pylm__room_take(room, 0, wanted * element_nbytes);
        (void)pylm__room_take(room, *n * element_nbytes, 0);
        return 0;
    }
    *array = other;
    *n = wanted;
    return 1;
}

#endif
