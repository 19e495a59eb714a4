/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * win32.c: platform.h for Windows.
 */
#include "platform.h"

#include <errno.h>
#include <io.h>
#include <process.h>
#include <string.h>
#include <windows.h>

long pylm__os_process_id(void)
{
    return _getpid();
}

/* ---- files that are written by name ---- */

FILE *pylm__os_create(const char *path)
{
    return fopen(path, "wbx");
}

FILE *pylm__os_open_device(const char *path)
{
    return fopen(path, "wb");
}

int pylm__os_is_device(const char *path)
{
    (void)path;
    return 0;
}

int pylm__os_sync(FILE *file)
{
    return _commit(_fileno(file));
}

int pylm__os_replace(const char *from, const char *to)
{
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return 0;
    errno = EACCES;
    return -1;
}

/* ---- files that are read by mapping ---- */

int pylm__os_map(const char *path, const void **data_ret, uint64_t *nbytes_ret)
{
    static const unsigned char nothing[1];
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    HANDLE mapping = NULL;
    LARGE_INTEGER size;
    void *data = NULL;
    if (file == INVALID_HANDLE_VALUE) {
        errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : ENOENT;
        return -1;
    }
    if (GetFileSizeEx(file, &size) && size.QuadPart == 0) {
        CloseHandle(file);
        *data_ret = nothing;
        *nbytes_ret = 0;
        return 0;
    }
    mapping = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    if (mapping) {
        data = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
        CloseHandle(mapping);
    }
    CloseHandle(file);
    if (!data) {
        errno = ENOMEM;
        return -1;
    }
    *data_ret = data;
    *nbytes_ret = (uint64_t)size.QuadPart;
    return 0;
}

void pylm__os_unmap(const void *data, uint64_t nbytes)
{
    if (nbytes)
        UnmapViewOfFile(data);
}

/* ---- temporary files ---- */

/* Gone when it is closed, or the process ends. */
void *pylm__os_temporary_open(const char *folder)
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

void pylm__os_temporary_close(void *file)
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

int pylm__os_temporary_write(void *file, uint64_t offset, const void *data, uint64_t n)
{
    OVERLAPPED at = position(offset);
    DWORD done = 0;
    errno = ENOSPC;
    return n <= UINT32_MAX && WriteFile((HANDLE)file, data, (DWORD)n, &done, &at) && done == n ? 0 : -1;
}

int pylm__os_temporary_read(void *file, uint64_t offset, void *data, uint64_t n)
{
    OVERLAPPED at = position(offset);
    DWORD done = 0;
    errno = EIO;
    return n <= UINT32_MAX && ReadFile((HANDLE)file, data, (DWORD)n, &done, &at) && done == n ? 0 : -1;
}
