/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * model_map.c: mapping a model file. What is checked once, when the image is opened, must stay what it was, even if
 * somebody writes into the file: those pages are copied. All else is clamped wherever it is read.
 */
#include <errno.h>
#include <string.h>

#include "core/format.h"
#include "platform/platform.h"
#include "pylm_train.h"

#define MOST_HEAD_NBYTES                                                                                               \
    (PYLM__H_NBYTES + PYLM__MAX_TREES * (PYLM__T_NBYTES + PYLM__MAX_TEMPLATES * (uint32_t)PYLM__C_NBYTES))
#define PART_NBYTES 4096u /* from the start of a part on: more than the numbers with which any begins */

/* A mapped file, and an image in it. */
struct map {
    const uint8_t *data;
    uint64_t nbytes, image; /* where that begins */
};

/* Keeps what lies at a position of the image. */
static int keep(const struct map *map, uint64_t at, uint64_t nbytes)
{
    if (at >= map->nbytes - map->image)
        return 0; /* outside: the image will be refused */
    return pylm__os_keep(map->data, map->nbytes, map->image + at, nbytes);
}

/* Keeps what tree headers point to. They lie in the head, which is kept. */
static int keep_trees(const struct map *map, const uint8_t *head, uint32_t head_nbytes)
{
    uint32_t n = pylm__load32(head + PYLM__H_N_TREES), at = PYLM__H_NBYTES, n_templates;
    for (; n && at <= head_nbytes && head_nbytes - at >= PYLM__T_NBYTES; n--) {
        if (keep(map, pylm__load64(head + at + PYLM__T_TOPIC), PART_NBYTES) != 0 ||
            keep(map, pylm__load64(head + at + PYLM__T_WEIGHTS), PART_NBYTES) != 0)
            return -1;
        n_templates = pylm__load32(head + at + PYLM__T_N_TEMPLATES);
        if (n_templates > PYLM__MAX_TEMPLATES)
            return 0;
        at += PYLM__T_NBYTES + n_templates * (uint32_t)PYLM__C_NBYTES;
    }
    return 0;
}

/* Keeps what is checked of an image. */
static int keep_checked(const struct map *map)
{
    const uint8_t *head = map->data + map->image;
    uint64_t nbytes = map->nbytes - map->image;
    uint32_t head_nbytes;
    if (nbytes < PYLM__H_NBYTES || memcmp(head, PYLM__MAGIC, 8) != 0)
        return 0;
    if (keep(map, 0, PYLM__H_NBYTES) != 0)
        return -1;
    head_nbytes = pylm__load32(head + PYLM__H_HEAD_NBYTES);
    if (head_nbytes > nbytes || head_nbytes > MOST_HEAD_NBYTES)
        return 0;
    if (keep(map, 0, head_nbytes) != 0 || keep(map, pylm__load64(head + PYLM__H_TOPIC), PART_NBYTES) != 0)
        return -1;
    return keep_trees(map, head, head_nbytes);
}

void pylm_file_temporary(const char *path, int number, char *name, uint64_t capacity)
{
    pylm__os_remove_stale(path);
    pylm__os_temporary_name(path, number, name, (size_t)capacity);
}

int pylm_model_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    struct map map = {NULL, 0, 0};
    const void *data;
    uint64_t nbytes;
    int status;
    if (pylm__os_map(path, &data, &nbytes) != 0)
        return PYLM_ERR_FILE;
    map.data = data;
    map.nbytes = nbytes;
    status = keep_checked(&map);
    if (status == 0 && nbytes >= PYLM__H_NBYTES) { /* the image that spells */
        map.image = pylm__load64(map.data + PYLM__H_SPELLING);
        if (map.image && map.image < nbytes)
            status = keep_checked(&map);
    }
    if (status != 0) {
        int error = errno;
        pylm__os_unmap(data, nbytes);
        errno = error;
        return PYLM_ERR_FILE;
    }
    pylm__os_read_here_and_there(data, nbytes);
    *data_ret = data;
    *nbytes_ret = nbytes;
    return PYLM_OK;
}
