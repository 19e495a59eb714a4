/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * platform.h: all that training and files need of an operating system beyond the C library. posix.c and win32.c
 * implement it; a build has one of them. The engine (csrc/core) does not use it.
 *
 * A function that returns int returns 0, or -1 with the reason in errno, unless it says otherwise. One that returns a
 * pointer returns NULL with the reason in errno.
 */
#ifndef PYLM_PLATFORM_H
#define PYLM_PLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The number of this process. */
long pylm__os_process_id(void);

/* A number of this computer, by its name: not that of another one that shares its files, in practice. */
uint32_t pylm__os_host_id(void);

/* Gives memory that was freed back to the system, as far as the C library kept it. What is to come may need blocks of
 * other sizes, for which it would take more. */
void pylm__os_give_back(void);

/* How many of n threads can run at once, this one among them: those that can be started with the stack that the system
 * gives them, and with some memory left; 1 at least. */
uint32_t pylm__os_startable(uint32_t n);

/* ---- files that are written by name ---- */

/* The name of the file that a path stands for: links are followed, also to a file that does not exist yet. To be freed.
 * It is the path itself if that is no link, or an open file of a process, such as /dev/fd/1. */
char *pylm__os_target(const char *path);

/* Opens a file that does not exist yet for writing. errno is EEXIST if it does. */
FILE *pylm__os_create(const char *path);

/* Opens something that pylm__os_is_device() for writing. */
FILE *pylm__os_open_device(const char *path);

/* 1 for what is to be written to, never replaced: anything but a regular file or a folder, and an open file of this
 * process, such as /dev/stdout or /dev/fd/1, whatever that is; also for links to these. Else 0. */
int pylm__os_is_device(const char *path);

/* The name under which a file is written before it gets its own, PATH.HOST-PROCESS-NUMBER.tmp, into `name`. */
#define PYLM__TEMPORARY_NAME_NBYTES(path_nbytes) ((path_nbytes) + 64u)
void pylm__os_temporary_name(const char *path, int number, char *name, size_t capacity);

/* Removes files under such names that were left behind by processes of this computer that have ended. */
void pylm__os_remove_stale(const char *path);

/* Waits until the disk has what was written to a file. */
int pylm__os_sync(FILE *file);

/* Renames a file; one that has the new name already is replaced at once, so that nobody ever sees none. Waits until the
 * disk has the new name, where the system can do that. */
int pylm__os_replace(const char *from, const char *to);

/* ---- files that are read by mapping ---- */

/* Maps a regular file into memory, read-only. An empty one gives a non-NULL address and 0 bytes. */
int pylm__os_map(const char *path, const void **data, uint64_t *nbytes);
void pylm__os_unmap(const void *data, uint64_t nbytes);

/* Puts copies in the place of the pages, of a mapping of map_nbytes bytes, that have something of `nbytes` bytes from
 * `at` on: whatever becomes of the file, they stay as they are. */
int pylm__os_keep(const void *data, uint64_t map_nbytes, uint64_t at, uint64_t nbytes);

/* Says of a file that takes more than half of the computer's memory that it will be read here and there. The system
 * then reads no more of it than is asked for. A smaller one is in memory sooner if it reads ahead. */
void pylm__os_read_here_and_there(const void *data, uint64_t nbytes);

/* ---- temporary files ---- */

/* Opens a file without a name, which is gone once it is closed or the process ends. It lies in the folder that the
 * environment's TMPDIR names (POSIX only), else in `folder`, or if that is NULL in the system's for temporary files.
 * Several threads may read and write it at once. */
void *pylm__os_temporary_open(const char *folder);
void pylm__os_temporary_close(void *file);
int pylm__os_temporary_write(void *file, uint64_t offset, const void *data, uint64_t n);
int pylm__os_temporary_read(void *file, uint64_t offset, void *data, uint64_t n);

/* Makes a temporary file so many bytes long, which the disk has room for, and maps them to be read and written. What
 * was mapped before stays mapped as long as the file is not made shorter. */
int pylm__os_temporary_map(void *file, uint64_t nbytes, void **data);
void pylm__os_temporary_unmap(void *data, uint64_t nbytes);

/* Gives back the memory that a mapped file has at the moment; it is still mapped, and what is in it stays. */
void pylm__os_temporary_rest(void *data, uint64_t nbytes);

#endif
