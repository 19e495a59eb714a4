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

static int compare_entry(const void *table, const void *key, uint32_t number)
{
    uint32_t x = *(const uint32_t *)key, y = ((const struct pylm__frequencies *)table)->entries[number].hash;
    return (x > y) - (x < y);
}

/* The slot of a hash, or the empty one in which it belongs; NULL: that is the overflow. */
static uint32_t *slot_of(const struct pylm__frequencies *f, uint32_t hash)
{
    uint32_t slot = (uint32_t)(pylm__hash_step(PYLM__HASH_SEED, hash) >> 32), tries;
    for (tries = 0; tries < PYLM__NEAR; tries++, slot++) {
        uint32_t *number = &f->slots[slot &= pylm__mask(f->bits)];
        if (!*number || f->entries[*number - 1u].hash == hash)
            return number;
    }
    return NULL;
}

/* Puts entry `number`, which is not there, where slot_of() said. */
static int put(struct pylm__frequencies *f, uint32_t *slot, uint32_t number)
{
    if (!slot)
        return pylm__overflow_add(&f->overflow, compare_entry, f, &f->entries[number].hash, number);
    *slot = number + 1u;
    return PYLM_OK;
}

static int grow(struct pylm__frequencies *f)
{
    unsigned bits = f->bits ? f->bits + 1u : FIRST_BITS;
    void *entries = bits < 32u ? pylm__array_grow(f->entries, (uint64_t)1 << (bits - 1u), sizeof *f->entries) : NULL;
    uint32_t i, *slots;
    if (!entries)
        return PYLM_ERR_MEMORY;
    f->entries = entries;
    slots = pylm__array_new((uint64_t)1 << bits, sizeof *slots);
    if (!slots)
        return PYLM_ERR_MEMORY;
    free(f->slots);
    f->slots = slots;
    f->bits = bits;
    pylm__overflow_clear(&f->overflow);
    for (i = 0; i < f->n; i++)
        PYLM__TRY(put(f, slot_of(f, f->entries[i].hash), i));
    return PYLM_OK;
}

int pylm__frequencies_count(struct pylm__frequencies *f, uint32_t hash)
{
    uint32_t *slot, number;
    if (!f->bits || f->n >> (f->bits - 1u)) /* half full */
        PYLM__TRY(grow(f));
    slot = slot_of(f, hash);
    number = slot ? *slot - 1u : pylm__overflow_find(&f->overflow, compare_entry, f, &hash);
    if (number == PYLM_NONE) { /* an empty slot has that, too */
        number = f->n;
        f->entries[number].hash = hash;
        f->entries[number].count = 0;
        PYLM__TRY(put(f, slot, number));
        f->n++;
    }
    f->entries[number].count += f->entries[number].count < UINT32_MAX;
    return PYLM_OK;
}

void pylm__frequencies_free(struct pylm__frequencies *f)
{
    free(f->entries);
    free(f->slots);
    pylm__overflow_free(&f->overflow);
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
    uint32_t n = 0, i;
    for (i = 0; i < f->n; i++)
        if (f->entries[i].count >= least) {
            if (hashes)
                hashes[n] = f->entries[i].hash;
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
