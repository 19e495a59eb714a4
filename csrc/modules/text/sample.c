/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sample.c: choosing the next symbol.
 *
 * The candidates are the most probable symbols, best first. Every setting changes their costs, or shortens the list
 * from its end. A random number then picks one of the rest.
 *
 * Where nothing shortens the list, there is none: a random number leads down the tree to a symbol. A symbol is drawn by
 * its probability then. If the settings want it less often than that, another random number may reject it, and the next
 * one is drawn. So the result has the same probabilities as a choice from a list of all symbols.
 */
#include "core/fixed.h"
#include "core/search.h"
#include "core/walk.h"
#include "pylm_text.h"

#if PYLM_MODULE_TEXT

#define ONE_Q16 65536u
#define MOST_DRAWS 256u /* rejected ones; after that, the list of all symbols is quicker */
#define FIRST_TOP 64u   /* symbols to look for at first, where top_p or min_p say how many */

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

/* How much more a symbol costs than the best one, at a temperature. */
static uint32_t cost_above(uint32_t cost, uint32_t best, uint32_t temperature_q16)
{
    uint64_t above = cost > best ? ((uint64_t)(cost - best) << 16) / temperature_q16 : 0u;
    return above < UINT32_MAX ? (uint32_t)above : UINT32_MAX;
}

/* Replaces costs by probabilities in units of 2^-31 of the best symbol's. Returns their sum. */
static uint64_t find_probabilities(pylm_candidate *candidates, uint32_t n, uint32_t temperature_q16)
{
    uint64_t sum = 0;
    uint32_t i, best = candidates[0].cost_q16;
    for (i = 0; i < n; i++) {
        candidates[i].cost_q16 = pylm__exp2_neg(cost_above(candidates[i].cost_q16, best, temperature_q16));
        sum += candidates[i].cost_q16;
    }
    return sum;
}

/* The smallest such probability that min_p leaves. */
static uint64_t smallest_kept(const pylm_sampling *sampling)
{
    return (uint64_t)pylm__exp2_neg(0) * sampling->min_p_q16 >> 16;
}

/* How much of a sum of probabilities is enough for top_p. */
static uint64_t enough_of(uint64_t sum, const pylm_sampling *sampling)
{
    return sampling->top_p_q16 < ONE_Q16 ? (sum >> 16) * sampling->top_p_q16 : sum;
}

