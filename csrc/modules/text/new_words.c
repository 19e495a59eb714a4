/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * new_words.c: see new_words.h.
 *
 * Entries are sorted, and what is free is zero. So adding a word and taking it out cancel out to the last byte, in any
 * order, as in personal counts. Where each entry lies is written before them, so a word is found by halving.
 *
 *    0  8 bytes  magic
 *    8  u64      head checksum of the model's image
 *   16  u64      checksum of all that follows, written by pylm_words_seal()
 *   24  u32      bytes of the entries
 *   28  u32      n: number of entries
 *   32  u32      sum of their counts, at most 2^31
 *   36  u32      1 if entries had to go, or a count reached its limit
 *   40  u32      n times: where an entry begins, from the first one on
 *       entries  ascending: u16 count, at least 1; u8 bytes of the word, at least 1; the word
 */
#include "new_words.h"

#include <string.h>

#include "constraint.h"
#include "core/hash.h"
#include "vocabulary.h"

#if PYLM_MODULE_TEXT

#define MAGIC "\x93pylmnw1"
#define HEAD_NBYTES 40u
#define PLACE_NBYTES 4u
#define ENTRY_NBYTES 3u /* without the word */
#define LEAST_NBYTES 128u
#define MAX_COUNT 65535u
#define MAX_TOTAL (UINT32_C(1) << 31)
enum { AT_MODEL = 8, AT_CHECKSUM = 16, AT_USED = 24, AT_N = 28, AT_TOTAL = 32, AT_INEXACT = 36 };

/* The places and entries, and room for how many bytes of both. */
struct list {
    uint8_t *head, *places, *entries;
    uint32_t n, used, capacity;
};

/* `nbytes` is the length of the memory. Numbers are larger than that only if the end is missing. */
static struct list open_list(void *words, uint64_t nbytes)
{
    struct list list;
    list.head = words;
    list.capacity = (uint32_t)(nbytes - HEAD_NBYTES);
    list.n = pylm__load32(list.head + AT_N);
    list.n = list.n < list.capacity / PLACE_NBYTES ? list.n : list.capacity / PLACE_NBYTES;
    list.places = list.head + HEAD_NBYTES;
    list.entries = list.places + (size_t)PLACE_NBYTES * list.n;
    list.used = pylm__load32(list.head + AT_USED);
    if (list.used > list.capacity - PLACE_NBYTES * list.n)
        list.used = list.capacity - PLACE_NBYTES * list.n;
    return list;
}

static uint8_t *entry_at(const struct list *list, uint32_t i)
{
    return list->entries + pylm__load32(list->places + (size_t)PLACE_NBYTES * i);
}

static uint32_t entry_nbytes(const uint8_t *entry)
{
    return ENTRY_NBYTES + entry[2];
}

/* How a word compares with that of an entry: below 0 if it comes before it. */
static int compare(const uint8_t *word, uint32_t nbytes, const uint8_t *entry)
{
    uint32_t n = nbytes < entry[2] ? nbytes : entry[2];
    int order = memcmp(word, entry + ENTRY_NBYTES, n);
    return order ? order : (nbytes > entry[2]) - (nbytes < entry[2]);
}

/* The number of a word's entry, or the one that it would have. */
static uint32_t find_place(const struct list *list, const uint8_t *word, uint32_t nbytes, int *is_there)
{
    uint32_t lo = 0, hi = list->n;
    while (lo < hi) {
        uint32_t middle = lo + (hi - lo) / 2u;
        if (compare(word, nbytes, entry_at(list, middle)) > 0)
            lo = middle + 1u;
        else
            hi = middle;
    }
    *is_there = lo < list->n && !compare(word, nbytes, entry_at(list, lo));
    return lo;
}

static void change(const struct list *list, int field, uint32_t by)
{
    pylm__store32(list->head + field, pylm__load32(list->head + field) + by);
}

