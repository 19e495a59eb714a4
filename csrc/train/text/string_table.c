/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * string_table.c: a growing table of different strings: open addressing over one block of text. A string is looked for
 * near its slot, and then in a tree of what found no place there: see overflow.h.
 */
#include "string_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/image.h"
#include "modules/text/vocabulary.h"

#define FIRST_SLOTS 1024u

int pylm__strings_init(struct pylm__strings *strings)
{
    memset(strings, 0, sizeof *strings);
    strings->n_slots = FIRST_SLOTS;
    strings->slots = pylm__array_new(FIRST_SLOTS, sizeof *strings->slots);
    return strings->slots ? PYLM_OK : PYLM_ERR_MEMORY;
}

void pylm__strings_free(struct pylm__strings *strings)
{
    free(strings->text);
    free(strings->ends);
    free(strings->slots);
    pylm__overflow_free(&strings->overflow);
    memset(strings, 0, sizeof *strings);
}

int pylm__strings_copy(struct pylm__strings *strings, const uint8_t *texts, const uint64_t *ends, uint32_t n)
{
    uint32_t i;
    for (i = 1; i < n; i++)
        if (ends[i] < ends[i - 1u])
            return PYLM_ERR_ARGUMENT;
    strings->text_nbytes = strings->text_capacity = ends[n - 1u];
    strings->text = pylm__array_new(strings->text_nbytes, 1);
    strings->ends = pylm__array_new(n, sizeof *strings->ends);
    if (!strings->text || !strings->ends)
        return PYLM_ERR_MEMORY;
    if (strings->text_nbytes)
        memcpy(strings->text, texts, (size_t)strings->text_nbytes);
    memcpy(strings->ends, ends, n * sizeof *ends);
    strings->n = strings->capacity = n;
    return PYLM_OK;
}

const uint8_t *pylm__string_text(const struct pylm__strings *strings, uint32_t number, uint64_t *nbytes)
{
    uint64_t begin = number ? strings->ends[number - 1u] : 0u;
    *nbytes = strings->ends[number] - begin;
    return strings->text + begin;
}

struct key {
    const uint8_t *text;
    uint64_t nbytes;
};

static int compare(const void *table, const void *user, uint32_t number)
{
    const struct key *key = user;
    uint64_t nbytes;
    const uint8_t *text = pylm__string_text(table, number, &nbytes);
    uint64_t n = key->nbytes < nbytes ? key->nbytes : nbytes;
    int order = n ? memcmp(key->text, text, (size_t)n) : 0;
    return order ? order : key->nbytes < nbytes ? -1 : key->nbytes > nbytes;
}

/* The number of a string, or PYLM_NONE; then also the slot where it would be put, or PYLM_NONE: in the overflow. */
static uint32_t find(const struct pylm__strings *strings, uint64_t hash, const struct key *key, uint32_t *slot)
{
    uint32_t tries, number;
    *slot = (uint32_t)(hash >> 32);
    for (tries = 0; tries < PYLM__NEAR; tries++, ++*slot) {
        const uint8_t *known;
        uint64_t known_nbytes;
        *slot &= strings->n_slots - 1u;
        number = strings->slots[*slot];
        if (!number)
            return PYLM_NONE;
        known = pylm__string_text(strings, number - 1u, &known_nbytes);
        if (known_nbytes == key->nbytes && (!key->nbytes || memcmp(known, key->text, (size_t)key->nbytes) == 0))
            return number - 1u;
    }
    *slot = PYLM_NONE;
    return pylm__overflow_find(&strings->overflow, compare, strings, key);
}

/* Puts string `number`, which is not there, where find() said. */
static int put(struct pylm__strings *strings, uint32_t slot, const struct key *key, uint32_t number)
{
    if (slot == PYLM_NONE)
        return pylm__overflow_add(&strings->overflow, compare, strings, key, number);
    strings->slots[slot] = number + 1u;
    return PYLM_OK;
}

static int rebuild_slots(struct pylm__strings *strings, uint32_t n_slots)
{
    uint32_t i, slot, *slots = pylm__array_new(n_slots, sizeof *slots);
    if (!slots)
        return PYLM_ERR_MEMORY;
    free(strings->slots);
    strings->slots = slots;
    strings->n_slots = n_slots;
    pylm__overflow_clear(&strings->overflow);
    for (i = 0; i < strings->n; i++) {
        struct key key;
        key.text = pylm__string_text(strings, i, &key.nbytes);
        (void)find(strings, pylm__hash_bytes(key.text, key.nbytes), &key, &slot);
        PYLM__TRY(put(strings, slot, &key, i));
    }
    return PYLM_OK;
}

static int make_room(struct pylm__strings *strings, uint64_t nbytes)
{
    if (strings->n == strings->capacity) {
        uint32_t capacity = strings->capacity ? 2u * strings->capacity : FIRST_SLOTS;
        uint64_t *ends = pylm__array_grow(strings->ends, capacity, sizeof *ends);
        if (!ends)
            return PYLM_ERR_MEMORY;
        strings->ends = ends;
        strings->capacity = capacity;
    }
    if (strings->text_capacity - strings->text_nbytes < nbytes) {
        uint64_t capacity = 2u * strings->text_capacity + nbytes + FIRST_SLOTS;
        uint8_t *text = pylm__array_grow(strings->text, capacity, 1);
        if (!text)
            return PYLM_ERR_MEMORY;
        strings->text = text;
        strings->text_capacity = capacity;
    }
    return PYLM_OK;
}

int pylm__strings_number_hashed(struct pylm__strings *strings, uint64_t hash, const uint8_t *text, uint64_t nbytes,
                                uint32_t *number)
{
    struct key key = {text, nbytes};
    uint32_t slot;
    *number = find(strings, hash, &key, &slot);
    if (*number != PYLM_NONE)
        return PYLM_OK;
    if (strings->n >= PYLM__MAX_SYMBOLS - 1u)
        return PYLM_ERR_LARGE;
    PYLM__TRY(make_room(strings, nbytes));
    PYLM__TRY(put(strings, slot, &key, strings->n));
    if (nbytes)
        memcpy(strings->text + strings->text_nbytes, text, (size_t)nbytes);
    strings->text_nbytes += nbytes;
    *number = strings->n;
    strings->ends[strings->n++] = strings->text_nbytes;
    return strings->n > strings->n_slots / 2u ? rebuild_slots(strings, 2u * strings->n_slots) : PYLM_OK;
}

int pylm__strings_number(struct pylm__strings *strings, const uint8_t *text, uint64_t nbytes, uint32_t *number)
{
    return pylm__strings_number_hashed(strings, pylm__hash_bytes(text, nbytes), text, nbytes, number);
}

uint32_t pylm__strings_find(const struct pylm__strings *strings, uint64_t hash, const uint8_t *text, uint64_t nbytes)
{
    struct key key = {text, nbytes};
    uint32_t slot;
    return find(strings, hash, &key, &slot);
}

int pylm__strings_select(struct pylm__strings *strings, const uint32_t *order, uint32_t n)
{
    struct pylm__strings chosen;
    uint32_t i, number;
    int status = pylm__strings_init(&chosen);
    for (i = 0; i < n && status == PYLM_OK; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__string_text(strings, order[i], &nbytes);
        status = pylm__strings_number(&chosen, text, nbytes, &number);
    }
    if (status == PYLM_OK) {
        pylm__strings_free(strings);
        *strings = chosen;
    } else {
        pylm__strings_free(&chosen);
    }
    return status;
}