/* Shortens a list of such probabilities to what top_p and min_p leave. *sum: of all symbols, and then of those kept. */
static uint32_t shorten(const pylm_candidate *candidates, uint32_t n, const pylm_sampling *sampling, uint64_t *sum)
{
    uint64_t enough = enough_of(*sum, sampling), smallest = smallest_kept(sampling), kept = 0;
    uint32_t i;
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

/* Whether the penalty applies to something. */
static int has_penalty(const pylm_sampler *sampler)
{
    return sampler->settings.penalty_q16 > ONE_Q16 && sampler->n_recent;
}

/* Chooses among candidates.
 *   sum   of the probabilities of all symbols, in units of 2^-31 of the best candidate's; 0: there are no others. */
static void choose(pylm_sampler *sampler, pylm_candidate *candidates, uint32_t n, uint64_t sum, uint32_t *symbol)
{
    const pylm_sampling *sampling = &sampler->settings;
    uint32_t i, limit = sampling->temperature_q16 ? sampling->top_k : 1u;
    uint64_t found, point;
    if (has_penalty(sampler))
        penalise(candidates, n, sampling->penalty_q16, sampler->recent, sampler->n_recent);
    if (limit && limit < n)
        n = limit;
    if (n == 1u) {
        *symbol = candidates[0].symbol;
        return;
    }
    found = find_probabilities(candidates, n, sampling->temperature_q16);
    sum = sum > found ? sum : found;
    n = shorten(candidates, n, sampling, &sum);
    point = next_random(&sampler->random) % sum; /* sum < 2^55: the bias is below 2^-9 of the smallest probability */
    for (i = 0; i < n - 1u && point >= candidates[i].cost_q16; i++)
        point -= candidates[i].cost_q16;
    *symbol = candidates[i].symbol;
}

int pylm_choose(pylm_sampler *sampler, pylm_candidate *candidates, uint32_t n, uint32_t *symbol)
{
    if (!settings_are_sane(&sampler->settings) || !n)
        return PYLM_ERR_ARGUMENT;
    choose(sampler, candidates, n, 0, symbol);
    return PYLM_OK;
}

/* What a symbol is chosen from. */
struct asked {
    const pylm_model *model;
    const pylm_state *state;
    void *work;
    uint32_t unknown; /* the symbol that is never chosen, or PYLM_NONE */
};

static uint32_t cost_of(const struct asked *asked, uint32_t symbol)
{
    uint32_t cost = 0;
    (void)pylm_cost(asked->model, asked->state, symbol, asked->work, &cost);
    return cost;
}

/* The k best symbols, and one less if the one that is never chosen is among them. There is one at least. */
static uint32_t find_top(const struct asked *asked, uint32_t k, pylm_candidate *candidates)
{
    uint32_t i, n, to = 0;
    pylm_top(asked->model, asked->state, k, asked->work, candidates, &n);
    for (i = 0; i < n; i++)
        if (candidates[i].symbol != asked->unknown)
            candidates[to++] = candidates[i];
    return to ? to : n;
}

/* ---- drawing ---- */

/* Whether no list is needed: compared with the best symbol, the settings want none more often than the model does. */
static int can_draw(const pylm_sampler *sampler)
{
    const pylm_sampling *s = &sampler->settings;
    return s->temperature_q16 && s->temperature_q16 <= ONE_Q16 && !s->top_k && s->top_p_q16 == ONE_Q16 &&
           !(s->min_p_q16 && has_penalty(sampler));
}

/* Whether a symbol that was drawn by its probability p is kept, where p^(1/T) is wanted, or less by the penalty. The
 * best symbol is kept always, unless it has a penalty. */
static int is_kept(pylm_sampler *sampler, const struct asked *asked, uint32_t symbol, uint32_t best)
{
    const pylm_sampling *sampling = &sampler->settings;
    pylm_candidate found;
    uint32_t wanted, drawn;
    found.symbol = symbol;
    found.cost_q16 = cost_of(asked, symbol);
    drawn = cost_above(found.cost_q16, best, ONE_Q16);
    if (has_penalty(sampler))
        penalise(&found, 1, sampling->penalty_q16, sampler->recent, sampler->n_recent);
    wanted = cost_above(found.cost_q16, best, sampling->temperature_q16);
    if (pylm__exp2_neg(wanted) < smallest_kept(sampling))
        return 0;
    return (next_random(&sampler->random) >> 33) < pylm__exp2_neg(wanted > drawn ? wanted - drawn : 0u);
}

/* Draws a symbol. Returns 0 if too many were rejected. */
static int draw(pylm_sampler *sampler, const struct asked *asked, uint32_t *symbol)
{
    const pylm_sampling *sampling = &sampler->settings;
    int as_it_is = sampling->temperature_q16 == ONE_Q16 && !sampling->min_p_q16 && !has_penalty(sampler);
    pylm_candidate best[2] = {{0, 0}, {0, 0}};
    uint32_t i;
    if (!as_it_is)
        (void)find_top(asked, 2, best);
    for (i = 0; i < MOST_DRAWS; i++) {
        *symbol = pylm__walk_to(pylm__model_view(asked->model), pylm__state_const(asked->state), asked->work,
                                next_random(&sampler->random) >> 2);
        if (*symbol != asked->unknown && (as_it_is || is_kept(sampler, asked, *symbol, best[0].cost_q16)))
            return 1;
    }
    return 0;
}

/* ---- choosing from a list ---- */

/* The probabilities of all symbols together, in units of 2^-31 of that of a symbol with this cost. */
static uint64_t sum_of_all(const struct asked *asked, uint32_t cost)
{
    uint64_t one = pylm__exp2_neg(cost), sum = (UINT64_C(1) << 62) / (one ? one : 1u), unknown;
    if (asked->unknown == PYLM_NONE)
        return sum;
    unknown = pylm__exp2_neg(cost_of(asked, asked->unknown));
    return sum - ((sum >> 16) * (unknown >> 8) >> 7);
}

/* The best symbols, as many as top_p or min_p leave, or more. How many is not known before, so it looks for ever more.
 * Neither temperature nor penalty is in the way: what all symbols sum to is known. */
static uint32_t find_enough(const struct asked *asked, const pylm_sampling *sampling, pylm_candidate *candidates,
                            uint32_t n_candidates, uint64_t *sum)
{
    uint64_t smallest = smallest_kept(sampling), found, p;
    uint32_t i, n, k;
    for (k = FIRST_TOP;; k = k < UINT32_MAX / 4u ? 4u * k : UINT32_MAX) {
        n = find_top(asked, k < n_candidates ? k : n_candidates, candidates);
        *sum = sum_of_all(asked, candidates[0].cost_q16);
        for (i = 0, found = 0, p = UINT64_MAX; i < n && p >= smallest && found < enough_of(*sum, sampling); i++) {
            p = pylm__exp2_neg(candidates[i].cost_q16 - candidates[0].cost_q16);
            found += p;
        }
        if (i < n || k >= n_candidates)
            return n;
    }
}

/* How many of the best symbols the settings can choose from at most. */
static uint32_t n_needed(const pylm_sampler *sampler, const struct asked *asked, uint32_t n_candidates)
{
    const pylm_sampling *sampling = &sampler->settings;
    uint64_t needed = sampling->temperature_q16 ? sampling->top_k : 1u;
    if (!needed)
        return n_candidates;
    if (sampling->penalty_q16 > ONE_Q16) /* it only makes symbols less probable: so many more make up for them */
        needed += sampler->n_recent;
    needed += asked->unknown != PYLM_NONE;
    return needed < n_candidates ? (uint32_t)needed : n_candidates;
}

int pylm_sample(const pylm_model *model, const pylm_state *state, pylm_sampler *sampler, void *work,
                pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol)
{
    const pylm_sampling *sampling = &sampler->settings;
    struct asked asked = {model, state, work, PYLM_NONE};
    uint64_t sum = 0;
    uint32_t n;
    if (!settings_are_sane(sampling) || !n_candidates)
        return PYLM_ERR_ARGUMENT;
    if (sampling->known_only)
        asked.unknown = pylm__load32(pylm__model_view(model)->image + PYLM__H_UNKNOWN);
    if (can_draw(sampler) && draw(sampler, &asked, symbol))
        return PYLM_OK;
    if (sampling->temperature_q16 == ONE_Q16 && !sampling->top_k && !has_penalty(sampler))
        n = find_enough(&asked, sampling, candidates, n_candidates, &sum);
    else
        n = find_top(&asked, n_needed(sampler, &asked, n_candidates), candidates);
    choose(sampler, candidates, n, sum, symbol);
    return PYLM_OK;
}

#endif
