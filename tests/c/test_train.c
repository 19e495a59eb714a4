/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training: the same bytes for any number of threads; odd texts, cancelling, wrong options.
 */
#include "check.h"
#include "use_image.h"

static void test_threads(void)
{
    static const uint32_t n_threads[] = {1, 2, 7};
    struct image first = {NULL, 0}, image;
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(3000, 2, &nbytes);
    int kind, i;
    for (kind = 0; kind < N_TRAINED_KINDS; kind++) {
        pylm_train_options_init(&options);
        options.tokenizer = kind == KIND_PIECES ? PYLM_TOKENIZER_PIECES
                            : kind > KIND_BYTES ? PYLM_TOKENIZER_WORDS
                                                : PYLM_TOKENIZER_BYTES;
        options.n_trees = kind == KIND_TREES ? 2 : 1;
        options.max_nbytes = kind == KIND_SIZED ? 100000u : 0u;
        for (i = 0; i < 3; i++) {
            options.n_threads = n_threads[i];
            image = kind == KIND_EXTERNAL ? train_external(text, nbytes, options) : train(text, nbytes, &options);
            if (i == 0) {
                first = image;
                continue;
            }
            CHECK(image.nbytes == first.nbytes && memcmp(image.data, first.data, first.nbytes) == 0);
            free(image.data);
        }
        free(first.data);
    }
    free(text);
}

static void test_odd_texts(void)
{
    static const char *const texts[] = {"a",         "\n",      "a\n\n", "a b", "\xff",           "aaaaaaaaaaaaaaaa",
                                        "a a a a\n", "<unk>",   "</s>",  " ",   "b a\nc a b\n\n", "\t\v\f\r",
                                        "<s>",       "\xc2\xa0"};
    static const uint32_t orders[] = {PYLM_NONE, 0, 12};
    pylm_train_options options;
    size_t i, j;
    uint32_t trees, min_count; /* trees 0: bytes; 8: pieces as well as words */
    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        for (trees = 0; trees <= 8u; trees += trees < 2u ? 1u : 6u)
            for (min_count = 1; min_count < 3u; min_count++)
                for (j = 0; j < (min_count > 1u ? 1u : 3u); j++) {
                    struct image image;
                    pylm_train_options_init(&options);
                    options.tokenizer = trees == 8u ? (j & 1u ? PYLM_TOKENIZER_PIECES : PYLM_TOKENIZER_WORDS)
                                        : trees     ? PYLM_TOKENIZER_WORDS
                                                    : PYLM_TOKENIZER_BYTES;
                    options.n_trees = trees ? trees : 1u;
                    options.min_count = min_count;
                    options.max_order = orders[j];
                    image = train(texts[i], strlen(texts[i]), &options);
                    CHECK(min_count > 1u || use_image(image.data, image.nbytes)); /* the others have less in them */
                    free(image.data);
                }
}

static struct image train_words(const char *text)
{
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.min_count = 1;
    return train(text, strlen(text), &options);
}

/* Texts that have the same words and line ends, in other white space or between marks. */
static void test_same_words(void)
{
    static const char *const texts[] = {"a b c\nb a\n\na b c\n",
                                        "a\xc2\xa0"
                                        "b\xe3\x80\x80"
                                        "c\nb\xc2\x85"
                                        "a\n\n\xe1\x9a\x80"
                                        "a\xe2\x80\xaf"
                                        "b\xe2\x81\x9f"
                                        "c\n",
                                        "<s> a b c </s>\n<s> b a </s>\n<s> </s>\n<s> a b c </s>\n",
                                        "<s> a b c </s> <s> b a </s> <s> </s> <s> a b c </s>",
                                        "a b c </s> \n b a\n</s>\n a b c"};
    struct image first = train_words(texts[0]);
    pylm_model model;
    pylm_info info, other_info;
    uint32_t expected[32], symbols[32];
    uint64_t position = 0, n = 32, m;
    size_t i;
    REQUIRE(pylm_model_open(&model, first.data, first.nbytes) == PYLM_OK);
    CHECK(pylm_encode(&model, texts[0], strlen(texts[0]), PYLM_TEXT_CLOSED, &position, expected, &n) == PYLM_OK);
    CHECK(n == 12u);
    pylm_model_info(&model, &info);
    for (i = 1; i < sizeof texts / sizeof *texts; i++) {
        struct image image = train_words(texts[i]);
        pylm_model other;
        REQUIRE(pylm_model_open(&other, image.data, image.nbytes) == PYLM_OK);
        pylm_model_info(&other, &other_info);
        position = 0;
        m = 32;
        CHECK(pylm_encode(&model, texts[i], strlen(texts[i]), PYLM_TEXT_CLOSED, &position, symbols, &m) == PYLM_OK);
        CHECK(m == n && memcmp(symbols, expected, (size_t)n * sizeof *symbols) == 0);
        CHECK(other_info.n_symbols == info.n_symbols);
        free(image.data);
    }
    free(first.data);
}

static void test_nothing(void)
{
    pylm_trainer *trainer;
    const void *image;
    uint64_t nbytes;
    REQUIRE(pylm_trainer_new(&trainer, NULL) == PYLM_OK);
    CHECK(pylm_trainer_add(trainer, NULL, 0, NULL) == PYLM_OK);
    CHECK(pylm_trainer_build(trainer, NULL, &image, &nbytes) == PYLM_ERR_EMPTY);
    pylm_trainer_free(trainer);
    pylm_trainer_free(NULL);
}

static void test_options(void)
{
    pylm_trainer *trainer;
    pylm_train_options good, bad[10];
    size_t i;
    pylm_train_options_init(&good);
    for (i = 0; i < 10u; i++)
        bad[i] = good;
    bad[0].options_nbytes = 4;
    bad[1].tokenizer = 4;
    bad[2].min_count = 0;
    bad[3].n_trees = 0;
    bad[4].n_trees = 2; /* of bytes */
    bad[5].n_classes[0] = 1;
    bad[6].n_classes[7] = 1025;
    bad[7].max_order = 13;
    bad[8].tokenizer = PYLM_TOKENIZER_WORDS;
    bad[8].n_trees = 9;
    bad[9].options_nbytes = UINT32_MAX;
    for (i = 0; i < 10u; i++)
        CHECK(pylm_trainer_new(&trainer, &bad[i]) == PYLM_ERR_ARGUMENT && trainer == NULL);
}

/* Cancels at every stage: the first call that sees it ends, and nothing leaks. */
static void test_cancelling(void)
{
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(20000, 2, &nbytes);
    int kind, early;
    pylm_train_options_init(&options);
    for (kind = 0; kind < 3; kind++) /* bytes, words, pieces */
        for (early = 0; early < 2; early++) {
            pylm_trainer *trainer;
            pylm_task task;
            const void *image;
            uint64_t image_nbytes;
            memset(&task, 0, sizeof task);
            options.tokenizer = (uint32_t)kind;
            REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
            task.cancel = early;
            CHECK(pylm_trainer_add(trainer, text, nbytes, &task) == (early ? PYLM_ERR_CANCELLED : PYLM_OK));
            task.cancel = 1;
            if (!early)
                CHECK(pylm_trainer_build(trainer, &task, &image, &image_nbytes) == PYLM_ERR_CANCELLED);
            pylm_trainer_free(trainer);
        }
    free(text);
}

int main(void)
{
    test_threads();
    test_odd_texts();
    test_same_words();
    test_nothing();
    test_options();
    test_cancelling();
    return finish();
}
