/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spill.h: what has been counted and is not needed before the image is written, in a temporary file instead of
 * memory. The file has no name any more, so it goes with the process, however that ends.
 */
#ifndef PYLM_TRAIN_SPILL_H
#define PYLM_TRAIN_SPILL_H

#include "buffer.h"

/* One file for all parts and threads. */
struct pylm__spill {
    void *file;  /* NULL: not open */
    uint64_t n;  /* bytes in it */
};

/* Opens a file in the folder that the environment variable TMPDIR names, else in `folder`, or if that is NULL
 * in the system's for temporary files. PYLM_ERR_FILE (errno says why). */
int pylm__spill_open(struct pylm__spill *spill, const char *folder);
void pylm__spill_close(struct pylm__spill *spill);

/* From now on, an empty buffer lets its bytes go into the file. */
void pylm__buffer_spill(struct pylm__buffer *buffer, struct pylm__spill *spill);

/* Appends all bytes of a buffer, spilled or not, to another, which may have a drain. Those of `from` that are in
 * memory must all have been drained if it spills. */
void pylm__buffer_append(struct pylm__buffer *buffer, const struct pylm__buffer *from);

#endif
