/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training and module text, external vocabularies: symbols are the given ids, whatever the tree. Ids that never occur
 * are symbols, too, however many. The tokenizer's file comes back.
 */
#include "pylm_text.h"

#include "check.h"
#include "use_image.h"

static pylm_trainer *new_trainer(uint32_t n_trees)
{
    pylm_trainer *trainer;
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_EXTERNAL;
    options.n_trees = n_trees;
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    return trainer;
}

static void test_texts(const pylm_model *model)
{
    const unsigned char *text;
    uint32_t id, nbytes, ids[3] = {ID_OF('a'), 0, ID_OF(0xff)}, symbol;
    uint64_t position = 0, n = 7, out_nbytes;
    char out[5];
    for (id = 0; id < N_IDS; id++) {
        REQUIRE(pylm_symbol_text(model, id, &text, &nbytes) == PYLM_OK);
        symbol = pylm_symbol_find(model, text, nbytes);
        CHECK(symbol == (nbytes == 2u ? id : nbytes ? 0u : PYLM_NONE)); /* "?" is the text of many */
    }
    CHECK(pylm_symbol_find(model, "nosuchtoken", 11) == PYLM_NONE);
    CHECK(pylm_decode(model, PYLM_NONE, ids, 3, out, 5, &out_nbytes) == PYLM_OK && out_nbytes == 5u);
    CHECK(memcmp(out, "aa?\xff\xff", 5) == 0);
    n = 3;
    CHECK(pylm_encode(model, "a", 1, PYLM_TEXT_OPEN, &position, ids, &n) == PYLM_ERR_ARGUMENT);
    CHECK(position == 0 && n == 3u);
}

/* Probable symbols have the ids they were given. Ids that never occur have a probability above 0. */
static void test_prediction(const pylm_model *model)
{
    static const char context[] = "w1 w7 w4 ";
    pylm_state state;
    pylm_candidate best[4];
    uint32_t id, n, cost;
    uint64_t *q62 = allocate(N_IDS * sizeof *q62), sum = 0;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_state_init(&state);
    for (n = 0; n < sizeof context - 1u; n++)
        CHECK(pylm_state_push(model, &state, ID_OF((unsigned char)context[n])) == PYLM_OK);
    pylm_top(model, &state, 4, work, best, &n);
    CHECK(n == 4u && best[0].symbol == ID_OF('w') && best[0].cost_q16 < 65536u / 10u);
    pylm_distribution(model, &state, work, q62);
    for (id = 0; id < N_IDS; id++) {
        sum += q62[id];
        CHECK(q62[id] > 0);
        CHECK(pylm_cost(model, &state, id, work, &cost) == PYLM_OK);
        CHECK(id % 2u || cost > 8u << 16);
    }
    CHECK(sum == UINT64_C(1) << 62);
    free(q62);
    free(work);
}

static void test_model(uint32_t n_trees)
{
    pylm_train_options options;
    pylm_model model;
    pylm_info info;
    struct image image;
    size_t nbytes;
    char *text = make_text(2000, 1, &nbytes);
    pylm_train_options_init(&options);
    options.n_trees = n_trees;
    image = train_external(text, nbytes, options);
    free(text);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    CHECK(info.tokenizer == PYLM_TOKENIZER_EXTERNAL && info.n_symbols == N_IDS && info.n_trees == n_trees);
    CHECK(info.unknown == PYLM_NONE && info.line_end == PYLM_NONE);
    CHECK(info.tokenizer_nbytes == strlen(EXTERNAL_FILE));
    CHECK(memcmp(image.data + info.tokenizer_offset, EXTERNAL_FILE, strlen(EXTERNAL_FILE)) == 0);
    test_texts(&model);
    test_prediction(&model);
    free(image.data);
}

