/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, words: which of them are kept, by how often they came, by number, or because they are given.
 */
#include "pylm_text.h"

#include "check.h"
#include "use_image.h"

static const char text[] = "a b a b c a\nb a once b c twice twice\n";

/* Trains on the text. `given` has n words, concatenated, that end at `ends`. */
static struct image train_words(const pylm_train_options *options, const char *given, const uint64_t *ends, uint32_t n)
{
    pylm_trainer *trainer;
    REQUIRE(pylm_trainer_new(&trainer, options) == PYLM_OK);
    if (n)
        REQUIRE(pylm_trainer_vocabulary(trainer, n, given, ends, NULL, 0) == PYLM_OK);
    REQUIRE(pylm_trainer_add(trainer, text, sizeof text - 1u, NULL) == PYLM_OK);
    return build(trainer);
}

/* Compares the vocabulary with n words; "</s>" and "<unk>" are there always. Probabilities add up to 1. */
static void check_words(struct image image, uint32_t n, const char *const *words)
{
    pylm_model model;
    pylm_state state;
    pylm_info info;
    uint32_t i;
    uint64_t q62[16], sum = 0;
    void *work;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    REQUIRE(info.n_symbols == n + 2u && info.n_symbols <= 16u);
    CHECK(pylm_symbol_find(&model, "</s>", 4) == info.line_end && pylm_symbol_find(&model, "<unk>", 5) == info.unknown);
    for (i = 0; i < n; i++)
        CHECK(pylm_symbol_find(&model, words[i], (uint32_t)strlen(words[i])) != PYLM_NONE);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm_state_init(&model, &state);
    pylm_distribution(&model, &state, work, q62);
    for (i = 0; i < info.n_symbols; i++) {
        CHECK(q62[i] > 0);
        sum += q62[i];
    }
    CHECK(sum == UINT64_C(1) << 62);
    free(work);
    free(image.data);
}

static void test_kept(pylm_train_options options)
{
    static const char *const all[] = {"a", "b", "c", "twice", "once"};
    check_words(train_words(&options, NULL, NULL, 0), 4, all);
    options.min_word_count = 1;
    check_words(train_words(&options, NULL, NULL, 0), 5, all);
    options.min_word_count = 3;
    check_words(train_words(&options, NULL, NULL, 0), 2, all);
    options.min_word_count = 0;
    options.min_count = 1;
    check_words(train_words(&options, NULL, NULL, 0), 5, all);
    options.max_words = 5; /* of "c" and "twice", which came equally often, the first stays */
    check_words(train_words(&options, NULL, NULL, 0), 3, all);
}

static void test_given(pylm_train_options options)
{
    static const char *const words[] = {"b", "never", "once"};
    static const uint64_t ends[] = {1, 6, 10, 11};
    check_words(train_words(&options, "bneveronceb", ends, 4), 3, words);
}

static void test_refused(pylm_train_options options)
{
    static const uint64_t one[] = {1}, five[] = {5}, none[] = {0};
    pylm_trainer *trainer;
    pylm_train_options other = options;
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(trainer, 1, "a", one, "file", 4) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_vocabulary(trainer, 0, "a", one, NULL, 0) == PYLM_ERR_ARGUMENT);
    REQUIRE(pylm_trainer_add(trainer, text, sizeof text - 1u, NULL) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(trainer, 1, "a", one, NULL, 0) == PYLM_ERR_ARGUMENT); /* too late */
    pylm_trainer_free(trainer);
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(trainer, 1, "a\nbcd", five, NULL, 0) == PYLM_ERR_ARGUMENT);
    pylm_trainer_free(trainer);
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(trainer, 1, "", none, NULL, 0) == PYLM_ERR_ARGUMENT);
    pylm_trainer_free(trainer);
    other.max_words = 10;
    REQUIRE(pylm_trainer_new(&trainer, &other) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(trainer, 1, "a", one, NULL, 0) == PYLM_ERR_ARGUMENT);
    pylm_trainer_free(trainer);
    other.max_words = 2;
    CHECK(pylm_trainer_new(&trainer, &other) == PYLM_ERR_ARGUMENT);
    other.max_words = 10;
    other.tokenizer = PYLM_TOKENIZER_PIECES;
    CHECK(pylm_trainer_new(&trainer, &other) == PYLM_ERR_ARGUMENT);
    other.max_words = 0;
    other.min_word_count = 1;
    CHECK(pylm_trainer_new(&trainer, &other) == PYLM_ERR_ARGUMENT);
}

int main(void)
{
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.n_threads = 1;
    test_kept(options);
    test_given(options);
    test_refused(options);
    return finish();
}
