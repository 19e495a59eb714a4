/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, texts.c and text/encoder.c: an encoder gives the symbols of pylm_encode(), and many texts at once get the
 * costs that each gets alone, for any number of threads.
 */
#include "pylm_text.h"

#include "check.h"

#define MOST 300000u /* bytes of all texts: a block and more of single bytes among them */
#define SOME 80000u  /* of models but for the first two: one that threads share among them */
#define N_TEXTS 400u

static const char *const models[] = {"bytes", "words", "pieces", "trees", "sized", "kernel", "short", "lastwords"};

static uint64_t most; /* bytes of all texts of a model: MOST or SOME */

static int open(const char *name, pylm_model *model, const void **image, uint64_t *nbytes)
{
    char path[500];
    (void)snprintf(path, sizeof path, "%s/%s.pylm", PYLM_TEST_DATA, name);
    return pylm_file_map(path, image, nbytes) == PYLM_OK && pylm_model_open(model, *image, *nbytes) == PYLM_OK;
}

/* The texts of symbols at random, some cut short or damaged. */
static void make_bytes(const pylm_model *model, uint32_t n_symbols, uint8_t *bytes)
{
    uint64_t seed = 3, at = 0;
    while (at < most) {
        uint64_t r = random_number(&seed);
        const unsigned char *text;
        uint32_t n;
        REQUIRE(pylm_symbol_text(model, (uint32_t)(r >> 32) % n_symbols, &text, &n) == PYLM_OK);
        if (r % 8u == 0)
            n = n / 2u;
        if (n > most - at)
            n = (uint32_t)(most - at);
        if (n)
            memcpy(bytes + at, text, n);
        at += n;
        if (r % 5u == 1u && at < most)
            bytes[at++] = (uint8_t)(r >> 8);
        if (r % 3u == 1u && at < most)
            bytes[at++] = ' ';
    }
}

static void test_encoder(const pylm_model *model, const pylm_encoder *encoder, const uint8_t *bytes)
{
    static const uint32_t capacities[] = {1, 2, 3, 4, 404, 40804, MOST + 1u};
    uint32_t *a = allocate((MOST + 1u) * sizeof *a), *b = allocate((MOST + 1u) * sizeof *b);
    uint64_t nbytes;
    size_t i;
    int end;
    for (nbytes = 0; nbytes <= most; nbytes = nbytes < 40u ? nbytes + 1u : nbytes * 9u + 8u)
        for (end = 0; end < 2; end++)
            for (i = nbytes < 5000u ? 0 : 4; i < sizeof capacities / sizeof *capacities; i++) { /* few: takes long */
                const uint64_t capacity = capacities[i];
                uint64_t at = 0, at_too = 0, n, n_too;
                do {
                    n = n_too = capacity;
                    REQUIRE(pylm_encode(model, bytes, nbytes, end, &at, a, &n) == PYLM_OK);
                    REQUIRE(pylm_encoder_encode(encoder, bytes, nbytes, end, &at_too, b, &n_too) == PYLM_OK);
                    REQUIRE(n == n_too && at == at_too && !memcmp(a, b, (size_t)n * sizeof *a));
                } while (at <= nbytes);
                n = 1;
                CHECK(pylm_encoder_encode(encoder, bytes, nbytes, end, &at, a, &n) == PYLM_ERR_ARGUMENT || !nbytes);
            }
    free(a);
    free(b);
}

/* What one text costs, by the functions that score one. */
static pylm_text_score score_alone(const pylm_model *model, const pylm_state *context, const uint8_t *text,
                                   uint64_t nbytes, int end)
{
    pylm_text_score score = {0, 0, 0, 0, 0};
    pylm_model spelling;
    pylm_info info;
    pylm_state state = *context;
    pylm_span word;
    uint32_t *symbols = allocate(((size_t)nbytes + 1u) * sizeof *symbols);
    uint32_t *costs = allocate(((size_t)nbytes + 1u) * sizeof *costs);
    uint32_t saves;
    uint64_t at = 0, n, i, letters;
    void *work = allocate((size_t)pylm_work_nbytes(model)), *other;
    pylm_model_info(model, &info);
    score.n_symbols = nbytes + 1u;
    REQUIRE(pylm_encode(model, text, nbytes, end, &at, symbols, &score.n_symbols) == PYLM_OK);
    if (!nbytes && end && (info.tokenizer == PYLM_TOKENIZER_WORDS || info.text_end == info.line_end)) {
        score.n_symbols = info.line_end != PYLM_NONE;
        symbols[0] = info.line_end;
    }
    REQUIRE(pylm_score(model, &state, symbols, score.n_symbols, work, costs, &score.cost_q16) == PYLM_OK);
    for (i = 0; i < score.n_symbols; i++)
        if (info.unknown != PYLM_NONE && symbols[i] == info.unknown) {
            score.n_unknown++;
            score.unknown_q16 += costs[i];
        }
    if (pylm_spelling(model, &spelling, &saves) == PYLM_OK) {
        other = allocate((size_t)pylm_work_nbytes(&spelling));
        for (at = 0; at <= nbytes;) {
            n = 1;
            REQUIRE(pylm_unknown_words(model, text, nbytes, &at, &word, &n) == PYLM_OK);
            if (!n)
                continue;
            pylm_spelling_cost(&spelling, saves, text + word.begin, word.end - word.begin, other, &letters);
            score.letters_q16 += letters;
        }
        free(other);
    }
    free(symbols);
    free(costs);
    free(work);
    return score;
}

