/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * posix.c: platform.h for POSIX systems: Linux, macOS, the BSDs.
 */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* POSIX of 2008, and realpath() */
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise(): glibc, musl */
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE /* MAP_ANON */
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#if defined(__GLIBC__) && !defined(__UCLIBC__)
#include <malloc.h>
#endif

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

#define MAX_NAMES 1000 /* temporary names tried: threads may open files at once */
#define MAX_LINKS 40   /* that lead to one another, as the system allows */

long pylm__os_process_id(void)
{
    return (long)getpid();
}

uint32_t pylm__os_host_id(void)
{
    char name[256];
    uint32_t hash = 2166136261u;
    size_t i;
    if (gethostname(name, sizeof name - 1u) != 0)
        return 0;
    name[sizeof name - 1u] = 0;
    for (i = 0; name[i]; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

void pylm__os_give_back(void)
{
#if defined(__GLIBC__) && !defined(__UCLIBC__)
    (void)malloc_trim(0);
#endif
}

/* ---- files that are written by name ---- */

/* Where the last part of a path begins. */
static size_t folder_nbytes(const char *path)
{
    size_t n = strlen(path);
    while (n && path[n - 1u] != '/')
        n--;
    return n;
}

/* The folder of a path, without links, to be freed; NULL if there is none. */
static char *real_folder(const char *path)
{
    size_t n = folder_nbytes(path);
    char *folder = malloc(n + 2u), *real;
    if (!folder)
        return NULL;
    memcpy(folder, path, n);
    memcpy(folder + n, ".", 2);
    real = realpath(folder, NULL);
    free(folder);
    return real;
}

enum { NO_OPEN_FILE = -1, OF_ANOTHER_PROCESS = -2 };

/* The number of the open file that a path names, such as 1 for /dev/fd/1; or one of the above. */
static int open_file_of(const char *path)
{
    const char *number = path + folder_nbytes(path);
    char own[48], *folder;
    int result = NO_OPEN_FILE;
    if (!*number || number[strspn(number, "0123456789")] || strlen(number) > 8u)
        return NO_OPEN_FILE;
    if (strncmp(path, "/dev/fd/", 8) == 0 && number == path + 8)
        return atoi(number);
    folder = real_folder(path);
    (void)snprintf(own, sizeof own, "/proc/%ld/fd", pylm__os_process_id());
    if (folder && (strcmp(folder, own) == 0 || strcmp(folder, "/dev/fd") == 0))
        result = atoi(number);
    else if (folder && strncmp(folder, "/proc/", 6) == 0)
        result = OF_ANOTHER_PROCESS;
    free(folder);
    return result;
}

/* What a link at `path`, to be freed, leads to; to be freed, too. */
static char *join(char *path, const char *link)
{
    size_t n = *link == '/' ? 0u : folder_nbytes(path), link_nbytes = strlen(link) + 1u;
    char *joined = malloc(n + link_nbytes);
    if (joined) {
        memcpy(joined, path, n);
        memcpy(joined + n, link, link_nbytes);
    }
    free(path);
    return joined;
}

char *pylm__os_target(const char *path)
{
    char link[4096], *target = strdup(path);
    ssize_t n;
    int i;
    for (i = 0; i < MAX_LINKS && target; i++) {
        if (open_file_of(target) != NO_OPEN_FILE || (n = readlink(target, link, sizeof link)) < 0)
            return target;
        link[(size_t)n < sizeof link ? (size_t)n : sizeof link - 1u] = 0;
        target = join(target, link);
    }
    errno = target ? ELOOP : ENOMEM;
    free(target);
    return NULL;
}

/* An open file as a stream. Without memory for that it is closed, and errno says so. */
static FILE *stream_of(int file)
{
    FILE *stream = file < 0 ? NULL : fdopen(file, "wb");
    int error = errno;
    if (file >= 0 && !stream)
        (void)close(file);
    errno = error;
    return stream;
}

FILE *pylm__os_create(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666), error;
    FILE *stream = stream_of(file);
    error = errno;
    if (file >= 0 && !stream)
        (void)unlink(path);
    errno = error;
    return stream;
}

FILE *pylm__os_open_device(const char *path)
{
    char *target = pylm__os_target(path);
    int number, file = -1;
    if (!target)
        return NULL;
    number = open_file_of(target); /* opened again, it would begin at the start once more */
    file = number >= 0 ? dup(number) : open(target, O_WRONLY);
    free(target);
    return stream_of(file);
}

int pylm__os_is_device(const char *path)
{
    char *target = pylm__os_target(path);
    struct stat info;
    int result = target && (open_file_of(target) != NO_OPEN_FILE ||
                            (stat(target, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)));
    free(target);
    return result;
}

void pylm__os_temporary_name(const char *path, int number, char *name, size_t capacity)
{
    (void)snprintf(name, capacity, "%s.%08lx-%ld-%d.tmp", path, (unsigned long)pylm__os_host_id(),
                   pylm__os_process_id(), number);
}

/* Whether `name` is a temporary one of `file` whose process was on this computer, and has ended. */
static int is_stale(const char *name, const char *file)
{
    size_t n = strlen(file);
    unsigned long host;
    long process;
    int number, end = 0;
    if (strncmp(name, file, n) != 0)
        return 0;
    for (name += n; *name; name += end) { /* a temporary file can have one of its own */
        end = 0;
        if (sscanf(name, ".%8lx-%ld-%d.tmp%n", &host, &process, &number, &end) != 3 || !end)
            return 0;
        if (host != pylm__os_host_id() || process <= 0 || kill((pid_t)process, 0) == 0 || errno != ESRCH)
            return 0;
    }
    return end > 0;
}

void pylm__os_remove_stale(const char *path)
{
    char *folder = real_folder(path);
    DIR *entries = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    while (entries && (entry = readdir(entries)) != NULL)
        if (is_stale(entry->d_name, path + folder_nbytes(path)))
            (void)unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        (void)closedir(entries);
    free(folder);
}

int pylm__os_sync(FILE *file)
{
    return fsync(fileno(file)) != 0 && errno != EINVAL ? -1 : 0; /* EINVAL: a device or pipe */
}

/* The new name lasts through a power failure if the folder is flushed, too. Some file systems cannot. */
int pylm__os_replace(const char *from, const char *to)
{
    char *name;
    int folder;
    if (rename(from, to) != 0)
        return -1;
    name = real_folder(to);
    folder = name ? open(name, O_RDONLY) : -1;
    if (folder >= 0) {
        (void)fsync(folder);
        (void)close(folder);
    }
    free(name);
    return 0;
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

int pylm__os_keep(const void *data, uint64_t map_nbytes, uint64_t at, uint64_t nbytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), begin = (size_t)at / page * page, n;
    uint8_t *pages = (uint8_t *)(uintptr_t)data + begin;
    void *copy;
    int done;
    if (at >= map_nbytes || !nbytes)
        return 0;
    n = (size_t)(nbytes < map_nbytes - at ? at + nbytes : map_nbytes) - begin;
    n = (n + page - 1u) / page * page; /* a mapping ends with its page */
    copy = malloc(n);
    if (!copy)
        return -1;
    memcpy(copy, pages, n);
    done = mmap(pages, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    if (done) {
        memcpy(pages, copy, n);
        done = mprotect(pages, n, PROT_READ) == 0;
    }
    free(copy);
    return done ? 0 : -1;
}

void pylm__os_read_here_and_there(const void *data, uint64_t nbytes)
{
    long n_pages = sysconf(_SC_PHYS_PAGES), page_nbytes = sysconf(_SC_PAGESIZE);
    if (n_pages > 0 && page_nbytes > 0 && nbytes / (uint64_t)page_nbytes > (uint64_t)n_pages / 2u)
        (void)posix_madvise((void *)(uintptr_t)data, (size_t)nbytes, POSIX_MADV_RANDOM);
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

/* Sets the length of a file; a longer one gets its room on the disk now. Else a full disk would be found out when the
 * mapped memory is written to, and end the process. Returns 0 or an error number. */
static int set_length(int file, uint64_t nbytes)
{
    struct stat info;
    int error;
    if (fstat(file, &info) != 0)
        return errno;
    if ((uint64_t)info.st_size >= nbytes)
        return ftruncate(file, (off_t)nbytes) != 0 ? errno : 0;
#if defined(__APPLE__)
    error = ftruncate(file, (off_t)nbytes) != 0 ? errno : 0; /* there is no other way */
#else
    do
        error = posix_fallocate(file, info.st_size, (off_t)nbytes - info.st_size);
    while (error == EINTR);
#endif
    return error;
}

int pylm__os_temporary_map(void *pointer, uint64_t nbytes, void **data_ret)
{
    int file = as_file(pointer), error = nbytes > SIZE_MAX ? EFBIG : set_length(file, nbytes);
    void *data = error ? MAP_FAILED : mmap(NULL, (size_t)nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (error)
        errno = error;
    if (data == MAP_FAILED)
        return -1;
    *data_ret = data;
    return 0;
}

void pylm__os_temporary_unmap(void *data, uint64_t nbytes)
{
    (void)munmap(data, (size_t)nbytes);
}

void pylm__os_temporary_rest(void *data, uint64_t nbytes)
{
#if defined(__linux__)
    (void)madvise(data, (size_t)nbytes, MADV_DONTNEED); /* there, the pages of a file are kept by the file */
#else
    (void)data;
    (void)nbytes;
#endif
}
