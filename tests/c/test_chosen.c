/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Texts that were chosen against the public hash: words that all belong into the same slots, documents of one digest.
 * What they cost is counted in comparisons, not in seconds.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/hash.h"
#include "core/hash_table.h"
#include "modules/text/vocabulary.h"
#include "pylm_text.h"
#include "train/sources/word_ranks.h"
#include "train/text/documents.h"
#include "train/text/slots.h"
#include "train/topic/frequent.h"

#define N_WORDS 3000u
#define N_NUMBERS 20000u
#define N_DOCUMENTS 3000u

/* ---- the tree ---- */

static uint64_t n_comparisons;

static int compare_numbers(const void *table, const void *key, uint32_t number)
{
    uint32_t x = *(const uint32_t *)key, y = ((const uint32_t *)table)[number];
    n_comparisons++;
    return (x > y) - (x < y);
}

/* Numbers in ascending, descending and other orders: each is found, with few comparisons. */
static void test_tree(void)
{
    uint32_t *numbers = allocate(N_NUMBERS * sizeof *numbers), i, order, absent = 1;
    for (order = 0; order < 3u; order++) {
        struct pylm__overflow overflow;
        memset(&overflow, 0, sizeof overflow);
        n_comparisons = 0;
        for (i = 0; i < N_NUMBERS; i++) {
            numbers[i] = 2u * (order == 0 ? i : order == 1u ? N_NUMBERS - i : (i * 7919u) % N_NUMBERS);
            REQUIRE(pylm__overflow_add(&overflow, compare_numbers, numbers, &numbers[i], i) == PYLM_OK);
        }
        for (i = 0; i < N_NUMBERS; i++)
            CHECK(pylm__overflow_find(&overflow, compare_numbers, numbers, &numbers[i]) == i);
        CHECK(pylm__overflow_find(&overflow, compare_numbers, numbers, &absent) == PYLM_NONE);
        CHECK(n_comparisons < 2u * N_NUMBERS * 21u); /* 1.44 log2(20000) */
        pylm__overflow_clear(&overflow);
        CHECK(pylm__overflow_find(&overflow, compare_numbers, numbers, &numbers[0]) == PYLM_NONE);
        pylm__overflow_free(&overflow);
    }
    free(numbers);
}

/* ---- words ---- */

/* Whether a word belongs into one in 32 of the slots, of each of two kinds of tables. */
static int is_chosen(const char *word)
{
    uint64_t hash = pylm__hash_bytes((const uint8_t *)word, 8);
    return !(hash >> 32 & 0x1f00u) && !((hash ^ hash >> 32) & 0x1f00u);
}

/* Such words of 8 letters, each with a space behind it. */
static char *chosen_words(uint32_t n, size_t *nbytes)
{
    char *text = allocate(9u * (size_t)n), *at = text;
    uint64_t seed = 1;
    while (at < text + 9u * (size_t)n) {
        uint64_t r = random_number(&seed), i;
        for (i = 0; i < 8u; i++, r /= 26u)
            at[i] = (char)('a' + r % 26u);
        at[8] = ' ';
        if (is_chosen(at))
            at += 9;
    }
    *nbytes = 9u * (size_t)n;
    return text;
}

/* Numbers are those of the first appearance, and words are found again. */
static void test_strings(const char *text)
{
    struct pylm__strings strings;
    uint32_t i, number;
    REQUIRE(pylm__strings_init(&strings) == PYLM_OK);
    for (i = 0; i < 2u * N_WORDS; i++) {
        const uint8_t *word = (const uint8_t *)text + 9u * (i % N_WORDS);
        REQUIRE(pylm__strings_number(&strings, word, 8, &number) == PYLM_OK);
        CHECK(number == i % N_WORDS);
        CHECK(pylm__strings_find(&strings, pylm__hash_bytes(word, 8), word, 8) == number);
    }
    CHECK(strings.n == N_WORDS && strings.overflow.n > N_WORDS / 2u);
    CHECK(pylm__strings_find(&strings, 0, (const uint8_t *)"absent", 6) == PYLM_NONE);
    pylm__strings_free(&strings);
}

