/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, pruning by a log: what is kept is predicted as before, to the last bit. Nothing but tables changes. No
 * argument and no damaged image does harm.
 */
#include "pylm_explain.h"
#include "pylm_prune.h"
#include "pylm_text.h"

#include "train/prune/subset.h"

#include "check.h"
#include "use_image.h"

#define N_MOST 2000u
#define N_DAMAGED 40

/* A log of two texts. */
static uint32_t symbols[N_MOST];
static uint64_t ends[2];

static void read_log(const pylm_model *model, uint64_t seed)
{
    size_t nbytes, i;
    char *text = make_text(130, seed, &nbytes);
    uint64_t position = 0, n = 0;
    n = N_MOST;
    if (pylm_encode(model, text, nbytes, PYLM_TEXT_OPEN, &position, symbols, &n) != PYLM_OK)
        for (i = 0; i < nbytes && n < N_MOST; i++) /* external */
            symbols[n++] = ID_OF((unsigned char)text[i]);
    free(text);
    ends[0] = n / 3u;
    ends[1] = n;
}

static int prune(const pylm_model *model, uint32_t keep_ppm, pylm_pruned *small)
{
    const pylm_texts texts = {symbols, ends, 2};
    return pylm_prune(model, &texts, keep_ppm, NULL, 0, NULL, small);
}

static void open_image(pylm_model *model, const pylm_pruned *small)
{
    REQUIRE(pylm_model_open(model, small->image, small->image_nbytes) == PYLM_OK);
    CHECK(pylm_model_verify(model) == PYLM_OK);
}

/* Places of the log where not all probabilities are the same. */
static uint64_t n_different(const pylm_model *a, const pylm_model *b)
{
    pylm_info info;
    pylm_state state;
    uint64_t *of_a, *of_b, i = 0, n = 0, *work = allocate((size_t)pylm_work_nbytes(a));
    uint32_t text;
    pylm_model_info(a, &info);
    of_a = allocate(info.n_symbols * sizeof *of_a);
    of_b = allocate(info.n_symbols * sizeof *of_b);
    for (text = 0; text < 2u; text++) {
        pylm_state_init(a, &state);
        for (;;) {
            pylm_distribution(a, &state, work, of_a);
            pylm_distribution(b, &state, work, of_b);
            n += memcmp(of_a, of_b, info.n_symbols * sizeof *of_a) != 0;
            if (i == ends[text])
                break;
            CHECK(pylm_state_push(a, &state, symbols[i++]) == PYLM_OK);
        }
    }
    free(of_a);
    free(of_b);
    free(work);
    return n;
}

/* Builds a model with all contexts of another. */
static struct pylm__buffer build_all(const pylm_model *model, const struct image *original)
{
    struct pylm__subset subset;
    struct pylm__buffer built;
    pylm_template template;
    uint32_t t, k;
    uint8_t *ones = allocate(original->nbytes);
    memset(ones, 1, original->nbytes); /* more than there are records */
    memset(&subset, 0, sizeof subset);
    memset(&built, 0, sizeof built);
    for (t = 0; t < PYLM__MAX_TREES; t++)
        for (k = 0; pylm_model_template(model, t, k, &template) == PYLM_OK; k++)
            subset.stays[t][k] = ones;
    REQUIRE(pylm__subset_build(model, &subset, NULL, &built) == PYLM_OK);
    free(ones);
    return built;
}

/* With all contexts it is the same image, if the trainer wrote it. Another one becomes as the trainer writes them, and
 * predicts the same. */
static void test_everything(const pylm_model *model, const struct image *original, int is_trained)
{
    struct pylm__buffer built = build_all(model, original), again;
    struct image image = {built.data, (size_t)built.n};
    pylm_model model_of_built;
    REQUIRE(pylm_model_open(&model_of_built, image.data, image.nbytes) == PYLM_OK);
    CHECK(!is_trained ||
          (image.nbytes == original->nbytes && memcmp(image.data, original->data, original->nbytes) == 0));
    CHECK(n_different(model, &model_of_built) == 0);
    again = build_all(&model_of_built, &image);
    CHECK(again.n == built.n && memcmp(again.data, built.data, image.nbytes) == 0);
    pylm__buffer_free(&built);
    pylm__buffer_free(&again);
}

/* All that the log needs is kept: its probabilities stay, and pruning again changes nothing. */
static void test_whole_log(const pylm_model *model, const struct image *original)
{
    pylm_pruned small, again;
    pylm_model model_of_small;
    REQUIRE(prune(model, 1000000, &small) == PYLM_OK);
    open_image(&model_of_small, &small);
    CHECK(small.image_nbytes < original->nbytes);
    CHECK(small.n_places == ends[1] + 2u && small.n_given_up == 0);
    CHECK(n_different(model, &model_of_small) == 0);
    REQUIRE(prune(&model_of_small, 1000000, &again) == PYLM_OK);
    CHECK(again.image_nbytes == small.image_nbytes &&
          memcmp(again.image, small.image, (size_t)small.image_nbytes) == 0);
    pylm_pruned_free(&small);
    pylm_pruned_free(&again);
    CHECK(!small.image);
}

