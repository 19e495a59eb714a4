/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Words that the vocabulary does not have: how they are found, what their letters cost, and when they are not spelled.
 */
#include "core/hash.h"
#include "core/image.h"
#include "pylm_adapt.h"
#include "pylm_prune.h"
#include "pylm_text.h"

#include <math.h>

#include "check.h"

/* An open word model and the model in it that spells. */
struct opened {
    struct image image;
    pylm_model model, spelling;
    pylm_info info;
    uint32_t saves;
    void *work;
};

static struct opened open_words(const char *text, pylm_train_options options)
{
    struct opened o;
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    o.image = train(text, strlen(text), &options);
    REQUIRE(pylm_model_open(&o.model, o.image.data, o.image.nbytes) == PYLM_OK);
    REQUIRE(pylm_spelling(&o.model, &o.spelling, &o.saves) == PYLM_OK);
    pylm_model_info(&o.spelling, &o.info);
    o.work = allocate((size_t)pylm_work_nbytes(&o.spelling));
    return o;
}

static void close_words(struct opened *o)
{
    free(o->work);
    free(o->image.data);
}

static uint64_t cost_of(const struct opened *o, const char *word)
{
    uint64_t cost;
    pylm_spelling_cost(&o->spelling, o->saves, word, strlen(word), o->work, &cost);
    return cost;
}

static const char text[] = "the cat sat on the mat\nthe dog sat on the mat\na catalogue of dogmatic doggerel\n"
                           "the cat and the dog\nmatted cats satisfied\n";

/* A word costs what its bytes and the end cost in the model that spells, less what is saved. */
static void test_cost(const struct opened *o)
{
    static const char *const words[] = {"q", "dogma", "catalogues", "zzzzzzzz", "\xff\xfe"};
    uint32_t symbols[16], i, j;
    CHECK(o->saves > 0 && o->info.tokenizer == PYLM_TOKENIZER_BYTES && o->info.text_end == '\n');
    for (i = 0; i < sizeof words / sizeof *words; i++) {
        uint64_t total;
        pylm_state state;
        for (j = 0; words[i][j]; j++)
            symbols[j] = (unsigned char)words[i][j];
        symbols[j] = o->info.text_end;
        pylm_state_init(&o->spelling, &state);
        REQUIRE(pylm_score(&o->spelling, &state, symbols, j + 1u, o->work, NULL, &total) == PYLM_OK);
        CHECK(cost_of(o, words[i]) == total - o->saves);
    }
    CHECK(cost_of(o, "dogmatics") < cost_of(o, "xjqzvwxyz"));
}

/* A word may be longer than what is scored in one go, and than what 32 bits hold. */
static void test_long_words(const struct opened *o)
{
    size_t n;
    char *word = allocate(100001);
    uint64_t last = 0;
    memset(word, 'q', 100000);
    for (n = 62; n < 68; n++) {
        word[n] = 0;
        CHECK(cost_of(o, word) > last);
        last = cost_of(o, word);
        word[n] = 'q';
    }
    word[100000] = 0;
    CHECK(cost_of(o, word) > UINT32_MAX);
    free(word);
}

/* All that is never spelled has, with what is spelled, a probability of 1: the words of the vocabulary and the empty
 * word have what `saves` shares out among the others. */
static void test_saves(const struct opened *o)
{
    pylm_info info;
    uint32_t i, nbytes;
    double known = 0;
    const unsigned char *word;
    pylm_model_info(&o->model, &info);
    for (i = 0; i < info.n_symbols; i++) {
        uint64_t cost;
        REQUIRE(pylm_symbol_text(&o->model, i, &word, &nbytes) == PYLM_OK);
        if (i == info.line_end)
            nbytes = 0; /* the empty word in its place */
        if (i == info.unknown)
            continue;
        pylm_spelling_cost(&o->spelling, 0, word, nbytes, o->work, &cost);
        known += exp2(-(double)cost / 65536.0);
    }
    CHECK(fabs(-log2(1.0 - known) * 65536.0 - o->saves) < 1.01);
}

/* Finds the unknown words of a text with room for `capacity`, and writes them one behind the other, with '|' between. */
static void find(const pylm_model *model, const char *in, uint64_t capacity, char *out)
{
    uint64_t position = 0, n, i, nbytes = strlen(in);
    pylm_span words[8];
    *out = 0;
    while (position <= nbytes) {
        n = capacity;
        REQUIRE(pylm_unknown_words(model, in, nbytes, &position, words, &n) == PYLM_OK && n <= capacity);
        for (i = 0; i < n; i++) {
            strncat(out, in + words[i].begin, (size_t)(words[i].end - words[i].begin));
            strcat(out, "|");
        }
    }
    CHECK(position == nbytes + 1u);
}

static void test_found(const struct opened *o)
{
    static const char in[] = "the zorkmid\t<s> sat </s> on\nQ the\xc2\xa0mat, <unk> cat";
    uint64_t position = 3, n = 0;
    pylm_span word;
    char out[64];
    uint64_t capacity;
    for (capacity = 1; capacity < 8; capacity++) {
        find(&o->model, in, capacity, out);
        CHECK(strcmp(out, "zorkmid|Q|mat,|<unk>|") == 0);
    }
    find(&o->model, "", 1, out);
    CHECK(!*out);
    CHECK(pylm_unknown_words(&o->model, "ab", 2, &position, &word, &n) == PYLM_ERR_ARGUMENT);
    n = 1;
    CHECK(pylm_unknown_words(&o->model, "ab", 2, &position, &word, &n) == PYLM_ERR_ARGUMENT);
}

