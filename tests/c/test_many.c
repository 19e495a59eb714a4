/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Many states at once, and many continuations of one: exactly what one by one gives.
 */
#include "pylm_adapt.h"
#include "pylm_decode.h"
#include "pylm_lexicon.h"

#include "check.h"

#define N 40u
#define MOST 5u       /* symbols of a text */
#define LEARN_EVERY 3 /* of the states */

static pylm_model model;
static pylm_info info;
static void *work;
static uint32_t symbols[N * MOST];
static uint64_t ends[N], costs[N];
static pylm_state states[N], copies[N];
static pylm_state *pointers[N];
static uint8_t memory[2][N][1 << 13];

/* Texts of 0 to MOST symbols, or of one each. */
static void make_texts(uint32_t seed, int single)
{
    uint32_t i, j, n = 0, length;
    for (i = 0; i < N; i++) {
        length = single ? 1u : (i * 7u + seed) % (MOST + 1u);
        for (j = 0; j < length; j++, n++)
            symbols[n] = (seed + n * n * 31u) % info.n_symbols;
        ends[i] = n;
    }
}

/* States that have read different texts, and copies of them with a memory of their own. */
static void make_states(int learn)
{
    uint32_t i, j, which;
    for (i = 0; i < N; i++) {
        for (which = 0; which < 2u; which++) {
            pylm_state *state = which ? &copies[i] : &states[i];
            pylm_state_init(&model, state);
            if (learn && i % LEARN_EVERY == 0) {
                CHECK(pylm_overlay_init(&model, memory[which][i], sizeof memory[which][i]) == PYLM_OK);
                CHECK(pylm_state_attach(&model, state, memory[which][i], sizeof memory[which][i]) == PYLM_OK);
            }
            for (j = 0; j < 20u + i; j++)
                CHECK(pylm_state_push(&model, state, (i * 5u + j * j) % info.n_symbols) == PYLM_OK);
        }
        pointers[i] = &states[i];
    }
}

static uint64_t begin_of(uint32_t i)
{
    return i ? ends[i - 1u] : 0u;
}

static void test_states(int learn, int single)
{
    uint32_t i;
    uint64_t total;
    make_states(learn);
    for (i = 1; i < 4u; i++) { /* from where the last ones have come */
        uint32_t t;
        make_texts(i, single);
        CHECK(pylm_score_many(&model, pointers, symbols, ends, N, work, costs) == PYLM_OK);
        for (t = 0; t < N; t++) {
            uint64_t first = begin_of(t);
            CHECK(pylm_score(&model, &copies[t], symbols + first, ends[t] - first, work, NULL, &total) == PYLM_OK);
            CHECK(costs[t] == total);
            if (learn && t % LEARN_EVERY == 0) { /* but for where their memory is */
                CHECK(pylm_state_key(&states[t], 16) == pylm_state_key(&copies[t], 16));
                CHECK(memcmp(memory[0][t], memory[1][t], sizeof memory[0][t]) == 0);
            } else {
                CHECK(memcmp(&states[t], &copies[t], sizeof states[t]) == 0);
            }
        }
    }
    CHECK(pylm_score_many(&model, pointers, symbols, ends, 0, work, costs) == PYLM_OK);
}

static void test_continuations(int learn)
{
    pylm_state here, before;
    static uint8_t learned[1 << 13];
    uint32_t i, single, cost;
    uint64_t at, total;
    make_states(learn);
    before = states[0];
    memcpy(learned, memory[0][0], sizeof learned);
    for (single = 0; single < 2u; single++) {
        make_texts(9, (int)single);
        CHECK(pylm_cost_many(&model, &states[0], symbols, ends, N, work, costs) == PYLM_OK);
        CHECK(memcmp(&states[0], &before, sizeof before) == 0);
        CHECK(!learn || memcmp(learned, memory[0][0], sizeof learned) == 0);
        for (i = 0; i < N; i++) {
            here = states[0];
            for (at = begin_of(i), total = 0; at < ends[i]; at++, total += cost)
                CHECK(pylm_step(&model, &here, symbols[at], work, &here, &cost) == PYLM_OK);
            CHECK(costs[i] == total);
        }
    }
}