/* Texts of all lengths: empty ones, short ones, and some that threads share. */
static uint64_t cut(uint64_t *ends)
{
    uint64_t seed = 5, n, at = 0;
    for (n = 0; n + 1u < N_TEXTS && at < most; n++) {
        uint64_t r = random_number(&seed);
        at += n == 7u ? 70000u : n == 11u ? 140000u : r % 4u ? (r >> 8) % 500u : 0u;
        ends[n] = at = at < most ? at : most;
    }
    ends[n++] = at;
    return n;
}

static void test_scores(const pylm_model *model, const pylm_encoder *encoder, const uint8_t *bytes)
{
    uint64_t ends[N_TEXTS], i, n = cut(ends);
    pylm_text_score *alone = allocate((size_t)n * sizeof *alone), *many = allocate((size_t)n * sizeof *many);
    pylm_state context;
    uint32_t threads;
    pylm_task task = {0, 0, 0, 0};
    pylm_strings texts = {bytes, ends, 0, 0};
    texts.n_texts = n;
    pylm_state_init(model, &context);
    CHECK(pylm_state_push(model, &context, 1) == PYLM_OK && pylm_state_push(model, &context, 2) == PYLM_OK);
    for (texts.end = 0; texts.end < 2; texts.end++) {
        for (i = 0; i < n; i++)
            alone[i] = score_alone(model, &context, bytes + (i ? ends[i - 1u] : 0u), ends[i] - (i ? ends[i - 1u] : 0u),
                                   texts.end);
        for (threads = 1; threads <= 3u; threads += 2u) {
            memset(many, 255, (size_t)n * sizeof *many);
            CHECK(pylm_score_texts(threads > 1u ? encoder : NULL, model, &context, &texts, threads, many, &task) ==
                  PYLM_OK);
            CHECK(!memcmp(alone, many, (size_t)n * sizeof *many));
            CHECK(task.done == task.total && task.total == ends[n - 1u] / 1024u && task.stage == PYLM_STAGE_SCORE);
        }
    }
    task.cancel = 1;
    CHECK(pylm_score_texts(encoder, model, &context, &texts, 2, many, &task) == PYLM_ERR_CANCELLED);
    texts.n_texts = 0;
    CHECK(pylm_score_texts(encoder, model, NULL, &texts, 2, many, NULL) == PYLM_OK);
    texts.n_texts = n;
    ends[n - 1u] = 0;
    CHECK(pylm_score_texts(encoder, model, NULL, &texts, 2, many, NULL) == PYLM_ERR_ARGUMENT);
    free(alone);
    free(many);
}

int main(void)
{
    size_t i;
    uint8_t *bytes = allocate(MOST);
    for (i = 0; i < sizeof models / sizeof *models; i++) {
        const void *image;
        uint64_t nbytes;
        pylm_model model;
        pylm_info info;
        pylm_encoder *encoder;
        REQUIRE(open(models[i], &model, &image, &nbytes) && pylm_encoder_new(&encoder, &model) == PYLM_OK);
        pylm_model_info(&model, &info);
        most = i < 2u ? MOST : SOME;
        make_bytes(&model, info.n_symbols, bytes);
        test_encoder(&model, encoder, bytes);
        test_scores(&model, encoder, bytes);
        pylm_encoder_free(encoder);
        pylm_file_unmap(image, nbytes);
    }
    pylm_encoder_free(NULL);
    free(bytes);
    return finish();
}
