/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * The voice of all suffix contexts: what it computes; that training and prediction compute the same; where it is.
 */
#include <math.h>

#include "check.h"
#include "core/work.h"
#include "train/count/count.h"
#include "train/text/prepare.h"
#include "train/text/text_ends.h"
#include "train/tree/byte_tree.h"

#define N_WORDS 3000u
#define LONG 40u /* contexts of one voice */

/* ---- what it computes ---- */

/* Any count, small ones more often. */
static uint32_t any_count(uint64_t *seed)
{
    return (uint32_t)random_number(seed) >> random_number(seed) % 32u;
}

/* A Dirichlet prior of p by real numbers, as strong as the sum of both sides says. */
static void test_prior(void)
{
    uint64_t seed = 3;
    uint32_t round, k;
    for (round = 0; round < 20000u; round++) {
        struct pylm__voice voice = pylm__voice_begin();
        double p = 0.5;
        for (k = 0; k < 6u; k++) {
            uint32_t n0 = any_count(&seed) >> 16, n1 = any_count(&seed) >> 16;
            double a = 4.0 * (voice.left + voice.right) / 65536.0;
            CHECK(n0 + n1 == 0 || (a > 0.99 && a <= 4.0));
            p = (n1 + a * p) / (n0 + n1 + a);
            pylm__voice_add(&voice, pylm__voice_step(n0, n1));
            CHECK(fabs(voice.right / (double)(voice.left + voice.right) - p) < 1e-3);
        }
    }
}

/* Sides are alike, numbers of any size do no harm, and training keeps steps without loss. */
static void test_any_counts(void)
{
    uint64_t seed = 4;
    uint32_t round, k;
    for (round = 0; round < 20000u; round++) {
        struct pylm__voice voice = pylm__voice_begin(), mirrored = voice, before;
        for (k = 0; k < LONG; k++) {
            uint32_t n0 = any_count(&seed), n1 = any_count(&seed), packed = pylm__voice_packed(n0, n1);
            struct pylm__voice_step step = pylm__voice_step(n0, n1);
            CHECK((packed & 8191u) == step.left && (packed >> 13 & 8191u) == step.right && packed >> 26 == step.shift);
            CHECK(step.left < 8192u && step.right < 8192u && step.shift < 32u);
            pylm__voice_add(&voice, step);
            pylm__voice_add(&mirrored, pylm__voice_step(n1, n0));
            CHECK(voice.left < 65536u && voice.right < 65536u && voice.left + voice.right <= 65536u);
            CHECK(voice.left == mirrored.right && voice.right == mirrored.left);
            CHECK(pylm__voice_log_odds(voice) == -pylm__voice_log_odds(mirrored));
        }
        before = voice;
        pylm__voice_add(&voice, pylm__voice_step(0, 0));
        CHECK(voice.left == before.left && voice.right == before.right && pylm__voice_packed(0, 0) == 0);
    }
}

/* ---- training and prediction ---- */

/* A text of bytes that was counted, as training does it. No block's own counts are taken out, so that held-out text is
 * predicted as by the image. */
struct counted {
    struct pylm__corpus corpus;
    struct pylm__symbol_tree tree;
    struct pylm__heldout heldout;
    struct pylm__templates templates;
    struct pylm__packed packed[PYLM__MAX_TEMPLATES];
    int16_t *calibration;
};

static void count(struct counted *c, const char *text, size_t nbytes, const pylm_train_options *options)
{
    struct pylm__vocabulary_limits limits = {0, 0, 0, 0};
    static struct pylm__counting counting;
    uint32_t k;
    memset(c, 0, sizeof *c);
    REQUIRE(pylm__corpus_init(&c->corpus, PYLM_TOKENIZER_BYTES) == PYLM_OK);
    REQUIRE(pylm__corpus_add(&c->corpus, (const uint8_t *)text, nbytes, NULL) == PYLM_OK);
    REQUIRE(pylm__corpus_prepare(&c->corpus, &limits, 1, NULL) == PYLM_OK);
    REQUIRE(pylm__tree_of_bytes(&c->tree, &c->corpus, NULL) == PYLM_OK);
    pylm__corpus_find_ends(&c->corpus);
    c->corpus.keeps_own = UINT32_MAX;
    REQUIRE(pylm__heldout_choose(&c->heldout, &c->corpus, &c->tree, PYLM__HELDOUT_ONCE) == PYLM_OK);
    REQUIRE(pylm__heldout_list(&c->heldout, &c->corpus, &c->tree, 1) == PYLM_OK);
    pylm__templates_choose(&c->templates, PYLM_TOKENIZER_BYTES, options, 1);
    c->templates.has_voice = 1;
    c->templates.factor = c->corpus.factor;
    pylm__templates_set_min_counts(&c->templates, options);
    c->calibration = allocate(PYLM__MAX_TEMPLATES * PYLM__N_CALIBRATION * sizeof *c->calibration);
    memset(&counting, 0, sizeof counting);
    counting.corpus = &c->corpus;
    counting.heldout = &c->heldout;
    counting.tree = &c->tree;
    counting.templates = &c->templates;
    counting.packed = c->packed;
    counting.calibration = c->calibration;
    counting.n_threads = 2;
    counting.max_keys = c->corpus.n;
    REQUIRE(pylm__count(&counting, NULL) == PYLM_OK);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        free(counting.evidence[k].indices);
}

