/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * use_image.h: does everything that can be done with bytes, whether they are an image or not. For the test with hostile
 * images and for the fuzzer. Whatever the bytes are, only the numbers may be wrong.
 */
#ifndef PYLM_TESTS_USE_IMAGE_H
#define PYLM_TESTS_USE_IMAGE_H

#include <stdlib.h>
#include <string.h>

#include "pylm_adapt.h"
#include "pylm_explain.h"
#include "pylm_kernel.h"
#include "pylm_keyboard.h"
#include "pylm_pack.h"
#include "pylm_text.h"
#include "pylm_train.h"

#include "core/hash.h"
#include "core/image.h"

#define MOST_LOOKED_UP 64u      /* as contexts of one symbol */
#define MOST_SYMBOLS (1u << 16) /* an honest header may ask for 2^24: slow, but not wrong */

/* What use_model() does besides opening, checking and scoring; the number of its turn, by which some parts differ; and how many symbols
 * are scored, at most 64. A fuzzer sets them, so that the same input is always used alike. */
enum {
    USE_EXPLANATIONS = 1,
    USE_COUNTS = 2,
    USE_CONSTRAINT = 4,
    USE_KERNEL = 8,
    USE_KEYBOARD = 16,
    USE_TEXTS = 32,
    USE_PACK = 64,
    USE_OVERLAY = 128,
    USE_DISTRIBUTIONS = 256,
    USE_ALL = 511,
    N_PARTS = 9
};

static struct {
    uint32_t parts, turn, most_symbols;
} use = {USE_ALL, 0, 64};

/* Makes the head checksum right, so that damage gets past it. */
static inline void sign_head(uint8_t *image, uint64_t nbytes)
{
    uint32_t head_nbytes, i;
    uint64_t sum;
    if (nbytes < PYLM__H_NBYTES)
        return;
    head_nbytes = pylm__load32(image + PYLM__H_HEAD_NBYTES);
    if (head_nbytes < PYLM__H_NBYTES || head_nbytes > nbytes)
        return;
    sum = pylm__checksum(image + PYLM__H_TOKENIZER, head_nbytes - PYLM__H_TOKENIZER);
    for (i = 0; i < 8u; i++)
        image[PYLM__H_HEAD_CHECKSUM + i] = (uint8_t)(sum >> 8u * i);
}

/* Explains some symbols. */
static inline void use_explanations(const pylm_model *model, const pylm_state *state, const pylm_info *info, void *work)
{
    pylm_part *parts = malloc(pylm_n_parts(model) * sizeof *parts);
    uint32_t read[2] = {0, 0}, i, n, class, coarse;
    int32_t shares[2];
    pylm_topic topic = {NULL, 2, NULL, 0, 0, 0};
    pylm_template template;
    topic.symbols = read;
    topic.shares_q16 = shares;
    for (i = 0; parts && i < 2u; i++) {
        read[1] = i * info->n_symbols / 2u;
        (void)pylm_explain(model, state, i * info->n_symbols / 2u, work, parts, &n);
        (void)pylm_explain_topic(model, state, i * info->n_symbols / 2u, work, parts, &n, &topic);
        (void)pylm_model_template(model, i, i, &template);
        (void)pylm_symbol_class(model, i % info->n_trees, i * info->n_symbols / 2u, &class, &coarse);
        (void)pylm_state_recent(state, i);
    }
    free(parts);
}

/* Lists what followed a state's contexts, and in small vocabularies what came before a symbol. */
static inline void use_counts(const pylm_model *model, const pylm_state *state, const pylm_info *info, void *work)
{
    pylm_successor *successors = malloc(info->n_symbols * sizeof *successors);
    uint32_t *counts = malloc(info->n_symbols * sizeof *counts), t, k, n;
    pylm_template template;
    for (t = 0; successors && counts && t < info->n_trees; t++)
        for (k = 0; pylm_model_template(model, t, k, &template) == PYLM_OK; k++) {
            n = info->n_symbols;
            (void)pylm_successors(model, state, t, k, work, successors, &n);
            if (info->n_symbols <= MOST_LOOKED_UP && k == 1u)
                (void)pylm_predecessors(model, 0, t, k, work, counts);
        }
    free(successors);
    free(counts);
}

/* Suggests words, and counts a text. */
static inline void use_keyboard(const pylm_model *model, pylm_state *state)
{
    static const char typed[] = "w1. W";
    uint64_t nbytes = 3000;
    unsigned char *personal = malloc((size_t)nbytes);
    void *work = malloc((size_t)pylm_suggest_nbytes(model, 3));
    pylm_suggestion suggestions[3];
    uint32_t n = 3;
    if (work)
        (void)pylm_suggest(model, state, typed, sizeof typed - 1u, work, suggestions, &n);
    if (personal && pylm_personal_init(model, personal, nbytes) == PYLM_OK) {
        (void)pylm_personal_add(model, personal, nbytes, typed, sizeof typed);
        (void)pylm_personal_remove(model, personal, nbytes, typed, sizeof typed);
    }
    free(personal);
    free(work);
}

