/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic.c: which of the symbols read made the topic's part of a cost.
 *
 * A symbol's vector was added to the sums when it was read, and has faded since. What is left of it, times the slopes
 * of the savings, is its share. The rest is what was read before the given symbols, and what rounding left of sums and
 * log-odds. In bytes, the vectors of the last words are all that is read, and each has a part of its own.
 */
#include <string.h>

#include "core/lexicon.h"
#include "core/words.h"
#include "explain.h"

#if PYLM_MODULE_EXPLAIN

#define MAX_SAVED (INT64_C(1) << 47) /* by the slopes: 2^10 times what models have that are not damaged */
#define MAX_SHARE (INT64_C(1) << 30)
#define WHOLE (UINT32_C(1) << 30) /* of a symbol just read */

/* What is left of a symbol in each sum, q30. */
struct fading {
    uint32_t left[PYLM__N_FADES];
};

static void fade(const struct pylm__topics *topics, struct fading *fading)
{
    uint32_t i;
    for (i = 0; i < PYLM__N_FADES; i++)
        fading->left[i] -= fading->left[i] >> topics->fade[i];
}

/* Where a sum was cut to fit into a reading, each symbol's part of it is made smaller by as much. */
static void cut(const struct pylm__topics *topics, const struct pylm__state *state, struct pylm__slopes *slopes)
{
#if PYLM_MODULE_TOPIC
    uint32_t i;
    for (i = 0; i < PYLM__N_FADES * topics->n; i++) {
        int64_t most = INT64_C(127) << topics->scale[i / topics->n], sum = pylm__magnitude(state->read.topic[i]);
        if (sum > most) {
            struct pylm__ratio ratio = {(most << 16) / sum, 1 << 16};
            slopes->of[i] = pylm__times(slopes->of[i], ratio);
        }
    }
#else
    (void)topics;
    (void)state;
    (void)slopes;
#endif
}

/* The share of a symbol, 1/65536 bit. */
static int32_t share_of(const struct pylm__topics *topics, const struct pylm__slopes *slopes, uint32_t symbol,
                        const struct fading *fading)
{
    uint8_t room[PYLM__MAX_READING];
    const uint8_t *record = pylm__topic_symbol(topics, symbol);
    const uint8_t *numbers = pylm__topic_numbers(record + 1, topics->n, topics->is_short, room);
    unsigned shift = record[0] < PYLM__TOPIC_MAX_SHIFT ? record[0] : PYLM__TOPIC_MAX_SHIFT;
    const int64_t *slope = slopes->of;
    int64_t share = 0;
    uint32_t i, j;
    for (i = 0; i < PYLM__N_FADES; i++, slope += topics->n) {
        int64_t saved = 0, unit = INT64_C(1) << (14u + 15u + topics->scale[i] - shift); /* q14, q15 of what is left */
        for (j = 0; j < topics->n; j++)
            saved += slope[j] * (int8_t)numbers[j];
        saved = pylm__clamp64(saved, MAX_SAVED) * (int64_t)(fading->left[i] >> 15);
        share -= (saved + (saved < 0 ? -unit : unit) / 2) / unit;
    }
    return (int32_t)pylm__clamp64(share, MAX_SHARE);
}

/* ---- bytes ---- */

#if PYLM_MODULE_TOPIC

#define NOWHERE UINT64_MAX

/* Where the last words end in a text, from the last one on; NOWHERE: not there. */
struct word_ends {
    uint64_t of[PYLM__MAX_PLACES];
};

static void add_end(struct word_ends *ends, uint64_t at)
{
    memmove(ends->of + 1, ends->of, sizeof ends->of - sizeof *ends->of);
    ends->of[0] = at;
}

/* Reads the symbols again, to see where words end. A word that stands alone ends with its byte; any other is known to
 * have ended when the next byte is read. */
static void find_ends(const struct pylm__model *model, const pylm_topic *topic, pylm_state *again,
                      struct word_ends *ends)
{
    struct pylm__state *state = pylm__state_view(again);
    uint64_t i;
    uint32_t k;
    for (k = 0; k < PYLM__MAX_PLACES; k++)
        ends->of[k] = NOWHERE;
    memset(again, 0, sizeof *again);
    for (i = 0; i < topic->n; i++) {
        uint32_t before = state->read.words.n, n;
        pylm__state_go_on(state, model, topic->symbols[i]);
        if (topic->symbols[i] == model->text_end)
            before = 0;
        for (n = state->read.words.n - before; n; n--) {
            uint32_t alone = pylm__word_of_byte(topic->symbols[i] + 1u);
            add_end(ends, state->read.words.last[n - 1u] == alone ? i : i ? i - 1u : NOWHERE);
        }
    }
}

