/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * file.c: files as a whole: written by renaming, read by mapping. The only code that knows the system.
 */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#define MAX_NAMES 1000 /* temporary names tried: threads may save the same file at once */

static const unsigned char nothing[1];

#ifdef _WIN32

static int process_id(void)
{
    return _getpid();
}

static int flush_to_device(FILE *file)
{
    return _commit(_fileno(file));
}

static FILE *create_new(const char *path)
{
    return fopen(path, "wbx");
}

static int is_device(const char *path)
{
    (void)path;
    return 0;
}

static int replace(const char *from, const char *to)
{
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return 0;
    errno = EACCES;
    return -1;
}

int pylm_file_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    HANDLE mapping = NULL;
    LARGE_INTEGER size;
    void *data = NULL;
    if (file == INVALID_HANDLE_VALUE) {
        errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : ENOENT;
        return PYLM_ERR_FILE;
    }
    if (GetFileSizeEx(file, &size) && size.QuadPart == 0) {
        CloseHandle(file);
        *data_ret = nothing;
        *nbytes_ret = 0;
        return PYLM_OK;
    }
    mapping = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    if (mapping) {
        data = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
        CloseHandle(mapping);
    }
    CloseHandle(file);
    if (!data) {
        errno = ENOMEM;
        return PYLM_ERR_FILE;
    }
    *data_ret = data;
    *nbytes_ret = (uint64_t)size.QuadPart;
    return PYLM_OK;
}

void pylm_file_unmap(const void *data, uint64_t nbytes)
{
    if (nbytes)
        UnmapViewOfFile(data);
}

#else

static int process_id(void)
{
    return (int)getpid();
}

static int flush_to_device(FILE *file)
{
    return fsync(fileno(file)) != 0 && errno != EINVAL ? -1 : 0; /* EINVAL: a device or pipe */
}

static FILE *create_new(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    return file < 0 ? NULL : fdopen(file, "wb");
}

/* Anything that is no file and no folder: it must be written to, not replaced. */
static int is_device(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static int replace(const char *from, const char *to)
{
    return rename(from, to);
}

int pylm_file_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    struct stat info;
    void *data = NULL;
    int file = open(path, O_RDONLY), error;
    if (file < 0)
        return PYLM_ERR_FILE;
    if (fstat(file, &info) != 0) {
        error = errno;
    } else if (!S_ISREG(info.st_mode)) {
        error = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    } else if ((uint64_t)info.st_size > SIZE_MAX) {
        error = EFBIG;
    } else if (info.st_size == 0) {
        error = 0;
        data = (void *)(uintptr_t)nothing;
    } else {
        data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        error = data == MAP_FAILED ? errno : 0;
    }
    (void)close(file);
    if (error) {
        errno = error;
        return PYLM_ERR_FILE;
    }
    *data_ret = data;
    *nbytes_ret = (uint64_t)info.st_size;
    return PYLM_OK;
}

void pylm_file_unmap(const void *data, uint64_t nbytes)
{
    if (nbytes)
        (void)munmap((void *)(uintptr_t)data, (size_t)nbytes);
}

#endif

/* Writes and closes a file that was opened. */
static int write_all(FILE *file, const void *data, uint64_t nbytes)
{
    int error = 0;
    if ((nbytes && fwrite(data, 1, (size_t)nbytes, file) != nbytes) || fflush(file) != 0 ||
        flush_to_device(file) != 0)
        error = errno ? errno : EIO;
    if (fclose(file) != 0 && !error)
        error = errno ? errno : EIO;
    errno = error;
    return error ? PYLM_ERR_FILE : PYLM_OK;
}

/* Opens a new file beside `path`; its name, in `temporary`, is one that nobody else uses. */
static FILE *create_beside(const char *path, char *temporary, size_t capacity)
{
    FILE *file = NULL;
    int i;
    for (i = 0; i < MAX_NAMES && !file; i++) {
        (void)snprintf(temporary, capacity, "%s.%d-%d.tmp", path, process_id(), i);
        file = create_new(temporary);
        if (!file && errno != EEXIST)
            break;
    }
    return file;
}

static int write_and_replace(const char *path, char *temporary, size_t capacity, const void *data,
                             uint64_t nbytes)
{
    FILE *file = create_beside(path, temporary, capacity);
    int error;
    if (!file)
        return PYLM_ERR_FILE;
    if (write_all(file, data, nbytes) == PYLM_OK && replace(temporary, path) == 0)
        return PYLM_OK;
    error = errno;
    (void)remove(temporary);
    errno = error;
    return PYLM_ERR_FILE;
}

int pylm_file_save(const char *path, const void *data, uint64_t nbytes)
{
    size_t capacity = strlen(path) + 48u;
    char *temporary;
    int status;
    if (is_device(path)) {
        FILE *device = fopen(path, "wb");
        return device ? write_all(device, data, nbytes) : PYLM_ERR_FILE;
    }
    temporary = malloc(capacity);
    if (!temporary)
        return PYLM_ERR_MEMORY;
    status = write_and_replace(path, temporary, capacity, data, nbytes);
    free(temporary);
    return status;
}
