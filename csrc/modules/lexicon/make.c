/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * make.c: makes lexicons, and checks them.
 */
#include <string.h>

#include "core/hash.h"
#include "core/lexicon.h"
#include "core/lexicon_view.h"
#include "modules/text/vocabulary.h"
#include "pylm_lexicon.h"

#if PYLM_MODULE_LEXICON

#define LONGEST 255u

static uint64_t checksum(const uint8_t *lexicon, uint64_t nbytes)
{
    return pylm__checksum(lexicon + PYLM__L_N, (size_t)nbytes - PYLM__L_N);
}

/* ---- sorting: of numbers of words, in place, without recursion ---- */

typedef int comes_before(const struct pylm__lexicon *lexicon, uint32_t a, uint32_t b);

static int text_before(const struct pylm__lexicon *lexicon, uint32_t a, uint32_t b)
{
    uint32_t nbytes;
    const uint8_t *text = pylm__lexicon_text_of(lexicon, b, &nbytes);
    return pylm__lexicon_compare(lexicon, a, text, nbytes) < 0;
}

static int place_before(const struct pylm__lexicon *lexicon, uint32_t a, uint32_t b)
{
    uint32_t p = pylm__load32(pylm__lexicon_word_at(lexicon, a)), q = pylm__load32(pylm__lexicon_word_at(lexicon, b));
    return p != q ? p < q : a < b;
}

static void sift_down(const struct pylm__lexicon *lexicon, uint8_t *heap, uint32_t n, uint32_t i,
                      comes_before *is_before)
{
    uint32_t moving = pylm__load32(heap + 4u * (size_t)i), child;
    for (; (child = 2u * i + 1u) < n; i = child) {
        if (child + 1u < n &&
            is_before(lexicon, pylm__load32(heap + 4u * (size_t)child), pylm__load32(heap + 4u * (size_t)child + 4u)))
            child++;
        if (!is_before(lexicon, moving, pylm__load32(heap + 4u * (size_t)child)))
            break;
        pylm__store32(heap + 4u * (size_t)i, pylm__load32(heap + 4u * (size_t)child));
    }
    pylm__store32(heap + 4u * (size_t)i, moving);
}

static void sort(const struct pylm__lexicon *lexicon, uint8_t *numbers, uint32_t n, comes_before *is_before)
{
    uint32_t i, last;
    for (i = 0; i < n; i++)
        pylm__store32(numbers + 4u * (size_t)i, i);
    for (i = n / 2u; i-- > 0;)
        sift_down(lexicon, numbers, n, i, is_before);
    for (i = n; i-- > 1u;) {
        last = pylm__load32(numbers + 4u * (size_t)i);
        pylm__store32(numbers + 4u * (size_t)i, pylm__load32(numbers));
        pylm__store32(numbers, last);
        sift_down(lexicon, numbers, i, 0, is_before);
    }
}

/* ---- making ---- */

static uint32_t place_wanted(const pylm_new_words *words, uint32_t i, uint32_t unknown)
{
    return words->like && words->like[i] != PYLM_NONE ? words->like[i] : unknown;
}

static uint32_t count_of(const pylm_new_words *words, uint32_t i)
{
    return words->counts ? words->counts[i] : 1u;
}

static int is_new(const struct pylm__model *m, const pylm_new_words *words, uint32_t i, uint32_t unknown)
{
    uint32_t begin = i ? words->text_ends[i - 1u] : 0u, end = words->text_ends[i];
    uint32_t place = place_wanted(words, i, unknown), count = count_of(words, i);
    return end > begin && end - begin <= LONGEST && place < m->n_symbols && place != m->line_end && count &&
           count <= PYLM_MOST_NEW_WORD_COUNT &&
           pylm__is_unknown_word(m, (const uint8_t *)words->texts + begin, end - begin);
}

/* How many different places there are, at most. */
static uint32_t most_places(const pylm_new_words *words)
{
    uint32_t i, n = 1;
    for (i = 0; words->like && i < words->n; i++)
        n += words->like[i] != PYLM_NONE;
    return n < words->n ? n : words->n;
}

uint64_t pylm_lexicon_nbytes(const pylm_new_words *words)
{
    return pylm__lexicon_total(words->n, most_places(words), words->n ? words->text_ends[words->n - 1u] : 0u);
}