/* Writes the shares of the last words, each at the byte with which it ends. */
static void write_word_shares(const struct pylm__model *model, const struct pylm__state *state,
                              const struct pylm__slopes *slopes, pylm_topic *topic)
{
    const uint8_t *part = model->image + (size_t)pylm__load_offset(model->image + PYLM__H_TOPIC);
    const uint32_t *words = state->read.words.last;
    struct pylm__reading reading;
    struct word_ends ends;
    pylm_state again;
    uint32_t place, i = 0, end;
    pylm__words_reading(part, words, &reading);
    find_ends(model, topic, &again, &ends);
    for (place = 0; place < PYLM__MAX_PLACES; place++) {
        int64_t saved = 0;
        for (end = i + part[PYLM__WORDS_DIMS + place]; i < end; i++)
            saved += slopes->of[i] * reading.of[i];
        if (ends.of[place] != NOWHERE && words[place] == pylm__state_const(&again)->read.words.last[place])
            topic->shares_q16[ends.of[place]] -=
                (int32_t)pylm__clamp64(saved / (1 << 14), MAX_SHARE / (int64_t)PYLM__MAX_PLACES);
    }
}
#else
static void write_word_shares(const struct pylm__model *model, const struct pylm__state *state,
                              const struct pylm__slopes *slopes, pylm_topic *topic)
{
    (void)model;
    (void)state;
    (void)slopes;
    (void)topic;
}
#endif

/* ---- all of it ---- */

/* Writes the shares, from the last symbol read to the first, or to where the text begins. */
static void write_shares(const struct pylm__model *model, const struct pylm__state *state, struct pylm__slopes *slopes,
                         pylm_topic *topic)
{
    struct pylm__topics topics = pylm__topics_of(model);
    struct fading fading = {{WHOLE, WHOLE}};
    uint64_t i;
    int goes_on = topics.n > 0u;
    cut(&topics, state, slopes);
    for (i = topic->n; i && goes_on; fade(&topics, &fading)) {
        uint32_t symbol = pylm__place_of(model, topic->symbols[--i]);
        goes_on = symbol != model->text_end;
        if (!goes_on) /* what a text begins behind */
            symbol = model->line_end;
        if (symbol != PYLM_NONE)
            topic->shares_q16[i] = share_of(&topics, slopes, symbol, &fading);
    }
}

int pylm_explain_topic(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *memory,
                       pylm_part *parts, uint32_t *n_ret, pylm_topic *topic)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__slopes slopes[2];
    uint32_t cost = 0, rest, k;
    uint64_t i;
    int status;
    for (i = 0; i < topic->n; i++)
        if (pylm__place_of(view, topic->symbols[i]) >= view->n_symbols)
            return PYLM_ERR_ARGUMENT;
    memset(slopes, 0, sizeof slopes);
    status = pylm__explain(view, pylm__state_const(state), symbol, memory, parts, n_ret, slopes);
    if (status != PYLM_OK)
        return status;
    for (k = 0; k < *n_ret; k++)
        cost += parts[k].kind == PYLM_PART_TOPIC ? (uint32_t)parts[k].cost_q16 : 0u;
    memset(topic->shares_q16, 0, (size_t)topic->n * sizeof *topic->shares_q16);
    if (!pylm__n_below(view) && view->tokenizer == PYLM_TOKENIZER_BYTES && pylm__topics_of(view).n)
        write_word_shares(view, pylm__state_const(state), slopes, topic);
    else
        write_shares(view, pylm__state_const(state), slopes, topic);
    topic->cost_q16 = (int32_t)cost;
    topic->offset_q16 = (int32_t)pylm__clamp64(-slopes->offset / 16, MAX_SHARE);
    rest = cost - (uint32_t)topic->offset_q16;
    for (i = 0; i < topic->n; i++)
        rest -= (uint32_t)topic->shares_q16[i];
    topic->rest_q16 = (int32_t)rest;
    return PYLM_OK;
}

#endif
