/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * new_words.c: see new_words.h.
 *
 * Entries are sorted, and what is free is zero. So adding a word and taking it out cancel out to the last byte, in any
 * order, as in personal counts. They are looked for one after the other: a list is short.
 *
 *    0  8 bytes  magic
 *    8  u64      head checksum of the model's image
 *   16  u64      checksum of all that follows, written by pylm_words_seal()
 *   24  u32      bytes of the entries
 *   28  u32      number of entries
 *   32  u32      sum of their counts, at most 2^31
 *   36  u32      1 if entries had to go, or a count reached its limit
 *   40  entries  ascending: u16 count, at least 1; u8 bytes of the word, at least 1; the word
 */
#include "new_words.h"

#include <string.h>

#include "core/hash.h"
#include "vocabulary.h"

#if PYLM_MODULE_TEXT

#define MAGIC "\x93pylmnw1"
#define HEAD_NBYTES 40u
#define ENTRY_NBYTES 3u /* without the word */
#define LEAST_NBYTES 128u
#define MAX_COUNT 65535u
#define MAX_TOTAL (UINT32_C(1) << 31)
enum { AT_MODEL = 8, AT_CHECKSUM = 16, AT_USED = 24, AT_N = 28, AT_TOTAL = 32, AT_INEXACT = 36 };

/* The entries, and room for how many bytes of them. */
struct list {
    uint8_t *head, *entries;
    uint32_t used, capacity;
};