/* The more is given up the smaller the image, and never does more change than was allowed. */
static void test_shares(const pylm_model *model)
{
    static const uint32_t keep[] = {999000, 950000, 500000, 1};
    pylm_pruned small;
    pylm_model model_of_small;
    uint64_t last = UINT64_MAX, first = 0, n;
    uint32_t i;
    for (i = 0; i < 4u; i++) {
        REQUIRE(prune(model, keep[i], &small) == PYLM_OK);
        open_image(&model_of_small, &small);
        CHECK(small.n_given_up <= small.n_places * (1000000u - keep[i]) / 1000000u);
        n = n_different(model, &model_of_small);
        CHECK(n <= small.n_given_up);
        CHECK(n > 0 || keep[i] > 990000u);
        CHECK(small.image_nbytes <= last);
        last = small.image_nbytes;
        first = i ? first : last;
        pylm_pruned_free(&small);
    }
    CHECK(last < first);
}

static void test_facts(const pylm_model *model)
{
    static const char facts[] = "{\"a\": 1}";
    pylm_pruned small;
    pylm_model model_of_small;
    pylm_info info;
    CHECK(pylm_prune(model, &(pylm_texts){symbols, ends, 2}, 1000000, facts, sizeof facts - 1u, NULL, &small) ==
          PYLM_OK);
    open_image(&model_of_small, &small);
    pylm_model_info(&model_of_small, &info);
    CHECK(info.facts_nbytes == sizeof facts - 1u);
    CHECK(memcmp((const char *)small.image + info.facts_offset, facts, sizeof facts - 1u) == 0);
    pylm_pruned_free(&small);
}

static void test_arguments(const pylm_model *model)
{
    static const uint64_t falling[] = {2, 1};
    static const uint64_t nothing[] = {0, 0};
    pylm_pruned small;
    pylm_task task = {1, 0, 0, 0};
    uint32_t bad[2];
    pylm_info info;
    pylm_model_info(model, &info);
    bad[0] = 0;
    bad[1] = info.n_symbols;
    CHECK(prune(model, 0, &small) == PYLM_ERR_ARGUMENT && !small.image);
    CHECK(prune(model, 1000001, &small) == PYLM_ERR_ARGUMENT && !small.image);
    CHECK(pylm_prune(model, &(pylm_texts){symbols, falling, 2}, 1, NULL, 0, NULL, &small) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_prune(model, &(pylm_texts){bad, falling, 1}, 1, NULL, 0, NULL, &small) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_prune(model, &(pylm_texts){symbols, nothing, 2}, 1, NULL, 0, NULL, &small) == PYLM_ERR_EMPTY);
    CHECK(pylm_prune(model, &(pylm_texts){NULL, NULL, 0}, 1, NULL, 0, NULL, &small) == PYLM_ERR_EMPTY);
    CHECK(pylm_prune(model, &(pylm_texts){symbols, ends, 2}, 1, NULL, 0, &task, &small) == PYLM_ERR_CANCELLED);
    CHECK(!small.image);
    pylm_pruned_free(NULL);
    pylm_pruned_free(&small);
}

/* Images with some bytes changed and the head signed again are pruned or refused. */
static int test_damaged(const struct image *original)
{
    struct image copy;
    pylm_pruned small;
    pylm_model model;
    uint64_t seed = 3;
    int i, j, n_pruned = 0;
    copy.nbytes = original->nbytes;
    copy.data = allocate(copy.nbytes);
    for (i = 0; i < N_DAMAGED; i++) {
        size_t from = i % 3 ? pylm__load32(original->data + PYLM__H_HEAD_NBYTES) : PYLM__H_NBYTES;
        size_t to = i % 3 ? original->nbytes : pylm__load32(original->data + PYLM__H_HEAD_NBYTES);
        memcpy(copy.data, original->data, original->nbytes);
        for (j = 0; j < 1 + i % 9; j++)
            copy.data[from + (size_t)(random_number(&seed) % (to - from))] = (uint8_t)random_number(&seed);
        sign_head(copy.data, copy.nbytes);
        if (pylm_model_open(&model, copy.data, copy.nbytes) != PYLM_OK || prune(&model, 900000, &small) != PYLM_OK)
            continue;
        n_pruned++;
        CHECK(use_image(small.image, (size_t)small.image_nbytes));
        pylm_pruned_free(&small);
    }
    free(copy.data);
    return n_pruned;
}

int main(void)
{
    int kind, n_pruned = 0;
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image original = train_kind(kind, 900);
        pylm_model model;
        REQUIRE(pylm_model_open(&model, original.data, original.nbytes) == PYLM_OK);
        read_log(&model, 7);
        test_everything(&model, &original, kind != KIND_TOPICS && kind != KIND_LAST_WORDS);
        test_whole_log(&model, &original);
        test_shares(&model);
        test_facts(&model);
        test_arguments(&model);
        ends[0] = 40;
        ends[1] = 100;
        if (kind != KIND_TREES) /* three times as much of the same */
            n_pruned += test_damaged(&original);
        free(original.data);
    }
    CHECK(n_pruned > N_DAMAGED);
    return finish();
}