static int spells(const char *in, const pylm_train_options *options)
{
    struct image image = train(in, strlen(in), options);
    pylm_model model, spelling;
    pylm_span word;
    pylm_info info;
    uint64_t position = 0, n = 1;
    uint32_t saves;
    int status;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    status = pylm_spelling(&model, &spelling, &saves);
    pylm_model_info(&model, &info);
    CHECK(status == PYLM_OK || status == PYLM_ERR_ARGUMENT);
    CHECK((status == PYLM_OK) == (info.spelling_nbytes > 0));
    CHECK(pylm_unknown_words(&model, "zorkmid", 7, &position, &word, &n) == PYLM_OK);
    CHECK(n == (status == PYLM_OK) && position >= 7);
    free(image.data);
    return status == PYLM_OK;
}

static void test_closed(pylm_train_options options)
{
    pylm_trainer *trainer;
    CHECK(!spells(text, &options)); /* bytes */
    options.closed = 1;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT); /* is for words */
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    CHECK(!spells(text, &options));
    options.closed = 2;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    options.closed = 0;
    CHECK(spells(text, &options));
    CHECK(!spells("a b <unk> c a b c\n", &options)); /* closed by itself */
    CHECK(!spells("a\n", &options));                 /* nothing to learn from */
    CHECK(spells("a b\n", &options));
    options.max_words = 3;
    CHECK(spells("a b c d a b c d a b c d a b c d a b c d a b c d\n", &options)); /* none is rare, many are left out */
    options.max_words = 0;
    options.max_nbytes = 491519;
    CHECK(!spells(text, &options));
    options.max_nbytes = 491520;
    CHECK(spells(text, &options));
}

/* What lies on a model, or is a part of it, spells as it does. */
static void test_layers_and_parts(struct opened *o, pylm_train_options options)
{
    struct image layer;
    pylm_model on, pruned, spelling;
    pylm_pruned small;
    uint32_t saves, symbols[4] = {0, 1, 2, 3};
    uint64_t end = 4;
    pylm_texts log = {NULL, NULL, 1};
    options.base = &o->model;
    layer = train(text, strlen(text), &options);
    REQUIRE(pylm_layer_open(&on, &o->model, layer.data, layer.nbytes) == PYLM_OK);
    CHECK(pylm_spelling(&on, &spelling, &saves) == PYLM_OK && saves == o->saves);
    log.symbols = symbols;
    log.ends = &end;
    REQUIRE(pylm_prune(&o->model, &log, 1000000, NULL, 0, NULL, &small) == PYLM_OK);
    REQUIRE(pylm_model_open(&pruned, small.image, small.image_nbytes) == PYLM_OK);
    CHECK(pylm_spelling(&pruned, &spelling, &saves) == PYLM_OK && saves == o->saves);
    pylm_pruned_free(&small);
    free(layer.data);
}

/* Signs the head of an image that was changed. */
static void sign(struct image image)
{
    uint32_t n = pylm__load32(image.data + PYLM__H_HEAD_NBYTES);
    pylm__store64(image.data + PYLM__H_HEAD_CHECKSUM,
                  pylm__checksum(image.data + PYLM__H_TOKENIZER, n - PYLM__H_TOKENIZER));
}

/* An image that says something else of where its spelling lies, or has something else there. */
static void test_damaged(struct opened *o)
{
    uint64_t at = pylm__load64(o->image.data + PYLM__H_SPELLING), wrong[] = {8, UINT64_MAX, o->image.nbytes}, i;
    pylm_model model, spelling;
    uint32_t saves;
    for (i = 0; i < 3; i++) {
        int status;
        pylm__store64(o->image.data + PYLM__H_SPELLING, wrong[i]);
        sign(o->image);
        status = pylm_model_open(&model, o->image.data, o->image.nbytes);
        CHECK(status == PYLM_ERR_DAMAGED || (!i && status == PYLM_OK));
        if (status == PYLM_OK)
            CHECK(pylm_spelling(&model, &spelling, &saves) == PYLM_ERR_DAMAGED);
    }
    pylm__store64(o->image.data + PYLM__H_SPELLING, at);
    sign(o->image);
    REQUIRE(pylm_model_open(&model, o->image.data, o->image.nbytes) == PYLM_OK);
    o->image.data[at + PYLM__H_VERSION]++;
    CHECK(pylm_spelling(&model, &spelling, &saves) == PYLM_ERR_DAMAGED);
    o->image.data[at + PYLM__H_VERSION]--;
    CHECK(pylm_spelling(&model, &spelling, &saves) == PYLM_OK);
}

int main(void)
{
    pylm_train_options options;
    struct opened o;
    pylm_train_options_init(&options);
    o = open_words(text, options);
    test_cost(&o);
    test_long_words(&o);
    test_saves(&o);
    test_found(&o);
    test_closed(options);
    test_layers_and_parts(&o, options);
    test_damaged(&o);
    close_words(&o);
    return finish();
}
