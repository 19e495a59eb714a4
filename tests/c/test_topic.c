/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Core, what a text is about: the arithmetic, what a state keeps of it, and that it is one more input and nothing else.
 * Images whose heads lie about it are refused, and what an overlay has kept may be anything.
 */
#include "pylm_adapt.h"
#include "pylm_text.h"

#include "core/context.h"

#include <math.h>

#include "check.h"
#include "use_image.h"

#define N_MOST 1500u
#define OVERLAY_NBYTES 40000u

static uint32_t symbols[N_MOST];
static uint64_t n_symbols_read;

/* ---- arithmetic ---- */

static void check_dot(const uint8_t *bytes, const int16_t *x)
{
    uint32_t n;
    for (n = 0; n <= PYLM__MAX_READING; n += 8u)
        CHECK(pylm__dot_bytes(bytes, x, n) == pylm__dot_bytes_portable(bytes, x, n));
}

static void test_dot(void)
{
    uint8_t bytes[PYLM__MAX_READING];
    int16_t x[PYLM__MAX_READING];
    uint64_t seed = 1;
    uint32_t i, j;
    for (i = 0; i < 1000u; i++) {
        for (j = 0; j < PYLM__MAX_READING; j++) {
            bytes[j] = (uint8_t)random_number(&seed);
            x[j] = (int16_t)((int)(random_number(&seed) % 255u) - 127);
        }
        check_dot(bytes, x);
    }
    for (i = 0; i < 4u; i++) {
        memset(bytes, i % 2u ? 128 : 127, sizeof bytes);
        for (j = 0; j < PYLM__MAX_READING; j++)
            x[j] = i < 2u ? 127 : -127;
        check_dot(bytes, x);
    }
}

static void test_floor_shift(void)
{
    static const int32_t edges[] = {INT32_MIN, INT32_MIN + 1, -65537, -65536, -3, -2, -1, 0, 1, 2, 65535, INT32_MAX};
    size_t i;
    unsigned n;
    for (i = 0; i < sizeof edges / sizeof *edges; i++)
        for (n = 0; n < 32u; n++) {
            int64_t one = INT64_C(1) << n, x = edges[i], down = x >= 0 ? x / one : -((-x + one - 1) / one);
            CHECK(pylm__floor_shift(edges[i], n) == down);
        }
}

/* Records of two symbols: one whose numbers are as large as can be, and one that says nothing. */
struct extreme {
    uint8_t records[2][1u + PYLM__MAX_TOPIC];
    struct pylm__topics topics;
    int32_t sums[PYLM__MAX_READING];
};

static void extreme_begin(struct extreme *e, unsigned number)
{
    memset(e, 0, sizeof *e);
    memset(e->records[0], (int)number, sizeof e->records[0]);
    e->records[0][0] = 255; /* a shift that counts as the largest */
    e->topics.symbols = e->records[0];
    e->topics.n = PYLM__MAX_TOPIC;
    e->topics.fade[0] = 5;
    e->topics.fade[1] = PYLM__TOPIC_MAX_FADE;
    e->topics.scale[1] = PYLM__TOPIC_MAX_SCALE;
}

/* Short numbers are those whose lower four bits are 0. */
static void test_short(void)
{
    uint8_t numbers[2u * PYLM__MAX_TOPIC], pairs[PYLM__MAX_TOPIC], room[PYLM__MAX_READING];
    uint64_t seed = 5;
    uint32_t i;
    for (i = 0; i < PYLM__MAX_TOPIC; i++)
        pairs[i] = (uint8_t)random_number(&seed);
    for (i = 0; i < PYLM__MAX_TOPIC; i++) {
        numbers[i] = (uint8_t)((pairs[i] & 15u) << 4);
        numbers[PYLM__MAX_TOPIC + i] = pairs[i] & 0xf0u;
    }
    CHECK(memcmp(pylm__topic_numbers(pairs, PYLM__MAX_READING, 1, room), numbers, sizeof numbers) == 0);
    CHECK(pylm__topic_numbers(numbers, PYLM__MAX_READING, 0, room) == numbers);
}

