/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module adapt, states that learn: overlays of any size at any address; copying, keeping and refusing them.
 */
#include "pylm_adapt.h"
#include "pylm_text.h"

#include "check.h"

#include "modules/adapt/extended.h"
#include "train/count/templates.h"
#include "use_image.h"

#define N_MOST 6000u
#define MEMORY_NBYTES 65536u /* with room for weights */

struct text {
    uint32_t symbols[N_MOST];
    uint64_t n;
};

/* A text that the model was not trained on. */
static struct text read_text(const pylm_model *model, int kind)
{
    struct text t = {{0}, N_MOST};
    size_t nbytes, i;
    char *text = make_text(900, 7, &nbytes);
    uint64_t position = 0;
    if (kind == KIND_EXTERNAL)
        for (i = 0, t.n = 0; i < nbytes && t.n < N_MOST; i++)
            t.symbols[t.n++] = ID_OF((unsigned char)text[i]);
    else
        CHECK(pylm_encode(model, text, nbytes, PYLM_TEXT_CLOSED, &position, t.symbols, &t.n) == PYLM_OK);
    free(text);
    return t;
}

static uint64_t score(const pylm_model *model, pylm_state *state, const struct text *t, uint64_t from, uint64_t to)
{
    void *work = allocate((size_t)pylm_work_nbytes(model));
    uint64_t cost = 0;
    CHECK(pylm_score(model, state, t->symbols + from, to - from, work, NULL, &cost) == PYLM_OK);
    free(work);
    return cost;
}

static pylm_state begin(const pylm_model *model, uint8_t *memory, uint64_t nbytes)
{
    pylm_state state;
    CHECK(pylm_overlay_init(model, memory, nbytes) == PYLM_OK);
    CHECK(pylm_state_attach(model, &state, memory, nbytes) == PYLM_OK);
    return state;
}

static void test_learns(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES);
    pylm_state state = begin(model, memory, MEMORY_NBYTES), plain;
    uint64_t first = score(model, &state, t, 0, t->n), second;
    pylm_state_restart(model, &state);
    second = score(model, &state, t, 0, t->n);
    CHECK(second < first); /* the state has read this before */
    pylm_state_init(model, &plain);
    pylm_state_set_learning(&plain, 1); /* without an overlay this does nothing */
    CHECK(second < score(model, &plain, t, 0, t->n));
    pylm_state_init(model, &plain);
    state = begin(model, memory, MEMORY_NBYTES);
    CHECK(state.opaque[0] == plain.opaque[0]);        /* at the start of a text */
    CHECK(score(model, &state, t, 0, t->n) == first); /* all was forgotten */
    free(memory);
}

static void test_does_not_learn_when_told(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES), *before = allocate(MEMORY_NBYTES);
    pylm_state state = begin(model, memory, MEMORY_NBYTES);
    (void)score(model, &state, t, 0, t->n / 2u);
    memcpy(before, memory, MEMORY_NBYTES);
    pylm_state_set_learning(&state, 0);
    (void)score(model, &state, t, t->n / 2u, t->n);
    CHECK(memcmp(before, memory, MEMORY_NBYTES) == 0);
    free(memory);
    free(before);
}

/* Asking for costs and pushing is the same as scoring. Asking alone changes nothing.
 * Reading one symbol is pushing it without learning, whether the state learns or not. */
static void test_reads(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES), *before = allocate(MEMORY_NBYTES);
    pylm_state state = begin(model, memory, MEMORY_NBYTES), pushed;
    pylm_info info;
    uint64_t i;
    pylm_model_info(model, &info);
    (void)score(model, &state, t, 0, 50);
    pushed = state;
    pylm_state_set_learning(&pushed, 0);
    memcpy(before, memory, MEMORY_NBYTES);
    for (i = 50; i < 100; i++) {
        CHECK(pylm_state_read(model, &state, t->symbols[i]) == PYLM_OK);
        CHECK(pylm_state_push(model, &pushed, t->symbols[i]) == PYLM_OK);
    }
    CHECK(pylm_state_read(model, &state, info.n_symbols) == PYLM_ERR_ARGUMENT);
    CHECK(memcmp(before, memory, MEMORY_NBYTES) == 0);
    pylm_state_set_learning(&state, 0);
    CHECK(memcmp(&state, &pushed, sizeof state) == 0);
    free(memory);
    free(before);
}

