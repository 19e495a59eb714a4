/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * buffer.c: see buffer.h.
 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

static int make_room(struct pylm__buffer *buffer, uint64_t n)
{
    if (buffer->status == PYLM_OK && buffer->capacity - buffer->n < n) {
        uint64_t capacity = buffer->capacity + buffer->capacity / 2u + n + 64u;
        uint8_t *data = pylm__array_grow(buffer->data, capacity, 1);
        if (data) {
            buffer->data = data;
            buffer->capacity = capacity;
        } else {
            buffer->status = PYLM_ERR_MEMORY;
        }
    }
    return buffer->status == PYLM_OK;
}

uint64_t pylm__buffer_zeros(struct pylm__buffer *buffer, uint64_t n)
{
    uint64_t begin = buffer->n;
    if (make_room(buffer, n)) {
        memset(buffer->data + buffer->n, 0, (size_t)n);
        buffer->n += n;
    }
    return begin;
}

void pylm__buffer_bytes(struct pylm__buffer *buffer, const void *data, uint64_t n)
{
    if (n && make_room(buffer, n)) {
        memcpy(buffer->data + buffer->n, data, (size_t)n);
        buffer->n += n;
    }
}

void pylm__buffer_bits(struct pylm__buffer *buffer, uint32_t value, unsigned width)
{
    if (!make_room(buffer, 5))
        return;
    buffer->bits |= (value & (((uint64_t)1 << width) - 1u)) << buffer->n_bits;
    buffer->n_bits += width;
    while (buffer->n_bits >= 8u) {
        buffer->data[buffer->n++] = (uint8_t)buffer->bits;
        buffer->bits >>= 8;
        buffer->n_bits -= 8u;
    }
}

void pylm__buffer_flush(struct pylm__buffer *buffer)
{
    if (buffer->n_bits)
        pylm__buffer_bits(buffer, 0, 8u - buffer->n_bits);
}

uint64_t pylm__buffer_align(struct pylm__buffer *buffer)
{
    pylm__buffer_flush(buffer);
    (void)pylm__buffer_zeros(buffer, (8u - (buffer->n & 7u)) & 7u);
    return buffer->n;
}

void pylm__buffer_free(struct pylm__buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}