/* Asks for the probabilities of some symbols only, and chooses one. */
static inline void use_constraint(const pylm_model *model, const pylm_state *state, const pylm_info *info, void *work)
{
    uint32_t *marks = malloc((info->n_symbols + 31u) / 32u * sizeof *marks), symbols[3], n = 0, i, symbol;
    pylm_sampler sampler = {{60000, 2, 60000, 100, 70000, 0}, symbols, 1, 1};
    uint64_t q62[3];
    pylm_candidate candidates[4];
    for (i = 0; i < 3u; i++)
        if (!n || i * info->n_symbols / 3u > symbols[n - 1u])
            symbols[n++] = i * info->n_symbols / 3u;
    if (marks && pylm_distribution_of(model, state, symbols, n, work, marks, q62) == PYLM_OK &&
        pylm_restrict(symbols, q62, n, 1, candidates, &n) == PYLM_OK)
        (void)pylm_choose(&sampler, candidates, n, &symbol);
    free(marks);
}

/* Reads with an overlay: one that has learned nothing, one full of noise, or of ones; each turn has the next. */
static inline void use_overlay(const pylm_model *model, const pylm_info *info, const uint32_t *symbols, uint64_t n,
                               void *work, uint64_t *q62)
{
    size_t nbytes = 40009, i; /* with room for weights */
    unsigned char *memory = malloc(nbytes);
    pylm_candidate best[7];
    pylm_state state;
    uint32_t n_best;
    uint32_t noise = use.turn % 3u;
    if (memory && pylm_overlay_init(model, memory, nbytes) == PYLM_OK) {
        for (i = 24; noise && i < nbytes; i++)
            memory[i] = (unsigned char)(noise == 1u ? i * i * 40503u >> 7 : 255u);
        if (pylm_state_attach(model, &state, memory, nbytes) == PYLM_OK) {
            for (i = 0; i < 2u; i++)
                (void)pylm_score(model, &state, symbols, n, work, NULL, NULL);
            pylm_distribution(model, &state, work, q62);
            pylm_top(model, &state, 7, work, best, &n_best);
            use_explanations(model, &state, info, work);
            use_constraint(model, &state, info, work);
            pylm_state_keep(&state);
            pylm_state_restart(model, &state);
            (void)pylm_score(model, &state, symbols, n, work, NULL, NULL);
        }
    }
    free(memory);
}

/* Explains a symbol by a kernel. */
static inline void use_patterns(const pylm_model *model, const pylm_state *state, void *work)
{
    pylm_pattern *patterns = malloc(pylm_n_patterns(model) * sizeof *patterns);
    uint32_t n;
    if (patterns)
        (void)pylm_explain_kernel(model, state, 0, work, patterns, &n);
    free(patterns);
}

/* Asks a kernel with extreme settings. */
static inline void use_kernel(const pylm_model *model, const pylm_state *state, void *work, uint64_t *q62)
{
    pylm_model other = *model;
    pylm_kernel kernel;
    pylm_candidate best[7];
    uint32_t cost, n_best, j;
    if (pylm_model_kernel(model, &kernel) != PYLM_OK)
        return;
    use_patterns(model, state, work);
    kernel.tau_q16 = UINT32_MAX;
    (void)pylm_model_set_kernel(&other, &kernel);
    (void)pylm_cost(&other, state, 0, work, &cost);
    for (j = 0; j < kernel.reach; j++)
        kernel.distance_q16[j] = PYLM_MAX_DISTANCE_Q16;
    (void)pylm_model_set_kernel(&other, &kernel);
    use_patterns(&other, state, work);
    pylm_distribution(&other, state, work, q62);
    pylm_top(&other, state, 7, work, best, &n_best);
}

static inline void use_spelling(const pylm_model *model)
{
    static const char text[] = "w1 zorkmid \xff\x00 cat's\n";
    pylm_model spelling;
    pylm_span words[2];
    uint64_t position = 0, n, cost, i;
    uint32_t saves;
    void *work;
    if (pylm_spelling(model, &spelling, &saves) != PYLM_OK)
        return;
    work = malloc((size_t)pylm_work_nbytes(&spelling));
    while (work && position < sizeof text) {
        n = 2;
        if (pylm_unknown_words(model, text, sizeof text - 1u, &position, words, &n) != PYLM_OK)
            break;
        for (i = 0; i < n; i++)
            pylm_spelling_cost(&spelling, saves, text + words[i].begin, words[i].end - words[i].begin, work, &cost);
    }
    free(work);
}

