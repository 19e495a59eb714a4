/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * file.h: a file that is written piece by piece, and appears under its name when it is complete. After PYLM_ERR_FILE,
 * errno says why.
 */
#ifndef PYLM_TRAIN_FILE_H
#define PYLM_TRAIN_FILE_H

#include "common.h"

struct pylm__file;

/* Begins a file, as pylm_file_save() does. If this succeeds, pylm__file_close() is to be called. */
int pylm__file_open(struct pylm__file **file, const char *path);
int pylm__file_write(struct pylm__file *file, const void *data, uint64_t nbytes);

/* Maps what has been written. pylm_file_unmap() is to be called before more is written. Not for devices. */
int pylm__file_map(struct pylm__file *file, const void **data, uint64_t *nbytes);

/* Overwrites the start of the file. Only pylm__file_close() may follow. */
int pylm__file_write_head(struct pylm__file *file, const void *data, uint64_t nbytes);

/* Completes the file if `status` is PYLM_OK; else removes it, and an old file of this name stays. Returns the first
 * failure. */
int pylm__file_close(struct pylm__file *file, int status);

/* The folder of a file, to be freed; NULL: there is no memory. */
char *pylm__folder_of(const char *path);

#endif
