/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * blake2b.h: BLAKE2b, a digest that nobody can aim at (RFC 7693), without a key, of 64 bytes.
 */
#ifndef PYLM_TRAIN_BLAKE2B_H
#define PYLM_TRAIN_BLAKE2B_H

#include <stdint.h>

#define PYLM__BLAKE2B_BLOCK 128u
#define PYLM__BLAKE2B_NBYTES 64u

struct pylm__blake2b {
    uint64_t h[8];
    uint64_t n; /* bytes so far, those of `block` included */
    uint8_t block[PYLM__BLAKE2B_BLOCK];
    uint32_t n_block; /* bytes of it that wait */
};

void pylm__blake2b_begin(struct pylm__blake2b *digest);
void pylm__blake2b_add(struct pylm__blake2b *digest, const uint8_t *data, uint64_t nbytes);
void pylm__blake2b_end(struct pylm__blake2b *digest, uint8_t out[PYLM__BLAKE2B_NBYTES]);

#endif