/* Sums stay within their bounds however long a symbol comes, and readings are bytes. */
static void test_bounds(void)
{
    static const uint8_t numbers[] = {127, 128};
    struct extreme e;
    struct pylm__reading reading;
    uint32_t i, j;
    for (i = 0; i < 2u; i++) {
        extreme_begin(&e, numbers[i]);
        for (j = 0; j < PYLM__MAX_READING; j++)
            e.sums[j] = numbers[i] == 127u ? PYLM__TOPIC_MAX_SUM : -PYLM__TOPIC_MAX_SUM;
        for (j = 0; j < 20000u; j++)
            pylm__topic_read(&e.topics, e.sums, 0);
        for (j = 0; j < PYLM__MAX_READING; j++)
            CHECK(labs((long)e.sums[j]) <= PYLM__TOPIC_MAX_SUM / 127 * 128);
        pylm__topic_reading(&e.topics, e.sums, &reading);
        CHECK(reading.n == PYLM__MAX_READING);
        for (j = 0; j < reading.n; j++)
            CHECK(reading.of[j] >= -127 && reading.of[j] <= 127);
        CHECK(reading.of[0] == (numbers[i] == 127u ? 127 : -127));
    }
}

/* With each symbol a sum loses 2^-fade of itself. In the end less than 2^fade is left. */
static void test_fades(void)
{
    static const uint8_t numbers[] = {100, 156};
    struct extreme e;
    uint32_t i, j;
    for (i = 0; i < 2u; i++) {
        int32_t first;
        extreme_begin(&e, numbers[i]);
        pylm__topic_read(&e.topics, e.sums, 0);
        first = (int32_t)(int8_t)numbers[i] * (1 << PYLM__TOPIC_MAX_SHIFT);
        CHECK(e.sums[0] == first && e.sums[PYLM__MAX_TOPIC] == first);
        pylm__topic_read(&e.topics, e.sums, 1);
        CHECK(e.sums[0] == first - first / 32 && e.sums[PYLM__MAX_TOPIC] == first - first / 1024);
        for (j = 0; j < 21u; j++)
            pylm__topic_read(&e.topics, e.sums, 1);
        CHECK(abs(e.sums[0]) < abs(first) * 51 / 100 && abs(e.sums[0]) > abs(first) * 48 / 100); /* (31/32)^22 */
        for (j = 0; j < 20000u; j++)
            pylm__topic_read(&e.topics, e.sums, 1);
        CHECK(abs(e.sums[0]) < 32 && abs(e.sums[PYLM__MAX_TOPIC]) < 1024);
    }
}

/* ---- states ---- */

static void read_text(const pylm_model *model)
{
    size_t nbytes;
    char *text = make_text(300, 17, &nbytes);
    uint64_t position = 0;
    n_symbols_read = N_MOST;
    REQUIRE(pylm_encode(model, text, nbytes, PYLM_TEXT_OPEN, &position, symbols, &n_symbols_read) == PYLM_OK);
    free(text);
}

static pylm_state state_after(const pylm_model *model, uint64_t n)
{
    pylm_state state;
    uint64_t i;
    pylm_state_init(model, &state);
    for (i = 0; i < n; i++)
        CHECK(pylm_state_read(model, &state, symbols[i]) == PYLM_OK);
    return state;
}

/* Probabilities after a state. They sum to 1 exactly, and costs are those of the same probabilities. */
static void check_probabilities(const pylm_model *model, const pylm_state *state, uint64_t *q62)
{
    void *work = allocate((size_t)pylm_work_nbytes(model));
    uint32_t n = pylm__model_view(model)->n_symbols, symbol, cost;
    uint64_t sum = 0;
    pylm_distribution(model, state, work, q62);
    for (symbol = 0; symbol < n; symbol++) {
        sum += q62[symbol];
        CHECK(pylm_cost(model, state, symbol, work, &cost) == PYLM_OK);
        CHECK(q62[symbol] < (uint64_t)1 << 40 || /* smaller ones are rounded */
              fabs(cost / 65536.0 - (62.0 - log2((double)q62[symbol]))) < 1e-3);
    }
    CHECK(sum == (uint64_t)1 << 62);
    free(work);
}