static void test_cost_and_push(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES), *scored = allocate(MEMORY_NBYTES);
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_state state = begin(model, scored, MEMORY_NBYTES);
    uint64_t n = t->n < 500u ? t->n : 500u, total = score(model, &state, t, 0, n), sum = 0, i;
    uint32_t cost, again;
    state = begin(model, memory, MEMORY_NBYTES);
    for (i = 0; i < n; i++) {
        CHECK(pylm_cost(model, &state, t->symbols[i], work, &cost) == PYLM_OK);
        CHECK(pylm_cost(model, &state, t->symbols[i], work, &again) == PYLM_OK && again == cost);
        CHECK(pylm_state_push(model, &state, t->symbols[i]) == PYLM_OK);
        sum += cost;
    }
    CHECK(sum == total && memcmp(memory, scored, MEMORY_NBYTES) == 0);
    free(memory);
    free(scored);
    free(work);
}

/* Weights begin as the tree's, and move: by little, and only while the state learns. */
static void test_learns_weights(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES);
    pylm_state state = begin(model, memory, MEMORY_NBYTES);
    const struct pylm__state *view = pylm__state_const(&state);
    struct pylm__overlay part;
    struct pylm__plan plan;
    struct pylm__tree tree;
    uint32_t i, n, moved = 0;
    pylm__tree_view(pylm__model_view(model), NULL, &tree);
    REQUIRE(
        pylm__overlay_of_tree(pylm__model_view(model), &tree, 0, view->overlay, view->overlay_nbytes, &plan, &part));
    n = pylm__n_overlay_weights(&tree, &plan);
    REQUIRE(part.weights && part.weights + 2u * n <= part.nodes);
    CHECK(memcmp(part.weights, tree.parts[PYLM__P_OVERLAY_WEIGHTS], 2u * n) == 0);
    (void)score(model, &state, t, 0, t->n);
    for (i = 0; i < n; i++) {
        int32_t by =
            pylm__load_i16(part.weights + 2u * i) - pylm__load_i16(tree.parts[PYLM__P_OVERLAY_WEIGHTS] + 2u * i);
        moved += by != 0;
        CHECK(by > -8192 && by < 8192);
    }
    CHECK(moved > 50u);
    (void)begin(model, memory, 2048); /* no room for them */
    view = pylm__state_const(&state);
    REQUIRE(pylm__overlay_of_tree(pylm__model_view(model), &tree, 0, view->overlay, 1920, &plan, &part));
    CHECK(!part.weights);
    free(memory);
}

/* Whatever the weights of an overlay, probabilities are positive and sum to one. */
static void test_wild_weights(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES);
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_state state = begin(model, memory, MEMORY_NBYTES);
    const struct pylm__state *view = pylm__state_const(&state);
    struct pylm__overlay part;
    struct pylm__plan plan;
    struct pylm__tree tree;
    pylm_info info;
    uint64_t *q62, sum = 0;
    uint32_t i;
    pylm_model_info(model, &info);
    q62 = allocate(info.n_symbols * sizeof *q62);
    pylm__tree_view(pylm__model_view(model), NULL, &tree);
    REQUIRE(
        pylm__overlay_of_tree(pylm__model_view(model), &tree, 0, view->overlay, view->overlay_nbytes, &plan, &part));
    for (i = 0; part.weights + i < part.nodes; i++)
        part.weights[i] = i & 1u ? 0x80u : 0u; /* -32768 */
    CHECK(score(model, &state, t, 0, 300) > 0);
    pylm_distribution(model, &state, work, q62);
    for (i = 0; i < info.n_symbols; i++)
        sum += q62[i];
    CHECK(sum == UINT64_C(1) << 62);
    free(memory);
    free(work);
    free(q62);
}

