/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module explain: the shares of a topic add up, whatever the image and the state; each is what the symbol has left.
 */
#include <math.h>

#include "pylm_adapt.h"
#include "pylm_explain.h"
#include "pylm_text.h"

#include "check.h"
#include "core/context.h"
#include "use_image.h"

#define N_WORDS 102000u /* of fewer no topics are found */
#define N_READ 600u

static void *work;
static pylm_part *parts;
static int32_t shares[N_READ];

/* Half of the lines have words of x, the others of y; all have those of w. */
static char *make_topics(size_t *nbytes)
{
    char *text = allocate(5u * N_WORDS + 1u), *at = text;
    uint64_t seed = 1;
    uint32_t i;
    for (i = 0; i < N_WORDS; i++) {
        uint64_t r = random_number(&seed);
        char kind = r % 3u ? 'w' : "xy"[i / 200u % 2u];
        at += sprintf(at, "%c%u%c", kind, (unsigned)((r >> 8) % 12u), i % 200u == 199u ? '\n' : ' ');
    }
    *nbytes = (size_t)(at - text);
    return text;
}

/* Trees have different classes. */
static struct image train_topics(uint32_t n_trees)
{
    pylm_train_options options;
    struct image image;
    size_t nbytes;
    char *text = make_topics(&nbytes);
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.profile = PYLM_PROFILE_FAST;
    options.max_order = 1;
    options.n_trees = n_trees;
    options.n_classes[0] = 4;
    options.n_classes[1] = 6;
    image = train(text, nbytes, &options);
    free(text);
    return image;
}

/* Explains a symbol by the topic of others, and checks the sums, modulo 2^32. */
static pylm_topic ask(const pylm_model *model, const pylm_state *state, const uint32_t *symbols, uint64_t n,
                      uint32_t symbol)
{
    pylm_topic topic = {NULL, 0, NULL, 0, 0, 0};
    uint32_t n_parts, i, cost = 0, all = 0, expected = 0, sum;
    topic.symbols = symbols;
    topic.n = n;
    topic.shares_q16 = shares;
    memset(shares, 77, sizeof shares);
    CHECK(pylm_explain_topic(model, state, symbol, work, parts, &n_parts, &topic) == PYLM_OK);
    CHECK(pylm_cost(model, state, symbol, work, &expected) == PYLM_OK);
    for (i = 0; i < n_parts; i++) {
        all += (uint32_t)parts[i].cost_q16;
        cost += parts[i].kind == PYLM_PART_TOPIC ? (uint32_t)parts[i].cost_q16 : 0u;
    }
    sum = (uint32_t)topic.offset_q16 + (uint32_t)topic.rest_q16;
    for (i = 0; i < n; i++)
        sum += (uint32_t)shares[i];
    CHECK(all == expected && (uint32_t)topic.cost_q16 == cost && sum == cost);
    return topic;
}

/* Reads words, and asks at each. With all of them given, and the line end before them, little is left. */
static void test_adds_up(const pylm_model *model, pylm_state state, const uint32_t *symbols)
{
    double rest = 0, cost = 0;
    uint32_t n;
    for (n = 1; n < N_READ; n++) {
        pylm_topic topic = ask(model, &state, symbols, n, symbols[n]);
        rest += fabs((double)topic.rest_q16);
        cost += fabs((double)topic.cost_q16 - topic.offset_q16);
        CHECK(pylm_state_push(model, &state, symbols[n]) == PYLM_OK);
    }
    CHECK(rest < cost * 0.1);
}

/* The same symbol at every distance: what is left of it falls as its two sums fade. */
static void test_fades(const pylm_model *model, const pylm_state *state, uint32_t symbol)
{
    static uint32_t symbols[N_READ];
    double a, b, fast = 1.0 - 1.0 / 16.0, slow = 1.0 - 1.0 / 128.0; /* fades 4 and 7 */
    uint32_t i;
    for (i = 0; i < N_READ; i++)
        symbols[i] = symbol;
    ask(model, state, symbols, N_READ, symbol);
    b = shares[N_READ - 201u] / pow(slow, 200.0); /* of the fast sum less than 0.2 % is left there */
    a = shares[N_READ - 1u] - b;
    CHECK(fabs(a + b) > 500.0);
    for (i = 0; i < N_READ; i++)
        CHECK(fabs(a * pow(fast, i) + b * pow(slow, i) - shares[N_READ - 1u - i]) < 20.0 + 0.02 * fabs(a));
}

