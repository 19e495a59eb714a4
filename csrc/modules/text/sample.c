/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sample.c: choosing the next symbol.
 *
 * The candidates are the most probable symbols, best first. Every setting changes their costs, or shortens the list
 * from its end. A random number then picks one of the rest.
 */
#include "core/fixed.h"
#include "core/search.h"
#include "pylm_text.h"

#if PYLM_MODULE_TEXT

#define ONE_Q16 65536u

/* The next number of the splitmix64 sequence (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *random)
{
    uint64_t x = *random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void penalise(pylm_candidate *candidates, uint32_t n, uint32_t penalty_q16, const uint32_t *recent,
                     uint32_t n_recent)
{
    uint32_t i, j;
    for (i = 0; i < n; i++) {
        for (j = 0; j < n_recent && recent[j] != candidates[i].symbol; j++)
            continue;
        if (j < n_recent) {
            uint64_t cost = (uint64_t)candidates[i].cost_q16 * penalty_q16 >> 16;
            candidates[i].cost_q16 = cost < UINT32_MAX ? (uint32_t)cost : UINT32_MAX;
        }
    }
    pylm__candidates_sort(candidates, n);
}

/* Replaces costs by probabilities in units of 2^-31 of the best symbol's. Returns their sum. */
static uint64_t find_probabilities(pylm_candidate *candidates, uint32_t n, uint32_t temperature_q16)
{
    uint64_t sum = 0, cost;
    uint32_t i, best = candidates[0].cost_q16;
    for (i = 0; i < n; i++) {
        cost = ((uint64_t)(candidates[i].cost_q16 - best) << 16) / temperature_q16;
        candidates[i].cost_q16 = pylm__exp2_neg(cost < UINT32_MAX ? (uint32_t)cost : UINT32_MAX);
        sum += candidates[i].cost_q16;
    }
    return sum;
}

/* Shortens a list of such probabilities to what top_p and min_p leave; *sum becomes their sum. */
static uint32_t shorten(const pylm_candidate *candidates, uint32_t n, const pylm_sampling *sampling, uint64_t *sum)
{
    uint64_t enough = pylm__exp2_neg(0), smallest, kept = 0;
    uint32_t i;
    smallest = enough * sampling->min_p_q16 >> 16;
    enough = sampling->top_p_q16 < ONE_Q16 ? (*sum >> 16) * sampling->top_p_q16 : *sum;
    for (i = 0; i < n; i++) {
        if (i && (kept >= enough || candidates[i].cost_q16 < smallest))
            break;
        kept += candidates[i].cost_q16;
    }
    *sum = kept;
    return i;
}

static int settings_are_sane(const pylm_sampling *sampling)
{
    return sampling->top_p_q16 <= ONE_Q16 && sampling->min_p_q16 <= ONE_Q16 && sampling->penalty_q16 >= ONE_Q16;
}

int pylm_choose(pylm_sampler *sampler, pylm_candidate *candidates, uint32_t n, uint32_t *symbol)
{
    const pylm_sampling *sampling = &sampler->settings;
    uint32_t i, limit = sampling->temperature_q16 ? sampling->top_k : 1u;
    uint64_t sum, point;
    if (!settings_are_sane(sampling) || !n)
        return PYLM_ERR_ARGUMENT;
    if (sampling->penalty_q16 > ONE_Q16 && sampler->n_recent)
        penalise(candidates, n, sampling->penalty_q16, sampler->recent, sampler->n_recent);
    if (limit && limit < n)
        n = limit;
    if (n == 1u) {
        *symbol = candidates[0].symbol;
        return PYLM_OK;
    }
    sum = find_probabilities(candidates, n, sampling->temperature_q16);
    n = shorten(candidates, n, sampling, &sum);
    point = next_random(&sampler->random) % sum; /* sum < 2^55: the bias is below 2^-9 of the smallest probability */
    for (i = 0; i < n - 1u && point >= candidates[i].cost_q16; i++)
        point -= candidates[i].cost_q16;
    *symbol = candidates[i].symbol;
    return PYLM_OK;
}

int pylm_sample(const pylm_model *model, const pylm_state *state, pylm_sampler *sampler, void *work,
                pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol)
{
    const pylm_sampling *sampling = &sampler->settings;
    uint32_t n = n_candidates, limit = sampling->temperature_q16 ? sampling->top_k : 1u;
    if (!settings_are_sane(sampling) || !n_candidates)
        return PYLM_ERR_ARGUMENT;
    if (limit) { /* a penalty only makes symbols less probable: n_recent more make up for those that leave */
        uint64_t needed = (uint64_t)limit + (sampling->penalty_q16 > ONE_Q16 ? sampler->n_recent : 0u);
        n = needed < n ? (uint32_t)needed : n;
    }
    pylm_top(model, state, n, work, candidates, &n);
    return pylm_choose(sampler, candidates, n, symbol);
}

#endif