/* An indirect context is known by the two symbols that followed: it recalls the same after another context. */
static void test_indirect(void)
{
    static const uint8_t one[8] = {1};
    uint8_t memory[4096] = {0};
    const struct pylm__plan plan = {2, 0, {0, PYLM__INDIRECT, 0, 0, 0, 0, 0, 0}, {0, 0, 0}};
    const uint64_t first = UINT64_C(1) << 63, other = UINT64_C(3) << 61;
    struct pylm__recall recalls[PYLM__MAX_RECALLS];
    struct pylm__overlay part;
    uint64_t keys[PYLM__MAX_KEYS], key;
    pylm_state state;
    pylm__overlay_lay_out(memory, sizeof memory, 99, 0, &part);
    memset(&state, 0, sizeof state);
    pylm__overlay_keys(&part, &plan, &first, pylm__state_view(&state), keys);
    CHECK(keys[0] && !keys[1]); /* nothing has followed the context yet */
    pylm__overlay_learn(&part, &plan, keys, 7);
    pylm__overlay_keys(&part, &plan, &first, pylm__state_view(&state), keys);
    CHECK(keys[1]);
    pylm__overlay_learn(&part, &plan, keys, 5);
    pylm__overlay_keys(&part, &plan, &first, pylm__state_view(&state), keys);
    key = keys[1];
    pylm__overlay_learn(&part, &plan, keys, 42); /* behind 5 and 7 */
    pylm__overlay_keys(&part, &plan, &first, pylm__state_view(&state), keys);
    CHECK(keys[1] && keys[1] != key);
    pylm__overlay_keys(&part, &plan, &other, pylm__state_view(&state), keys);
    pylm__overlay_learn(&part, &plan, keys, 7);
    pylm__overlay_keys(&part, &plan, &other, pylm__state_view(&state), keys);
    pylm__overlay_learn(&part, &plan, keys, 5);
    pylm__overlay_keys(&part, &plan, &other, pylm__state_view(&state), keys);
    CHECK(keys[1] == key);
    pylm__overlay_recall(&part, &plan, keys, recalls);
    CHECK(recalls[1].n == 1 && recalls[1].leaf[0] == 42);
    pylm__state_read(pylm__state_view(&state), PYLM_TOKENIZER_WORDS, 8, one); /* the previous symbol counts, too */
    pylm__overlay_keys(&part, &plan, &other, pylm__state_view(&state), keys);
    CHECK(keys[1] != key);
}

/* An indirect context is lost with the context that it refers to. */
static void test_renumbered_plan(void)
{
    struct pylm__plan plan = {5, 0, {1, 2, 3, PYLM__INDIRECT, PYLM__INDIRECT + 1, 0, 0, 0}, {0, 0, 0}};
    const int stays[] = {1, 0, 1, 1};
    const uint8_t number[] = {0, 0, 1, 2};
    pylm__plan_renumber(&plan, stays, number);
    CHECK(plan.n_recalled == 3 && plan.recalled[0] == 1 && plan.recalled[1] == 2);
    CHECK(plan.recalled[2] == PYLM__INDIRECT);
}

/* An indirect context must refer to an earlier context of the plan. */
static void test_refused_plans(const struct image *image)
{
    pylm_model model;
    uint8_t *recalled = image->data + PYLM__H_NBYTES + PYLM__T_PLAN + 2, i = recalled[-2], kept;
    while (i && recalled[i - 1u] < PYLM__INDIRECT)
        i--;
    REQUIRE(i > 1u);
    kept = recalled[--i];
    recalled[i] = (uint8_t)(PYLM__INDIRECT + i - 1u);
    sign_head(image->data, image->nbytes);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_OK);
    recalled[i] = (uint8_t)(PYLM__INDIRECT + i);
    sign_head(image->data, image->nbytes);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_ERR_DAMAGED);
    recalled[i] = kept;
    sign_head(image->data, image->nbytes);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_OK);
}

/* Reads half the text, then the other half with a copy of the overlay at an odd address. */
static void test_goes_on_elsewhere(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES), *copy = allocate(MEMORY_NBYTES + 1u);
    pylm_state state = begin(model, memory, MEMORY_NBYTES), other;
    uint64_t half = t->n / 2u, rest;
    (void)score(model, &state, t, 0, half);
    pylm_state_keep(&state);
    memcpy(copy + 1, memory, MEMORY_NBYTES);
    rest = score(model, &state, t, half, t->n);
    CHECK(pylm_state_attach(model, &other, copy + 1, MEMORY_NBYTES) == PYLM_OK);
    CHECK(score(model, &other, t, half, t->n) == rest);
    pylm_state_keep(&state);
    pylm_state_keep(&other);
    CHECK(memcmp(copy + 1, memory, MEMORY_NBYTES) == 0);
    free(memory);
    free(copy);
}

