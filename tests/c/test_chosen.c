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
#include "train/base/blake2b.h"
#include "train/sources/word_ranks.h"
#include "train/text/documents.h"
#include "train/text/slots.h"
#include "train/topic/frequent.h"

#define N_WORDS 3000u
#define N_NUMBERS 20000u
#define N_DOCUMENTS 3000u

/* The public factor, and that of a model: nobody knew it. */
static const uint8_t known[8] = {0x15, 0x7c, 0x4a, 0x7f, 0xb9, 0x79, 0x37, 0x9e},
                     own[8] = {0x43, 0x01, 0xbb, 0x07, 0x2e, 0x27, 0x62, 0x6c};

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

/* Whether a word belongs into one in 16 of the slots, of each of three kinds of tables. */
static int is_chosen(const char *word)
{
    uint64_t hash = pylm__hash_bytes((const uint8_t *)word, 8);
    return !(hash >> 32 & 0x0f00u) && !((hash ^ hash >> 32) & 0x0f00u) && !(pylm__slot(known, hash) & 0x0f00u);
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
static uint32_t furthest(const struct pylm__strings *strings, const uint8_t *factor, const uint32_t *slots,
                         unsigned bits)
{
    uint32_t mask = (UINT32_C(1) << bits) - 1u, most = 0, i;
    for (i = 0; i <= mask; i++) {
        uint64_t nbytes;
        const uint8_t *text;
        uint32_t away;
        if (!slots[i])
            continue;
        text = pylm__string_text(strings, slots[i] - 1u, &nbytes);
        away = (i - pylm__slot(factor, pylm__hash_bytes(text, nbytes))) & mask;
        most = away > most ? away : most;
    }
    return most;
}

/* Strings lie near their slots even where the table is nearly as full as it may be. */
static void test_slots_by_chance(void)
{
    struct pylm__strings strings;
    uint32_t n = 43000, i, number, *slots;
    unsigned bits;
    char word[16];
    REQUIRE(pylm__strings_init(&strings) == PYLM_OK);
    for (i = 0; i < n; i++)
        REQUIRE(pylm__strings_number(&strings, (uint8_t *)word, (uint64_t)sprintf(word, "%u", i * 7919u), &number) ==
                PYLM_OK);
    REQUIRE(pylm__slots_make(&strings, n, own, &slots, &bits) == PYLM_OK);
    CHECK(bits == 16u && furthest(&strings, own, slots, bits) < 256u);
    free(slots);
    pylm__strings_free(&strings);
}

/* Words that all belong into few slots with one factor, do not with another. */
static void test_slots_chosen(const char *text)
{
    struct pylm__strings strings;
    uint32_t i, number, *slots;
    unsigned bits;
    REQUIRE(pylm__strings_init(&strings) == PYLM_OK);
    for (i = 0; i < N_WORDS; i++)
        REQUIRE(pylm__strings_number(&strings, (const uint8_t *)text + 9u * i, 8, &number) == PYLM_OK);
    REQUIRE(pylm__slots_make(&strings, N_WORDS, known, &slots, &bits) == PYLM_OK);
    CHECK(bits > 13u && furthest(&strings, known, slots, bits) < PYLM__MOST_TRIED);
    free(slots);
    REQUIRE(pylm__slots_make(&strings, N_WORDS, own, &slots, &bits) == PYLM_OK);
    CHECK(bits == 13u && furthest(&strings, own, slots, bits) < 64u);
    free(slots);
    pylm__strings_free(&strings);
}

/* A model of such words has them all, in a table of the usual size. */
static void test_model(const char *text, size_t nbytes)
{
    pylm_train_options options;
    pylm_model model;
    struct image image;
    uint32_t i;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.min_word_count = 1;
    options.max_order = 1;
    image = train(text, nbytes, &options);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    for (i = 0; i < N_WORDS; i++)
        CHECK(pylm_symbol_find(&model, text + 9u * i, 8) != PYLM_NONE);
    CHECK(image.data[PYLM__H_VOCAB_SLOT_BITS] == 13u);
    free(image.data);
}

/* ---- contexts ---- */

static uint64_t two_back(const uint8_t *factor, const uint32_t context[2])
{
    return pylm__hash_by(factor, pylm__hash_by(factor, PYLM__HASH_SEED, context[0]), context[1]);
}

/* Pairs of contexts that agree in the upper 16 bits with one factor, do so with another as seldom as any. */
static void test_contexts(void)
{
    enum { N = 1 << 16 };
    uint32_t *first = allocate((size_t)N * sizeof *first), i, n = 0, n_same = 0; /* contexts + 1, by their upper bits */
    for (i = 0; n < 5000u; i++) {
        const uint32_t context[2] = {i % 2048u, i / 2048u};
        uint64_t hash = two_back(known, context);
        uint32_t other = first[hash >> 48];
        if (other) {
            const uint32_t before[2] = {(other - 1u) % 2048u, (other - 1u) / 2048u};
            n_same += (two_back(own, before) ^ two_back(own, context)) >> 48 == 0;
            n++;
        }
        first[hash >> 48] = i + 1u;
    }
    CHECK(n_same < 5u);
    free(first);
}

/* The factor is a digest of the text: any change makes another one. */
static void test_factors(void)
{
    static const char *const texts[] = {"a b a b\n", "a b a c\n", "x y x y\n", "a b a b\na b\n"};
    pylm_train_options options;
    uint64_t factors[4];
    uint32_t i, j;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.min_word_count = 1;
    options.max_order = 1;
    for (i = 0; i < 4u; i++) {
        struct image image = train(texts[i], strlen(texts[i]), &options);
        factors[i] = pylm__load64(image.data + PYLM__H_FACTOR);
        CHECK(factors[i] & 1u);
        for (j = 0; j < i; j++)
            CHECK(factors[j] != factors[i]);
        free(image.data);
    }
}

static void test_blake2b(void)
{
    /* RFC 7693, appendix A; and what Python's hashlib says of 1,000 bytes 0, 1, 2, ... 250, 0, ... */
    static const uint8_t abc[8] = {0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c, 0x4d, 0x0d};
    static const uint8_t thousand[8] = {0xc1, 0x1e, 0x1c, 0x03, 0x40, 0xbd, 0x7e, 0x5a};
    struct pylm__blake2b digest;
    uint8_t out[PYLM__BLAKE2B_NBYTES], data[1000];
    uint32_t i, step;
    pylm__blake2b_begin(&digest);
    pylm__blake2b_add(&digest, (const uint8_t *)"abc", 3);
    pylm__blake2b_end(&digest, out);
    CHECK(memcmp(out, abc, sizeof abc) == 0);
    for (i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i % 251u);
    for (step = 1; step < 300u; step += 37u) { /* in parts */
        pylm__blake2b_begin(&digest);
        for (i = 0; i < sizeof data; i += step)
            pylm__blake2b_add(&digest, data + i, sizeof data - i < step ? sizeof data - i : step);
        pylm__blake2b_end(&digest, out);
        CHECK(memcmp(out, thousand, sizeof thousand) == 0);
    }
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
    test_contexts();
    test_factors();
    test_blake2b();
    test_documents();
    free(text);
    return finish();
}
