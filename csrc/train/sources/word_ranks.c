/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_ranks.c: see word_ranks.h. Unlike a string table, it does not copy words, and may have more of them than a model
 * has symbols.
 */
#include "word_ranks.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define FIRST_SLOTS 4096u
#define LOOK 16384u /* words between two looks at the task */

void pylm__word_ranks_free(struct pylm__word_ranks *vocabulary)
{
    free(vocabulary->words);
    free(vocabulary->slots);
    pylm__overflow_free(&vocabulary->overflow);
    memset(vocabulary, 0, sizeof *vocabulary);
}

struct key {
    const uint8_t *text;
    uint32_t nbytes;
};

static int compare(const void *table, const void *user, uint32_t number)
{
    const struct key *key = user;
    const struct pylm__ranked_word *word = &((const struct pylm__word_ranks *)table)->words[number];
    int order = memcmp(key->text, word->text, key->nbytes < word->nbytes ? key->nbytes : word->nbytes);
    return order ? order : key->nbytes < word->nbytes ? -1 : key->nbytes > word->nbytes;
}

/* The slot of a word, or the empty one where it would be put; NULL: that is the overflow. */
static uint32_t *find_slot(const struct pylm__word_ranks *v, const struct key *key)
{
    uint64_t slot = pylm__hash_bytes(key->text, key->nbytes);
    uint32_t tries;
    slot ^= slot >> 32;
    for (tries = 0; tries < PYLM__NEAR; tries++, slot++) {
        const struct pylm__ranked_word *word;
        slot &= v->n_slots - 1u;
        if (!v->slots[slot])
            return &v->slots[slot];
        word = &v->words[v->slots[slot] - 1u];
        if (word->nbytes == key->nbytes && memcmp(word->text, key->text, key->nbytes) == 0)
            return &v->slots[slot];
    }
    return NULL;
}

/* Puts word `number`, which is not there, where find_slot() said. */
static int put(struct pylm__word_ranks *v, uint32_t *slot, const struct key *key, uint32_t number)
{
    if (!slot)
        return pylm__overflow_add(&v->overflow, compare, v, key, number);
    *slot = number + 1u;
    return PYLM_OK;
}

static int grow(struct pylm__word_ranks *v)
{
    uint64_t i, n_slots = v->n_slots ? 2u * v->n_slots : FIRST_SLOTS;
    struct pylm__ranked_word *words = pylm__array_grow(v->words, n_slots / 2u, sizeof *words);
    if (!words)
        return PYLM_ERR_MEMORY;
    v->words = words;
    v->capacity = n_slots / 2u;
    free(v->slots);
    v->slots = pylm__array_new(n_slots, sizeof *v->slots);
    v->n_slots = n_slots;
    if (!v->slots)
        return PYLM_ERR_MEMORY;
    pylm__overflow_clear(&v->overflow);
    for (i = 0; i < v->n; i++) {
        struct key key = {words[i].text, words[i].nbytes};
        PYLM__TRY(put(v, find_slot(v, &key), &key, (uint32_t)i));
    }
    return PYLM_OK;
}

static uint64_t prefix_of(const uint8_t *text, uint32_t nbytes)
{
    uint64_t prefix = 0;
    uint32_t i;
    for (i = 0; i < 8u; i++)
        prefix = prefix << 8 | (i < nbytes ? text[i] : 0u);
    return prefix;
}

int pylm__word_ranks_add(struct pylm__word_ranks *v, const uint8_t *text, uint32_t nbytes, uint32_t *number)
{
    struct key key = {text, nbytes};
    struct pylm__ranked_word *word;
    uint32_t *slot;
    if (v->n == v->capacity)
        PYLM__TRY(grow(v));
    slot = find_slot(v, &key);
    *number = slot ? *slot - 1u : pylm__overflow_find(&v->overflow, compare, v, &key);
    if (*number != PYLM_NONE) /* of an empty slot, too */
        return PYLM_OK;
    PYLM__TRY(put(v, slot, &key, (uint32_t)v->n));
    word = &v->words[v->n];
    word->prefix = prefix_of(text, nbytes);
    word->text = text;
    word->nbytes = nbytes;
    word->number = (uint32_t)v->n++;
    *number = word->number;
    return PYLM_OK;
}

/* Two words of the same prefix have 8 bytes or more, or are the same: no longer word has a NUL. */
static int comes_before(const struct pylm__ranked_word *a, const struct pylm__ranked_word *b)
{
    int order;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    order = memcmp(a->text, b->text, a->nbytes < b->nbytes ? a->nbytes : b->nbytes);
    return order ? order < 0 : a->nbytes < b->nbytes;
}

/* Merges from[begin, middle) and from[middle, end) into to[begin, end). */
static void merge(const struct pylm__ranked_word *from, struct pylm__ranked_word *to, uint64_t begin, uint64_t middle,
                  uint64_t end)
{
    uint64_t i = begin, j = middle;
    for (; begin < end; begin++)
        to[begin] = i < middle && (j == end || !comes_before(&from[j], &from[i])) ? from[i++] : from[j++];
}

/* Sorts the words by merging: n log n steps, whatever the words are. */
static int sort(struct pylm__word_ranks *v, const pylm_task *task)
{
    uint64_t run, begin, n = v->n;
    struct pylm__ranked_word *from = v->words, *to = pylm__array_new(n, sizeof *to), *t;
    int status = to ? PYLM_OK : PYLM_ERR_MEMORY;
    for (run = 1; run < n && status == PYLM_OK; run *= 2u) {
        for (begin = 0; begin < n && status == PYLM_OK; begin += 2u * run) {
            uint64_t middle = n - begin < run ? n : begin + run, end = n - begin < 2u * run ? n : begin + 2u * run;
            merge(from, to, begin, middle, end);
            if ((begin % LOOK == 0 || run > LOOK) && pylm__task_cancelled(task))
                status = PYLM_ERR_CANCELLED;
        }
        t = from;
        from = to;
        to = t;
    }
    v->words = from;
    free(to);
    return status;
}

int pylm__word_ranks_finish(struct pylm__word_ranks *v, uint32_t **ranks, const pylm_task *task)
{
    uint64_t i;
    free(v->slots);
    v->slots = NULL;
    *ranks = NULL;
    PYLM__TRY(sort(v, task));
    *ranks = pylm__array_new(v->n, sizeof **ranks);
    if (!*ranks)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < v->n; i++)
        (*ranks)[v->words[i].number] = (uint32_t)i;
    return PYLM_OK;
}
