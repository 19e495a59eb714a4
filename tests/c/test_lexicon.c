/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Lexicons: their words as symbols, what each has of its place, that all of it sums to one, and bytes that are none.
 */
#include "core/bits.h"
#include "core/hash.h"
#include "pylm_adapt.h"
#include "pylm_keyboard.h"
#include "pylm_lexicon.h"
#include "pylm_text.h"

#include <math.h>

#include "check.h"

static pylm_model model;  /* without a lexicon */
static pylm_model longer; /* with one */
static pylm_info info;
static uint8_t lexicon[512];
static uint64_t nbytes;
static uint32_t ends[4], like[4], counts[4];
static pylm_new_words words = {"zorkgruequqQu\xc3\xa9", ends, like, counts, 4, 100};

/* zork and quq are like w3, 1 and 3 times; grue and Qué came 5 times and once. */
static void make(void)
{
    uint32_t i;
    const uint32_t their_ends[4] = {4, 8, 11, 15}, their_counts[4] = {1, 5, 3, 1};
    for (i = 0; i < 4u; i++) {
        ends[i] = their_ends[i];
        counts[i] = their_counts[i];
        like[i] = i % 2u ? PYLM_NONE : pylm_symbol_find(&model, "w3", 2);
    }
    CHECK(pylm_lexicon_nbytes(&words) <= sizeof lexicon);
    CHECK(pylm_lexicon_make(&model, &words, lexicon, &nbytes) == PYLM_OK && nbytes <= pylm_lexicon_nbytes(&words));
    longer = model;
    CHECK(pylm_model_set_lexicon(&longer, lexicon, nbytes) == PYLM_OK);
}

static void test_symbols(void)
{
    static const char text[] = "w3 zork nothing Qu\xc3\xa9\n";
    const unsigned char *word;
    char back[64];
    uint32_t symbols[8], n_bytes, share;
    uint64_t position = 0, n = 8;
    pylm_info now;
    pylm_model_info(&longer, &now);
    CHECK(now.n_symbols == info.n_symbols + 4u);
    CHECK(pylm_encode(&longer, text, strlen(text), PYLM_TEXT_CLOSED, &position, symbols, &n) == PYLM_OK && n == 5);
    CHECK(symbols[1] == info.n_symbols && symbols[2] == info.unknown && symbols[3] == info.n_symbols + 3u);
    CHECK(pylm_decode(&longer, PYLM_NONE, symbols, n, back, sizeof back, &n) == PYLM_OK);
    CHECK(memcmp(back, "w3 zork <unk> Qu\xc3\xa9\n", (size_t)n) == 0);
    CHECK(pylm_symbol_text(&longer, info.n_symbols + 2u, &word, &n_bytes) == PYLM_OK && n_bytes == 3 &&
          memcmp(word, "quq", 3) == 0);
    CHECK(pylm_symbol_text(&longer, info.n_symbols + 4u, &word, &n_bytes) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_symbol_find(&longer, "grue", 4) == info.n_symbols + 1u);
    CHECK(pylm_symbol_find(&model, "grue", 4) == PYLM_NONE && pylm_symbol_find(&longer, "gru", 3) == PYLM_NONE);
    CHECK(pylm_symbol_place(&longer, info.n_symbols + 2u, &share) == like[0] && share == (3u << 30) / 8u);
    CHECK(pylm_symbol_place(&longer, like[0], &share) == like[0] && share == 1u << 29);
    CHECK(pylm_symbol_place(&longer, info.n_symbols + 4u, NULL) == PYLM_NONE);
    CHECK(pylm_symbol_place(&model, info.n_symbols, NULL) == PYLM_NONE);
}