/* Packs a text, and unpacks its packet and noise. */
static inline void use_pack(const pylm_model *model, const pylm_state *state, void *work)
{
    static const char text[] = "w1 w2 w3\nw17 the cat's";
    uint8_t packed[60], unpacked[60];
    uint64_t n = sizeof packed, n_text = sizeof unpacked;
    pylm_state here = *state;
    (void)pylm_pack(model, &here, text, sizeof text - 1u, work, packed, &n);
    here = *state;
    if (n <= sizeof packed)
        (void)pylm_unpack(model, &here, packed, n, work, unpacked, &n_text);
    here = *state;
    n_text = sizeof unpacked;
    (void)pylm_unpack(model, &here, text, sizeof text - 1u, work, unpacked, &n_text);
    (void)pylm_fingerprint(model);
}

/* Texts in bulk: a short one, none, and one that is cut. */
static inline void use_texts(const pylm_model *model)
{
    enum { MOST_BYTES = 70000 };
    uint64_t i, ends[3] = {40, 40, MOST_BYTES};
    uint8_t *bytes = malloc(MOST_BYTES);
    pylm_strings texts = {NULL, ends, 2, PYLM_TEXT_CLOSED};
    pylm_encoder *encoder;
    pylm_text_score scores[3];
    if (bytes && pylm_encoder_new(&encoder, model) == PYLM_OK) {
        for (i = 0; i < MOST_BYTES; i++)
            bytes[i] = (uint8_t)("the cat w1 w2\n zzq\xff"[i % 20u]);
        texts.bytes = bytes;
        texts.n_texts = use.turn % 500u ? 2u : 3u; /* the long one takes long */
        (void)pylm_score_texts(encoder, model, NULL, &texts, 1, scores, NULL);
        pylm_encoder_free(encoder);
    }
    free(bytes);
}

static inline void use_parts(const pylm_model *model, pylm_state *state, const pylm_info *info, void *work,
                             uint64_t *q62)
{
    if (use.parts & USE_EXPLANATIONS)
        use_explanations(model, state, info, work);
    if (use.parts & USE_COUNTS)
        use_counts(model, state, info, work);
    if (use.parts & USE_CONSTRAINT)
        use_constraint(model, state, info, work);
    if (use.parts & USE_KERNEL)
        use_kernel(model, state, work, q62);
    if (use.parts & USE_KEYBOARD)
        use_keyboard(model, state);
    if (use.parts & USE_TEXTS) {
        use_spelling(model);
        use_texts(model);
    }
    if (use.parts & USE_PACK)
        use_pack(model, state, work);
}

/* Asks for everything that may come next, and goes on with one of it. */
static inline void use_distributions(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n,
                                     void *work, uint64_t *q62)
{
    pylm_sampler sampler = {{60000, 20, 60000, 100, 70000, 1}, symbols, (uint32_t)n, 1};
    pylm_candidate best[60];
    uint32_t symbol = 0, n_best, text_nbytes, i;
    uint64_t nbytes;
    const unsigned char *symbol_text;
    unsigned char out[100];
    for (i = 0; i < 3u; i++) {
        pylm_distribution(model, state, work, q62);
        pylm_top(model, state, 7, work, best, &n_best);
        (void)pylm_sample(model, state, &sampler, work, best, 60, &symbol);
        (void)pylm_decode(model, PYLM_NONE, &symbol, 1, out, sizeof out, &nbytes);
        (void)pylm_symbol_text(model, symbol, &symbol_text, &text_nbytes);
        (void)pylm_symbol_find(model, symbol_text, text_nbytes);
        (void)pylm_state_push(model, state, symbol);
    }
}

static inline void use_model(const pylm_model *model, const pylm_info *info)
{
    static const char text[] = "w1 w2 w3\nw17 \x00\xff the cat's WORDS and w1 w2";
    pylm_state state;
    uint32_t symbols[64], costs[64];
    uint64_t position = 0, n, total;
    void *work = malloc((size_t)pylm_work_nbytes(model));
    uint64_t *q62 = malloc(info->n_symbols * sizeof *q62);
    if (work && q62) {
        (void)pylm_model_verify(model);
        n = use.most_symbols;
        if (pylm_encode(model, text, sizeof text, PYLM_TEXT_CLOSED, &position, symbols, &n) != PYLM_OK)
            for (n = 0; n < sizeof text && n < use.most_symbols; n++) /* external */
                symbols[n] = (unsigned char)text[n] * 2u + 3u;
        pylm_state_init(model, &state);
        (void)pylm_score(model, &state, symbols, n, work, costs, &total);
        if (use.parts & USE_DISTRIBUTIONS)
            use_distributions(model, &state, symbols, n, work, q62);
        use_parts(model, &state, info, work, q62);
        if (use.parts & USE_OVERLAY)
            use_overlay(model, info, symbols, n, work, q62);
        use.turn++;
    }
    free(q62);
    free(work);
}

/* Returns whether the bytes were taken for an image. */
static inline int use_image(const uint8_t *data, size_t nbytes)
{
    pylm_model model;
    pylm_info info;
    if (pylm_model_open(&model, data, nbytes) != PYLM_OK)
        return 0;
    pylm_model_info(&model, &info);
    if (info.n_symbols <= MOST_SYMBOLS)
        use_model(&model, &info);
    return 1;
}

#endif
