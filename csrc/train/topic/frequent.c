/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * frequent.c: see frequent.h.
 */
#include "frequent.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/hash_table.h"

#define FIRST_BITS 12u

/* The slot of a hash, or the empty one in which it belongs. */
static uint32_t slot_of(const struct pylm__frequencies *f, uint32_t hash)
{
    uint32_t mask = pylm__mask(f->bits), slot = (uint32_t)(pylm__hash_step(PYLM__HASH_SEED, hash) >> 32) & mask;
    while (f->hashes[slot] && f->hashes[slot] != hash)
        slot = (slot + 1u) & mask;
    return slot;
}

static int grow(struct pylm__frequencies *f)
{
    struct pylm__frequencies grown = {NULL, NULL, f->n, f->bits ? f->bits + 1u : FIRST_BITS};
    uint64_t n = (uint64_t)1 << grown.bits, i;
    grown.hashes = pylm__array_new(n, sizeof *grown.hashes);
    grown.counts = pylm__array_new(n, sizeof *grown.counts);
    if (!grown.hashes || !grown.counts || grown.bits > 31u) {
        pylm__frequencies_free(&grown);
        return PYLM_ERR_MEMORY;
    }
    for (i = 0; f->bits && i < (uint64_t)1 << f->bits; i++)
        if (f->hashes[i]) {
            uint32_t slot = slot_of(&grown, f->hashes[i]);
            grown.hashes[slot] = f->hashes[i];
            grown.counts[slot] = f->counts[i];
        }
    pylm__frequencies_free(f);
    *f = grown;
    return PYLM_OK;
}

int pylm__frequencies_count(struct pylm__frequencies *f, uint32_t hash)
{
    uint32_t slot;
    if (!f->bits || f->n >> (f->bits - 1u)) /* half full */
        PYLM__TRY(grow(f));
    slot = slot_of(f, hash);
    f->n += !f->hashes[slot];
    f->hashes[slot] = hash;
    f->counts[slot] += f->counts[slot] < UINT32_MAX;
    return PYLM_OK;
}

void pylm__frequencies_free(struct pylm__frequencies *f)
{
    free(f->hashes);
    free(f->counts);
    memset(f, 0, sizeof *f);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Lists the hashes that came `least` times at least; returns how many. */
static uint32_t list(const struct pylm__frequencies *f, uint32_t least, uint32_t *hashes)
{
    uint32_t n = 0;
    uint64_t i;
    for (i = 0; f->bits && i < (uint64_t)1 << f->bits; i++)
        if (f->hashes[i] && f->counts[i] >= least) {
            if (hashes)
                hashes[n] = f->hashes[i];
            n++;
        }
    return n;
}

/* Writes the table of n hashes in ascending order. */
static void write_table(const uint32_t *hashes, uint32_t n, uint32_t bits, uint8_t *table)
{
    uint8_t *begins = table + PYLM__TABLE_HEAD_NBYTES, *end = begins + 4u * (((size_t)1 << bits) + 1u);
    uint32_t bucket = 0, i;
    pylm__store32(table, n);
    pylm__store32(table + 4, bits);
    for (i = 0; i < n; i++) {
        for (; bucket <= hashes[i] >> 1 >> (31u - bits); bucket++)
            pylm__store32(begins + 4u * (size_t)bucket, i);
        pylm__store32(end + 4u * (size_t)i, hashes[i]);
    }
    for (; bucket <= UINT32_C(1) << bits; bucket++)
        pylm__store32(begins + 4u * (size_t)bucket, n);
}

int pylm__frequencies_table(const struct pylm__frequencies *f, uint32_t least, uint32_t most, uint8_t **table,
                            uint64_t *nbytes)
{
    uint32_t n = list(f, least, NULL), bits, *hashes;
    while (n > most) {
        least += least / 8u + 1u;
        n = list(f, least, NULL);
    }
    bits = n ? pylm__ilog2(n) : 0u;
    bits = bits < PYLM__TABLE_MAX_BITS ? bits : PYLM__TABLE_MAX_BITS;
    *nbytes = pylm__table_nbytes(n, bits);
    *table = pylm__array_new(*nbytes, 1);
    hashes = pylm__array_new(n, sizeof *hashes);
    if (*table && hashes) {
        (void)list(f, least, hashes);
        qsort(hashes, n, sizeof *hashes, compare);
        write_table(hashes, n, bits, *table);
    }
    free(hashes);
    return *table && hashes ? PYLM_OK : PYLM_ERR_MEMORY;
}
