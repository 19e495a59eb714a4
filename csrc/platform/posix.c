/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * posix.c: platform.h for POSIX systems: Linux, macOS, the BSDs.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MAX_NAMES 1000 /* temporary names tried: threads may open files at once */

long pylm__os_process_id(void)
{
    return (long)getpid();
}

/* ---- files that are written by name ---- */

FILE *pylm__os_create(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    return file < 0 ? NULL : fdopen(file, "wb");
}

FILE *pylm__os_open_device(const char *path)
{
    return fopen(path, "wb");
}

int pylm__os_is_device(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

int pylm__os_sync(FILE *file)
{
    return fsync(fileno(file)) != 0 && errno != EINVAL ? -1 : 0; /* EINVAL: a device or pipe */
}

int pylm__os_replace(const char *from, const char *to)
{
    return rename(from, to);
}

/* ---- files that are read by mapping ---- */

/* Maps an open file. Returns 0 or an error number. */
static int map_open(int file, const void **data, uint64_t *nbytes)
{
    static const unsigned char nothing[1];
    struct stat info;
    if (fstat(file, &info) != 0)
        return errno;
    if (!S_ISREG(info.st_mode))
        return S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    if ((uint64_t)info.st_size > SIZE_MAX)
        return EFBIG;
    *nbytes = (uint64_t)info.st_size;
    *data = info.st_size ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0) : nothing;
    return *data == MAP_FAILED ? errno : 0;
}

int pylm__os_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    const void *data = NULL;
    uint64_t nbytes = 0;
    int file = open(path, O_RDONLY), error;
    if (file < 0)
        return -1;
    error = map_open(file, &data, &nbytes);
    (void)close(file);
    if (error) {
        errno = error;
        return -1;
    }
    *data_ret = data;
    *nbytes_ret = nbytes;
    return 0;
}

void pylm__os_unmap(const void *data, uint64_t nbytes)
{
    if (nbytes)
        (void)munmap((void *)(uintptr_t)data, (size_t)nbytes);
}

/* ---- temporary files ---- */

/* The descriptor plus 1, so that NULL is no file. */
static void *as_pointer(int file)
{
    return (void *)((intptr_t)file + 1);
}

static int as_file(void *pointer)
{
    return (int)((intptr_t)pointer - 1);
}

/* The name goes at once: nothing is left behind however the process ends. */
void *pylm__os_temporary_open(const char *folder)
{
    const char *chosen = getenv("TMPDIR");
    char *name;
    int file = -1, i;
    chosen = chosen && *chosen ? chosen : folder ? folder : "/tmp";
    name = malloc(strlen(chosen) + 48u);
    if (!name)
        return NULL;
    for (i = 0; i < MAX_NAMES && file < 0; i++) {
        (void)snprintf(name, strlen(chosen) + 48u, "%s/pylm.%ld-%d.tmp", chosen, pylm__os_process_id(), i);
        file = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (file < 0 && errno != EEXIST)
            break;
    }
    if (file >= 0)
        (void)unlink(name);
    free(name);
    return file < 0 ? NULL : as_pointer(file);
}

void pylm__os_temporary_close(void *file)
{
    (void)close(as_file(file));
}

int pylm__os_temporary_write(void *file, uint64_t offset, const void *data, uint64_t n)
{
    while (n) {
        ssize_t done = pwrite(as_file(file), data, (size_t)n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        data = (const uint8_t *)data + done;
        offset += (uint64_t)done;
        n -= (uint64_t)done;
    }
    return 0;
}

int pylm__os_temporary_read(void *file, uint64_t offset, void *data, uint64_t n)
{
    while (n) {
        ssize_t done = pread(as_file(file), data, (size_t)n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return -1;
        data = (uint8_t *)data + done;
        offset += (uint64_t)done;
        n -= (uint64_t)done;
    }
    return 0;
}