/* What was read long ago changes what comes next, by the topic alone. */
static void test_probabilities(const pylm_model *model)
{
    uint32_t n = pylm__model_view(model)->n_symbols, places;
    uint64_t *with = allocate(n * sizeof *with), *without = allocate(n * sizeof *without);
    for (places = 0; places < 4u; places++) {
        pylm_state state = state_after(model, places * n_symbols_read / 4u);
        check_probabilities(model, &state, with);
        memset(pylm__state_view(&state)->read.topic, 0, sizeof pylm__state_view(&state)->read.topic);
        check_probabilities(model, &state, without);
        CHECK(!places || memcmp(with, without, n * sizeof *with) != 0);
    }
    free(with);
    free(without);
}

/* Behind the end of a text nothing is known of it. */
static void test_forgets(const struct image *image)
{
    struct image copy = {allocate(image->nbytes), image->nbytes};
    uint32_t text_end;
    pylm_model model;
    pylm_state state, fresh;
    memcpy(copy.data, image->data, image->nbytes);
    REQUIRE(pylm_model_open(&model, copy.data, copy.nbytes) == PYLM_OK);
    text_end = symbols[n_symbols_read / 2u]; /* this one shall end texts */
    pylm__store32(copy.data + PYLM__H_TEXT_END, text_end);
    sign_image(copy.data, copy.nbytes);
    REQUIRE(pylm_model_open(&model, copy.data, copy.nbytes) == PYLM_OK);
    state = state_after(&model, n_symbols_read);
    pylm_state_init(&model, &fresh);
    CHECK(memcmp(&state, &fresh, sizeof state) != 0);
    CHECK(pylm_state_read(&model, &state, text_end) == PYLM_OK);
    CHECK(memcmp(&state, &fresh, sizeof state) == 0);
    free(copy.data);
}

/* Whatever follows, what comes before it has the same costs; and scoring is asking and reading. */
static void test_causal(const pylm_model *model)
{
    void *work = allocate((size_t)pylm_work_nbytes(model));
    uint32_t n = (uint32_t)n_symbols_read, half = n / 2u, i, cost;
    uint32_t *costs = allocate(n * sizeof *costs), *others = allocate(n * sizeof *others), other[N_MOST];
    uint64_t total;
    pylm_state state;
    for (i = 0; i < n; i++)
        other[i] = i < half ? symbols[i] : symbols[n - 1u - (i - half)];
    pylm_state_init(model, &state);
    CHECK(pylm_score(model, &state, symbols, n, work, costs, &total) == PYLM_OK);
    pylm_state_init(model, &state);
    CHECK(pylm_score(model, &state, other, n, work, others, &total) == PYLM_OK);
    CHECK(memcmp(costs, others, half * sizeof *costs) == 0);
    CHECK(memcmp(costs, others, n * sizeof *costs) != 0);
    pylm_state_init(model, &state);
    for (i = 0; i < n; i++) {
        CHECK(pylm_cost(model, &state, symbols[i], work, &cost) == PYLM_OK && cost == costs[i]);
        CHECK(pylm_state_read(model, &state, symbols[i]) == PYLM_OK);
    }
    free(costs);
    free(others);
    free(work);
}

/* ---- harm ---- */

