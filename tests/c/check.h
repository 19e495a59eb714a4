/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * check.h: what the C tests share: checks, texts, models. Every test_*.c is a program that returns 0 for success. It
 * includes the headers of the modules that it tests.
 */
#ifndef PYLM_TESTS_CHECK_H
#define PYLM_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pylm_train.h"

static int n_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                              \
            n_failures++;                                                                                              \
        }                                                                                                              \
    } while (0)

/* For what the rest of a test depends on. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        CHECK(condition);                                                                                              \
        if (n_failures)                                                                                                \
            exit(EXIT_FAILURE);                                                                                        \
    } while (0)

static inline int finish(void)
{
    return n_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* splitmix64 */
static inline uint64_t random_number(uint64_t *seed)
{
    uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static inline void *allocate(size_t nbytes)
{
    void *memory = malloc(nbytes ? nbytes : 1u);
    REQUIRE(memory != NULL);
    return memory;
}

/* Words that depend on the word before them. Owned by the caller. */
static inline char *make_text(uint32_t n_words, uint64_t seed, size_t *nbytes)
{
    char *text = allocate(12u * (size_t)n_words + 1u), *at = text;
    uint64_t word = 0;
    uint32_t i;
    for (i = 0; i < n_words; i++) {
        uint64_t r = random_number(&seed);
        word = r % 4u ? (word * 7u + (r >> 8) % 5u) % 300u : (r >> 16) % 40u;
        at += sprintf(at, "w%u%s", (unsigned)word, (r >> 32) % 8u ? " " : "\n");
    }
    *nbytes = (size_t)(at - text);
    return text;
}

/* An image in a block of exactly its size, so that a sanitizer sees every byte read behind it. */
struct image {
    uint8_t *data;
    size_t nbytes;
};

static inline struct image build(pylm_trainer *trainer)
{
    const void *built;
    uint64_t built_nbytes;
    struct image image;
    REQUIRE(pylm_trainer_build(trainer, NULL, &built, &built_nbytes) == PYLM_OK);
    image.nbytes = (size_t)built_nbytes;
    image.data = allocate(image.nbytes);
    memcpy(image.data, built, image.nbytes);
    pylm_trainer_free(trainer);
    return image;
}

static inline struct image train(const void *text, size_t nbytes, const pylm_train_options *options)
{
    pylm_trainer *trainer;
    REQUIRE(pylm_trainer_new(&trainer, options) == PYLM_OK);
    REQUIRE(pylm_trainer_add(trainer, text, nbytes, NULL) == PYLM_OK);
    return build(trainer);
}

/* An external vocabulary of N_IDS ids for bytes. Byte b has the id ID_OF(b); the others never occur. The text of b's id
 * is "bb". Of the others, odd ids have the text "", even ones "?". */
#define N_IDS 700u
#define ID_OF(byte) ((uint32_t)(byte) * 2u + 3u)
#define EXTERNAL_FILE "{\"a tokenizer's file\": 1}"

static inline void give_vocabulary(pylm_trainer *trainer)
{
    char texts[2u * N_IDS];
    uint64_t ends[N_IDS];
    uint32_t id, n = 0;
    for (id = 0; id < N_IDS; id++) {
        if (id >= 3u && id < ID_OF(256) && id % 2u) {
            texts[n++] = (char)((id - 3u) / 2u);
            texts[n++] = (char)((id - 3u) / 2u);
        } else if (id % 2u == 0) {
            texts[n++] = '?';
        }
        ends[id] = n;
    }
    REQUIRE(pylm_trainer_vocabulary(trainer, N_IDS, texts, ends, EXTERNAL_FILE, strlen(EXTERNAL_FILE)) == PYLM_OK);
}

/* Trains on the bytes of a text as external ids. */
static inline struct image train_external(const char *text, size_t nbytes, pylm_train_options options)
{
    pylm_trainer *trainer;
    uint32_t *ids = allocate(nbytes * sizeof *ids);
    size_t i;
    for (i = 0; i < nbytes; i++)
        ids[i] = ID_OF((unsigned char)text[i]);
    options.tokenizer = PYLM_TOKENIZER_EXTERNAL;
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    give_vocabulary(trainer);
    REQUIRE(pylm_trainer_add_ids(trainer, ids, nbytes, 0, NULL) == PYLM_OK);
    free(ids);
    return build(trainer);
}

/* If the variable PYLM_TEST_MODELS names a folder, train_models.c trains models of so many words there once, for all
 * tests. Else every test trains its own. */
#define N_SHARED_WORDS 1500u

static inline void shared_path(int kind, char *path, size_t capacity)
{
    int n = snprintf(path, capacity, "%s/kind-%d.pylm", getenv("PYLM_TEST_MODELS"), kind);
    REQUIRE(n > 0 && (size_t)n < capacity);
}

static inline struct image read_shared(int kind)
{
    struct image image;
    const void *data;
    uint64_t nbytes;
    char path[4096];
    shared_path(kind, path, sizeof path);
    REQUIRE(pylm_file_map(path, &data, &nbytes) == PYLM_OK);
    image.nbytes = (size_t)nbytes;
    image.data = allocate(image.nbytes);
    memcpy(image.data, data, image.nbytes);
    pylm_file_unmap(data, nbytes);
    return image;
}

#include "topics.h"

/* The kinds of models that tests are run with. External ones do not encode texts. The last two, of words and of bytes,
 * were given vectors afterwards. */
enum {
    KIND_BYTES,
    KIND_WORDS,
    KIND_TREES,
    KIND_PIECES,
    KIND_SIZED,
    KIND_EXTERNAL,
    KIND_TOPICS,
    KIND_LAST_WORDS,
    N_KINDS
};
#define N_TRAINED_KINDS KIND_TOPICS

/* And a further kind, which only some tests ask for: a kernel of words. */
#define KIND_KERNEL(reach) (N_KINDS + (int)(reach))

static inline struct image train_kind_anew(int kind, uint32_t n_words)
{
    pylm_train_options options;
    struct image image;
    size_t nbytes;
    char *text = make_text(n_words, 1, &nbytes);
    pylm_train_options_init(&options);
    options.tokenizer = kind == KIND_PIECES                             ? PYLM_TOKENIZER_PIECES
                        : kind == KIND_BYTES || kind == KIND_LAST_WORDS ? PYLM_TOKENIZER_BYTES
                                                                        : PYLM_TOKENIZER_WORDS;
    options.n_trees = kind == KIND_TREES ? 3 : 1;
    options.n_pieces = 330;
    options.max_nbytes = kind == KIND_SIZED ? 1u << 30 : 0u; /* room for everything, in coded lists */
    options.n_classes[0] = options.n_classes[1] = options.n_classes[2] = 20;
    if (kind > N_KINDS) {
        options.predictor = PYLM_PREDICTOR_KERNEL;
        options.reach = (uint32_t)(kind - N_KINDS);
    }
    image = kind == KIND_EXTERNAL ? train_external(text, nbytes, options) : train(text, nbytes, &options);
    free(text);
    return kind == KIND_TOPICS || kind == KIND_LAST_WORDS ? with_topics(image, 0) : image;
}

static inline struct image train_kind(int kind, uint32_t n_words)
{
    int is_shared = kind < N_KINDS && n_words == N_SHARED_WORDS && getenv("PYLM_TEST_MODELS");
    return is_shared ? read_shared(kind) : train_kind_anew(kind, n_words);
}

#endif