static void test_word_ranks(const char *text)
{
    struct pylm__word_ranks words;
    uint32_t i, number, *ranks;
    memset(&words, 0, sizeof words);
    for (i = 0; i < 2u * N_WORDS; i++) {
        REQUIRE(pylm__word_ranks_add(&words, (const uint8_t *)text + 9u * (i % N_WORDS), 8, &number) == PYLM_OK);
        CHECK(number == i % N_WORDS);
    }
    CHECK(words.n == N_WORDS && words.overflow.n > 0);
    REQUIRE(pylm__word_ranks_finish(&words, &ranks, NULL) == PYLM_OK);
    for (i = 1; i < N_WORDS; i++)
        CHECK((ranks[i] < ranks[i - 1u]) == (memcmp(text + 9u * i, text + 9u * (i - 1u), 8) < 0));
    free(ranks);
    pylm__word_ranks_free(&words);
}

/* Hashes of 32 bits whose hashes belong into one in 32 of the slots. */
static void test_frequencies(void)
{
    struct pylm__frequencies frequencies;
    uint32_t hash, i, n = 0;
    uint8_t *table;
    uint64_t nbytes;
    memset(&frequencies, 0, sizeof frequencies);
    for (hash = 1; n < N_WORDS; hash++) {
        if (pylm__hash_step(PYLM__HASH_SEED, hash) >> 32 & 0x1f00u)
            continue;
        for (i = 0; i <= n % 3u; i++)
            REQUIRE(pylm__frequencies_count(&frequencies, hash) == PYLM_OK);
        n++;
    }
    CHECK(frequencies.n == N_WORDS && frequencies.overflow.n > 0);
    REQUIRE(pylm__frequencies_table(&frequencies, 2, N_WORDS, &table, &nbytes) == PYLM_OK);
    for (hash = 1, i = 0; i < N_WORDS; hash++) {
        if (pylm__hash_step(PYLM__HASH_SEED, hash) >> 32 & 0x1f00u)
            continue;
        CHECK((pylm__table_find(table, hash) != PYLM_NONE) == (i % 3u > 0));
        i++;
    }
    free(table);
    pylm__frequencies_free(&frequencies);
}

/* ---- the vocabulary of an image ---- */

/* How far from its slot the furthest string is found. */
static uint32_t furthest(const struct pylm__strings *strings, const uint32_t *slots, unsigned bits)
{
    uint32_t mask = (UINT32_C(1) << bits) - 1u, most = 0, i;
    for (i = 0; i <= mask; i++) {
        uint64_t nbytes;
        const uint8_t *text;
        uint32_t away;
        if (!slots[i])
            continue;
        text = pylm__string_text(strings, slots[i] - 1u, &nbytes);
        away = (i - (uint32_t)(pylm__hash_bytes(text, nbytes) >> 32)) & mask;
        most = away > most ? away : most;
    }
    return most;
}

/* Words that nobody chose all fit, and lie near their slots even where the table is nearly as full as it may be. */
static void test_slots_by_chance(void)
{
    struct pylm__strings strings;
    uint32_t n = 43000, i, number, *slots, *order = allocate(n * sizeof *order);
    uint8_t *fits = allocate(n);
    unsigned bits;
    char word[16];
    REQUIRE(pylm__strings_init(&strings) == PYLM_OK);
    for (i = 0; i < n; i++) {
        order[i] = i;
        REQUIRE(pylm__strings_number(&strings, (uint8_t *)word, (uint64_t)sprintf(word, "%u", i * 7919u), &number) ==
                PYLM_OK);
    }
    REQUIRE(pylm__slots_choose(&strings, order, n, 0, fits) == PYLM_OK);
    for (i = 0; i < n; i++)
        CHECK(fits[i]);
    REQUIRE(pylm__slots_make(&strings, n, &slots, &bits) == PYLM_OK);
    CHECK(bits == 16u && furthest(&strings, slots, bits) < 128u);
    free(slots);
    free(order);
    free(fits);
    pylm__strings_free(&strings);
}

