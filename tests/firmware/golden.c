/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Instead of the demo, on a board: computes the golden models' scores and sends them as tests/golden/scores.txt has
 * them, without those of samples if WITH_SAMPLE is 0. What each number is, tests/golden/make.py says;
 * tests/c/test_golden.c computes the same on a computer.
 */
#include <string.h>

#include "board.h"
#include "pylm_adapt.h"
#include "pylm_explain.h"
#include "pylm_kernel.h"
#include "pylm_pack.h"
#include "pylm_text.h"

#define MOST_SYMBOLS 2200u /* the text has 2,100 bytes */
#define MOST_IDS 512u
#define WORK_NBYTES 40960u
#define OVERLAY_NBYTES 65536u
#define SAMPLES 100u
#define MESSAGE_NBYTES 400u
#define RECENT 64u
#ifndef WITH_SAMPLE
#define WITH_SAMPLE 1
#endif
#define FOLD_START UINT64_C(0xcbf29ce484222325)

#define FILE_OF(name) extern const uint8_t golden_##name[], golden_##name##_end[]
FILE_OF(bytes);
FILE_OF(words);
FILE_OF(pieces);
FILE_OF(trees);
FILE_OF(sized);
FILE_OF(external);
FILE_OF(kernel);
FILE_OF(topics);
FILE_OF(short);
FILE_OF(lastwords);
FILE_OF(text);

int main(void);

static uint64_t work[WORK_NBYTES / 8u];
static uint8_t overlay[OVERLAY_NBYTES];
static uint64_t q62[MOST_IDS];
static uint32_t symbols[MOST_SYMBOLS];
static uint64_t n_symbols;

static void put_text(const char *text)
{
    while (*text)
        board_put((uint8_t)*text++);
}

static void put_line(const char *name, const char *what, uint64_t number)
{
    char digits[21];
    uint32_t i = sizeof digits - 1u;
    digits[i] = 0;
    do
        digits[--i] = (char)('0' + number % 10u);
    while (number /= 10u);
    put_text(name);
    put_text(what);
    put_text(digits + i);
    put_text("\n");
}

