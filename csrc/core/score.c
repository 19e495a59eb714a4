/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * score.c: the probability of symbols that are known.
 */
#include "score.h"

#include "core/fast/paths.h"
#include "lexicon.h"
#include "modules/adapt/layer.h"
#include "modules/kernel/kernel.h"

void pylm__probabilities(const struct pylm__model *model, const struct pylm__state *states, const uint32_t *symbols,
                         uint32_t n, struct pylm__work *work, struct pylm__lessons *lessons,
                         struct pylm__small *probabilities)
{
    struct pylm__paths paths;
    uint32_t t, i;
    if (pylm__is_kernel(model)) {
        pylm__kernel_probabilities(model, states, symbols, n, work, probabilities);
        return;
    }
    paths.states = states;
    paths.symbols = symbols;
    paths.n = n;
    paths.work = work;
    paths.nbytes = pylm__path_nbytes(model);
    paths.odds_offset = 0;
    if (pylm__n_below(model)) {
        paths.odds_offset = pylm__odds_offset(model);
        pylm__follow_below(model, 1, &paths);
    }
    pylm__work_first_tree(model, work);
    for (t = 0; t < pylm__n_trees(model); t++) {
        if (t)
            pylm__work_next_tree(model, work);
        pylm__paths_follow(model, &paths, 0, lessons);
        for (i = 0; i < n; i++) {
            struct pylm__small *p = &paths.path[i].p;
            if (PYLM__MOST_TREES > 1u) /* else its share is 1 */
                pylm__small_scale(p, work->mixer.tree.share);
            probabilities[i] = t ? pylm__small_plus(probabilities[i], *p) : *p;
        }
    }
}

/* Working memory for one path. */
#define OWN_NBYTES                                                                                                     \
    (sizeof(struct pylm__work) + sizeof(struct pylm__frame) +                                                          \
     PYLM__MAX_STRIDE * PYLM__N_SLICE_FIELDS * sizeof(uint32_t) +                                                      \
     (PYLM__MOST_LAYERS ? sizeof(struct pylm__odds) + 7u : 0u) + 7u)

void pylm__learn(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol)
{
    uint64_t own[OWN_NBYTES / 8u]; /* some 5 KB, and as much for the lessons: pylm_state_push() has no other memory */
    struct pylm__lessons lessons;
    struct pylm__small p;
    pylm__probabilities(model, state, &symbol, 1, (struct pylm__work *)(void *)own, &lessons, &p);
}

int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work, uint32_t *cost_q16)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__small p;
    uint32_t share = PYLM__SHARE_ONE;
    if (pylm__has_lexicon(view))
        symbol = pylm__lexicon_symbol(view, symbol, &share);
    if (symbol >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    pylm__probabilities(view, pylm__state_const(state), &symbol, 1, work, NULL, &p);
    *cost_q16 = pylm__small_cost(p) + (pylm__has_lexicon(view) ? pylm__share_cost(share) : 0u);
    return PYLM_OK;
}

/* Scores a symbol, and makes the state read it. */
static void score_one(const struct pylm__model *model, struct pylm__state *state, const uint32_t *symbol, void *work,
                      struct pylm__small *probability)
{
    struct pylm__lessons *lessons = pylm__state_learns(state) ? pylm__work_lessons(model, work) : NULL;
    pylm__probabilities(model, state, symbol, 1, work, lessons, probability);
    pylm__state_go_on(state, model, *symbol);
}

/* Scores up to n symbols abreast, says how many, and makes the state read them. A state that learns has to read each
 * before the next can be scored. */
static int score_abreast(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
                         struct pylm__small *probabilities, uint32_t *n_ret)
{
    struct pylm__state states[PYLM__ABREAST];
    const struct pylm__model *view = pylm__model_view(model);
    uint32_t i = 0;
    *n_ret = 0;
    if (symbols[0] >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    if (PYLM__ABREAST == 1 || pylm__state_learns(pylm__state_view(state))) {
        score_one(view, pylm__state_view(state), symbols, work, probabilities);
        *n_ret = 1;
        return PYLM_OK;
    }
    for (i = 0; i < PYLM__ABREAST && i < n && symbols[i] < pylm__n_symbols(view); i++) {
        states[i] = *pylm__state_view(state);
        pylm__state_go_on(pylm__state_view(state), view, symbols[i]);
    }
    pylm__probabilities(view, states, symbols, i, work, NULL, probabilities);
    *n_ret = i;
    return PYLM_OK;
}

/* pylm_score() for symbols of the image. */
static int score_places(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
                        uint32_t *costs_q16, uint64_t *total_q16)
{
    struct pylm__small probabilities[PYLM__ABREAST];
    uint64_t total = 0;
    size_t at = 0, end = (size_t)n; /* they are in memory */
    uint32_t i, n_scored, cost;
    int status = PYLM_OK;
    for (; at < end && status == PYLM_OK; at += n_scored) {
        status = score_abreast(model, state, symbols + at, end - at, work, probabilities, &n_scored);
        for (i = 0; i < n_scored; i++) {
            cost = pylm__small_cost(probabilities[i]);
            total += cost;
            if (costs_q16)
                costs_q16[at + i] = cost;
        }
    }
    if (total_q16)
        *total_q16 = total;
    return status;
}

#if PYLM_MODULE_LEXICON
#define AT_ONCE 32u

/* A lexicon's words are scored as the symbols of their places, and pay for their parts of these. */
static int score_shared(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
                        uint32_t *costs_q16, uint64_t *total_q16)
{
    uint32_t places[AT_ONCE], shares[AT_ONCE], costs[AT_ONCE], i, here, cost;
    uint64_t total = 0, at;
    int status = PYLM_OK;
    for (at = 0; at < n && status == PYLM_OK; at += here) {
        for (here = 0; here < AT_ONCE && here < n - at; here++) {
            places[here] = pylm__lexicon_symbol(pylm__model_view(model), symbols[(size_t)at + here], &shares[here]);
            if (places[here] == PYLM_NONE) {
                status = PYLM_ERR_ARGUMENT;
                break;
            }
        }
        (void)score_places(model, state, places, here, work, costs, NULL); /* the model has them all */
        for (i = 0; i < here; i++) {
            cost = costs[i] + pylm__share_cost(shares[i]);
            total += cost;
            if (costs_q16)
                costs_q16[(size_t)at + i] = cost;
        }
    }
    if (total_q16)
        *total_q16 = total;
    return status;
}
#endif

int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
               uint32_t *costs_q16, uint64_t *total_q16)
{
#if PYLM_MODULE_LEXICON
    if (pylm__has_lexicon(pylm__model_view(model)))
        return score_shared(model, state, symbols, n, work, costs_q16, total_q16);
#endif
    return score_places(model, state, symbols, n, work, costs_q16, total_q16);
}