static void test_head(void)
{
    struct image image = train_kind(KIND_SIZED, 300), bytes = train_kind(KIND_BYTES, 300);
    pylm_model model;
    CHECK(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    image.data[PYLM__H_TOKENIZER_FILE_NBYTES + 4] = 1; /* longer than the image */
    sign_head(image.data, image.nbytes);
    CHECK(pylm_model_open(&model, image.data, image.nbytes) == PYLM_ERR_DAMAGED);
    image.data[PYLM__H_TOKENIZER_FILE_NBYTES + 4] = 0;
    image.data[PYLM__H_TOKENIZER_FILE + 4] = 1; /* begins behind it */
    sign_head(image.data, image.nbytes);
    CHECK(pylm_model_open(&model, image.data, image.nbytes) == PYLM_ERR_DAMAGED);
    CHECK(pylm_model_open(&model, bytes.data, bytes.nbytes) == PYLM_OK);
    bytes.data[PYLM__H_TOKENIZER_FILE] = PYLM__H_NBYTES; /* only external ones have it */
    sign_head(bytes.data, bytes.nbytes);
    CHECK(pylm_model_open(&model, bytes.data, bytes.nbytes) == PYLM_ERR_DAMAGED);
    free(image.data);
    free(bytes.data);
}

/* The smallest vocabularies, seen and not. */
static void test_small(void)
{
    static const uint64_t ends[5] = {0, 0, 0, 0, 0};
    static const uint32_t ids[4] = {3, 3, 0, 3};
    uint32_t n_symbols, n, n_trees;
    for (n_trees = 1; n_trees < 4u; n_trees += 2u)
        for (n_symbols = 4; n_symbols < 6u; n_symbols++)
            for (n = 1; n <= 4u; n++) {
                pylm_trainer *trainer = new_trainer(n_trees);
                struct image image;
                REQUIRE(pylm_trainer_vocabulary(trainer, n_symbols, NULL, ends, NULL, 0) == PYLM_OK);
                REQUIRE(pylm_trainer_add_ids(trainer, ids, n, 0, NULL) == PYLM_OK);
                REQUIRE(pylm_trainer_add_ids(trainer, NULL, 0, 0, NULL) == PYLM_OK);
                image = build(trainer);
                CHECK(use_image(image.data, image.nbytes));
                free(image.data);
            }
}

static void test_one_symbol(void)
{
    static const uint64_t end = 1;
    static const uint32_t ids[2] = {0, 0};
    pylm_trainer *trainer = new_trainer(1);
    pylm_model model;
    pylm_state state;
    struct image image;
    uint32_t cost = 1;
    void *work;
    REQUIRE(pylm_trainer_vocabulary(trainer, 1, "a", &end, NULL, 0) == PYLM_OK);
    REQUIRE(pylm_trainer_add_ids(trainer, ids, 2, 0, NULL) == PYLM_OK);
    image = build(trainer);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm_state_init(&state);
    CHECK(pylm_cost(&model, &state, 0, work, &cost) == PYLM_OK && cost == 0);
    free(work);
    free(image.data);
}

/* A hundred thousand ids, of which few occur: their costs are near each other. */
static void test_large(void)
{
    enum { N = 100000, N_TEXT = 4000 };
    pylm_trainer *trainer = new_trainer(1);
    uint64_t *ends = allocate(N * sizeof *ends), seed = 1;
    uint32_t *ids = allocate(N_TEXT * sizeof *ids), i, cost, least = UINT32_MAX, most = 0;
    struct image image;
    pylm_model model;
    pylm_state state;
    void *work;
    memset(ends, 0, N * sizeof *ends); /* all texts are empty */
    for (i = 0; i < N_TEXT; i++)
        ids[i] = (uint32_t)(random_number(&seed) % (random_number(&seed) % 400u + 1u)) * 7u;
    REQUIRE(pylm_trainer_vocabulary(trainer, N, NULL, ends, NULL, 0) == PYLM_OK);
    REQUIRE(pylm_trainer_add_ids(trainer, ids, N_TEXT, 12345, NULL) == PYLM_OK);
    image = build(trainer);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm_state_init(&state);
    for (i = 3000; i < N; i++) {
        REQUIRE(pylm_cost(&model, &state, i, work, &cost) == PYLM_OK);
        least = cost < least ? cost : least;
        most = cost > most ? cost : most;
    }
    CHECK(least > 17u << 16 && most < 50u << 16); /* 17 bits are 1 / 131072 */
    free(ends);
    free(ids);
    free(work);
    free(image.data);
}

static void test_refusals(void)
{
    static const uint64_t good[3] = {1, 1, 2}, bad[3] = {1, 0, 2};
    static const uint32_t ids[2] = {2, 3};
    pylm_trainer *trainer = new_trainer(1), *words;
    pylm_train_options options;
    const void *image;
    uint64_t nbytes;
    CHECK(pylm_trainer_add_ids(trainer, ids, 1, 0, NULL) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_add(trainer, "text", 4, NULL) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_vocabulary(trainer, 0, "ab", good, NULL, 0) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_vocabulary(trainer, 3, "ab", bad, NULL, 0) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_vocabulary(trainer, (1u << 24) + 1u, "ab", good, NULL, 0) == PYLM_ERR_LARGE);
    CHECK(pylm_trainer_vocabulary(trainer, 3, "ab", good, NULL, 0) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(trainer, 3, "ab", good, NULL, 0) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_build(trainer, NULL, &image, &nbytes) == PYLM_ERR_EMPTY);
    CHECK(pylm_trainer_add_ids(trainer, ids, 2, 0, NULL) == PYLM_ERR_ARGUMENT); /* 3 is not in it */
    pylm_trainer_free(trainer);
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    REQUIRE(pylm_trainer_new(&words, &options) == PYLM_OK);
    CHECK(pylm_trainer_vocabulary(words, 3, "ab", good, NULL, 0) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_add_ids(words, ids, 1, 0, NULL) == PYLM_ERR_ARGUMENT);
    pylm_trainer_free(words);
}

int main(void)
{
    test_model(1);
    test_model(3);
    test_head();
    test_small();
    test_one_symbol();
    test_large();
    test_refusals();
    return finish();
}
