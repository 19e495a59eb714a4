/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * win32.c: platform.h for Windows.
 */
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <string.h>
#include <windows.h>

long pylm__os_process_id(void)
{
    return _getpid();
}

uint32_t pylm__os_host_id(void)
{
    char name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD n = sizeof name, i;
    uint32_t hash = 2166136261u;
    if (!GetComputerNameA(name, &n))
        return 0;
    for (i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

/* The heap of Windows keeps no large blocks. */
void pylm__os_give_back(void)
{
}

/* Stacks take no memory before they are used, and no limit of threads is known. */
uint32_t pylm__os_startable(uint32_t n)
{
    return n ? n : 1u;
}

/* ---- files that are written by name ---- */

#define STDOUT "/dev/fd/1" /* as elsewhere */

/* Links are rare here, and are not followed. */
char *pylm__os_target(const char *path)
{
    return _strdup(path);
}

FILE *pylm__os_create(const char *path)
{
    return fopen(path, "wbx");
}

FILE *pylm__os_open_device(const char *path)
{
    int file;
    if (strcmp(path, STDOUT) != 0)
        return fopen(path, "wb");
    file = _dup(1);
    if (file >= 0)
        (void)_setmode(file, _O_BINARY);
    return file < 0 ? NULL : _fdopen(file, "wb");
}

int pylm__os_is_device(const char *path)
{
    return strcmp(path, STDOUT) == 0;
}

void pylm__os_temporary_name(const char *path, int number, char *name, size_t capacity)
{
    (void)snprintf(name, capacity, "%s.%08lx-%ld-%d.tmp", path, (unsigned long)pylm__os_host_id(),
                   pylm__os_process_id(), number);
}

static int has_ended(long process)
{
    HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)process);
    int ended = handle ? WaitForSingleObject(handle, 0) == WAIT_OBJECT_0 : GetLastError() == ERROR_INVALID_PARAMETER;
    if (handle)
        CloseHandle(handle);
    return ended;
}

/* Whether `name` is a temporary one of `file` whose process was on this computer, and has ended. */
static int is_stale(const char *name, const char *file)
{
    size_t n = strlen(file);
    unsigned long host;
    long process;
    int number, end = 0;
    if (_strnicmp(name, file, n) != 0)
        return 0;
    for (name += n; *name; name += end) { /* a temporary file can have one of its own */
        end = 0;
        if (sscanf(name, ".%8lx-%ld-%d.tmp%n", &host, &process, &number, &end) != 3 || !end)
            return 0;
        if (host != pylm__os_host_id() || process <= 0 || !has_ended(process))
            return 0;
    }
    return end > 0;
}

void pylm__os_remove_stale(const char *path)
{
    char name[MAX_PATH];
    size_t n = strlen(path);
    WIN32_FIND_DATAA entry;
    HANDLE entries;
    while (n && path[n - 1u] != '/' && path[n - 1u] != '\\' && path[n - 1u] != ':')
        n--;
    if (strlen(path) + 8u > sizeof name)
        return;
    (void)snprintf(name, sizeof name, "%s.*.tmp", path);
    entries = FindFirstFileA(name, &entry);
    if (entries == INVALID_HANDLE_VALUE)
        return;
    do {
        if (is_stale(entry.cFileName, path + n) && n + strlen(entry.cFileName) < sizeof name) {
            (void)snprintf(name, sizeof name, "%.*s%s", (int)n, path, entry.cFileName);
            (void)DeleteFileA(name);
        }
    } while (FindNextFileA(entries, &entry));
    (void)FindClose(entries);
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

/* Here nobody can make a file shorter that is mapped. */
int pylm__os_keep(const void *data, uint64_t map_nbytes, uint64_t at, uint64_t nbytes)
{
    (void)data;
    (void)map_nbytes;
    (void)at;
    (void)nbytes;
    return 0;
}

void pylm__os_read_here_and_there(const void *data, uint64_t nbytes)
{
    (void)data; /* FILE_FLAG_RANDOM_ACCESS, which pylm__os_map() would need, is for reading without a map */
    (void)nbytes;
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

int pylm__os_temporary_map(void *file, uint64_t nbytes, void **data_ret)
{
    /* A file that is too short grows, and a full disk is said. One that is mapped cannot be made shorter. */
    HANDLE mapping = CreateFileMappingA((HANDLE)file, NULL, PAGE_READWRITE, (DWORD)(nbytes >> 32), (DWORD)nbytes, NULL);
    void *data = mapping ? MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, (SIZE_T)nbytes) : NULL;
    errno = mapping ? ENOMEM : ENOSPC;
    if (mapping)
        CloseHandle(mapping);
    if (!data)
        return -1;
    *data_ret = data;
    return 0;
}

void pylm__os_temporary_unmap(void *data, uint64_t nbytes)
{
    (void)nbytes;
    UnmapViewOfFile(data);
}

void pylm__os_temporary_rest(void *data, uint64_t nbytes)
{
    (void)VirtualUnlock(data, (SIZE_T)nbytes); /* of pages that are not locked: they leave the working set */
}
