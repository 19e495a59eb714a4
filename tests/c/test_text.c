/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module text: text to symbols and back, and stop strings.
 */
#include "pylm_text.h"

#include "check.h"

static const char words_text[] = "w1  w2\t\r\n\n w3 nosuchword\xff\xfe w1\x00w2 w2";

static uint64_t encode(const pylm_model *model, const char *text, size_t nbytes, int end, uint64_t capacity,
                       uint32_t *symbols)
{
    uint64_t position = 0, n, total = 0;
    while (position <= nbytes) {
        n = capacity;
        REQUIRE(pylm_encode(model, text, nbytes, end, &position, symbols + total, &n) == PYLM_OK);
        REQUIRE(n <= capacity);
        total += n;
    }
    CHECK(position == nbytes + 1u);
    n = capacity;
    CHECK(pylm_encode(model, text, nbytes, end, &position, symbols, &n) == PYLM_ERR_ARGUMENT);
    return total;
}

/* However small the steps, the symbols are the same. */
static void test_resuming(const pylm_model *model)
{
    uint32_t whole[100], parts[100];
    size_t nbytes = sizeof words_text - 1u, length;
    uint64_t capacity, n;
    int end;
    for (length = 0; length <= nbytes; length++)
        for (end = 0; end < 2; end++) {
            n = encode(model, words_text, length, end, 100, whole);
            for (capacity = 1; capacity < 9u; capacity++) {
                CHECK(encode(model, words_text, length, end, capacity, parts) == n);
                CHECK(memcmp(whole, parts, (size_t)n * sizeof *whole) == 0);
            }
        }
}

static void test_decoding(const pylm_model *model, const char *expected, size_t expected_nbytes)
{
    uint32_t symbols[100], too_large[1];
    char *out = allocate(expected_nbytes);
    uint64_t n = encode(model, words_text, sizeof words_text - 1u, PYLM_TEXT_OPEN, 100, symbols), nbytes;
    pylm_info info;
    pylm_model_info(model, &info);
    CHECK(pylm_decode(model, PYLM_NONE, symbols, n, NULL, 0, &nbytes) == PYLM_ERR_SPACE);
    CHECK(nbytes == expected_nbytes);
    CHECK(pylm_decode(model, PYLM_NONE, symbols, n, out, nbytes - 1u, &nbytes) == PYLM_ERR_SPACE);
    CHECK(pylm_decode(model, PYLM_NONE, symbols, n, out, expected_nbytes, &nbytes) == PYLM_OK);
    CHECK(memcmp(out, expected, expected_nbytes) == 0);
    too_large[0] = info.n_symbols;
    CHECK(pylm_decode(model, PYLM_NONE, too_large, 1, out, 0, &nbytes) == PYLM_ERR_ARGUMENT);
    free(out);
}

static void test_vocabulary(const pylm_model *model)
{
    const unsigned char *text;
    pylm_info info;
    uint32_t symbol, nbytes;
    pylm_model_info(model, &info);
    for (symbol = 0; symbol < info.n_symbols; symbol++) {
        CHECK(pylm_symbol_text(model, symbol, &text, &nbytes) == PYLM_OK);
        CHECK(pylm_symbol_find(model, text, nbytes) == symbol);
    }
    CHECK(pylm_symbol_text(model, symbol, &text, &nbytes) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_symbol_find(model, "nosuchword", 10) == PYLM_NONE);
    CHECK(pylm_symbol_find(model, "", 0) == PYLM_NONE);
}

static uint64_t stop_search(const char *text, const char *stop, int *found)
{
    return pylm_stop_search(text, strlen(text), stop, strlen(stop), found);
}

static void test_stop_strings(void)
{
    int found;
    CHECK(stop_search("abcdef", "cd", &found) == 2 && found);
    CHECK(stop_search("abcdef", "x", &found) == 6 && !found);
    CHECK(stop_search("abcdef", "efg", &found) == 4 && !found);
    CHECK(stop_search("aab", "aabaab", &found) == 0 && !found);
    CHECK(stop_search("aaab", "aab", &found) == 1 && found);
    CHECK(stop_search("", "a", &found) == 0 && !found);
}

static void test_symbol_checks(const pylm_model *model)
{
    pylm_info info;
    pylm_state state;
    uint32_t cost = 7, symbols[2] = {0, 0};
    uint64_t total;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_model_info(model, &info);
    symbols[1] = info.n_symbols;
    pylm_state_init(&state);
    CHECK(pylm_state_push(model, &state, info.n_symbols) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_cost(model, &state, info.n_symbols, work, &cost) == PYLM_ERR_ARGUMENT && cost == 7u);
    CHECK(pylm_score(model, &state, symbols, 2, work, NULL, &total) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_score(model, &state, symbols, 1, work, NULL, NULL) == PYLM_OK);
    free(work);
}

int main(void)
{
    static const char words_back[] = "w1 w2\n\nw3 <unk> <unk> w2";
    int kind;
    for (kind = 0; kind < KIND_EXTERNAL; kind++) { /* test_external.c has the last */
        struct image image = train_kind(kind, N_SHARED_WORDS);
        pylm_model model;
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        test_resuming(&model);
        if (kind == KIND_WORDS || kind == KIND_TREES || kind == KIND_SIZED)
            test_decoding(&model, words_back, sizeof words_back - 1u);
        else
            test_decoding(&model, words_text, sizeof words_text - 1u);
        test_vocabulary(&model);
        test_symbol_checks(&model);
        free(image.data);
    }
    test_stop_strings();
    return finish();
}
