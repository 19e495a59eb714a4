/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, batch.c: many texts at once get the costs that each gets alone, for any number of threads. Symbols scored
 * abreast cost what symbols scored one by one do.
 */
#include "check.h"

#define MOST 20000u

static const char *const models[] = {"bytes", "words", "pieces", "trees", "sized"};

static void test_model(const char *name)
{
    char path[500];
    const void *image;
    uint64_t nbytes, ends[6] = {0, 3, 3, 9000, 9001, MOST}, total, totals[6], seed = 7;
    pylm_texts texts = {NULL, ends, 6};
    pylm_model model;
    pylm_info info;
    pylm_state context, state;
    uint32_t *symbols = allocate(MOST * sizeof *symbols), *costs = allocate(MOST * sizeof *costs);
    uint32_t *batch = allocate(MOST * sizeof *batch), i, text, threads, cost;
    void *work;
    texts.symbols = symbols;
    (void)snprintf(path, sizeof path, "%s/%s.pylm", PYLM_TEST_DATA, name);
    REQUIRE(pylm_file_map(path, &image, &nbytes) == PYLM_OK && pylm_model_open(&model, image, nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    work = allocate((size_t)pylm_work_nbytes(&model));
    for (i = 0; i < MOST; i++) /* now at random, now a repeated phrase */
        symbols[i] = (uint32_t)(i / 500u % 2u ? i % 7u * 31u : random_number(&seed)) % info.n_symbols;
    pylm_state_init(&context);
    for (i = 0; i < 5u; i++)
        CHECK(pylm_state_push(&model, &context, symbols[MOST - 1u - i]) == PYLM_OK);
    for (text = 0, i = 0; text < 6u; text++) {
        state = context;
        for (; i < ends[text]; i++) {
            CHECK(pylm_cost(&model, &state, symbols[i], work, &costs[i]) == PYLM_OK);
            CHECK(pylm_state_push(&model, &state, symbols[i]) == PYLM_OK);
        }
    }
    for (threads = 1; threads <= 3u; threads++) {
        memset(batch, 255, MOST * sizeof *batch);
        CHECK(pylm_score_batch(&model, &context, &texts, threads, batch, totals, NULL) == PYLM_OK);
        CHECK(!memcmp(batch, costs, MOST * sizeof *batch));
        for (text = 0, i = 0; text < 6u; text++) {
            for (total = 0; i < ends[text]; i++)
                total += costs[i];
            CHECK(totals[text] == total);
        }
    }
    state = context;
    CHECK(pylm_score(&model, &state, symbols + 3, 8997, work, batch, &total) == PYLM_OK);
    CHECK(!memcmp(batch, costs + 3, 8997u * sizeof *batch) && total == totals[3]);
    CHECK(pylm_score_batch(&model, NULL, &(pylm_texts){symbols, ends, 0}, 2, NULL, NULL, NULL) == PYLM_OK);
    CHECK(pylm_score_batch(&model, NULL, &(pylm_texts){symbols, ends, 2}, 2, NULL, NULL, NULL) == PYLM_OK);
    cost = symbols[8000];
    symbols[8000] = info.n_symbols;
    CHECK(pylm_score_batch(&model, NULL, &texts, 2, batch, NULL, NULL) == PYLM_ERR_ARGUMENT);
    state = context; /* only the symbols before the wrong one have been read */
    CHECK(pylm_score(&model, &state, symbols + 3, 8997, work, batch, &total) == PYLM_ERR_ARGUMENT);
    CHECK(!memcmp(batch, costs + 3, 7997u * sizeof *batch));
    symbols[8000] = cost;
    CHECK(pylm_score(&model, &state, symbols + 8000, 1000, work, batch, NULL) == PYLM_OK);
    CHECK(!memcmp(batch, costs + 8000, 1000u * sizeof *batch));
    ends[2] = 2;
    CHECK(pylm_score_batch(&model, NULL, &texts, 2, batch, totals, NULL) == PYLM_ERR_ARGUMENT);
    free(symbols);
    free(costs);
    free(batch);
    free(work);
    pylm_file_unmap(image, nbytes);
}

static void test_cancelling(void)
{
    char path[500];
    const void *image;
    uint64_t nbytes, end = MOST, total;
    pylm_model model;
    uint32_t *symbols = allocate(MOST * sizeof *symbols);
    const pylm_texts texts = {symbols, &end, 1};
    pylm_task task = {1, 0, 0, 0};
    (void)snprintf(path, sizeof path, "%s/bytes.pylm", PYLM_TEST_DATA);
    REQUIRE(pylm_file_map(path, &image, &nbytes) == PYLM_OK && pylm_model_open(&model, image, nbytes) == PYLM_OK);
    memset(symbols, 0, MOST * sizeof *symbols);
    CHECK(pylm_score_batch(&model, NULL, &texts, 2, NULL, &total, &task) == PYLM_ERR_CANCELLED);
    task.cancel = 0;
    CHECK(pylm_score_batch(&model, NULL, &texts, 2, NULL, &total, &task) == PYLM_OK);
    CHECK(task.stage == PYLM_STAGE_SCORE && task.done == task.total && task.total > 0);
    free(symbols);
    pylm_file_unmap(image, nbytes);
}

int main(void)
{
    size_t i;
    for (i = 0; i < sizeof models / sizeof *models; i++)
        test_model(models[i]);
    test_cancelling();
    return finish();
}