/* Whatever an overlay has kept of a topic, what comes next has probabilities. */
static void test_wild_overlay(const pylm_model *model)
{
    uint8_t *overlay = allocate(OVERLAY_NBYTES);
    uint64_t seed = 3, *q62 = allocate(pylm__model_view(model)->n_symbols * sizeof *q62);
    uint32_t kind, i;
    pylm_state state;
    for (kind = 0; kind < 4u; kind++) {
        CHECK(pylm_overlay_init(model, overlay, OVERLAY_NBYTES) == PYLM_OK);
        CHECK(pylm_state_attach(model, &state, overlay, OVERLAY_NBYTES) == PYLM_OK);
        CHECK(pylm_state_push(model, &state, symbols[0]) == PYLM_OK);
        pylm_state_keep(&state);
        for (i = 0; i < PYLM__MAX_READING; i++)
            pylm__store32(overlay + 128u + 4u * i, kind == 0u   ? UINT32_C(0x7fffffff)
                                                   : kind == 1u ? UINT32_C(0x80000000)
                                                   : kind == 2u ? UINT32_MAX
                                                                : (uint32_t)random_number(&seed));
        CHECK(pylm_state_attach(model, &state, overlay, OVERLAY_NBYTES) == PYLM_OK);
        for (i = 0; i < n_symbols_read; i++)
            CHECK(pylm_state_push(model, &state, symbols[i]) == PYLM_OK);
        check_probabilities(model, &state, q62);
    }
    free(overlay);
    free(q62);
}

/* A number of `width` bytes somewhere in an image. */
struct lie {
    size_t at;
    unsigned width;
    uint64_t value;
};

static void test_lies(const struct image *image)
{
    const size_t part = (size_t)pylm__load64(image->data + PYLM__H_TOPIC), tree = PYLM__H_NBYTES + PYLM__T_TOPIC;
    const struct lie lies[] = {
        {PYLM__H_TOPIC, 8, 0},
        {PYLM__H_TOPIC, 8, 1},
        {PYLM__H_TOPIC, 8, image->nbytes},
        {PYLM__H_TOPIC, 8, image->nbytes - PYLM__SLACK_NBYTES - PYLM__TOPIC_NBYTES},
        {PYLM__H_TOPIC, 8, UINT64_MAX},
        {tree, 8, 1},
        {tree, 8, image->nbytes - PYLM__SLACK_NBYTES},
        {tree, 8, UINT64_MAX - 7u},
        {part + PYLM__TOPIC_N, 1, 0},
        {part + PYLM__TOPIC_N, 1, 12},
        {part + PYLM__TOPIC_N, 1, 72},
        {part + PYLM__TOPIC_N, 1, 248},
        {part + PYLM__TOPIC_SHORT, 1, 2},
        {part + PYLM__TOPIC_SHORT, 1, 255},
        {part + PYLM__TOPIC_FADES, 1, 0},
        {part + PYLM__TOPIC_FADES + 1u, 1, 0},
        {part + PYLM__TOPIC_FADES, 1, PYLM__TOPIC_MAX_FADE + 1u},
        {part + PYLM__TOPIC_FADES + 1u, 1, 255},
        {part + PYLM__TOPIC_SCALES, 1, PYLM__TOPIC_MAX_SCALE + 1u},
        {part + PYLM__TOPIC_SCALES + 1u, 1, 255},
    };
    uint8_t *copy = allocate(image->nbytes);
    pylm_model model;
    size_t i;
    unsigned b;
    for (i = 0; i < sizeof lies / sizeof *lies; i++) {
        memcpy(copy, image->data, image->nbytes);
        for (b = 0; b < lies[i].width; b++)
            copy[lies[i].at + b] = (uint8_t)(lies[i].value >> 8u * b);
        sign_head(copy, image->nbytes);
        CHECK(pylm_model_open(&model, copy, image->nbytes) == PYLM_ERR_DAMAGED);
    }
    free(copy);
}

int main(void)
{
    struct image image = train_kind(KIND_TOPICS, N_SHARED_WORDS), trees = with_topics(train_kind(KIND_TREES, 400), 1);
    pylm_model model;
    test_dot();
    test_floor_shift();
    test_bounds();
    test_fades();
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    read_text(&model);
    test_probabilities(&model);
    test_forgets(&image);
    test_causal(&model);
    test_wild_overlay(&model);
    test_lies(&image);
    test_short();
    REQUIRE(pylm_model_open(&model, trees.data, trees.nbytes) == PYLM_OK); /* whose numbers are short */
    read_text(&model);
    test_probabilities(&model);
    test_causal(&model);
    test_wild_overlay(&model);
    test_lies(&trees);
    free(image.data);
    free(trees.data);
    return finish();
}
