/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * buffer.c: see buffer.h.
 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define DRAIN_NBYTES (UINT32_C(1) << 18) /* held before the drain takes them */

static void drain_all(struct pylm__buffer *buffer)
{
    uint64_t n = buffer->n - buffer->gone;
    if (n && buffer->drain->take)
        buffer->status = buffer->drain->take(buffer->drain->user, buffer->data, n);
    buffer->gone = buffer->n;
}

static int make_room(struct pylm__buffer *buffer, uint64_t n)
{
    if (buffer->status == PYLM_OK && buffer->capacity - (buffer->n - buffer->gone) < n) {
        if (buffer->drain && buffer->n - buffer->gone >= DRAIN_NBYTES / 2u)
            drain_all(buffer);
        if (buffer->capacity - (buffer->n - buffer->gone) < n)
            pylm__buffer_reserve(buffer, buffer->drain ? n + DRAIN_NBYTES : n + buffer->capacity / 2u + 64u);
    }
    return buffer->status == PYLM_OK;
}

/* Where the next byte goes. */
static uint8_t *end_of(const struct pylm__buffer *buffer)
{
    return buffer->data + (buffer->n - buffer->gone);
}

void pylm__buffer_reserve(struct pylm__buffer *buffer, uint64_t n)
{
    uint64_t capacity = buffer->n - buffer->gone + n;
    uint8_t *data;
    if (buffer->status != PYLM_OK || capacity <= buffer->capacity)
        return;
    data = pylm__array_grow(buffer->data, capacity, 1);
    if (data) {
        buffer->data = data;
        buffer->capacity = capacity;
    } else {
        buffer->status = PYLM_ERR_MEMORY;
    }
}

uint64_t pylm__buffer_zeros(struct pylm__buffer *buffer, uint64_t n)
{
    uint64_t begin = buffer->n;
    if (make_room(buffer, n)) {
        memset(end_of(buffer), 0, (size_t)n);
        buffer->n += n;
    }
    return begin;
}

void pylm__buffer_bytes(struct pylm__buffer *buffer, const void *data, uint64_t n)
{
    if (buffer->drain && n >= DRAIN_NBYTES) { /* without a copy */
        if (buffer->status == PYLM_OK)
            drain_all(buffer);
        if (buffer->status == PYLM_OK && buffer->drain->take)
            buffer->status = buffer->drain->take(buffer->drain->user, data, n);
        buffer->n += n;
        buffer->gone += n;
    } else if (n && make_room(buffer, n)) {
        memcpy(end_of(buffer), data, (size_t)n);
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
        *end_of(buffer) = (uint8_t)buffer->bits;
        buffer->n++;
        buffer->bits >>= 8;
        buffer->n_bits -= 8u;
    }
}

void pylm__buffer_bits64(struct pylm__buffer *buffer, uint64_t value, unsigned width)
{
    pylm__buffer_bits(buffer, (uint32_t)value, width < 32u ? width : 32u);
    if (width > 32u)
        pylm__buffer_bits(buffer, (uint32_t)(value >> 32), width - 32u);
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

void pylm__buffer_drain(struct pylm__buffer *buffer)
{
    pylm__buffer_flush(buffer);
    if (buffer->drain && buffer->status == PYLM_OK)
        drain_all(buffer);
}

void pylm__buffer_trim(struct pylm__buffer *buffer)
{
    uint64_t n = buffer->n - buffer->gone;
    uint8_t *data = buffer->status == PYLM_OK && n < buffer->capacity ? pylm__array_grow(buffer->data, n, 1) : NULL;
    if (data) {
        buffer->data = data;
        buffer->capacity = n;
    }
}

void pylm__buffer_free(struct pylm__buffer *buffer)
{
    if (buffer->drain && buffer->drain->release)
        buffer->drain->release(buffer->drain->user);
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}
