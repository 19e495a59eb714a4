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

#include <stdint.h>
#include <stdio.h>

/* The number of this process. */
long pylm__os_process_id(void);

/* ---- files that are written by name ---- */

/* Opens a file that does not exist yet for writing. errno is EEXIST if it does. */
FILE *pylm__os_create(const char *path);

/* Opens something that pylm__os_is_device() for writing. */
FILE *pylm__os_open_device(const char *path);

/* 1 for anything that is neither a regular file nor a folder, such as /dev/stdout; else 0. */
int pylm__os_is_device(const char *path);

/* Waits until the disk has what was written to a file. */
int pylm__os_sync(FILE *file);

/* Renames a file; one that has the new name already is replaced at once, so that nobody ever sees none. */
int pylm__os_replace(const char *from, const char *to);

/* ---- files that are read by mapping ---- */

/* Maps a regular file into memory, read-only. An empty one gives a non-NULL address and 0 bytes. */
int pylm__os_map(const char *path, const void **data, uint64_t *nbytes);
void pylm__os_unmap(const void *data, uint64_t nbytes);

/* ---- temporary files ---- */

/* Opens a file without a name, which is gone once it is closed or the process ends. It lies in the folder that the
 * environment's TMPDIR names (POSIX only), else in `folder`, or if that is NULL in the system's for temporary files.
 * Several threads may read and write it at once. */
void *pylm__os_temporary_open(const char *folder);
void pylm__os_temporary_close(void *file);
int pylm__os_temporary_write(void *file, uint64_t offset, const void *data, uint64_t n);
int pylm__os_temporary_read(void *file, uint64_t offset, void *data, uint64_t n);

#endif
