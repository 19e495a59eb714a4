/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Core, modules text, adapt and pack: the golden models' scores (tests/golden/make.py) from C, as a device computes them.
 */
#include "pylm_adapt.h"
#include "pylm_pack.h"
#include "pylm_text.h"

#include "check.h"

#define SAMPLES 100
#define MESSAGE_NBYTES 400u

static uint64_t fold(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

static const uint64_t fold_start = UINT64_C(0xcbf29ce484222325);

static uint64_t sample(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work)
{
    pylm_candidate candidates[84];
    uint32_t recent[64], i, symbol = 0;
    pylm_sampler sampler = {{57344, 20, 61440, 512, 73728, 0}, recent, 64, 42};
    uint64_t hash = fold_start;
    for (i = 0; i < 64u; i++)
        recent[i] = symbols[n - 64u + i];
    for (i = 0; i < SAMPLES; i++) {
        CHECK(pylm_sample(model, state, &sampler, work, candidates, 84, &symbol) == PYLM_OK);
        CHECK(pylm_state_push(model, state, symbol) == PYLM_OK);
        recent[i % 64u] = symbol;
        hash = fold(hash, symbol);
    }
    return hash;
}

/* The text as symbols: for an external model, its bytes. */
static uint64_t symbols_of(const pylm_model *model, uint32_t tokenizer, const uint8_t *text, uint64_t nbytes,
                           uint32_t *symbols)
{
    uint64_t position = 0, n = nbytes + 1u;
    if (tokenizer == PYLM_TOKENIZER_EXTERNAL)
        for (n = 0; n < nbytes; n++)
            symbols[n] = text[n];
    else
        CHECK(pylm_encode(model, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) == PYLM_OK);
    return n;
}

struct scores {
    uint64_t cost, distribution, top, learned, spelled, packed, sample;
};

/* What the letters of some unknown words cost; 0 if the model does not spell. */
static uint64_t spell(const pylm_model *model)
{
    static const char text[] = "zorkmid kate's 1789";
    pylm_model spelling;
    pylm_span words[8];
    uint64_t position = 0, n = 8, i, cost, sum = 0;
    uint32_t saves;
    void *work;
    if (pylm_spelling(model, &spelling, &saves) != PYLM_OK)
        return 0;
    work = allocate((size_t)pylm_work_nbytes(&spelling));
    CHECK(pylm_unknown_words(model, text, strlen(text), &position, words, &n) == PYLM_OK);
    for (i = 0; i < n; i++) {
        pylm_spelling_cost(&spelling, saves, text + words[i].begin, words[i].end - words[i].begin, work, &cost);
        sum += cost;
    }
    free(work);
    return sum;
}

/* The cost of a text read twice by a state that learns. */
static uint64_t read_twice(const pylm_model *model, const uint32_t *symbols, uint64_t n, void *work)
{
    static uint8_t overlay[65536];
    uint64_t first = 0, second = 0;
    pylm_state state;
    CHECK(pylm_overlay_init(model, overlay, sizeof overlay) == PYLM_OK);
    CHECK(pylm_state_attach(model, &state, overlay, sizeof overlay) == PYLM_OK);
    CHECK(pylm_score(model, &state, symbols, n, work, NULL, &first) == PYLM_OK);
    CHECK(pylm_score(model, &state, symbols, n, work, NULL, &second) == PYLM_OK);
    return first + second;
}

/* The packets of a text that is sent twice, by a state that learns; 0 if the model does not pack. */
static uint64_t pack_twice(const pylm_model *model, const void *text, void *work)
{
    static uint8_t overlay[65536], packets[2][MESSAGE_NBYTES + 1u], back[MESSAGE_NBYTES];
    uint64_t n[2], n_back, hash = fold_start, i, k;
    pylm_state state;
    int unpacks;
    for (unpacks = 0; unpacks < 2; unpacks++) {
        CHECK(pylm_overlay_init(model, overlay, sizeof overlay) == PYLM_OK);
        CHECK(pylm_state_attach(model, &state, overlay, sizeof overlay) == PYLM_OK);
        for (k = 0; k < 2u; k++) {
            n_back = sizeof back;
            if (unpacks) {
                CHECK(pylm_unpack(model, &state, packets[k], n[k], work, back, &n_back) == PYLM_OK);
                CHECK(n_back == sizeof back && memcmp(back, text, sizeof back) == 0);
                continue;
            }
            n[k] = sizeof packets[k];
            if (pylm_pack(model, &state, text, MESSAGE_NBYTES, work, packets[k], &n[k]) != PYLM_OK)
                return 0;
            for (i = 0; i < n[k]; i++)
                hash = fold(hash, packets[k][i]);
        }
    }
    return hash;
}

static struct scores compute(const pylm_model *model, const void *text, uint64_t nbytes)
{
    struct scores scores = {0, fold_start, fold_start, 0, 0, 0, 0};
    pylm_info info;
    pylm_state state;
    pylm_candidate best[10];
    uint64_t n;
    uint32_t *symbols = allocate((size_t)(nbytes + 1u) * sizeof *symbols), i, n_best;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    uint64_t *q62;
    pylm_model_info(model, &info);
    q62 = allocate(info.n_symbols * sizeof *q62);
    n = symbols_of(model, info.tokenizer, text, nbytes, symbols);
    pylm_state_init(model, &state);
    CHECK(pylm_score(model, &state, symbols, n, work, NULL, &scores.cost) == PYLM_OK);
    pylm_distribution(model, &state, work, q62);
    for (i = 0; i < info.n_symbols; i++)
        scores.distribution = fold(scores.distribution, q62[i]);
    pylm_top(model, &state, 10, work, best, &n_best);
    for (i = 0; i < n_best; i++)
        scores.top = fold(fold(scores.top, best[i].symbol), best[i].cost_q16);
    if (info.predictor == PYLM_PREDICTOR_MIX) {
        scores.learned = read_twice(model, symbols, n, work);
        scores.packed = pack_twice(model, text, work);
    }
    scores.spelled = spell(model);
    scores.sample = sample(model, &state, symbols, n, work);
    free(symbols);
    free(work);
    free(q62);
    return scores;
}

static uint64_t expected(const char *name, const char *what)
{
    char found_name[32], found_what[32];
    unsigned long long value;
    FILE *file = fopen(PYLM_TEST_DATA "/scores.txt", "r");
    REQUIRE(file != NULL);
    while (fscanf(file, "%31s %31s %llu", found_name, found_what, &value) == 3)
        if (strcmp(found_name, name) == 0 && strcmp(found_what, what) == 0) {
            (void)fclose(file);
            return value;
        }
    (void)fprintf(stderr, "scores.txt has no line \"%s %s\"\n", name, what);
    exit(EXIT_FAILURE);
}

static void test_model(const char *name, const void *text, uint64_t text_nbytes)
{
    char path[4096];
    const void *image;
    uint64_t nbytes;
    pylm_model model;
    struct scores scores;
    pylm_info info;
    (void)snprintf(path, sizeof path, "%s/%s.pylm", PYLM_TEST_DATA, name);
    REQUIRE(pylm_file_map(path, &image, &nbytes) == PYLM_OK);
    REQUIRE(pylm_model_open(&model, image, nbytes) == PYLM_OK);
    CHECK(pylm_model_verify(&model) == PYLM_OK);
    pylm_model_info(&model, &info);
    scores = compute(&model, text, text_nbytes);
    CHECK(scores.cost == expected(name, "cost"));
    CHECK(scores.distribution == expected(name, "distribution"));
    CHECK(scores.top == expected(name, "top"));
    if (info.predictor == PYLM_PREDICTOR_MIX)
        CHECK(scores.learned == expected(name, "learned"));
    if (info.spelling_nbytes)
        CHECK(scores.spelled == expected(name, "spelled"));
    if (scores.packed)
        CHECK(scores.packed == expected(name, "packed"));
    CHECK(scores.sample == expected(name, "sample"));
    pylm_file_unmap(image, nbytes);
}

int main(void)
{
    const void *text;
    uint64_t nbytes;
    REQUIRE(pylm_file_map(PYLM_TEST_DATA "/text.txt", &text, &nbytes) == PYLM_OK);
    test_model("bytes", text, nbytes);
    test_model("words", text, nbytes);
    test_model("pieces", text, nbytes);
    test_model("trees", text, nbytes);
    test_model("sized", text, nbytes);
    test_model("external", text, nbytes);
    test_model("kernel", text, nbytes);
    test_model("topics", text, nbytes);
    test_model("lastwords", text, nbytes);
    test_model("short", text, nbytes);
    pylm_file_unmap(text, nbytes);
    return finish();
}
