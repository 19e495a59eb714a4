/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module kernel: patterns are those of the training text, counted position by position. With their distances they give
 * the probability and the nearest positions. Shares are as promised and add up.
 */
#include <math.h>

#include "pylm_explain.h"
#include "pylm_kernel.h"
#include "pylm_text.h"

#include "check.h"

#define N_WORDS 400u
#define N_MOST 2000u
#define ALL_Q30 (UINT32_C(1) << 30)
#define EXACT (1.0 / (1u << 19)) /* of a share: tau times a distance is rounded */

static uint32_t trained[N_MOST], classes[N_MOST];
static uint64_t n_trained;
static void *work;
static pylm_pattern *patterns;

static uint64_t encode(const pylm_model *model, uint64_t seed, uint32_t *symbols)
{
    size_t nbytes;
    char *text = make_text(N_WORDS, seed, &nbytes);
    uint64_t position = 0, n = 0;
    n = N_MOST;
    REQUIRE(pylm_encode(model, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) == PYLM_OK);
    free(text);
    return n;
}

/* The kind of agreement between a training position and a state at a place, as in pylm_pattern. */
static uint32_t agrees_at(const pylm_kernel *kernel, const pylm_state *state, uint64_t p, uint32_t j)
{
    uint32_t here = pylm_state_recent(state, j + 1u), there = p > j ? trained[p - j - 1u] : PYLM_NONE;
    if (here == there)
        return PYLM_TEMPLATE_SYMBOL;
    if (j >= kernel->n_class || here == PYLM_NONE || there == PYLM_NONE || classes[here] != classes[there])
        return PYLM_TEMPLATE_NOTHING;
    return PYLM_TEMPLATE_CLASS;
}

/* Whether the counts are those of the text. */
static void check_counts(const pylm_kernel *kernel, const pylm_state *state, uint32_t symbol, uint32_t n)
{
    static uint32_t counts[1u << 2 * PYLM_MAX_REACH][2]; /* by agreement: positions, those with the symbol */
    uint64_t p;
    uint32_t i, j, agrees;
    memset(counts, 0, sizeof counts);
    for (p = 0; p < n_trained; p++) {
        for (agrees = j = 0; j < kernel->reach; j++)
            agrees |= agrees_at(kernel, state, p, j) << 2u * j;
        counts[agrees][0]++;
        counts[agrees][1] += trained[p] == symbol;
    }
    for (p = i = 0; i + 1u < n; i++) {
        CHECK(patterns[i].n_context == counts[patterns[i].agrees][0]);
        CHECK(patterns[i].n_symbol == counts[patterns[i].agrees][1]);
        p += patterns[i].n_context;
    }
    CHECK(p == n_trained);
    CHECK(patterns[i].number == PYLM_NONE && patterns[i].n_context == 1 && !patterns[i].n_symbol &&
          !patterns[i].agrees);
}

/* Whether the nearest positions are those of the patterns with the smallest distance. The last pattern has none. */
static void check_nearest(const pylm_model *model, const pylm_state *state, uint32_t n)
{
    uint32_t i, distance = UINT32_MAX, n_positions = 0, found_distance, n_found;
    for (i = 0; i + 1u < n; i++) {
        if (!patterns[i].n_context || patterns[i].distance_q16 > distance)
            continue;
        n_positions = patterns[i].n_context + (patterns[i].distance_q16 == distance ? n_positions : 0u);
        distance = patterns[i].distance_q16;
    }
    CHECK(pylm_nearest(model, state, work, &found_distance, &n_found) == PYLM_OK);
    CHECK(found_distance == distance && n_found == n_positions);
}

/* The same where classes are as far apart as symbols, and where they make no difference. */
static void check_equal_distances(const pylm_model *model, const pylm_kernel *kernel, const pylm_state *state)
{
    pylm_model other = *model;
    pylm_kernel equal = *kernel;
    uint32_t i, j, n;
    for (i = 0; i < 2u; i++) {
        for (j = 0; j < PYLM_MAX_REACH; j++)
            equal.class_distance_q16[j] = i ? kernel->distance_q16[j] : 0u;
        REQUIRE(pylm_model_set_kernel(&other, &equal) == PYLM_OK);
        CHECK(pylm_explain_kernel(&other, state, 0, work, patterns, &n) == PYLM_OK);
        check_nearest(&other, state, n);
    }
}

/* Whether settings that break a rule are refused, and change nothing. */
static void check_settings(pylm_model *model)
{
    pylm_kernel kernel, same, wrong;
    REQUIRE(pylm_model_kernel(model, &kernel) == PYLM_OK);
    wrong = kernel;
    wrong.reach++;
    CHECK(pylm_model_set_kernel(model, &wrong) == PYLM_ERR_ARGUMENT);
    wrong = kernel;
    wrong.n_class++;
    CHECK(pylm_model_set_kernel(model, &wrong) == PYLM_ERR_ARGUMENT);
    wrong = kernel;
    wrong.distance_q16[0] = PYLM_MAX_DISTANCE_Q16 + 1u;
    CHECK(pylm_model_set_kernel(model, &wrong) == PYLM_ERR_ARGUMENT);
    wrong = kernel;
    wrong.class_distance_q16[0] = wrong.distance_q16[0] + 1u;
    CHECK(pylm_model_set_kernel(model, &wrong) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_model_kernel(model, &same) == PYLM_OK && memcmp(&same, &kernel, sizeof same) == 0);
    wrong = kernel;
    wrong.tau_q16 += 5u;
    CHECK(pylm_model_set_kernel(model, &wrong) == PYLM_OK);
    CHECK(pylm_model_kernel(model, &same) == PYLM_OK && same.tau_q16 == wrong.tau_q16);
    CHECK(pylm_model_set_kernel(model, NULL) == PYLM_OK); /* those of the image */
    CHECK(pylm_model_kernel(model, &same) == PYLM_OK && same.tau_q16 == kernel.tau_q16);
}