/* Changes the places of the entries from number i on. */
static void move_places(const struct list *list, uint32_t i, uint32_t by)
{
    for (; i < list->n; i++)
        pylm__store32(list->places + (size_t)PLACE_NBYTES * i,
                      pylm__load32(list->places + (size_t)PLACE_NBYTES * i) + by);
}

/* Takes an entry out. */
static void drop(struct list *list, uint32_t i)
{
    uint8_t *entry = entry_at(list, i), *place = list->places + (size_t)PLACE_NBYTES * i;
    uint32_t nbytes = entry_nbytes(entry), before = (uint32_t)(entry - list->entries);
    change(list, AT_TOTAL, UINT32_C(0) - pylm__load16(entry));
    change(list, AT_N, UINT32_MAX);
    change(list, AT_USED, UINT32_C(0) - nbytes);
    move_places(list, i + 1u, UINT32_C(0) - nbytes);
    memmove(place, place + PLACE_NBYTES, (size_t)PLACE_NBYTES * (list->n - i - 1u));
    memmove(list->entries - PLACE_NBYTES, list->entries, before);
    memmove(entry - PLACE_NBYTES, entry + nbytes, list->used - before - nbytes);
    memset(list->entries + list->used - PLACE_NBYTES - nbytes, 0, PLACE_NBYTES + nbytes);
    list->n--;
    list->used -= nbytes;
    list->entries -= PLACE_NBYTES;
}

static int has_room(const struct list *list, uint32_t nbytes)
{
    return list->capacity - PLACE_NBYTES * list->n - list->used >= PLACE_NBYTES + ENTRY_NBYTES + nbytes;
}

/* Takes out the rarest entries, until a quarter of the room or more is free. */
static void make_room(struct list *list)
{
    uint32_t level, i;
    pylm__store32(list->head + AT_INEXACT, 1);
    for (level = 1; PLACE_NBYTES * list->n + list->used > list->capacity / 4u * 3u; level++)
        for (i = list->n; i--;)
            if (pylm__load16(entry_at(list, i)) <= level)
                drop(list, i);
}

/* Puts in an entry with the count 0. Returns 0 if there is no room for it at all.
 *   i   in, out: its number */
static int insert(struct list *list, const uint8_t *word, uint32_t nbytes, uint32_t *i)
{
    uint32_t before, added = ENTRY_NBYTES + nbytes;
    uint8_t *entry, *place;
    int is_there;
    if (!has_room(list, nbytes)) {
        make_room(list);
        if (!has_room(list, nbytes))
            return 0;
        *i = find_place(list, word, nbytes, &is_there);
    }
    before = *i < list->n ? (uint32_t)(entry_at(list, *i) - list->entries) : list->used;
    entry = list->entries + before;
    place = list->places + (size_t)PLACE_NBYTES * *i;
    move_places(list, *i, added);
    memmove(entry + PLACE_NBYTES + added, entry, list->used - before);
    memmove(list->entries + PLACE_NBYTES, list->entries, before);
    memmove(place + PLACE_NBYTES, place, (size_t)PLACE_NBYTES * (list->n - *i));
    pylm__store32(place, before);
    entry += PLACE_NBYTES;
    pylm__store16(entry, 0);
    entry[2] = (uint8_t)nbytes;
    memcpy(entry + ENTRY_NBYTES, word, nbytes);
    change(list, AT_N, 1);
    change(list, AT_USED, added);
    list->n++;
    list->used += added;
    list->entries += PLACE_NBYTES;
    return 1;
}

/* Whether a model reads a text as one unknown word. */
static int is_unknown_word(const pylm_model *model, const uint8_t *word, uint64_t nbytes)
{
    return nbytes <= PYLM_NEW_WORD_NBYTES && pylm__is_unknown_word(pylm__model_view(model), word, nbytes) &&
           pylm_symbol_find(model, word, nbytes) == PYLM_NONE;
}

