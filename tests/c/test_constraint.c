/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module text, some symbols only: they have the distribution's own numbers, divided by their sum, and are chosen as
 * often as these say.
 */
#include <math.h>

#include "pylm_text.h"

#include "check.h"

#define ONE_Q62 (UINT64_C(1) << 62)
#define MOST 800u

/* Picks each symbol with a probability of share / 64. */
static uint32_t pick(uint32_t n_symbols, uint32_t share, uint64_t *seed, uint32_t *symbols)
{
    uint32_t i, n = 0;
    for (i = 0; i < n_symbols; i++)
        if (random_number(seed) % 64u < share)
            symbols[n++] = i;
    return n;
}

/* Checks that candidates are sorted and have the costs of the symbols' shares. The end has the rest. */
static void check_candidates(const uint32_t *symbols, const uint64_t *q62, uint32_t n, int may_end)
{
    pylm_candidate *candidates = allocate((n + (may_end ? 1u : 0u)) * sizeof *candidates);
    uint64_t sum = 0, part;
    uint32_t i, j, n_candidates;
    double expected;
    for (i = 0; i < n; i++)
        sum += q62[i];
    if (!n && !may_end) {
        CHECK(pylm_restrict(symbols, q62, n, 0, candidates, &n_candidates) == PYLM_ERR_ARGUMENT);
        free(candidates);
        return;
    }
    REQUIRE(pylm_restrict(symbols, q62, n, may_end, candidates, &n_candidates) == PYLM_OK);
    CHECK(n_candidates == n + (may_end && sum < ONE_Q62 ? 1u : 0u));
    for (i = 0; i < n_candidates; i++) {
        for (j = 0; j < n && symbols[j] != candidates[i].symbol; j++)
            continue;
        CHECK((j == n) == (candidates[i].symbol == PYLM_NONE));
        part = j < n ? q62[j] : ONE_Q62 - sum;
        expected = -log2((double)(part ? part : 1u) / (double)(may_end ? ONE_Q62 : sum)) * 65536.0;
        CHECK(fabs(candidates[i].cost_q16 - expected) < 4.0);
        CHECK(!i || candidates[i].cost_q16 >= candidates[i - 1u].cost_q16);
    }
    free(candidates);
}

/* Whatever is allowed, the probabilities are those of the whole distribution. */
static void test_against_distribution(const pylm_model *model, uint64_t seed)
{
    uint32_t symbols[MOST], n, i, step, share;
    pylm_state state;
    pylm_info info;
    uint64_t *all, *some;
    uint32_t *marks;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_model_info(model, &info);
    REQUIRE(info.n_symbols <= MOST);
    all = allocate(info.n_symbols * sizeof *all);
    some = allocate(info.n_symbols * sizeof *some);
    marks = allocate((info.n_symbols + 31u) / 32u * sizeof *marks);
    pylm_state_init(model, &state);
    for (step = 0; step < 20u; step++) {
        pylm_distribution(model, &state, work, all);
        share = step % 4u == 3u ? 64u : 1u << step % 4u * 2u;
        n = pick(info.n_symbols, step == 8u ? 0u : share, &seed, symbols);
        CHECK(pylm_distribution_of(model, &state, symbols, n, work, marks, some) == PYLM_OK);
        for (i = 0; i < n; i++)
            CHECK(some[i] == all[symbols[i]]);
        check_candidates(symbols, some, n, (int)(step % 2u));
        CHECK(pylm_state_push(model, &state, (uint32_t)(random_number(&seed) % info.n_symbols)) == PYLM_OK);
    }
    symbols[0] = info.n_symbols;
    CHECK(pylm_distribution_of(model, &state, symbols, 1, work, marks, some) == PYLM_ERR_ARGUMENT);
    symbols[0] = symbols[1] = 3;
    CHECK(pylm_distribution_of(model, &state, symbols, 2, work, marks, some) == PYLM_ERR_ARGUMENT);
    free(marks);
    free(some);
    free(all);
    free(work);
}

static void test_extremes(void)
{
    static const uint32_t symbols[] = {1, 5, 9};
    uint64_t q62[3] = {0, 0, 0};
    pylm_candidate candidates[4];
    uint32_t n;
    CHECK(pylm_restrict(symbols, q62, 3, 0, candidates, &n) == PYLM_OK && n == 3u);
    CHECK(candidates[0].symbol == 1u && candidates[0].cost_q16 == candidates[2].cost_q16);
    CHECK(pylm_restrict(symbols, q62, 3, 1, candidates, &n) == PYLM_OK && n == 4u);
    CHECK(candidates[0].symbol == PYLM_NONE && candidates[0].cost_q16 == 0u);
    q62[1] = ONE_Q62;
    CHECK(pylm_restrict(symbols, q62, 3, 1, candidates, &n) == PYLM_OK && n == 3u && candidates[0].symbol == 5u);
    q62[2] = 1;
    CHECK(pylm_restrict(symbols, q62, 3, 1, candidates, &n) == PYLM_ERR_ARGUMENT);
    q62[2] = UINT64_MAX;
    CHECK(pylm_restrict(symbols, q62, 3, 0, candidates, &n) == PYLM_ERR_ARGUMENT);
}

/* Three in four, one in four. */
static void test_choice(void)
{
    static const uint32_t symbols[] = {2, 7};
    static const uint64_t q62[] = {3u << 20, 1u << 20};
    pylm_sampler sampler = {{65536, 0, 65536, 0, 65536, 0}, NULL, 0, 5};
    pylm_candidate candidates[2];
    uint32_t i, n, symbol, n_of_2 = 0, recent = 2;
    for (i = 0; i < 4000u; i++) {
        CHECK(pylm_restrict(symbols, q62, 2, 0, candidates, &n) == PYLM_OK);
        CHECK(pylm_choose(&sampler, candidates, n, &symbol) == PYLM_OK);
        n_of_2 += symbol == 2u;
    }
    CHECK(n_of_2 > 2850u && n_of_2 < 3150u);
    sampler.recent = &recent;
    sampler.n_recent = 1;
    sampler.settings.penalty_q16 = 65536u * 10u; /* 0.415 bits become 4.15, more than the other's 2 */
    sampler.settings.top_k = 1;
    CHECK(pylm_restrict(symbols, q62, 2, 0, candidates, &n) == PYLM_OK);
    CHECK(pylm_choose(&sampler, candidates, n, &symbol) == PYLM_OK && symbol == 7u);
    CHECK(pylm_choose(&sampler, candidates, 0, &symbol) == PYLM_ERR_ARGUMENT);
    sampler.settings.penalty_q16 = 1;
    CHECK(pylm_choose(&sampler, candidates, n, &symbol) == PYLM_ERR_ARGUMENT);
}

int main(void)
{
    int kind;
    test_extremes();
    test_choice();
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image image = train_kind(kind, N_SHARED_WORDS);
        pylm_model model;
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        test_against_distribution(&model, (uint64_t)kind + 1u);
        free(image.data);
    }
    return finish();
}