/* The parts of the words that stand in one place, and the one that stays. */
static uint32_t share_out(const pylm_new_words *words, const struct pylm__lexicon *l, uint32_t begin, uint32_t end,
                          int unknown)
{
    uint64_t sum = 0, all;
    uint32_t i, word, share, left = PYLM__SHARE_ONE;
    for (i = begin; i < end; i++)
        sum += count_of(words, pylm__load32(l->by_place + 4u * (size_t)i));
    all = unknown ? sum + words->n_unknown + 1u : 2u * sum;
    for (i = begin; i < end; i++) {
        word = pylm__load32(l->by_place + 4u * (size_t)i);
        share = (uint32_t)(((uint64_t)count_of(words, word) << 30) / all);
        share = share ? share : 1u;
        left -= share;
        pylm__store32((uint8_t *)(uintptr_t)pylm__lexicon_word_at(l, word) + 4, share);
    }
    return left;
}

/* Writes the places; returns how many there are. */
static uint32_t write_places(const pylm_new_words *words, const struct pylm__lexicon *l, uint8_t *places,
                             uint32_t unknown)
{
    uint32_t begin, end, n = 0, symbol;
    for (begin = 0; begin < l->n; begin = end, n++) {
        uint8_t *place = places + PYLM__L_PLACE_NBYTES * (size_t)n;
        symbol = pylm__load32(pylm__lexicon_word_at(l, pylm__load32(l->by_place + 4u * (size_t)begin)));
        for (end = begin; end < l->n; end++)
            if (pylm__load32(pylm__lexicon_word_at(l, pylm__load32(l->by_place + 4u * (size_t)end))) != symbol)
                break;
        pylm__store32(place, symbol);
        pylm__store32(place + 4, end);
        pylm__store32(place + 8, share_out(words, l, begin, end, symbol == unknown));
    }
    return n;
}

static int has_doubles(const struct pylm__lexicon *l)
{
    uint32_t i;
    for (i = 1; i < l->n; i++)
        if (!text_before(l, pylm__load32(l->by_text + 4u * (size_t)(i - 1u)),
                         pylm__load32(l->by_text + 4u * (size_t)i)))
            return 1;
    return 0;
}

/* Room is for as many places as there may be: what is left of it is the texts' end, zero. */
int pylm_lexicon_make(const pylm_model *model, const pylm_new_words *words, void *lexicon, uint64_t *nbytes_ret)
{
    const struct pylm__model *m = pylm__model_view(model);
    uint32_t i, unknown = pylm__load32(m->image + PYLM__H_UNKNOWN), n = words->n, n_places = most_places(words);
    struct pylm__lexicon l;
    uint8_t *p = lexicon, *word;
    if (m->tokenizer != PYLM_TOKENIZER_WORDS)
        return PYLM_ERR_ARGUMENT;
    if (n > PYLM_MOST_NEW_WORDS || n > PYLM__MAX_SYMBOLS - m->n_symbols)
        return PYLM_ERR_LARGE;
    for (i = 0; i < n; i++)
        if (!is_new(m, words, i, unknown))
            return PYLM_ERR_ARGUMENT;
    memset(p, 0, (size_t)pylm_lexicon_nbytes(words));
    memcpy(p, PYLM__L_MAGIC, 8);
    pylm__store64(p + PYLM__L_MODEL, pylm__vocabulary_checksum(m));
    pylm__store32(p + PYLM__L_N, n);
    pylm__store32(p + PYLM__L_N_PLACES, n_places);
    pylm__store32(p + PYLM__L_TEXT_NBYTES, n ? words->text_ends[n - 1u] : 0u);
    l = pylm__lexicon_view(p);
    for (i = 0; i < n; i++) {
        word = p + PYLM__L_NBYTES + (size_t)i * PYLM__L_WORD_NBYTES;
        pylm__store32(word, place_wanted(words, i, unknown));
        pylm__store32(word + 8, words->text_ends[i]);
    }
    if (n)
        memcpy((uint8_t *)(uintptr_t)l.texts, words->texts, words->text_ends[n - 1u]);
    sort(&l, (uint8_t *)(uintptr_t)l.by_text, n, text_before);
    sort(&l, (uint8_t *)(uintptr_t)l.by_place, n, place_before);
    if (has_doubles(&l))
        return PYLM_ERR_ARGUMENT;
    i = write_places(words, &l, (uint8_t *)(uintptr_t)l.places, unknown);
    memmove((uint8_t *)(uintptr_t)l.places + (size_t)i * PYLM__L_PLACE_NBYTES, l.texts, l.text_nbytes);
    memset((uint8_t *)(uintptr_t)l.places + (size_t)i * PYLM__L_PLACE_NBYTES + l.text_nbytes, 0,
           (size_t)(n_places - i) * PYLM__L_PLACE_NBYTES);
    pylm__store32(p + PYLM__L_N_PLACES, i);
    *nbytes_ret = pylm__lexicon_total(n, i, l.text_nbytes);
    pylm__store64(p + PYLM__L_CHECKSUM, checksum(p, *nbytes_ret));
    return PYLM_OK;
}