int pylm_words_add(const pylm_model *model, void *words, uint64_t nbytes, const void *word, uint64_t word_nbytes,
                   uint32_t count)
{
    struct list list = open_list(words, nbytes);
    uint32_t i, before, total;
    int is_there;
    if (!count || !is_unknown_word(model, word, word_nbytes))
        return PYLM_ERR_ARGUMENT;
    i = find_place(&list, word, (uint32_t)word_nbytes, &is_there);
    if (!is_there && !insert(&list, word, (uint32_t)word_nbytes, &i))
        return PYLM_OK; /* it is the one that goes */
    before = pylm__load16(entry_at(&list, i));
    total = pylm__load32(list.head + AT_TOTAL);
    if (count > MAX_COUNT - before || MAX_TOTAL - total < count) {
        pylm__store32(list.head + AT_INEXACT, 1);
        count = MAX_COUNT - before < MAX_TOTAL - total ? MAX_COUNT - before : MAX_TOTAL - total;
    }
    pylm__store16(entry_at(&list, i), before + count);
    change(&list, AT_TOTAL, count);
    if (!(before + count))
        drop(&list, i);
    return PYLM_OK;
}

int pylm_words_remove(const pylm_model *model, void *words, uint64_t nbytes, const void *word, uint64_t word_nbytes,
                      uint32_t count)
{
    struct list list = open_list(words, nbytes);
    uint32_t i, before;
    int is_there;
    if (!count || !is_unknown_word(model, word, word_nbytes))
        return PYLM_ERR_ARGUMENT;
    i = find_place(&list, word, (uint32_t)word_nbytes, &is_there);
    before = is_there ? pylm__load16(entry_at(&list, i)) : 0u;
    if (before < count && pylm_words_is_exact(words))
        return PYLM_ERR_ARGUMENT;
    if (before <= count) {
        if (is_there)
            drop(&list, i);
        return PYLM_OK;
    }
    pylm__store16(entry_at(&list, i), before - count);
    change(&list, AT_TOTAL, UINT32_C(0) - count);
    return PYLM_OK;
}

/* ---- reading a list ---- */

int pylm__next_new_word(const uint8_t *words, uint32_t *position, struct pylm__new_word *word)
{
    const uint8_t *entry = words + HEAD_NBYTES + PLACE_NBYTES * (size_t)pylm__load32(words + AT_N) + *position;
    if (*position >= pylm__load32(words + AT_USED))
        return 0;
    word->count = pylm__load16(entry);
    word->nbytes = entry[2];
    word->text = entry + ENTRY_NBYTES;
    *position += entry_nbytes(entry);
    return 1;
}

uint32_t pylm__new_word_share(const uint8_t *words, uint32_t count)
{
    uint32_t all = pylm__load32(words + AT_TOTAL) + pylm__load32(words + AT_N) + 1u;
    return (uint32_t)(((uint64_t)count << 30) / all);
}

int pylm_words_cost(const void *words, const void *word, uint64_t word_nbytes, uint32_t *cost_q16)
{
    const struct list list = open_list((void *)(uintptr_t)words, UINT32_MAX); /* it was checked */
    uint32_t i = 0, count;
    int is_there = 0;
    if (word_nbytes <= PYLM_NEW_WORD_NBYTES)
        i = find_place(&list, word, (uint32_t)word_nbytes, &is_there);
    count = is_there ? pylm__load16(entry_at(&list, i)) : list.n + 1u;
    *cost_q16 = pylm__mass_cost((uint64_t)pylm__new_word_share(words, count) << 32);
    return is_there;
}

uint32_t pylm_words_n(const void *words)
{
    return pylm__load32((const uint8_t *)words + AT_N);
}

uint32_t pylm_words_get(const void *words, uint32_t i, const unsigned char **word, uint32_t *word_nbytes)
{
    const uint8_t *p = words, *places = p + HEAD_NBYTES, *entry;
    uint32_t n = pylm_words_n(words);
    if (i >= n)
        return 0;
    entry = places + (size_t)PLACE_NBYTES * n + pylm__load32(places + (size_t)PLACE_NBYTES * i);
    *word = entry + ENTRY_NBYTES;
    *word_nbytes = entry[2];
    return pylm__load16(entry);
}