/* What each function says of each symbol. */
static void test_probabilities(int learns)
{
    static uint8_t memory[2][1 << 14];
    uint32_t n = info.n_symbols + 4u, i, n_top, cost, *symbols = allocate(n * sizeof *symbols);
    uint32_t *marks = allocate((n + 31u) / 32u * sizeof *marks);
    uint64_t *q62 = allocate(n * sizeof *q62), *of = allocate(n * sizeof *of), *plain = allocate(n * sizeof *plain);
    uint64_t sum = 0;
    pylm_candidate *top = allocate(n * sizeof *top);
    void *work = allocate((size_t)pylm_work_nbytes(&longer));
    pylm_state state, other;
    if (learns) {
        CHECK(pylm_overlay_init(&longer, memory[0], sizeof memory[0]) == PYLM_OK);
        CHECK(pylm_overlay_init(&model, memory[1], sizeof memory[1]) == PYLM_OK);
    }
    pylm_state_init(&longer, &state);
    pylm_state_init(&model, &other);
    if (learns) {
        CHECK(pylm_state_attach(&longer, &state, memory[0], sizeof memory[0]) == PYLM_OK);
        CHECK(pylm_state_attach(&model, &other, memory[1], sizeof memory[1]) == PYLM_OK);
    }
    for (i = 0; i < 40u; i++) {
        uint32_t symbol = i % 3u ? i : info.n_symbols + i % 4u;
        CHECK(pylm_state_push(&longer, &state, symbol) == PYLM_OK);
        CHECK(pylm_state_push(&model, &other, pylm_symbol_place(&longer, symbol, NULL)) == PYLM_OK);
    }
    CHECK(pylm_state_push(&longer, &state, n) == PYLM_ERR_ARGUMENT && pylm_state_read(&longer, &state, n) < 0);
    CHECK(!learns || memcmp(memory[0], memory[1], sizeof memory[0]) == 0);
    pylm_distribution(&longer, &state, work, q62);
    pylm_distribution(&model, &other, work, plain);
    for (i = 0; i < n; i++) {
        sum += q62[i];
        symbols[i] = i;
        CHECK(pylm_cost(&longer, &state, i, work, &cost) == PYLM_OK);
        CHECK(fabs(cost / 65536.0 - (62 - log2((double)q62[i]))) < 0.01);
        CHECK(i >= info.n_symbols || i == like[0] || i == info.unknown || q62[i] == plain[i]);
    }
    CHECK(sum == UINT64_C(1) << 62);
    CHECK(pylm_cost(&longer, &state, n, work, &cost) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_distribution_of(&longer, &state, symbols, n, work, marks, of) == PYLM_OK);
    CHECK(memcmp(of, q62, n * sizeof *q62) == 0);
    symbols[0] = info.n_symbols;
    CHECK(pylm_distribution_of(&longer, &state, symbols, 1, work, marks, of) == PYLM_OK && of[0] == q62[n - 4u]);
    symbols[0] = n;
    CHECK(pylm_distribution_of(&longer, &state, symbols, 1, work, marks, of) == PYLM_ERR_ARGUMENT);
    pylm_top(&longer, &state, UINT32_MAX, work, top, &n_top);
    CHECK(n_top == n);
    for (i = 0; i < n_top; i++) {
        CHECK(!i || top[i].cost_q16 >= top[i - 1u].cost_q16);
        CHECK(pylm_cost(&longer, &state, top[i].symbol, work, &cost) == PYLM_OK && cost == top[i].cost_q16);
    }
    free(symbols);
    free(marks);
    free(q62);
    free(of);
    free(plain);
    free(top);
    free(work);
}

/* Costs of a text are those of its places and of the parts. */
static void test_score(void)
{
    uint32_t symbols[100], places[100], costs[100], plain[100], i, share;
    uint64_t total, sum = 0;
    void *work = allocate((size_t)pylm_work_nbytes(&longer));
    pylm_state state;
    for (i = 0; i < 100u; i++) {
        symbols[i] = i % 5u ? i : info.n_symbols + i % 4u;
        places[i] = pylm_symbol_place(&longer, symbols[i], NULL);
    }
    pylm_state_init(&longer, &state);
    CHECK(pylm_score(&longer, &state, symbols, 100, work, costs, &total) == PYLM_OK);
    pylm_state_init(&model, &state);
    CHECK(pylm_score(&model, &state, places, 100, work, plain, NULL) == PYLM_OK);
    for (i = 0; i < 100u; i++) {
        (void)pylm_symbol_place(&longer, symbols[i], &share);
        CHECK(fabs(((double)costs[i] - plain[i]) / 65536.0 + log2(ldexp(share, -30))) < 1e-4);
        CHECK(share < 1u << 30 || costs[i] == plain[i]);
        sum += costs[i];
    }
    CHECK(sum == total);
    symbols[50] = info.n_symbols + 4u;
    pylm_state_init(&longer, &state);
    CHECK(pylm_score(&longer, &state, symbols, 100, work, plain, &total) == PYLM_ERR_ARGUMENT);
    for (i = 0, sum = 0; i < 50u; i++)
        sum += costs[i];
    CHECK(sum == total && memcmp(plain, costs, 50 * sizeof *costs) == 0);
    free(work);
}