static void test_refused(int learn)
{
    pylm_state before[N];
    make_states(learn);
    memcpy(before, states, sizeof before);
    make_texts(2, 0);
    symbols[ends[N - 1u] - 1u] = info.n_symbols;
    CHECK(pylm_score_many(&model, pointers, symbols, ends, N, work, costs) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_cost_many(&model, &states[0], symbols, ends, N, work, costs) == PYLM_ERR_ARGUMENT);
    make_texts(2, 1);
    ends[4] = 2;
    CHECK(pylm_score_many(&model, pointers, symbols, ends, N, work, costs) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_cost_many(&model, &states[0], symbols, ends, N, work, costs) == PYLM_ERR_ARGUMENT);
    CHECK(memcmp(before, states, sizeof before) == 0 && memcmp(memory[0], memory[1], sizeof memory[0]) == 0);
}

static void test_best(int learn)
{
    static pylm_candidate many[N * 7u], best[7];
    uint32_t i, n;
    make_states(learn);
    pylm_top_many(&model, pointers, N, 7, work, many);
    for (i = 0; i < N; i++) {
        pylm_top(&model, &states[i], 7, work, best, &n);
        CHECK(n == 7u && memcmp(best, many + i * 7u, sizeof best) == 0);
    }
}

static void test_all_symbols(void) /* more are wanted than there are */
{
    pylm_candidate *many = allocate(2u * info.n_symbols * sizeof *many),
                   *best = allocate(info.n_symbols * sizeof *best);
    uint32_t n;
    make_states(0);
    pylm_top_many(&model, pointers, 2, UINT32_MAX, work, many);
    pylm_top(&model, &states[1], UINT32_MAX, work, best, &n);
    CHECK(n == info.n_symbols && memcmp(best, many + n, n * sizeof *best) == 0);
    free(many);
    free(best);
}

static void test_reading(void)
{
    pylm_state one, many;
    uint32_t i;
    make_texts(3, 1);
    pylm_state_init(&model, &one);
    pylm_state_init(&model, &many);
    for (i = 0; i < N; i++)
        CHECK(pylm_state_read(&model, &one, symbols[i]) == PYLM_OK);
    CHECK(pylm_state_read_many(&model, &many, symbols, N) == PYLM_OK && memcmp(&one, &many, sizeof one) == 0);
    symbols[2] = info.n_symbols;
    pylm_state_init(&model, &many);
    CHECK(pylm_state_read_many(&model, &many, symbols, N) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_state_recent(&many, 1) == symbols[1] && pylm_state_recent(&many, 2) == symbols[0]);
}

static void test_model(int learns)
{
    int learn;
    pylm_model_info(&model, &info);
    work = allocate((size_t)pylm_work_nbytes(&model));
    for (learn = 0; learn <= learns; learn++) {
        test_states(learn, 0);
        test_states(learn, 1);
        test_continuations(learn);
        test_refused(learn);
        test_best(learn);
    }
    test_all_symbols();
    test_reading();
    free(work);
}

/* The same with words that were given to the model. */
static void test_lexicon(void)
{
    static const uint32_t word_ends[2] = {4, 7}, counts[2] = {3, 1};
    static uint8_t lexicon[512];
    uint32_t like[2] = {PYLM_NONE, 5};
    pylm_new_words words = {"zorkquq", word_ends, like, counts, 2, 100};
    uint64_t nbytes;
    CHECK(pylm_lexicon_nbytes(&words) <= sizeof lexicon);
    CHECK(pylm_lexicon_make(&model, &words, lexicon, &nbytes) == PYLM_OK);
    CHECK(pylm_model_set_lexicon(&model, lexicon, nbytes) == PYLM_OK);
    test_model(1);
    CHECK(info.n_symbols > 2u);
}

int main(void)
{
    const int kinds[] = {KIND_WORDS, KIND_BYTES, KIND_TREES, KIND_TOPICS, KIND_KERNEL(2)};
    uint32_t i;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct image image = train_kind(kinds[i], N_SHARED_WORDS);
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        test_model(kinds[i] < N_KINDS);
        if (kinds[i] == KIND_WORDS)
            test_lexicon();
        free(image.data);
    }
    return finish();
}
