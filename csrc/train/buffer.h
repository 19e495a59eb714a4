/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * buffer.h: a growing block of bytes that image parts are written to, or, if it has a drain, a pipe to
 * somewhere else. The first failure is kept in `status` and makes everything after it do nothing, so that a
 * writer checks once, at its end.
 */
#ifndef PYLM_TRAIN_BUFFER_H
#define PYLM_TRAIN_BUFFER_H

#include "core/bits.h"
#include "common.h"

/* Takes what a buffer holds, piece by piece, in order. `take` NULL: only the number of bytes matters. */
struct pylm__drain {
    int (*take)(void *user, const uint8_t *data, uint64_t n);
    void (*release)(void *user); /* when the buffer is freed; NULL: nothing is */
    void *user;
};

struct pylm__buffer {
    uint8_t *data;   /* byte number `gone` and those behind it */
    uint64_t n;      /* bytes written altogether */
    uint64_t gone;   /* of them, bytes that the drain has taken; without one 0 */
    uint64_t capacity;
    uint64_t bits;   /* packed bits not yet written, least significant first */
    unsigned n_bits; /* how many: 0 to 7 between calls */
    int status;
    const struct pylm__drain *drain; /* set while the buffer is empty; NULL: everything stays */
};

/* Appends n zero bytes and returns where they begin. */
uint64_t pylm__buffer_zeros(struct pylm__buffer *buffer, uint64_t n);
void pylm__buffer_bytes(struct pylm__buffer *buffer, const void *data, uint64_t n);

/* Appends the low `width` (0 to 32) bits of a value; pylm__buffer_flush() ends a run of them. */
void pylm__buffer_bits(struct pylm__buffer *buffer, uint32_t value, unsigned width);
void pylm__buffer_flush(struct pylm__buffer *buffer);

/* Pads to a position divisible by 8 and returns it. */
uint64_t pylm__buffer_align(struct pylm__buffer *buffer);

/* Makes the drain take everything. */
void pylm__buffer_drain(struct pylm__buffer *buffer);

/* Makes room for so many bytes at once, so that the memory is not moved later. */
void pylm__buffer_reserve(struct pylm__buffer *buffer, uint64_t n);

void pylm__buffer_free(struct pylm__buffer *buffer);

#endif