int pylm_words_is_exact(const void *words)
{
    return !pylm__load32((const uint8_t *)words + AT_INEXACT);
}

/* ---- memory and files ---- */

static uint64_t used_nbytes(const struct list *list)
{
    return HEAD_NBYTES + (uint64_t)PLACE_NBYTES * list->n + list->used;
}

static uint64_t checksum(const struct list *list)
{
    return pylm__checksum(list->head + AT_USED, (size_t)used_nbytes(list) - AT_USED);
}

int pylm_words_init(const pylm_model *model, void *words, uint64_t nbytes)
{
    uint8_t *p = words;
    if (nbytes < LEAST_NBYTES || nbytes > UINT32_MAX || nbytes > SIZE_MAX)
        return PYLM_ERR_SPACE;
    if (pylm__model_view(model)->tokenizer != PYLM_TOKENIZER_WORDS)
        return PYLM_ERR_ARGUMENT;
    memset(p, 0, (size_t)nbytes);
    memcpy(p, MAGIC, 8);
    pylm__store64(p + AT_MODEL, pylm__vocabulary_checksum(pylm__model_view(model)));
    return PYLM_OK;
}

uint64_t pylm_words_seal(void *words, uint64_t nbytes)
{
    struct list list = open_list(words, nbytes);
    pylm__store64(list.head + AT_CHECKSUM, checksum(&list));
    return used_nbytes(&list);
}

/* Whether places and entries are as they have to be: then nothing that reads them can go astray. */
static int is_sound(const struct list *list)
{
    uint32_t i, at = 0, total = 0;
    const uint8_t *entry = NULL, *last;
    for (i = 0; i < list->n; i++, at += entry_nbytes(entry)) {
        if (pylm__load32(list->places + (size_t)PLACE_NBYTES * i) != at || list->used - at < ENTRY_NBYTES)
            return 0;
        last = entry;
        entry = list->entries + at;
        if (!entry[2] || list->used - at < entry_nbytes(entry) || !pylm__load16(entry) ||
            (last && compare(last + ENTRY_NBYTES, last[2], entry) >= 0))
            return 0;
        total += pylm__load16(entry);
        if (total > MAX_TOTAL)
            return 0;
    }
    return at == list->used && total == pylm__load32(list->head + AT_TOTAL);
}

static int check(const pylm_model *model, const void *words, uint64_t nbytes, int with_checksum)
{
    const uint8_t *p = words;
    struct list list;
    if (nbytes < HEAD_NBYTES || nbytes > UINT32_MAX || memcmp(p, MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (pylm__load64(p + AT_MODEL) != pylm__vocabulary_checksum(pylm__model_view(model)))
        return PYLM_ERR_ARGUMENT;
    list = open_list((void *)(uintptr_t)words, nbytes);
    if (pylm__load32(p + AT_N) != list.n || pylm__load32(p + AT_USED) != list.used)
        return PYLM_ERR_TRUNCATED;
    if (with_checksum && pylm__load64(p + AT_CHECKSUM) != checksum(&list))
        return PYLM_ERR_DAMAGED;
    return is_sound(&list) ? PYLM_OK : PYLM_ERR_DAMAGED;
}

int pylm_words_open(const pylm_model *model, void *words, uint64_t nbytes)
{
    int status = check(model, words, nbytes, 1);
    struct list list;
    if (status == PYLM_OK) {
        list = open_list(words, nbytes);
        memset(list.head + used_nbytes(&list), 0, (size_t)(nbytes - used_nbytes(&list)));
    }
    return status;
}

int pylm_model_set_words(pylm_model *model, const void *words, uint64_t nbytes)
{
    struct pylm__model *m = (struct pylm__model *)(void *)model;
    int status = words ? check(model, words, nbytes, 0) : PYLM_OK;
    if (status == PYLM_OK)
        m->words = words;
    return status;
}

#endif