/* A state that learns, and one whose memory is noise. */
static void test_adapted(const pylm_model *model, const uint32_t *symbols)
{
    size_t nbytes = 65536, i;
    uint8_t *memory = allocate(nbytes);
    pylm_state state;
    CHECK(pylm_overlay_init(model, memory, nbytes) == PYLM_OK);
    REQUIRE(pylm_state_attach(model, &state, memory, nbytes) == PYLM_OK);
    test_adds_up(model, state, symbols);
    for (i = 24; i < nbytes; i++)
        memory[i] = (uint8_t)(i * i * 40503u >> 7);
    REQUIRE(pylm_state_attach(model, &state, memory, nbytes) == PYLM_OK);
    for (i = 0; i < 50u; i++)
        (void)ask(model, &state, symbols, i, symbols[i]);
    free(memory);
}

static void test_refused(const pylm_model *model, const pylm_state *state, uint32_t n_symbols)
{
    uint32_t symbols[2] = {1}, n;
    pylm_topic topic = {NULL, 2, NULL, 0, 0, 0};
    topic.symbols = symbols;
    topic.shares_q16 = shares;
    symbols[1] = n_symbols;
    CHECK(pylm_explain_topic(model, state, 0, work, parts, &n, &topic) == PYLM_ERR_ARGUMENT);
    topic.n = 1;
    CHECK(pylm_explain_topic(model, state, n_symbols, work, parts, &n, &topic) == PYLM_ERR_ARGUMENT);
}

/* Whatever an image says, its shares add up. */
static void test_damaged(const struct image *original, const uint32_t *symbols)
{
    struct image copy = {allocate(original->nbytes), original->nbytes};
    size_t head = pylm__load32(original->data + PYLM__H_HEAD_NBYTES), at;
    uint64_t seed = 17, topics = pylm__load64(original->data + PYLM__H_TOPIC);
    uint32_t i, k;
    pylm_model model;
    pylm_state state;
    for (k = 0; k < 40u; k++) {
        memcpy(copy.data, original->data, copy.nbytes);
        for (i = 0; i < (k < 20u ? 300u : copy.nbytes); i++) {
            at = head + (size_t)(random_number(&seed) % (copy.nbytes - head));
            if (at - (size_t)topics >= PYLM__TOPIC_NBYTES) /* those are checked */
                copy.data[at] = k % 2u ? (uint8_t)random_number(&seed) : (uint8_t)(127u + random_number(&seed) % 2u);
        }
        REQUIRE(pylm_model_open(&model, copy.data, copy.nbytes) == PYLM_OK);
        pylm_state_init(&model, &state);
        for (i = 0; i < 40u; i++) {
            (void)ask(&model, &state, symbols, i, symbols[i]);
            CHECK(pylm_state_push(&model, &state, symbols[i]) == PYLM_OK);
        }
    }
    free(copy.data);
}

int main(void)
{
    static uint32_t symbols[N_READ];
    uint32_t n_trees, i;
    for (n_trees = 1; n_trees <= 2u; n_trees++) {
        struct image image = train_topics(n_trees);
        uint64_t seed = 5;
        pylm_model model;
        pylm_state state;
        pylm_info info;
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        REQUIRE(pylm__load64(image.data + PYLM__H_TOPIC) != 0);
        pylm_model_info(&model, &info);
        work = allocate((size_t)pylm_work_nbytes(&model));
        parts = allocate(pylm_n_parts(&model) * sizeof *parts);
        symbols[0] = info.line_end;
        for (i = 1; i < N_READ; i++)
            symbols[i] = (uint32_t)(random_number(&seed) % info.n_symbols);
        pylm_state_init(&model, &state);
        test_refused(&model, &state, info.n_symbols);
        test_adds_up(&model, state, symbols);
        test_fades(&model, &state, pylm_symbol_find(&model, "x3", 2));
        test_adapted(&model, symbols);
        test_damaged(&image, symbols);
        free(work);
        free(parts);
        free(image.data);
    }
    return finish();
}