/* ---- checking ---- */

/* Whether all words are such that the model reads them as unknown, in the order of their texts, and stand in places. */
static int has_sound_words(const struct pylm__model *m, const struct pylm__lexicon *l)
{
    uint32_t i, begin, end, nbytes, word, last = 0;
    const uint8_t *text;
    for (i = 0; i < l->n; i++) { /* the ends first: all that reads texts goes by them */
        begin = pylm__lexicon_text_begin(l, i);
        end = pylm__lexicon_text_begin(l, i + 1u);
        if (end <= begin || end - begin > LONGEST || end > l->text_nbytes ||
            pylm__load32(pylm__lexicon_word_at(l, i)) >= m->n_symbols)
            return 0;
    }
    for (i = 0; i < l->n; last = word, i++) {
        word = pylm__load32(l->by_text + 4u * (size_t)i);
        if (word >= l->n || (i && !text_before(l, last, word)))
            return 0;
        text = pylm__lexicon_text_of(l, word, &nbytes);
        if (!pylm__is_unknown_word(m, text, nbytes))
            return 0;
    }
    return 1;
}

/* Whether the places have all words, each once, and nobody more than there is. Ascending numbers in each place, and as
 * many as there are words: so none is missing. */
static int has_sound_places(const struct pylm__model *m, const struct pylm__lexicon *l)
{
    uint32_t place, symbol, last = 0, i = 0, end, word, before = 0, share, left;
    for (place = 0; place < l->n_places; place++, last = symbol) {
        const uint8_t *p = pylm__lexicon_place_at(l, place);
        uint32_t begin = i;
        symbol = pylm__load32(p);
        end = pylm__load32(p + 4);
        left = PYLM__SHARE_ONE;
        if (symbol >= m->n_symbols || (place && symbol <= last) || end <= i || end > l->n)
            return 0;
        for (; i < end; i++, before = word) {
            word = pylm__load32(l->by_place + 4u * (size_t)i);
            if (word >= l->n || (i > begin && word <= before) || pylm__load32(pylm__lexicon_word_at(l, word)) != symbol)
                return 0;
            share = pylm__load32(pylm__lexicon_word_at(l, word) + 4);
            if (!share || share >= left)
                return 0;
            left -= share;
        }
        if (left != pylm__load32(p + 8))
            return 0;
    }
    return i == l->n;
}

static int check(const struct pylm__model *m, const uint8_t *p, uint64_t nbytes)
{
    struct pylm__lexicon l;
    uint64_t total;
    if (nbytes < PYLM__L_NBYTES || memcmp(p, PYLM__L_MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (m->tokenizer != PYLM_TOKENIZER_WORDS || pylm__load64(p + PYLM__L_MODEL) != pylm__vocabulary_checksum(m))
        return PYLM_ERR_ARGUMENT;
    l.n = pylm__load32(p + PYLM__L_N);
    l.n_places = pylm__load32(p + PYLM__L_N_PLACES);
    if (l.n > PYLM_MOST_NEW_WORDS || l.n > PYLM__MAX_SYMBOLS - m->n_symbols || l.n_places > l.n)
        return PYLM_ERR_DAMAGED;
    total = pylm__lexicon_total(l.n, l.n_places, pylm__load32(p + PYLM__L_TEXT_NBYTES));
    if (nbytes < total)
        return PYLM_ERR_TRUNCATED;
    l = pylm__lexicon_view(p);
    return pylm__load64(p + PYLM__L_CHECKSUM) == checksum(p, total) && has_sound_words(m, &l) && has_sound_places(m, &l)
               ? PYLM_OK
               : PYLM_ERR_DAMAGED;
}

int pylm_model_set_lexicon(pylm_model *model, const void *lexicon, uint64_t nbytes)
{
    struct pylm__model *m = (struct pylm__model *)(void *)model;
    const uint8_t *before = m->lexicon;
    int status = PYLM_OK;
    m->lexicon = NULL; /* the words have to be unknown without it */
    if (lexicon)
        status = check(m, lexicon, nbytes);
    m->lexicon = status == PYLM_OK ? lexicon : before;
    return status;
}

uint32_t pylm_symbol_place(const pylm_model *model, uint32_t symbol, uint32_t *share_q30)
{
    return pylm__lexicon_symbol(pylm__model_view(model), symbol, share_q30);
}

#endif