static void test_sums_to_one(const pylm_model *model, const struct text *t)
{
    uint8_t *memory = allocate(MEMORY_NBYTES);
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_state state = begin(model, memory, MEMORY_NBYTES);
    pylm_info info;
    uint64_t *q62, sum, from;
    uint32_t i;
    pylm_model_info(model, &info);
    q62 = allocate(info.n_symbols * sizeof *q62);
    for (from = 0; from + 50u < t->n; from += 50u) {
        (void)score(model, &state, t, from, from + 50u);
        pylm_distribution(model, &state, work, q62);
        for (i = 0, sum = 0; i < info.n_symbols; i++)
            sum += q62[i];
        CHECK(sum == UINT64_C(1) << 62);
    }
    free(memory);
    free(work);
    free(q62);
}

/* Any memory from the smallest on works. Less is refused. Nothing outside is touched. */
static void test_sizes(const pylm_model *model, const struct text *t)
{
    uint64_t nbytes, least = 0;
    for (nbytes = 0; nbytes < 6000u; nbytes += nbytes < 1000u ? 7u : 501u) {
        uint8_t *memory = allocate((size_t)nbytes);
        pylm_state state;
        int status = pylm_overlay_init(model, memory, nbytes);
        CHECK(status == (least ? PYLM_OK : status) && (status == PYLM_OK || status == PYLM_ERR_SPACE));
        if (status == PYLM_OK) {
            least = least ? least : nbytes;
            CHECK(pylm_state_attach(model, &state, memory, nbytes) == PYLM_OK);
            CHECK(score(model, &state, t, 0, t->n / 8u) > 0);
        }
        free(memory);
    }
    CHECK(least > 0 && least <= 1024u * 3u);
}

static void test_refuses(const pylm_model *model, const pylm_model *other)
{
    uint8_t memory[4096] = {0};
    pylm_state state;
    CHECK(pylm_state_attach(model, &state, memory, sizeof memory) == PYLM_ERR_FOREIGN);
    CHECK(pylm_state_attach(model, &state, memory, 3) == PYLM_ERR_FOREIGN);
    CHECK(pylm_overlay_init(model, memory, sizeof memory) == PYLM_OK);
    CHECK(pylm_state_attach(model, &state, memory, sizeof memory - 1u) == PYLM_ERR_TRUNCATED);
    CHECK(pylm_state_attach(other, &state, memory, sizeof memory) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_state_attach(model, &state, memory, sizeof memory) == PYLM_OK);
}

int main(void)
{
    struct image images[N_KINDS];
    pylm_model models[N_KINDS];
    int kind;
    for (kind = 0; kind < N_KINDS; kind++) {
        images[kind] = train_kind(kind, N_SHARED_WORDS);
        REQUIRE(pylm_model_open(&models[kind], images[kind].data, images[kind].nbytes) == PYLM_OK);
    }
    for (kind = 0; kind < N_KINDS; kind++) {
        struct text text = read_text(&models[kind], kind);
        test_learns(&models[kind], &text);
        test_does_not_learn_when_told(&models[kind], &text);
        test_reads(&models[kind], &text);
        test_cost_and_push(&models[kind], &text);
        test_learns_weights(&models[kind], &text);
        test_wild_weights(&models[kind], &text);
        test_goes_on_elsewhere(&models[kind], &text);
        test_sums_to_one(&models[kind], &text);
        test_sizes(&models[kind], &text);
        test_refuses(&models[kind], &models[(kind + 1) % N_KINDS]);
    }
    test_indirect();
    test_renumbered_plan();
    for (kind = 0; kind < N_KINDS; kind++) {
        test_refused_plans(&images[kind]);
        free(images[kind].data);
    }
    return finish();
}