static struct list open_list(void *words, uint64_t nbytes)
{
    struct list list;
    list.head = words;
    list.entries = list.head + HEAD_NBYTES;
    list.capacity = (uint32_t)(nbytes - HEAD_NBYTES);
    list.used = pylm__load32(list.head + AT_USED);
    list.used = list.used < list.capacity ? list.used : list.capacity; /* it is larger only if the end is missing */
    return list;
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

/* Where a word's entry stands, or would stand. */
static uint32_t find_place(const struct list *list, const uint8_t *word, uint32_t nbytes, int *is_there)
{
    uint32_t at = 0;
    int order = 1;
    while (at < list->used && (order = compare(word, nbytes, list->entries + at)) > 0)
        at += entry_nbytes(list->entries + at);
    *is_there = at < list->used && !order;
    return at;
}

static void change(const struct list *list, int field, uint32_t by)
{
    pylm__store32(list->head + field, pylm__load32(list->head + field) + by);
}

static void set_used(struct list *list, uint32_t used)
{
    if (used < list->used)
        memset(list->entries + used, 0, list->used - used);
    list->used = used;
    pylm__store32(list->head + AT_USED, used);
}

/* Takes an entry out. */
static void drop(struct list *list, uint32_t at)
{
    uint32_t nbytes = entry_nbytes(list->entries + at);
    change(list, AT_TOTAL, UINT32_C(0) - pylm__load16(list->entries + at));
    change(list, AT_N, UINT32_MAX);
    memmove(list->entries + at, list->entries + at + nbytes, list->used - at - nbytes);
    set_used(list, list->used - nbytes);
}

/* Takes out the rarest entries, until a quarter of the room or more is free. */
static void make_room(struct list *list)
{
    uint32_t level, at;
    pylm__store32(list->head + AT_INEXACT, 1);
    for (level = 1; list->used > list->capacity / 4u * 3u; level++)
        for (at = 0; at < list->used;) {
            if (pylm__load16(list->entries + at) > level)
                at += entry_nbytes(list->entries + at);
            else
                drop(list, at);
        }
}

/* Puts in an entry with the count 0. Returns 0 if there is no room for it at all. */
static int insert(struct list *list, const uint8_t *word, uint32_t nbytes, uint32_t *at)
{
    uint8_t *entry;
    int is_there;
    if (list->capacity - list->used < ENTRY_NBYTES + nbytes) {
        make_room(list);
        if (list->capacity - list->used < ENTRY_NBYTES + nbytes)
            return 0;
        *at = find_place(list, word, nbytes, &is_there);
    }
    entry = list->entries + *at;
    memmove(entry + ENTRY_NBYTES + nbytes, entry, list->used - *at);
    set_used(list, list->used + ENTRY_NBYTES + nbytes);
    pylm__store16(entry, 0);
    entry[2] = (uint8_t)nbytes;
    memcpy(entry + ENTRY_NBYTES, word, nbytes);
    change(list, AT_N, 1);
    return 1;
}

/* Whether a model reads a text as one unknown word. */
static int is_unknown_word(const pylm_model *model, const uint8_t *word, uint64_t nbytes)
{
    const struct pylm__model *m = pylm__model_view(model);
    uint64_t position = 0;
    struct pylm__span span;
    return m->tokenizer == PYLM_TOKENIZER_WORDS && nbytes && nbytes <= PYLM_NEW_WORD_NBYTES &&
           pylm_symbol_find(model, word, nbytes) == PYLM_NONE &&
           pylm__next_token(word, nbytes, 0, &position, &span) == PYLM__TOKEN_WORD && span.nbytes == nbytes;
}

int pylm_words_add(const pylm_model *model, void *words, uint64_t nbytes, const void *word, uint64_t word_nbytes,
                   uint32_t count)
{
    struct list list = open_list(words, nbytes);
    uint32_t at, before, total;
    int is_there;
    if (!count || !is_unknown_word(model, word, word_nbytes))
        return PYLM_ERR_ARGUMENT;
    at = find_place(&list, word, (uint32_t)word_nbytes, &is_there);
    if (!is_there && !insert(&list, word, (uint32_t)word_nbytes, &at))
        return PYLM_OK; /* it is the one that goes */
    before = pylm__load16(list.entries + at);
    total = pylm__load32(list.head + AT_TOTAL);
    if (count > MAX_COUNT - before || MAX_TOTAL - total < count) {
        pylm__store32(list.head + AT_INEXACT, 1);
        count = MAX_COUNT - before < MAX_TOTAL - total ? MAX_COUNT - before : MAX_TOTAL - total;
    }
    pylm__store16(list.entries + at, before + count);
    change(&list, AT_TOTAL, count);
    if (!(before + count))
        drop(&list, at);
    return PYLM_OK;
}

int pylm_words_remove(const pylm_model *model, void *words, uint64_t nbytes, const void *word, uint64_t word_nbytes,
                      uint32_t count)
{
    struct list list = open_list(words, nbytes);
    uint32_t at, before;
    int is_there;
    if (!count || !is_unknown_word(model, word, word_nbytes))
        return PYLM_ERR_ARGUMENT;
    at = find_place(&list, word, (uint32_t)word_nbytes, &is_there);
    before = is_there ? pylm__load16(list.entries + at) : 0u;
    if (before < count && pylm_words_is_exact(words))
        return PYLM_ERR_ARGUMENT;
    if (before <= count) {
        if (is_there)
            drop(&list, at);
        return PYLM_OK;
    }
    pylm__store16(list.entries + at, before - count);
    change(&list, AT_TOTAL, UINT32_C(0) - count);
    return PYLM_OK;
}

/* ---- reading a list ---- */

int pylm__next_new_word(const uint8_t *words, uint32_t *position, struct pylm__new_word *word)
{
    const uint8_t *entry = words + HEAD_NBYTES + *position;
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

uint32_t pylm_words_n(const void *words)
{
    return pylm__load32((const uint8_t *)words + AT_N);
}

uint32_t pylm_words_get(const void *words, uint32_t i, const unsigned char **word, uint32_t *word_nbytes)
{
    struct pylm__new_word found = {NULL, 0, 0};
    uint32_t position = 0;
    int is_there;
    do
        is_there = pylm__next_new_word(words, &position, &found);
    while (is_there && i--);
    *word = found.text;
    *word_nbytes = found.nbytes;
    return is_there ? found.count : 0u;
}

int pylm_words_is_exact(const void *words)
{
    return !pylm__load32((const uint8_t *)words + AT_INEXACT);
}

/* ---- memory and files ---- */

static uint64_t model_checksum(const pylm_model *model)
{
    return pylm__load64(pylm__root_model(pylm__model_view(model))->image + PYLM__H_HEAD_CHECKSUM);
}

static uint64_t checksum(const struct list *list)
{
    return pylm__checksum(list->head + AT_USED, HEAD_NBYTES - AT_USED + list->used);
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
    pylm__store64(p + AT_MODEL, model_checksum(model));
    return PYLM_OK;
}

uint64_t pylm_words_seal(void *words, uint64_t nbytes)
{
    struct list list = open_list(words, nbytes);
    pylm__store64(list.head + AT_CHECKSUM, checksum(&list));
    return HEAD_NBYTES + (uint64_t)list.used;
}

/* Whether the entries are as they have to be: then nothing that reads them can go astray. */
static int is_sound(const struct list *list)
{
    uint32_t at, n = 0, total = 0;
    const uint8_t *entry = NULL, *last;
    for (at = 0; at < list->used; at += entry_nbytes(entry), n++) {
        last = entry;
        entry = list->entries + at;
        if (list->used - at < ENTRY_NBYTES || !entry[2] || list->used - at < entry_nbytes(entry) ||
            !pylm__load16(entry) || (last && compare(last + ENTRY_NBYTES, last[2], entry) >= 0))
            return 0;
        total += pylm__load16(entry);
        if (total > MAX_TOTAL)
            return 0;
    }
    return n == pylm__load32(list->head + AT_N) && total == pylm__load32(list->head + AT_TOTAL);
}

static int check(const pylm_model *model, const void *words, uint64_t nbytes, int with_checksum)
{
    const uint8_t *p = words;
    struct list list;
    if (nbytes < HEAD_NBYTES || nbytes > UINT32_MAX || memcmp(p, MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (pylm__load64(p + AT_MODEL) != model_checksum(model))
        return PYLM_ERR_ARGUMENT;
    list = open_list((void *)(uintptr_t)words, nbytes);
    if (pylm__load32(p + AT_USED) > list.capacity)
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
        memset(list.entries + list.used, 0, list.capacity - list.used);
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
