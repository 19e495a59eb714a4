/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * file.c: files as a whole: written by renaming, read by mapping. The only code that knows the system.
 */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "file.h"

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

int pylm__file_is_device(const char *path)
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

/* Gone when it is closed, or the process ends. */
void *pylm__temporary_open(const char *folder)
{
    char path[MAX_PATH], name[MAX_PATH];
    HANDLE file;
    if (!folder && !GetTempPathA(MAX_PATH, path))
        return NULL;
    if (!GetTempFileNameA(folder ? folder : path, "pyl", 0, name)) {
        errno = ENOENT;
        return NULL;
    }
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    errno = EACCES;
    return file == INVALID_HANDLE_VALUE ? NULL : (void *)file;
}

void pylm__temporary_close(void *file)
{
    CloseHandle((HANDLE)file);
}

static OVERLAPPED position(uint64_t offset)
{
    OVERLAPPED at;
    memset(&at, 0, sizeof at);
    at.Offset = (DWORD)offset;
    at.OffsetHigh = (DWORD)(offset >> 32);
    return at;
}

int pylm__temporary_write(void *file, uint64_t offset, const void *data, uint64_t n)
{
    OVERLAPPED at = position(offset);
    DWORD done = 0;
    errno = ENOSPC;
    return n <= UINT32_MAX && WriteFile((HANDLE)file, data, (DWORD)n, &done, &at) && done == n ? 0 : -1;
}

int pylm__temporary_read(void *file, uint64_t offset, void *data, uint64_t n)
{
    OVERLAPPED at = position(offset);
    DWORD done = 0;
    errno = EIO;
    return n <= UINT32_MAX && ReadFile((HANDLE)file, data, (DWORD)n, &done, &at) && done == n ? 0 : -1;
}

int pylm_file_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
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

int pylm__file_is_device(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static int replace(const char *from, const char *to)
{
    return rename(from, to);
}

/* The descriptor plus 1. */
static void *as_pointer(int file)
{
    return (void *)((intptr_t)file + 1);
}

static int as_file(void *pointer)
{
    return (int)((intptr_t)pointer - 1);
}

/* The name goes at once: nothing is left behind however the process ends. */
void *pylm__temporary_open(const char *folder)
{
    const char *chosen = getenv("TMPDIR");
    char *name;
    int file = -1, i;
    chosen = chosen && *chosen ? chosen : folder ? folder : "/tmp";
    name = malloc(strlen(chosen) + 48u);
    if (!name)
        return NULL;
    for (i = 0; i < MAX_NAMES && file < 0; i++) {
        (void)snprintf(name, strlen(chosen) + 48u, "%s/pylm.%d-%d.tmp", chosen, process_id(), i);
        file = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (file < 0 && errno != EEXIST)
            break;
    }
    if (file >= 0)
        (void)unlink(name);
    free(name);
    return file < 0 ? NULL : as_pointer(file);
}

void pylm__temporary_close(void *file)
{
    (void)close(as_file(file));
}

int pylm__temporary_write(void *file, uint64_t offset, const void *data, uint64_t n)
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

int pylm__temporary_read(void *file, uint64_t offset, void *data, uint64_t n)
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

struct pylm__file {
    FILE *file;
    char *path, *temporary; /* its name while it is written; empty if `path` is no file but a device */
};

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

int pylm__file_open(struct pylm__file **file_ret, const char *path)
{
    size_t n = strlen(path) + 1u, capacity = n + 48u;
    struct pylm__file *file = calloc(1, sizeof *file);
    char *copy = malloc(n), *temporary = calloc(capacity, 1);
    int error, status = file && copy && temporary ? PYLM_OK : PYLM_ERR_MEMORY;
    if (status == PYLM_OK) {
        memcpy(copy, path, n);
        file->path = copy;
        file->temporary = temporary;
        file->file = pylm__file_is_device(path) ? fopen(path, "wb") : create_beside(path, temporary, capacity);
        *file_ret = file;
        if (file->file)
            return PYLM_OK;
        status = PYLM_ERR_FILE;
    }
    error = errno;
    free(copy);
    free(temporary);
    free(file);
    errno = error;
    return status;
}

/* A failure that left errno at 0 is one of the device. */
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
    if (status == PYLM_OK && (fflush(file->file) != 0 || flush_to_device(file->file) != 0))
        status = file_error();
    error = status == PYLM_ERR_FILE && errno ? errno : error;
    if (fclose(file->file) != 0 && status == PYLM_OK) {
        status = file_error();
        error = errno;
    }
    if (status == PYLM_OK && *file->temporary && replace(file->temporary, file->path) != 0) {
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
