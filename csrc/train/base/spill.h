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

/* Reads a buffer again, from its first byte on: from memory, or in blocks from the file. */
struct pylm__reader {
    const struct pylm__buffer *from;
    const uint8_t *data; /* the bytes that come next, */
    uint64_t n;          /* so many; pylm__reader_need() gets more */
    uint8_t *room;       /* of a buffer that spills; else NULL */
    uint64_t capacity;
    uint64_t extent, done; /* the part of the file that is read next, and how much of it has been read */
    int status;
};

/* If `from` spills, it must have been drained.
 *   block_nbytes   of the file, to be read at a time */
int pylm__reader_begin(struct pylm__reader *reader, const struct pylm__buffer *from, uint64_t block_nbytes);

/* Gets n bytes, at most a block, side by side. Returns how many there are: fewer at the end, and after a failure. */
uint64_t pylm__reader_refill(struct pylm__reader *reader, uint64_t n);
static inline uint64_t pylm__reader_need(struct pylm__reader *reader, uint64_t n)
{
    return reader->n >= n ? reader->n : pylm__reader_refill(reader, n);
}

/* Goes n bytes further, which are there. */
static inline void pylm__reader_skip(struct pylm__reader *reader, uint64_t n)
{
    reader->data += n;
    reader->n -= n;
}

/* Frees what it has. Returns `status`, or if that is PYLM_OK, the reader's own. */
int pylm__reader_end(struct pylm__reader *reader, int status);

#endif
