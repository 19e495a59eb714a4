/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * record.c: a shared library that is loaded before others (LD_PRELOAD) and writes down what a process does to the files
 * below a folder: what came to be in them, names, and what was flushed. tests/py/disk.py reads it and cuts the power.
 * Linux only. Environment:
 *
 *     PYLM_RECORD_FOLDER   the folder, without links
 *     PYLM_RECORD_LOG      the file that is written, outside of it
 *     PYLM_RECORD_WITHOUT  "files", "folders": fsync() of these does nothing, as if it were not called
 *
 * What is in a file is looked at before and after each call, in sectors; so it does not matter how it got there. Each
 * record is a line, with a NUL behind each path; data follow theirs.
 *
 *     open ID is_new PATH     a file is opened to be written; ID is a number for this time
 *     data ID AT N            N bytes from AT on are now these, which follow
 *     size ID N               the file now has N bytes
 *     sync ID | syncdir PATH  the disk has it
 *     rename FROM TO | link FROM TO | unlink PATH | mkdir PATH | rmdir PATH
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST_FILES 4096
#define SECTOR 512u /* what a disk writes at once */
#define REAL(name)                                                                                                     \
    static __typeof__(&name) real;                                                                                     \
    if (!real)                                                                                                         \
    real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

struct watched {
    long id; /* 0: none */
    unsigned char *seen;
    size_t nbytes;
};

static struct watched files[MOST_FILES]; /* by file descriptor */
static long n_opened;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

/* ---- the log ---- */

static int real_open(const char *path, int flags, mode_t mode)
{
    static int (*real)(const char *, int, ...);
    if (!real)
        real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return real(path, flags, mode);
}

static void put(const char *head, const void *data, size_t nbytes)
{
    static ssize_t (*real_write)(int, const void *, size_t);
    static int log = -1;
    if (log < 0) {
        real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
        log = real_open(setting("PYLM_RECORD_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
    if (log < 0 || real_write(log, head, strlen(head)) < 0 || (nbytes && real_write(log, data, nbytes) < 0))
        abort();
}

/* The whole path of a name, if it is below the folder. */
static int whole(int folder, const char *name, char *path)
{
    char link[64], base[PATH_MAX] = "";
    const char *root = setting("PYLM_RECORD_FOLDER");
    ssize_t n;
    if (*name != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base))
                return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            n = readlink(link, base, sizeof base - 1u);
            if (n < 0)
                return 0;
            base[n] = 0;
        }
    }
    if (snprintf(path, PATH_MAX, "%s%s%s", base, *base ? "/" : "", name) >= PATH_MAX)
        return 0;
    return *root && strncmp(path, root, strlen(root)) == 0;
}

static void note(const char *what, const char *path, const char *other)
{
    put(what, " ", 1);
    put("", path, strlen(path) + 1u);
    if (other)
        put("", other, strlen(other) + 1u);
    put("\n", NULL, 0);
}

/* ---- what is in files ---- */

/* All that is in an open file, to be freed. It may have been opened to be written only. */
static unsigned char *contents(int fd, size_t *nbytes)
{
    char path[64];
    struct stat info;
    unsigned char *data;
    ssize_t got;
    int readable;
    REAL(close);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    readable = real_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (readable < 0 || fstat(readable, &info) != 0 || !(data = malloc((size_t)info.st_size + 1u)))
        abort();
    for (*nbytes = 0; *nbytes < (size_t)info.st_size; *nbytes += (size_t)got)
        if ((got = pread(readable, data + *nbytes, (size_t)info.st_size - *nbytes, (off_t)*nbytes)) <= 0)
            abort();
    real(readable);
    return data;
}

static void look_at(int fd)
{
    struct watched *file = &files[fd];
    unsigned char *now;
    char line[128];
    size_t n, at, end;
    now = contents(fd, &n);
    if (n != file->nbytes) {
        snprintf(line, sizeof line, "size %ld %zu\n", file->id, n);
        put(line, NULL, 0);
    }
    for (at = 0; at < n; at = end) {
        end = at + SECTOR < n ? at + SECTOR : n;
        if (end <= file->nbytes && memcmp(now + at, file->seen + at, end - at) == 0)
            continue;
        snprintf(line, sizeof line, "data %ld %zu %zu\n", file->id, at, end - at);
        put(line, now + at, end - at);
    }
    free(file->seen);
    file->seen = now;
    file->nbytes = n;
}

/* To be called around each call that is watched; takes the lock, and leaves errno as it is. */
static void look(void)
{
    int fd, error = errno;
    pthread_mutex_lock(&lock);
    for (fd = 0; fd < MOST_FILES; fd++)
        if (files[fd].id)
            look_at(fd);
    errno = error;
}

static void look_once(void)
{
    look();
    pthread_mutex_unlock(&lock);
}

static int is_watched(int fd)
{
    return fd >= 0 && fd < MOST_FILES && files[fd].id;
}

static void forget(int fd)
{
    free(files[fd].seen);
    memset(&files[fd], 0, sizeof files[fd]);
}

/* ---- calls ---- */

