/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * buffer.h: a growing block of bytes that parts of an image are written to. With a drain, it is a pipe to somewhere
 * else. The first failure is kept in `status`; after it, all functions do nothing. So a writer checks once, at its end.
 */
#ifndef PYLM_TRAIN_BUFFER_H
#define PYLM_TRAIN_BUFFER_H

#include "common.h"
#include "core/bits.h"

/* Takes the bytes of a buffer, piece by piece, in order. If `take` is NULL, they are only counted. */
struct pylm__drain {
    int (*take)(void *user, const uint8_t *data, uint64_t n);
    void (*release)(void *user); /* called when the buffer is freed; may be NULL */
    void *user;
};

struct pylm__buffer {
    uint8_t *data; /* the bytes from number `gone` on */
    uint64_t n;    /* bytes written altogether */
    uint64_t gone; /* of them, those that the drain has taken; without a drain 0 */
    uint64_t capacity;
    uint64_t bits;   /* packed bits that are not written yet, least significant first */
    unsigned n_bits; /* how many: 0 to 7 between calls */
    int status;
    const struct pylm__drain *drain; /* set while the buffer is empty; NULL: all bytes stay */
};

/* Appends n zero bytes. Returns where they begin. */
uint64_t pylm__buffer_zeros(struct pylm__buffer *buffer, uint64_t n);
void pylm__buffer_bytes(struct pylm__buffer *buffer, const void *data, uint64_t n);

/* Appends the low `width` (0 to 32) bits of a value. pylm__buffer_flush() completes the last byte. */
void pylm__buffer_bits(struct pylm__buffer *buffer, uint32_t value, unsigned width);
void pylm__buffer_bits64(struct pylm__buffer *buffer, uint64_t value, unsigned width); /* up to 64 */
void pylm__buffer_flush(struct pylm__buffer *buffer);

/* Pads to a position divisible by 8. Returns it. */
uint64_t pylm__buffer_align(struct pylm__buffer *buffer);

/* Gives all bytes to the drain. */
void pylm__buffer_drain(struct pylm__buffer *buffer);

/* Makes room for n more bytes, so that memory is not moved later. */
void pylm__buffer_reserve(struct pylm__buffer *buffer, uint64_t n);

/* Gives back the room behind the last byte. */
void pylm__buffer_trim(struct pylm__buffer *buffer);

void pylm__buffer_free(struct pylm__buffer *buffer);

#endif
