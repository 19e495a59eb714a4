/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * file.c: files as a whole: written by renaming, read by mapping.
 */
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"

#define MAX_NAMES 1000 /* temporary names tried: threads may save the same file at once */

int pylm_file_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    return pylm__os_map(path, data_ret, nbytes_ret) == 0 ? PYLM_OK : PYLM_ERR_FILE;
}

void pylm_file_unmap(const void *data, uint64_t nbytes)
{
    pylm__os_unmap(data, nbytes);
}

struct pylm__file {
    FILE *file;
    char *path, *temporary; /* its name while it is written; empty if `path` is a device */
};

/* Opens a new file beside `path`, under a name that nobody else uses. The name is written to `temporary`. */
static FILE *create_beside(const char *path, char *temporary, size_t capacity)
{
    FILE *file = NULL;
    int i;
    pylm__os_remove_stale(path);
    for (i = 0; i < MAX_NAMES && !file; i++) {
        pylm__os_temporary_name(path, i, temporary, capacity);
        file = pylm__os_create(temporary);
        if (!file && errno != EEXIST)
            break;
    }
    return file;
}

/* What has failed, by errno. */
static int open_error(void)
{
    return errno == ENOMEM ? PYLM_ERR_MEMORY : PYLM_ERR_FILE;
}

int pylm__file_open(struct pylm__file **file_ret, const char *path)
{
    char *target = pylm__os_target(path);
    size_t capacity = PYLM__TEMPORARY_NAME_NBYTES(target ? strlen(target) : 0u);
    struct pylm__file *file = calloc(1, sizeof *file);
    char *temporary = calloc(capacity, 1);
    int error, status = !target ? open_error() : file && temporary ? PYLM_OK : PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        file->path = target;
        file->temporary = temporary;
        file->file =
            pylm__os_is_device(target) ? pylm__os_open_device(target) : create_beside(target, temporary, capacity);
        *file_ret = file;
        if (file->file)
            return PYLM_OK;
        status = open_error();
    }
    error = errno;
    free(target);
    free(temporary);
    free(file);
    errno = error;
    return status;
}

/* If a failure left errno at 0, it is called one of the device. */
static int file_error(void)
{
    errno = errno ? errno : EIO;
    return PYLM_ERR_FILE;
}

int pylm__file_write(struct pylm__file *file, const void *data, uint64_t nbytes)
{
    errno = 0;
    return nbytes && fwrite(data, 1, (size_t)nbytes, file->file) != nbytes ? file_error() : PYLM_OK;
}

int pylm__file_map(struct pylm__file *file, const void **data, uint64_t *nbytes)
{
    errno = 0;
    return fflush(file->file) != 0 ? file_error() : pylm_file_map(file->temporary, data, nbytes);
}

int pylm__file_write_head(struct pylm__file *file, const void *data, uint64_t nbytes)
{
    errno = 0;
    return fseek(file->file, 0, SEEK_SET) != 0 ? file_error() : pylm__file_write(file, data, nbytes);
}

int pylm__file_close(struct pylm__file *file, int status)
{
    int error = errno;
    errno = 0;
    if (status == PYLM_OK && (fflush(file->file) != 0 || pylm__os_sync(file->file) != 0))
        status = file_error();
    error = status == PYLM_ERR_FILE && errno ? errno : error;
    if (fclose(file->file) != 0 && status == PYLM_OK) {
        status = file_error();
        error = errno;
    }
    if (status == PYLM_OK && *file->temporary && pylm__os_replace(file->temporary, file->path) != 0) {
        status = PYLM_ERR_FILE;
        error = errno;
    }
    if (status != PYLM_OK && *file->temporary)
        (void)remove(file->temporary);
    free(file->path);
    free(file->temporary);
    free(file);
    errno = error;
    return status;
}

int pylm_file_save(const char *path, const void *data, uint64_t nbytes)
{
    struct pylm__file *file;
    PYLM__TRY(pylm__file_open(&file, path));
    return pylm__file_close(file, pylm__file_write(file, data, nbytes));
}

char *pylm__folder_of(const char *path)
{
    size_t n = strlen(path);
    char *folder = pylm__array_new(n + 2u, 1);
    if (!folder)
        return NULL;
    memcpy(folder, path, n);
    while (n && folder[n - 1u] != '/' && folder[n - 1u] != '\\')
        n--;
    folder[n] = '.'; /* "" and "folder/" */
    folder[n + 1u] = 0;
    return folder;
}