/* Whether distances and counts give the cost and the shares. */
static void check_shares(const pylm_model *model, const pylm_kernel *kernel, const pylm_state *state, uint32_t symbol,
                         uint32_t n)
{
    double tau = kernel->tau_q16 / 65536.0, nearest = 1e9, all = 0, here = 0, weight;
    uint32_t i, weights = 0, symbols = 0, cost;
    pylm_info info;
    pylm_model_info(model, &info);
    for (i = 0; i < n; i++) /* else all weights might be 0 in doubles */
        nearest = patterns[i].n_context && patterns[i].distance_q16 < nearest ? patterns[i].distance_q16 : nearest;
    for (i = 0; i < n; i++) {
        weight = exp(-tau * (patterns[i].distance_q16 - nearest) / 65536.0);
        all += weight * patterns[i].n_context;
        here += weight * (i + 1u < n ? patterns[i].n_symbol : 1.0 / info.n_symbols);
        weights += patterns[i].weight_share_q30;
        symbols += patterns[i].symbol_share_q30;
    }
    CHECK(weights == ALL_Q30 && symbols == ALL_Q30);
    CHECK(pylm_cost(model, state, symbol, work, &cost) == PYLM_OK);
    CHECK(here < 1e-200 || fabs(cost / 65536.0 - log2(all / here)) < 3.0 / 65536);
    for (i = 0; i < n && here > 1e-200; i++) {
        weight = exp(-tau * (patterns[i].distance_q16 - nearest) / 65536.0);
        CHECK(fabs(patterns[i].weight_share_q30 / (double)ALL_Q30 - weight * patterns[i].n_context / all) < EXACT);
        weight *= i + 1u < n ? patterns[i].n_symbol : 1.0 / info.n_symbols;
        CHECK(fabs(patterns[i].symbol_share_q30 / (double)ALL_Q30 - weight / here) < EXACT);
    }
}

static void test_kernel(uint32_t reach)
{
    static const uint32_t taus[] = {0, 30000, 65536, 1000000};
    static uint32_t symbols[N_MOST];
    struct image image = train_kind(KIND_KERNEL(reach), N_WORDS);
    pylm_model model;
    pylm_kernel kernel;
    pylm_state state;
    pylm_info info;
    uint64_t n_symbols, i;
    uint32_t n, coarse, t, seen = 0;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    REQUIRE(pylm_model_kernel(&model, &kernel) == PYLM_OK);
    for (n = 0; n < info.n_symbols; n++)
        CHECK(pylm_symbol_class(&model, 0, n, &classes[n], &coarse) == PYLM_OK);
    check_settings(&model);
    n_trained = encode(&model, 1, trained);
    n_symbols = encode(&model, 5, symbols);
    work = allocate((size_t)pylm_work_nbytes(&model));
    patterns = allocate(pylm_n_patterns(&model) * sizeof *patterns);
    pylm_state_init(&state);
    for (i = 0; i < n_symbols; i++) {
        for (t = 0; t < 4u; t++) {
            kernel.tau_q16 = taus[t];
            REQUIRE(pylm_model_set_kernel(&model, &kernel) == PYLM_OK);
            CHECK(pylm_explain_kernel(&model, &state, symbols[i], work, patterns, &n) == PYLM_OK);
            CHECK(n > 1u && n <= pylm_n_patterns(&model));
            check_shares(&model, &kernel, &state, symbols[i], n);
        }
        check_counts(&kernel, &state, symbols[i], n);
        check_nearest(&model, &state, n);
        seen += patterns[n - 1u].symbol_share_q30 < ALL_Q30 / 2u;
        check_equal_distances(&model, &kernel, &state);
        CHECK(pylm_state_push(&model, &state, symbols[i]) == PYLM_OK);
    }
    CHECK(seen > n_symbols / 2u); /* else all are explained by the background */
    CHECK(pylm_explain_kernel(&model, &state, info.n_symbols, work, patterns, &n) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_explain(&model, &state, 0, work, NULL, &n) == PYLM_ERR_ARGUMENT);
    free(work);
    free(patterns);
    free(image.data);
}

/* Another predictor has no settings, no patterns, and no nearest positions. */
static void test_mix(void)
{
    struct image image = train_kind(KIND_BYTES, N_WORDS);
    pylm_model model;
    pylm_kernel kernel;
    pylm_state state;
    uint32_t n, distance;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_state_init(&state);
    CHECK(pylm_model_kernel(&model, &kernel) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_model_set_kernel(&model, NULL) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_nearest(&model, &state, NULL, &distance, &n) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_n_patterns(&model) == 0);
    CHECK(pylm_explain_kernel(&model, &state, 0, NULL, NULL, &n) == PYLM_ERR_ARGUMENT);
    free(image.data);
}

int main(void)
{
    static const uint32_t reaches[] = {1, 2, 4, 5, 6}; /* one, two and four banks; classes for all, some, and none */
    int i;
    for (i = 0; i < 5; i++)
        test_kernel(reaches[i]);
    test_mix();
    return finish();
}