static uint64_t fold(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

/* The text as symbols: for an external model, its bytes. */
static int read_text(const pylm_model *model, const pylm_info *info)
{
    uint64_t nbytes = (uint64_t)(golden_text_end - golden_text), position = 0;
    n_symbols = MOST_SYMBOLS;
    if (info->tokenizer != PYLM_TOKENIZER_EXTERNAL)
        return pylm_encode(model, golden_text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n_symbols) == PYLM_OK;
    for (n_symbols = 0; n_symbols < nbytes; n_symbols++)
        symbols[n_symbols] = golden_text[n_symbols];
    return 1;
}

static void put_distribution(const char *name, const pylm_model *model, const pylm_state *state, uint32_t n_ids)
{
    uint64_t hash = FOLD_START;
    uint32_t i;
    pylm_distribution(model, state, work, q62);
    for (i = 0; i < n_ids; i++)
        hash = fold(hash, q62[i]);
    put_line(name, " distribution ", hash);
}

static void put_top(const char *name, const pylm_model *model, const pylm_state *state)
{
    uint64_t hash = FOLD_START;
    pylm_candidate best[10];
    uint32_t i, n;
    pylm_top(model, state, 10, work, best, &n);
    for (i = 0; i < n; i++)
        hash = fold(fold(hash, best[i].symbol), best[i].cost_q16);
    put_line(name, " top ", hash);
}

/* The text read twice by a state that learns; not with a kernel. */
static void put_learned(const char *name, const pylm_model *model)
{
    uint64_t first = 0, second = 0;
    pylm_state state;
    if (pylm_overlay_init(model, overlay, sizeof overlay) == PYLM_OK &&
        pylm_state_attach(model, &state, overlay, sizeof overlay) == PYLM_OK &&
        pylm_score(model, &state, symbols, n_symbols, work, NULL, &first) == PYLM_OK &&
        pylm_score(model, &state, symbols, n_symbols, work, NULL, &second) == PYLM_OK)
        put_line(name, " learned ", first + second);
}

/* What the letters of some unknown words cost, in a model that spells. */
static void put_spelled(const char *name, const pylm_model *model)
{
    static const char text[] = "zorkmid kate's 1789";
    pylm_model spelling;
    pylm_span words[8];
    uint64_t position = 0, n = 8, i, cost, sum = 0;
    uint32_t saves;
    if (pylm_spelling(model, &spelling, &saves) != PYLM_OK || pylm_work_nbytes(&spelling) > sizeof work ||
        pylm_unknown_words(model, text, sizeof text - 1u, &position, words, &n) != PYLM_OK)
        return;
    for (i = 0; i < n; i++) {
        pylm_spelling_cost(&spelling, saves, text + words[i].begin, words[i].end - words[i].begin, work, &cost);
        sum += cost;
    }
    put_line(name, " spelled ", sum);
}

/* The packets of a text that is sent twice, if they give it back, by a state that learns and a model that packs. */
static void put_packed(const char *name, const pylm_model *model)
{
    static uint8_t packets[2][MESSAGE_NBYTES + 1u], text[MESSAGE_NBYTES];
    uint64_t n[2], n_text, hash = FOLD_START, i, k;
    pylm_state state;
    int unpacks;
    for (unpacks = 0; unpacks < 2; unpacks++) {
        if (pylm_overlay_init(model, overlay, sizeof overlay) != PYLM_OK ||
            pylm_state_attach(model, &state, overlay, sizeof overlay) != PYLM_OK)
            return;
        for (k = 0; k < 2u; k++) {
            n_text = sizeof text;
            if (!unpacks) {
                n[k] = sizeof packets[k];
                if (pylm_pack(model, &state, golden_text, MESSAGE_NBYTES, work, packets[k], &n[k]) != PYLM_OK)
                    return;
                for (i = 0; i < n[k]; i++)
                    hash = fold(hash, packets[k][i]);
            } else if (pylm_unpack(model, &state, packets[k], n[k], work, text, &n_text) != PYLM_OK ||
                       n_text != sizeof text || memcmp(text, golden_text, sizeof text) != 0) {
                hash = 0;
            }
        }
    }
    put_line(name, " packed ", hash);
}

static void put_sample(const char *name, const pylm_model *model, pylm_state *state)
{
    static pylm_candidate candidates[84];
    static uint32_t recent[RECENT];
    pylm_sampler sampler = {{57344, 20, 61440, 512, 73728, 0}, recent, RECENT, 42};
    uint64_t hash = FOLD_START;
    uint32_t i, symbol = 0;
    for (i = 0; i < RECENT; i++)
        recent[i] = symbols[n_symbols - RECENT + i];
    for (i = 0; i < SAMPLES; i++) {
        (void)pylm_sample(model, state, &sampler, work, candidates, 84, &symbol);
        (void)pylm_state_push(model, state, symbol);
        recent[i % RECENT] = symbol;
        hash = fold(hash, symbol);
    }
    put_line(name, " sample ", hash);
}

static void put_scores(const char *name, const uint8_t *image, const uint8_t *end)
{
    pylm_model model;
    pylm_info info;
    pylm_state state;
    uint64_t cost = 0;
    if (pylm_model_open(&model, image, (uint64_t)(end - image)) != PYLM_OK || pylm_model_verify(&model) != PYLM_OK ||
        pylm_work_nbytes(&model) > sizeof work)
        return;
    pylm_model_info(&model, &info);
    if (info.n_symbols > MOST_IDS || !read_text(&model, &info))
        return;
    pylm_state_init(&model, &state);
    if (pylm_score(&model, &state, symbols, n_symbols, work, NULL, &cost) == PYLM_OK)
        put_line(name, " cost ", cost);
    put_distribution(name, &model, &state, info.n_symbols);
    put_top(name, &model, &state);
    put_learned(name, &model);
    put_spelled(name, &model);
    put_packed(name, &model);
    if (WITH_SAMPLE)
        put_sample(name, &model, &state);
}

int main(void)
{
    put_scores("bytes", golden_bytes, golden_bytes_end);
    put_scores("words", golden_words, golden_words_end);
    put_scores("pieces", golden_pieces, golden_pieces_end);
    put_scores("trees", golden_trees, golden_trees_end);
    put_scores("sized", golden_sized, golden_sized_end);
    put_scores("external", golden_external, golden_external_end);
    put_scores("kernel", golden_kernel, golden_kernel_end);
    put_scores("topics", golden_topics, golden_topics_end);
    put_scores("lastwords", golden_lastwords, golden_lastwords_end);
    put_scores("short", golden_short, golden_short_end);
    return 0;
}
