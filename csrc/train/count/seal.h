/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * seal.h: what jobs and results begin with. It says what a file is, and of which pylm and kind of processor; and
 * whether it is whole.
 */
#ifndef PYLM_TRAIN_SEAL_H
#define PYLM_TRAIN_SEAL_H

#include "train/base/file.h"

/* The first member of a file's head. */
struct pylm__seal {
    uint8_t magic[8];
    uint64_t checksum; /* of all that follows it */
    uint32_t version, kind, head_nbytes;
};

/* Fills all but the checksum. */
void pylm__seal_begin(struct pylm__seal *seal, const char *magic, uint64_t head_nbytes);

/* Gives a file, which has been written with its head, the checksum. Only pylm__file_close() may follow.
 *   head   begins with a struct pylm__seal, which says how long it is */
int pylm__seal_finish(void *head, struct pylm__file *file);

/* Whether a file is what its seal should say, and whole. PYLM_ERR_FOREIGN, PYLM_ERR_VERSION or PYLM_ERR_DAMAGED. */
int pylm__seal_check(const void *data, uint64_t nbytes, const char *magic, uint64_t head_nbytes);

#endif
