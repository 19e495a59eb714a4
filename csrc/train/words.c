/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * words.c: a growing table of different words: open addressing over one block of text.
 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/image.h"
#include "modules/text/vocabulary.h"

#define FIRST_SLOTS 1024u

int pylm__words_init(struct pylm__words *words)
{
    memset(words, 0, sizeof *words);
    words->n_slots = FIRST_SLOTS;
    words->slots = pylm__array_new(FIRST_SLOTS, sizeof *words->slots);
    return words->slots ? PYLM_OK : PYLM_ERR_MEMORY;
}

void pylm__words_free(struct pylm__words *words)
{
    free(words->text);
    free(words->ends);
    free(words->slots);
    memset(words, 0, sizeof *words);
}

int pylm__words_copy(struct pylm__words *words, const uint8_t *texts, const uint64_t *ends, uint32_t n)
{
    uint32_t i;
    for (i = 1; i < n; i++)
        if (ends[i] < ends[i - 1u])
            return PYLM_ERR_ARGUMENT;
    words->text_nbytes = words->text_capacity = ends[n - 1u];
    words->text = pylm__array_new(words->text_nbytes, 1);
    words->ends = pylm__array_new(n, sizeof *words->ends);
    if (!words->text || !words->ends)
        return PYLM_ERR_MEMORY;
    if (words->text_nbytes)
        memcpy(words->text, texts, (size_t)words->text_nbytes);
    memcpy(words->ends, ends, n * sizeof *ends);
    words->n = words->capacity = n;
    return PYLM_OK;
}

const uint8_t *pylm__word_text(const struct pylm__words *words, uint32_t word, uint64_t *nbytes)
{
    uint64_t begin = word ? words->ends[word - 1u] : 0u;
    *nbytes = words->ends[word] - begin;
    return words->text + begin;
}

/* The slot where a word of this hash is, or where it would be put. */
static uint32_t find_slot(const struct pylm__words *words, uint64_t hash, const uint8_t *text, uint64_t nbytes)
{
    uint32_t slot = (uint32_t)(hash >> 32), number;
    for (;; slot++) {
        const uint8_t *known;
        uint64_t known_nbytes;
        slot &= words->n_slots - 1u;
        number = words->slots[slot];
        if (!number)
            return slot;
        known = pylm__word_text(words, number - 1u, &known_nbytes);
        if (known_nbytes == nbytes && (!nbytes || memcmp(known, text, (size_t)nbytes) == 0))
            return slot;
    }
}

static int rebuild_slots(struct pylm__words *words, uint32_t n_slots)
{
    uint32_t i, *slots = pylm__array_new(n_slots, sizeof *slots);
    if (!slots)
        return PYLM_ERR_MEMORY;
    free(words->slots);
    words->slots = slots;
    words->n_slots = n_slots;
    for (i = 0; i < words->n; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__word_text(words, i, &nbytes);
        slots[find_slot(words, pylm__hash_bytes(text, nbytes), text, nbytes)] = i + 1u;
    }
    return PYLM_OK;
}

static int make_room(struct pylm__words *words, uint64_t nbytes)
{
    if (words->n == words->capacity) {
        uint32_t capacity = words->capacity ? 2u * words->capacity : FIRST_SLOTS;
        uint64_t *ends = pylm__array_grow(words->ends, capacity, sizeof *ends);
        if (!ends)
            return PYLM_ERR_MEMORY;
        words->ends = ends;
        words->capacity = capacity;
    }
    if (words->text_capacity - words->text_nbytes < nbytes) {
        uint64_t capacity = 2u * words->text_capacity + nbytes + FIRST_SLOTS;
        uint8_t *text = pylm__array_grow(words->text, capacity, 1);
        if (!text)
            return PYLM_ERR_MEMORY;
        words->text = text;
        words->text_capacity = capacity;
    }
    return PYLM_OK;
}

int pylm__words_number_hashed(struct pylm__words *words, uint64_t hash, const uint8_t *text, uint64_t nbytes,
                              uint32_t *number)
{
    uint32_t slot = find_slot(words, hash, text, nbytes);
    if (!words->slots[slot]) {
        if (words->n >= PYLM__MAX_SYMBOLS - 1u)
            return PYLM_ERR_LARGE;
        PYLM__TRY(make_room(words, nbytes));
        if (nbytes)
            memcpy(words->text + words->text_nbytes, text, (size_t)nbytes);
        words->text_nbytes += nbytes;
        words->ends[words->n++] = words->text_nbytes;
        words->slots[slot] = words->n;
        *number = words->n - 1u;
        return words->n > words->n_slots / 2u ? rebuild_slots(words, 2u * words->n_slots) : PYLM_OK;
    }
    *number = words->slots[slot] - 1u;
    return PYLM_OK;
}

int pylm__words_number(struct pylm__words *words, const uint8_t *text, uint64_t nbytes, uint32_t *number)
{
    return pylm__words_number_hashed(words, pylm__hash_bytes(text, nbytes), text, nbytes, number);
}

uint32_t pylm__words_find(const struct pylm__words *words, uint64_t hash, const uint8_t *text, uint64_t nbytes)
{
    uint32_t slot = find_slot(words, hash, text, nbytes);
    return words->slots[slot] ? words->slots[slot] - 1u : PYLM_NONE;
}

int pylm__words_select(struct pylm__words *words, const uint32_t *order, uint32_t n)
{
    struct pylm__words chosen;
    uint32_t i, number;
    int status = pylm__words_init(&chosen);
    for (i = 0; i < n && status == PYLM_OK; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__word_text(words, order[i], &nbytes);
        status = pylm__words_number(&chosen, text, nbytes, &number);
    }
    if (status == PYLM_OK) {
        pylm__words_free(words);
        *words = chosen;
    } else {
        pylm__words_free(&chosen);
    }
    return status;
}