/* Words of few slots need a larger table; of those that fit, the usual one does. */
static void test_slots_chosen(const char *text)
{
    struct pylm__strings strings;
    uint32_t i, number, n = 0, order[N_WORDS], *slots;
    uint8_t fits[N_WORDS];
    unsigned bits;
    REQUIRE(pylm__strings_init(&strings) == PYLM_OK);
    for (i = 0; i < N_WORDS; i++) {
        order[i] = i;
        REQUIRE(pylm__strings_number(&strings, (const uint8_t *)text + 9u * i, 8, &number) == PYLM_OK);
    }
    REQUIRE(pylm__slots_choose(&strings, order, N_WORDS, 10, fits) == PYLM_OK);
    REQUIRE(pylm__slots_make(&strings, N_WORDS, &slots, &bits) == PYLM_OK);
    CHECK(bits > 13u && furthest(&strings, slots, bits) < PYLM__MOST_TRIED);
    free(slots);
    for (i = 0; i < N_WORDS; i++)
        if (fits[i])
            order[n++] = i;
    CHECK(n > 256u && n < N_WORDS / 2u && order[9] == 9);
    REQUIRE(pylm__strings_select(&strings, order, n) == PYLM_OK);
    REQUIRE(pylm__slots_make(&strings, n, &slots, &bits) == PYLM_OK);
    CHECK(bits < 13u && furthest(&strings, slots, bits) < PYLM__MOST_TRIED);
    free(slots);
    pylm__strings_free(&strings);
}

/* A model of such words has those that fit; the others are "<unk>", when it is trained and when it reads. */
static void test_model(const char *text, size_t nbytes)
{
    pylm_train_options options;
    pylm_model model;
    pylm_info info;
    struct image image;
    uint32_t i, n_found = 0;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.min_word_count = 1;
    options.max_order = 1;
    image = train(text, nbytes, &options);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    for (i = 0; i < N_WORDS; i++)
        n_found += pylm_symbol_find(&model, text + 9u * i, 8) != PYLM_NONE;
    CHECK(n_found == info.n_symbols - 2u && n_found > 256u && n_found < N_WORDS / 2u);
    free(image.data);
}

/* ---- documents ---- */

/* Documents of 16 bytes that all have the same digest: a step of the hash can be undone. */
static void choose_document(uint64_t *seed, uint8_t document[16])
{
    uint64_t first = random_number(seed);
    pylm__store64(document, first);
    pylm__store64(document + 8, pylm__hash_step(PYLM__HASH_SEED, first) ^ 42u);
}

static void begin_corpus(struct pylm__corpus *corpus, int backwards)
{
    uint8_t documents[N_DOCUMENTS][16];
    uint64_t seed = 1;
    uint32_t i;
    for (i = 0; i < N_DOCUMENTS; i++)
        choose_document(&seed, documents[i]);
    REQUIRE(pylm__corpus_init(corpus, PYLM_TOKENIZER_BYTES) == PYLM_OK);
    for (i = 0; i < N_DOCUMENTS; i++)
        REQUIRE(pylm__corpus_add(corpus, documents[backwards ? N_DOCUMENTS - 1u - i : i], 16, NULL) == PYLM_OK);
}

/* They come in the order of their contents, and sorting can be cancelled. */
static void test_documents(void)
{
    struct pylm__corpus corpus, other;
    pylm_task task;
    uint32_t i;
    memset(&task, 0, sizeof task);
    begin_corpus(&corpus, 0);
    begin_corpus(&other, 1);
    CHECK(corpus.document_hashes[0] == corpus.document_hashes[N_DOCUMENTS - 1u]);
    task.cancel = 1;
    CHECK(pylm__corpus_sort_documents(&corpus, &task) == PYLM_ERR_CANCELLED);
    REQUIRE(pylm__corpus_sort_documents(&corpus, NULL) == PYLM_OK);
    REQUIRE(pylm__corpus_sort_documents(&other, NULL) == PYLM_OK);
    CHECK(corpus.n == other.n && corpus.n == 16u * N_DOCUMENTS);
    CHECK(!memcmp(corpus.symbols.data, other.symbols.data, (size_t)corpus.n));
    for (i = 1; i < N_DOCUMENTS; i++)
        CHECK(memcmp((uint8_t *)corpus.symbols.data + 16u * (i - 1u), (uint8_t *)corpus.symbols.data + 16u * i, 16) <
              0);
    pylm__corpus_free(&corpus);
    pylm__corpus_free(&other);
}

int main(void)
{
    size_t nbytes;
    char *text = chosen_words(N_WORDS, &nbytes);
    test_tree();
    test_strings(text);
    test_word_ranks(text);
    test_frequencies();
    test_slots_by_chance();
    test_slots_chosen(text);
    test_model(text, nbytes);
    test_documents();
    free(text);
    return finish();
}
