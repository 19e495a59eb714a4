/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * many.c: many states at once, and many continuations of one.
 *
 * Up to PYLM__ABREAST texts are on their way at a time, each in a lane, so that one is worked on while the numbers of
 * another come from memory; see core/fast/paths.h. Where a text ends, the next one takes its lane.
 */
#include "core/context.h"
#include "core/lexicon.h"
#include "core/score.h"
#include "pylm_decode.h"

#if PYLM_MODULE_DECODE

struct many_texts {
    const uint32_t *symbols; /* of all texts */
    const uint64_t *ends;
    uint32_t n;
    pylm_state *const *states; /* that read them, each its own; NULL: all go on from `from`, which stays there */
    const pylm_state *from;
    uint64_t *costs;
};

/* The texts that are on their way. */
struct text_lanes {
    uint32_t next; /* the text that gets the next lane */
    uint32_t n;    /* lanes in use */
    uint32_t text[PYLM__ABREAST];
    uint64_t at[PYLM__ABREAST]; /* its next symbol */
    struct pylm__state states[PYLM__ABREAST];
};

static int are_known(const struct pylm__model *model, const struct many_texts *texts)
{
    uint64_t n = texts->n ? texts->ends[texts->n - 1u] : 0u, at;
    uint32_t t;
    for (t = 1; t < texts->n; t++)
        if (texts->ends[t] < texts->ends[t - 1u])
            return 0;
    for (at = 0; at < n; at++)
        if (texts->symbols[(size_t)at] >= pylm__n_all_symbols(model))
            return 0;
    return 1;
}

/* Gives the next text a lane. One without symbols needs none, and a state that learns has to read each symbol before
 * the next can be scored. */
static void begin(const pylm_model *model, const struct many_texts *texts, struct text_lanes *lanes, void *work)
{
    uint32_t t = lanes->next++;
    uint64_t first = t ? texts->ends[t - 1u] : 0u, n = texts->ends[t] - first;
    const pylm_state *state = texts->states ? texts->states[t] : texts->from;
    texts->costs[t] = 0;
    if (texts->states && pylm__state_learns(pylm__state_const(state))) {
        (void)pylm_score(model, texts->states[t], texts->symbols + (size_t)first, n, work, NULL, &texts->costs[t]);
    } else if (n) {
        lanes->text[lanes->n] = t;
        lanes->at[lanes->n] = first;
        lanes->states[lanes->n] = *pylm__state_const(state);
        lanes->states[lanes->n++].learns = 0;
    }
}

static int has_ended(const struct many_texts *texts, const struct text_lanes *lanes, uint32_t i)
{
    return lanes->at[i] == texts->ends[lanes->text[i]];
}

/* Scores the next symbol of every lane, and reads it, unless nobody wants to know the state behind it. */
static void advance(const struct pylm__model *model, const struct many_texts *texts, struct text_lanes *lanes,
                    void *work)
{
    struct pylm__small probabilities[PYLM__ABREAST];
    uint32_t places[PYLM__ABREAST], shares[PYLM__ABREAST], i;
    int has_lexicon = pylm__has_lexicon(model);
    for (i = 0; i < lanes->n; i++) {
        uint32_t symbol = texts->symbols[(size_t)lanes->at[i]++];
        shares[i] = PYLM__SHARE_ONE;
        places[i] = has_lexicon ? pylm__lexicon_symbol(model, symbol, &shares[i]) : symbol;
    }
    pylm__probabilities(model, lanes->states, places, lanes->n, work, NULL, probabilities);
    for (i = 0; i < lanes->n; i++) {
        texts->costs[lanes->text[i]] +=
            pylm__small_cost(probabilities[i]) + (has_lexicon ? pylm__share_cost(shares[i]) : 0u);
        if (texts->states || !has_ended(texts, lanes, i))
            pylm__state_go_on(&lanes->states[i], model, places[i]);
    }
}

/* Frees the lane of a text that has ended: the last one takes its place. */
static void end(const struct many_texts *texts, struct text_lanes *lanes, uint32_t i)
{
    uint32_t last = --lanes->n;
    if (texts->states)
        *pylm__state_view(texts->states[lanes->text[i]]) = lanes->states[i];
    if (i < last) {
        lanes->text[i] = lanes->text[last];
        lanes->at[i] = lanes->at[last];
        lanes->states[i] = lanes->states[last];
    }
}

static int read_all(const pylm_model *model, const struct many_texts *texts, void *work)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct text_lanes lanes;
    uint32_t i;
    if (!are_known(view, texts))
        return PYLM_ERR_ARGUMENT;
    lanes.next = lanes.n = 0;
    do {
        while (lanes.n < PYLM__ABREAST && lanes.next < texts->n)
            begin(model, texts, &lanes, work);
        if (lanes.n)
            advance(view, texts, &lanes, work);
        for (i = lanes.n; i-- > 0;)
            if (has_ended(texts, &lanes, i))
                end(texts, &lanes, i);
    } while (lanes.n || lanes.next < texts->n);
    return PYLM_OK;
}

int pylm_score_many(const pylm_model *model, pylm_state *const *states, const uint32_t *symbols, const uint64_t *ends,
                    uint32_t n, void *work, uint64_t *costs_q16)
{
    struct many_texts texts = {symbols, ends, n, states, NULL, costs_q16};
    return read_all(model, &texts, work);
}

int pylm_cost_many(const pylm_model *model, const pylm_state *state, const uint32_t *symbols, const uint64_t *ends,
                   uint32_t n, void *work, uint64_t *costs_q16)
{
    struct many_texts texts = {symbols, ends, n, NULL, state, costs_q16};
    return read_all(model, &texts, work);
}

void pylm_top_many(const pylm_model *model, pylm_state *const *states, uint32_t n, uint32_t k, void *work,
                   pylm_candidate *best)
{
    uint32_t i, n_symbols = pylm__n_all_symbols(pylm__model_view(model)), found;
    k = k < n_symbols ? k : n_symbols;
    for (i = 0; i < n; i++)
        pylm_top(model, states[i], k, work, best + (size_t)i * k, &found);
}

int pylm_state_read_many(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n)
{
    uint64_t i;
    int status = PYLM_OK;
    for (i = 0; i < n && status == PYLM_OK; i++)
        status = pylm_state_read(model, state, symbols[(size_t)i]);
    return status;
}

#endif