static void free_counted(struct counted *c)
{
    uint32_t k;
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        pylm__packed_free(&c->packed[k]);
    free(c->calibration);
    pylm__heldout_free(&c->heldout);
    pylm__symbol_tree_free(&c->tree);
    pylm__corpus_free(&c->corpus);
}

/* Compares the events of a held-out symbol, which stands behind a state. Returns how many have the same voice. */
static uint32_t compare_events(const struct pylm__model *model, const pylm_state *state, uint32_t symbol,
                               struct pylm__work *work, const struct counted *c, uint64_t event)
{
    const struct pylm__tree *tree = &work->mixer.tree;
    struct pylm__frame *frame = pylm__root(model, pylm__state_const(state), work);
    uint32_t n = 0, leaf = pylm__tree_leaf(tree, symbol);
    for (; frame->hi - frame->lo > 1u; event++) {
        struct pylm__node node = pylm__tree_node(tree, frame->node, frame->lo, frame->hi);
        struct pylm__slices *slices = pylm__frame_slices(work, frame);
        struct pylm__gathered gathered;
        int side = leaf >= node.mid;
        pylm__node_gather(&work->mixer, node.mid, &frame->active, slices, &gathered);
        CHECK(c->heldout.side[event] == side);
        n += c->heldout.voice_log_odds[event] == pylm__gathered_voice(&gathered);
        pylm__node_narrow(&work->mixer, node.mid, side, &frame->active, slices);
        pylm__frame_enter(frame, node.mid, side);
    }
    return n;
}

static void test_same(void)
{
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(N_WORDS, 1, &nbytes);
    struct counted c;
    struct image image;
    pylm_model model;
    pylm_state state;
    struct pylm__work *work;
    uint64_t p, at = 0;
    uint32_t b, n = 0;
    pylm_train_options_init(&options);
    options.min_count = 1; /* all contexts are in the tables, so hardly any is mistaken for another */
    count(&c, text, nbytes, &options);
    image = train(text, nbytes, &options);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm__work_first_tree(pylm__model_view(&model), work);
    CHECK(c.corpus.n == nbytes);
    for (b = 0; b < c.heldout.n_blocks; b++) {
        pylm_state_init(&model, &state);
        for (p = 0; p < c.heldout.ends[b]; p++) {
            if (p >= c.heldout.begins[b]) {
                n += compare_events(pylm__model_view(&model), &state, (uint8_t)text[p], work, &c,
                                    c.heldout.first_event[at++]);
            }
            CHECK(pylm_state_push(&model, &state, (uint8_t)text[p]) == PYLM_OK);
        }
    }
    CHECK(at == c.heldout.n_symbols && c.heldout.n_events > 50000u && n > c.heldout.n_events - 10u);
    free(work);
    free(image.data);
    free_counted(&c);
    free(text);
}

/* ---- where it is ---- */

static uint64_t cost_of(const pylm_model *model)
{
    static const uint32_t symbols[] = {'t', 'h', 'e', ' ', 'a'};
    void *work = allocate((size_t)pylm_work_nbytes(model));
    uint64_t cost;
    pylm_state state;
    pylm_state_init(model, &state);
    CHECK(pylm_score(model, &state, symbols, sizeof symbols / sizeof *symbols, work, NULL, &cost) == PYLM_OK);
    free(work);
    return cost;
}

/* A model has it unless the option says no; a kernel never does. Only the numbers 0 and 1 mean something. */
static void test_switch(void)
{
    pylm_train_options options;
    size_t nbytes;
    char *text = make_text(N_WORDS, 2, &nbytes);
    struct image with, without, kernel = train_kind(KIND_KERNEL(2), N_SHARED_WORDS);
    pylm_model model;
    uint64_t cost;
    pylm_train_options_init(&options);
    with = train(text, nbytes, &options);
    options.no_voice = 1;
    without = train(text, nbytes, &options);
    CHECK(with.data[PYLM__H_VOICE] == 1 && without.data[PYLM__H_VOICE] == 0 && kernel.data[PYLM__H_VOICE] == 0);
    REQUIRE(pylm_model_open(&model, with.data, with.nbytes) == PYLM_OK);
    cost = cost_of(&model);
    REQUIRE(pylm_model_open(&model, without.data, without.nbytes) == PYLM_OK);
    CHECK(cost != cost_of(&model));
    options.no_voice = 2;
    {
        pylm_trainer *trainer;
        CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    }
    with.data[PYLM__H_VOICE] = 2;
    kernel.data[PYLM__H_VOICE] = 1;
    sign_image(with.data, with.nbytes);
    sign_image(kernel.data, kernel.nbytes);
    CHECK(pylm_model_open(&model, with.data, with.nbytes) == PYLM_ERR_DAMAGED);
    CHECK(pylm_model_open(&model, kernel.data, kernel.nbytes) == PYLM_ERR_DAMAGED);
    free(with.data);
    free(without.data);
    free(kernel.data);
    free(text);
}

int main(void)
{
    test_prior();
    test_any_counts();
    test_same();
    test_switch();
    return finish();
}