/* The same bytes for any order of doing things, and every one of them counts. */
static void test_bytes(void)
{
    uint8_t changed[sizeof lexicon];
    uint64_t i, n;
    pylm_model copy = model;
    for (n = 0; n < nbytes; n++)
        CHECK(pylm_model_set_lexicon(&copy, lexicon, n) < 0);
    for (i = 0; i < nbytes; i++) {
        memcpy(changed, lexicon, sizeof lexicon);
        changed[i] ^= 16u;
        CHECK(pylm_model_set_lexicon(&copy, changed, nbytes) < 0);
        pylm__store64(changed + 16, pylm__checksum(changed + 24, (size_t)nbytes - 24u)); /* who means harm does that */
        if (pylm_model_set_lexicon(&copy, changed, sizeof changed) == PYLM_OK) {         /* another letter, say */
            longer = copy;
            test_score();
            copy = model;
        }
    }
    CHECK(memcmp(&copy, &model, sizeof copy) == 0);
    longer = model;
    CHECK(pylm_model_set_lexicon(&longer, lexicon, nbytes) == PYLM_OK);
    CHECK(pylm_model_set_lexicon(&longer, NULL, 0) == PYLM_OK && memcmp(&longer, &model, sizeof model) == 0);
    words.n = 0;
    CHECK(pylm_lexicon_make(&model, &words, changed, &n) == PYLM_OK && n == 40);
    CHECK(pylm_model_set_lexicon(&longer, changed, n) == PYLM_OK);
    words.n = 4;
    make();
}

static int refused(void)
{
    uint8_t room[sizeof lexicon];
    uint64_t n;
    return pylm_lexicon_make(&model, &words, room, &n) == PYLM_ERR_ARGUMENT;
}

static void test_what_is_no_word(void)
{
    static const char *const others[] = {"zork", "w3", "a b", " a", "<unk>", "</s>", "<s>"};
    const pylm_new_words before = words;
    uint32_t i, two[2];
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        char texts[16];
        (void)sprintf(texts, "zork%s", others[i]);
        two[0] = 4;
        two[1] = (uint32_t)strlen(texts);
        words.texts = texts;
        words.text_ends = two;
        words.n = 2;
        CHECK(refused());
        words = before;
    }
    ends[1] = ends[0];
    CHECK(refused()); /* no letters */
    make();
    counts[1] = 0;
    CHECK(refused());
    counts[1] = 65536;
    CHECK(refused());
    make();
    like[1] = info.line_end;
    CHECK(refused());
    like[1] = info.n_symbols;
    CHECK(refused());
    make();
}

static void test_suggestions(void)
{
    pylm_suggestion found[8];
    pylm_state state;
    uint32_t n = 8, i, seen = 0;
    void *work = allocate((size_t)pylm_suggest_nbytes(&longer, 8));
    double sum = 0;
    pylm_state_init(&longer, &state);
    CHECK(pylm_suggest(&longer, &state, "w3 q", 4, work, found, &n) == PYLM_OK && n == 2); /* quq and Qué */
    for (i = 0; i < n; i++) {
        sum += exp2(-(double)found[i].cost_q16 / 65536.0);
        seen += found[i].nbytes == 3 && memcmp(found[i].text, "quq", 3) == 0;
        seen += found[i].nbytes == 4 && memcmp(found[i].text, "Qu\xc3\xa9", 4) == 0;
    }
    CHECK(fabs(sum - 1.0) < 1e-3 && seen == 2);
    free(work);
}

int main(void)
{
    static const int kinds[] = {KIND_WORDS, KIND_TREES, KIND_SIZED, KIND_TOPICS};
    uint32_t i;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct image image = train_kind(kinds[i], N_SHARED_WORDS);
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        pylm_model_info(&model, &info);
        make();
        test_symbols();
        test_probabilities(0);
        test_probabilities(kinds[i] != KIND_SIZED);
        test_score();
        test_bytes();
        test_what_is_no_word();
        test_suggestions();
        free(image.data);
    }
    return finish();
}
