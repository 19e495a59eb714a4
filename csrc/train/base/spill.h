/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spill.h: tables that are not needed before the image is written go to a temporary file instead of memory. The file
 * has no name. So it is gone when the process ends, in whatever way.
 */
#ifndef PYLM_TRAIN_SPILL_H
#define PYLM_TRAIN_SPILL_H

#include "buffer.h"

/* One file for all parts and threads. */
struct pylm__spill {
    void *file; /* NULL: not open */
    uint64_t n; /* bytes in it */
};

/* Opens the file; pylm__os_temporary_open() says in which folder. PYLM_ERR_FILE (errno says why). */
int pylm__spill_open(struct pylm__spill *spill, const char *folder);
void pylm__spill_close(struct pylm__spill *spill);

/* Gives an empty buffer a drain into the file. */
void pylm__buffer_spill(struct pylm__buffer *buffer, struct pylm__spill *spill);

/* Appends all bytes of a buffer to another one, which may have a drain. If `from` spills, it must have been drained. */
void pylm__buffer_append(struct pylm__buffer *buffer, const struct pylm__buffer *from);

#endif
