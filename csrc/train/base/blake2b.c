/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * blake2b.c: see blake2b.h. Names are those of RFC 7693, section 3.
 */
#include "blake2b.h"

#include <string.h>

#include "core/bits.h"

#define ROUNDS 12u

static const uint64_t iv[8] = {UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b), UINT64_C(0x3c6ef372fe94f82b),
                               UINT64_C(0xa54ff53a5f1d36f1), UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
                               UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};

/* In which order the words of a block are taken; the last two rounds are the first two again. */
static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static uint64_t turn(uint64_t x, unsigned n)
{
    return x >> n | x << (64u - n);
}

static void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y)
{
    *a += *b + x;
    *d = turn(*d ^ *a, 32);
    *c += *d;
    *b = turn(*b ^ *c, 24);
    *a += *b + y;
    *d = turn(*d ^ *a, 16);
    *c += *d;
    *b = turn(*b ^ *c, 63);
}

static void compress(struct pylm__blake2b *digest, const uint8_t *block, int is_last)
{
    uint64_t v[16], m[16];
    unsigned i, round;
    for (i = 0; i < 8u; i++) {
        v[i] = digest->h[i];
        v[i + 8u] = iv[i];
    }
    v[12] ^= digest->n;
    if (is_last)
        v[14] = ~v[14];
    for (i = 0; i < 16u; i++)
        m[i] = pylm__load64(block + 8u * i);
    for (round = 0; round < ROUNDS; round++) {
        const uint8_t *s = sigma[round % 10u];
        for (i = 0; i < 4u; i++)
            mix(&v[i], &v[i + 4u], &v[i + 8u], &v[i + 12u], m[s[2u * i]], m[s[2u * i + 1u]]);
        for (i = 0; i < 4u; i++)
            mix(&v[i], &v[(i + 1u) % 4u + 4u], &v[(i + 2u) % 4u + 8u], &v[(i + 3u) % 4u + 12u], m[s[8u + 2u * i]],
                m[s[9u + 2u * i]]);
    }
    for (i = 0; i < 8u; i++)
        digest->h[i] ^= v[i] ^ v[i + 8u];
}

void pylm__blake2b_begin(struct pylm__blake2b *digest)
{
    memset(digest, 0, sizeof *digest);
    memcpy(digest->h, iv, sizeof iv);
    digest->h[0] ^= UINT64_C(0x01010000) ^ PYLM__BLAKE2B_NBYTES; /* the parameters: no key, no tree */
}

void pylm__blake2b_add(struct pylm__blake2b *digest, const uint8_t *data, uint64_t nbytes)
{
    while (nbytes) {
        uint64_t n = PYLM__BLAKE2B_BLOCK - digest->n_block;
        if (!n) { /* not before there is more: the last block is another one */
            compress(digest, digest->block, 0);
            digest->n_block = 0;
            continue;
        }
        n = n < nbytes ? n : nbytes;
        memcpy(digest->block + digest->n_block, data, (size_t)n);
        digest->n_block += (uint32_t)n;
        digest->n += n;
        data += n;
        nbytes -= n;
    }
}

void pylm__blake2b_end(struct pylm__blake2b *digest, uint8_t out[PYLM__BLAKE2B_NBYTES])
{
    unsigned i;
    memset(digest->block + digest->n_block, 0, PYLM__BLAKE2B_BLOCK - digest->n_block);
    compress(digest, digest->block, 1);
    for (i = 0; i < 8u; i++)
        pylm__store64(out + 8u * i, digest->h[i]);
}