/* What is in a file already is what it was; one that was cut to nothing has lost it here. */
static int opened(int fd, int flags, int is_new, const char *path)
{
    char line[64];
    int error = errno;
    if (fd < 0 || fd >= MOST_FILES || (flags & O_ACCMODE) == O_RDONLY)
        return fd;
    pthread_mutex_lock(&lock);
    forget(fd);
    files[fd].id = ++n_opened;
    snprintf(line, sizeof line, "open %ld %d", n_opened, is_new);
    note(line, path, NULL);
    if (flags & O_TRUNC)
        files[fd].nbytes = SIZE_MAX; /* so that its size is written down */
    else if (!is_new)
        files[fd].seen = contents(fd, &files[fd].nbytes);
    look_at(fd);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

static int open_at(int folder, const char *name, int flags, mode_t mode)
{
    static int (*real)(int, const char *, int, ...);
    char path[PATH_MAX];
    struct stat info;
    int is_ours = whole(folder, name, path), is_new, fd;
    if (!real)
        real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    is_new = stat(path, &info) != 0;
    fd = real(folder, name, flags, mode);
    return is_ours ? opened(fd, flags, is_new, path) : fd;
}

#define OPENS(function, parameters, folder)                                                                            \
    int function parameters                                                                                            \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        mode_t mode;                                                                                                   \
        va_start(arguments, flags);                                                                                    \
        mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;                                                   \
        va_end(arguments);                                                                                             \
        return open_at(folder, name, flags, mode);                                                                     \
    }

OPENS(open, (const char *name, int flags, ...), AT_FDCWD)
OPENS(open64, (const char *name, int flags, ...), AT_FDCWD)
OPENS(openat, (int folder, const char *name, int flags, ...), folder)
OPENS(openat64, (int folder, const char *name, int flags, ...), folder)

ssize_t write(int fd, const void *data, size_t nbytes)
{
    ssize_t n;
    REAL(write);
    n = real(fd, data, nbytes);
    if (is_watched(fd))
        look_once();
    return n;
}

size_t fwrite(const void *data, size_t nbytes, size_t n, FILE *file)
{
    REAL(fwrite);
    n = real(data, nbytes, n, file);
    if (is_watched(fileno(file)))
        look_once();
    return n;
}

static int synced(int fd, int (*real)(int))
{
    struct stat info;
    char path[PATH_MAX], line[64];
    int is_folder = fstat(fd, &info) == 0 && S_ISDIR(info.st_mode), done;
    if (!(is_folder ? whole(fd, ".", path) : is_watched(fd)))
        return real(fd);
    if (strcmp(setting("PYLM_RECORD_WITHOUT"), is_folder ? "folders" : "files") == 0)
        return 0;
    look();
    done = real(fd);
    if (done == 0 && is_folder) {
        path[strlen(path) - 2u] = 0; /* the "/." */
        note("syncdir", path, NULL);
    } else if (done == 0) {
        snprintf(line, sizeof line, "sync %ld\n", files[fd].id);
        put(line, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd)
{
    REAL(fsync);
    return synced(fd, real);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return synced(fd, real);
}

int ftruncate(int fd, off_t nbytes)
{
    int done;
    REAL(ftruncate);
    done = real(fd, nbytes);
    if (is_watched(fd))
        look_once();
    return done;
}

int close(int fd)
{
    REAL(close);
    if (is_watched(fd)) {
        look();
        forget(fd);
        pthread_mutex_unlock(&lock);
    }
    return real(fd);
}

int fclose(FILE *file)
{
    int fd = fileno(file);
    REAL(fclose);
    if (is_watched(fd)) {
        (void)fflush(file); /* as closing does */
        look();
        forget(fd);
        pthread_mutex_unlock(&lock);
    }
    return real(file);
}

/* A name that was changed: by one call, in the order of calls. */
static int named(int done, const char *what, int folder, const char *name, int to_folder, const char *to)
{
    char path[PATH_MAX], other[PATH_MAX];
    int error = errno;
    if (done == 0 && whole(folder, name, path) && (!to || whole(to_folder, to, other))) {
        look();
        note(what, path, to ? other : NULL);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return done;
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    look_once();
    return named(real(from, to), "rename", AT_FDCWD, from, AT_FDCWD, to);
}

int renameat(int folder, const char *from, int to_folder, const char *to)
{
    REAL(renameat);
    look_once();
    return named(real(folder, from, to_folder, to), "rename", folder, from, to_folder, to);
}

int link(const char *from, const char *to)
{
    REAL(link);
    return named(real(from, to), "link", AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    REAL(unlink);
    return named(real(path), "unlink", AT_FDCWD, path, 0, NULL);
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(unlinkat);
    return named(real(folder, path, flags), flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, path, 0, NULL);
}

int remove(const char *path)
{
    REAL(remove);
    return named(real(path), "unlink", AT_FDCWD, path, 0, NULL);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    return named(real(path, mode), "mkdir", AT_FDCWD, path, 0, NULL);
}

int rmdir(const char *path)
{
    REAL(rmdir);
    return named(real(path), "rmdir", AT_FDCWD, path, 0, NULL);
}
