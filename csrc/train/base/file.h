/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * file.h: a file that is written piece by piece, and appears under its name only when it is complete. errno says
 * why something failed with PYLM_ERR_FILE.
 */
#ifndef PYLM_TRAIN_FILE_H
#define PYLM_TRAIN_FILE_H

#include "common.h"

struct pylm__file;

/* As pylm_file_save() says; `*file` is to be closed if this succeeds. */
int pylm__file_open(struct pylm__file **file, const char *path);
int pylm__file_write(struct pylm__file *file, const void *data, uint64_t nbytes);

/* What has been written so far, mapped; pylm_file_unmap() before more is written. Not for devices. */
int pylm__file_map(struct pylm__file *file, const void **data, uint64_t *nbytes);

/* Writes over the beginning of what has been written, at the very end. */
int pylm__file_write_head(struct pylm__file *file, const void *data, uint64_t nbytes);

/* Completes the file if `status` is PYLM_OK, else leaves everything as it was before. Returns the first failure. */
int pylm__file_close(struct pylm__file *file, int status);

#endif
