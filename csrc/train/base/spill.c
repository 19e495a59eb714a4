/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spill.c: see spill.h. The bytes of a buffer lie in the file in pieces (extents), between those of other buffers.
 */
#include "spill.h"

#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"

struct extent {
    uint64_t offset, n;
};

struct spilled {
    struct pylm__spill *spill;
    struct pylm__drain drain;
    struct extent *extents;
    uint64_t n, capacity;
};

int pylm__spill_open(struct pylm__spill *spill, const char *folder)
{
    spill->n = 0;
    spill->file = pylm__os_temporary_open(folder);
    return spill->file ? PYLM_OK : PYLM_ERR_FILE;
}

void pylm__spill_close(struct pylm__spill *spill)
{
    if (spill->file)
        pylm__os_temporary_close(spill->file);
    spill->file = NULL;
}

static struct extent *add_extent(struct spilled *spilled)
{
    if (spilled->n == spilled->capacity) {
        uint64_t capacity = 2u * spilled->capacity + 16u;
        struct extent *extents = pylm__array_grow(spilled->extents, capacity, sizeof *extents);
        if (!extents)
            return NULL;
        spilled->extents = extents;
        spilled->capacity = capacity;
    }
    return &spilled->extents[spilled->n++];
}

static int take(void *user, const uint8_t *data, uint64_t n)
{
    struct spilled *spilled = user;
    struct extent *extent = add_extent(spilled);
    if (!extent)
        return PYLM_ERR_MEMORY;
    extent->n = n;
#ifdef _OPENMP
#pragma omp critical(pylm_spill)
#endif
    {
        extent->offset = spilled->spill->n;
        spilled->spill->n += n;
    }
    return pylm__os_temporary_write(spilled->spill->file, extent->offset, data, n) == 0 ? PYLM_OK : PYLM_ERR_FILE;
}

static void release(void *user)
{
    struct spilled *spilled = user;
    free(spilled->extents);
    free(spilled);
}

void pylm__buffer_spill(struct pylm__buffer *buffer, struct pylm__spill *spill)
{
    struct spilled *spilled = pylm__array_new(1, sizeof *spilled);
    if (!spilled) {
        buffer->status = PYLM_ERR_MEMORY;
        return;
    }
    spilled->spill = spill;
    spilled->drain.take = take;
    spilled->drain.release = release;
    spilled->drain.user = spilled;
    buffer->drain = &spilled->drain;
}

/* The file's part of a buffer; NULL: all of it is in memory. */
static const struct spilled *spilled_of(const struct pylm__buffer *buffer)
{
    return buffer->drain && buffer->drain->release == release ? buffer->drain->user : NULL;
}

/* Appends an extent. `room` has room for it. */
static int append_extent(struct pylm__buffer *buffer, const struct spilled *from, const struct extent *extent,
                         uint8_t *room)
{
    if (pylm__os_temporary_read(from->spill->file, extent->offset, room, extent->n) != 0)
        return PYLM_ERR_FILE;
    pylm__buffer_bytes(buffer, room, extent->n);
    return buffer->status;
}

void pylm__buffer_append(struct pylm__buffer *buffer, const struct pylm__buffer *from)
{
    const struct spilled *spilled = spilled_of(from);
    uint64_t i, most = 0;
    uint8_t *room;
    if (buffer->drain && !buffer->drain->take) {
        pylm__buffer_drain(buffer);
        buffer->n = buffer->gone = buffer->n + from->n;
        return;
    }
    if (!spilled) {
        pylm__buffer_bytes(buffer, from->data, from->n);
        return;
    }
    for (i = 0; i < spilled->n; i++)
        most = spilled->extents[i].n > most ? spilled->extents[i].n : most;
    room = pylm__array_new(most, 1);
    if (!room)
        buffer->status = PYLM_ERR_MEMORY;
    for (i = 0; i < spilled->n && buffer->status == PYLM_OK; i++)
        buffer->status = append_extent(buffer, spilled, &spilled->extents[i], room);
    free(room);
}

int pylm__reader_begin(struct pylm__reader *reader, const struct pylm__buffer *from, uint64_t block_nbytes)
{
    memset(reader, 0, sizeof *reader);
    reader->from = from;
    if (!spilled_of(from)) {
        reader->data = from->data;
        reader->n = from->n;
        return PYLM_OK;
    }
    reader->data = reader->room = pylm__array_new(block_nbytes, 1);
    reader->capacity = block_nbytes;
    reader->status = reader->room ? PYLM_OK : PYLM_ERR_MEMORY;
    return reader->status;
}

uint64_t pylm__reader_refill(struct pylm__reader *reader, uint64_t n)
{
    const struct spilled *spilled = spilled_of(reader->from);
    if (!spilled || reader->status != PYLM_OK)
        return reader->n;
    if (reader->n)
        memmove(reader->room, reader->data, (size_t)reader->n);
    reader->data = reader->room;
    while (reader->n < n && reader->extent < spilled->n) {
        const struct extent *extent = &spilled->extents[reader->extent];
        uint64_t left = extent->n - reader->done, room = reader->capacity - reader->n, here = left < room ? left : room;
        if (pylm__os_temporary_read(spilled->spill->file, extent->offset + reader->done, reader->room + reader->n,
                                    here) != 0) {
            reader->status = PYLM_ERR_FILE;
            break;
        }
        reader->n += here;
        reader->done += here;
        if (reader->done == extent->n) {
            reader->extent++;
            reader->done = 0;
        }
    }
    return reader->n;
}

int pylm__reader_end(struct pylm__reader *reader, int status)
{
    free(reader->room);
    return status != PYLM_OK ? status : reader->status;
}
