/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * files.c: a shared library that is loaded before others (LD_PRELOAD) and lets the n-th operation on files fail that are
 * written below a folder. For tests/py/test_faults.py; Linux only. Environment:
 *
 *     PYLM_FAULT_FOLDER   the folder
 *     PYLM_FAULT_MODE     kill: the process dies before it; half: it dies after half of a write; eio, enospc: it fails
 *     PYLM_FAULT_AT       n, from 1 on; 0: none
 *     PYLM_FAULT_LOG      a file to which the name of each operation is appended
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST_FILES 4096
#define REAL(name)                                                                                                     \
    static __typeof__(&name) real;                                                                                     \
    if (!real)                                                                                                         \
    real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static unsigned char is_ours[MOST_FILES]; /* by file descriptor */
static long n_operations;

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int is_below(const char *path)
{
    const char *folder = setting("PYLM_FAULT_FOLDER");
    return *folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_open(int fd)
{
    return fd >= 0 && fd < MOST_FILES && is_ours[fd];
}

static void note(const char *name)
{
    FILE *log;
    REAL(fopen);
    log = *setting("PYLM_FAULT_LOG") ? real(setting("PYLM_FAULT_LOG"), "a") : NULL;
    if (log) {
        fprintf(log, "%s\n", name);
        fclose(log);
    }
}

enum { GOES_ON, FAILS, HALF };

static int operation(const char *name, int is_write)
{
    const char *mode = setting("PYLM_FAULT_MODE");
    note(name);
    if (++n_operations != atol(setting("PYLM_FAULT_AT")))
        return GOES_ON;
    if (strcmp(mode, "half") == 0 && is_write)
        return HALF;
    if (strcmp(mode, "kill") == 0 || strcmp(mode, "half") == 0)
        kill(getpid(), SIGKILL);
    errno = strcmp(mode, "enospc") == 0 ? ENOSPC : EIO;
    return *mode ? FAILS : GOES_ON;
}

static int opened(int fd, int ours)
{
    if (fd >= 0 && fd < MOST_FILES)
        is_ours[fd] = (unsigned char)ours;
    return fd;
}

static int open_with(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
    int ours = is_below(path) && (flags & O_ACCMODE) != O_RDONLY;
    if (ours && operation("open", 0) == FAILS)
        return -1;
    return opened(real(path, flags, mode), ours);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    REAL(open);
    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_with(real, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    REAL(open64);
    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_with(real, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    int ours = is_below(path) && *mode != 'r';
    FILE *file;
    REAL(fopen);
    if (ours && operation("fopen", 0) == FAILS)
        return NULL;
    file = real(path, mode);
    if (file)
        (void)opened(fileno(file), ours);
    return file;
}

ssize_t write(int fd, const void *data, size_t nbytes)
{
    int what = is_open(fd) ? operation("write", 1) : GOES_ON;
    REAL(write);
    if (what == FAILS)
        return -1;
    if (what == HALF) {
        (void)!real(fd, data, nbytes / 2u);
        kill(getpid(), SIGKILL);
    }
    return real(fd, data, nbytes);
}

size_t fwrite(const void *data, size_t nbytes, size_t n, FILE *file)
{
    int what = is_open(fileno(file)) ? operation("fwrite", 1) : GOES_ON;
    REAL(fwrite);
    if (what == FAILS)
        return 0;
    if (what == HALF) {
        (void)!real(data, 1, nbytes * n / 2u, file);
        fflush(file);
        kill(getpid(), SIGKILL);
    }
    return real(data, nbytes, n, file);
}

int fsync(int fd)
{
    REAL(fsync);
    return is_open(fd) && operation("fsync", 0) == FAILS ? -1 : real(fd);
}

int ftruncate(int fd, off_t nbytes)
{
    REAL(ftruncate);
    return is_open(fd) && operation("ftruncate", 0) == FAILS ? -1 : real(fd, nbytes);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return is_below(to) && operation("rename", 0) == FAILS ? -1 : real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(renameat);
    return is_below(to) && operation("rename", 0) == FAILS ? -1 : real(from_folder, from, to_folder, to);
}

int unlink(const char *path)
{
    REAL(unlink);
    return is_below(path) && operation("unlink", 0) == FAILS ? -1 : real(path);
}

int close(int fd)
{
    int ours = is_open(fd);
    REAL(close);
    if (ours)
        is_ours[fd] = 0;
    if (ours && operation("close", 0) == FAILS) {
        int error = errno;
        (void)real(fd);
        errno = error;
        return -1;
    }
    return real(fd);
}
