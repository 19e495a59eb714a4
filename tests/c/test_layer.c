/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module adapt, layers: they open on their base only. A layer is a model like any other, whatever it lies on. It is the
 * same for any number of threads, and harmless when damaged.
 */
#include "pylm_adapt.h"
#include "pylm_explain.h"
#include "pylm_pack.h"
#include "pylm_text.h"

#include "check.h"
#include "use_image.h"

#define N_RANDOM 40
#define N_MOST 1500u
#define MEMORY_NBYTES 65536u

static char *domain; /* text that the base was not trained on */
static size_t domain_nbytes;

static uint64_t read_text(const pylm_model *model, const char *text, size_t nbytes, uint32_t *symbols, uint64_t most)
{
    uint64_t position = 0, n = most;
    size_t i;
    if (pylm_encode(model, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) != PYLM_OK)
        for (i = 0, n = 0; i < nbytes && n < most; i++) /* external */
            symbols[n++] = ID_OF((unsigned char)text[i]);
    return n;
}

static struct image make_layer(const pylm_model *base, uint32_t n_threads)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    pylm_info info;
    uint32_t *ids = allocate(domain_nbytes * sizeof *ids);
    uint64_t n = read_text(base, domain, domain_nbytes, ids, domain_nbytes);
    pylm_model_info(base, &info);
    pylm_train_options_init(&options);
    options.base = base;
    options.n_threads = n_threads;
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    if (info.tokenizer == PYLM_TOKENIZER_EXTERNAL) {
        CHECK(pylm_trainer_vocabulary(trainer, 1, "a", (const uint64_t[]){1}, NULL, 0) == PYLM_ERR_ARGUMENT);
        REQUIRE(pylm_trainer_add_ids(trainer, ids, n, 0, NULL) == PYLM_OK);
    } else {
        REQUIRE(pylm_trainer_add(trainer, domain, domain_nbytes, NULL) == PYLM_OK);
    }
    free(ids);
    return build(trainer);
}

static pylm_model open_layer(const pylm_model *base, const struct image *image)
{
    pylm_model layer;
    REQUIRE(pylm_layer_open(&layer, base, image->data, image->nbytes) == PYLM_OK);
    CHECK(pylm_model_verify(&layer) == PYLM_OK);
    return layer;
}

static uint64_t cost_of(const pylm_model *model, const uint32_t *symbols, uint64_t n)
{
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_state state;
    uint64_t total;
    pylm_state_init(model, &state);
    CHECK(pylm_score(model, &state, symbols, n, work, NULL, &total) == PYLM_OK);
    free(work);
    return total;
}

/* All ways to a probability agree, whether the state learns or not. */
static void check_agreement(const pylm_model *model, const uint32_t *symbols, uint64_t n, int adapts)
{
    pylm_info info;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_part *parts = allocate(pylm_n_parts(model) * sizeof *parts);
    unsigned char *memory = allocate(MEMORY_NBYTES), *other = allocate(MEMORY_NBYTES);
    uint32_t *costs = allocate((size_t)n * sizeof *costs), cost, n_parts, n_best, sum, k;
    uint64_t *q62, i, j, all;
    pylm_candidate best;
    pylm_state state, whole;
    pylm_model_info(model, &info);
    q62 = allocate(info.n_symbols * sizeof *q62);
    pylm_state_init(model, &state);
    pylm_state_init(model, &whole);
    if (adapts) {
        CHECK(pylm_overlay_init(model, memory, MEMORY_NBYTES) == PYLM_OK);
        CHECK(pylm_overlay_init(model, other, MEMORY_NBYTES) == PYLM_OK);
        CHECK(pylm_state_attach(model, &state, memory, MEMORY_NBYTES) == PYLM_OK);
        CHECK(pylm_state_attach(model, &whole, other, MEMORY_NBYTES) == PYLM_OK);
    }
    CHECK(pylm_score(model, &whole, symbols, n, work, costs, NULL) == PYLM_OK);
    for (i = 0; i < n; i++) {
        CHECK(pylm_cost(model, &state, symbols[i], work, &cost) == PYLM_OK);
        CHECK(cost == costs[i]);
        if (i % 50u == 0) {
            CHECK(pylm_explain(model, &state, symbols[i], work, parts, &n_parts) == PYLM_OK);
            for (sum = k = 0; k < n_parts; k++)
                sum += (uint32_t)parts[k].cost_q16;
            CHECK(sum == cost);
            CHECK(parts[1].kind == PYLM_PART_CONTEXT && n_parts <= pylm_n_parts(model));
            pylm_distribution(model, &state, work, q62);
            for (all = j = 0; j < info.n_symbols; j++)
                all += q62[j];
            CHECK(all == UINT64_C(1) << 62);
            pylm_top(model, &state, 1, work, &best, &n_best);
            CHECK(pylm_cost(model, &state, best.symbol, work, &cost) == PYLM_OK && cost == best.cost_q16);
        }
        CHECK(pylm_state_push(model, &state, symbols[i]) == PYLM_OK);
    }
    CHECK(!adapts || memcmp(memory, other, MEMORY_NBYTES) == 0);
    free(work);
    free(parts);
    free(memory);
    free(other);
    free(costs);
    free(q62);
}

/* What is packed is what the layer scores, and comes back. */
static void check_pack(const pylm_model *layer, int learns)
{
    static uint8_t memory[2][1 << 14];
    static const char text[] = "w1 w7 w49\nw43 w1 w2";
    uint8_t packed[64], back[64];
    uint64_t n = sizeof packed, n_back = sizeof back;
    pylm_state states[2];
    void *work = allocate((size_t)pylm_work_nbytes(layer));
    int i, round;
    for (i = 0; i < 2; i++) {
        pylm_state_init(layer, &states[i]);
        if (learns) {
            REQUIRE(pylm_overlay_init(layer, memory[i], sizeof memory[i]) == PYLM_OK);
            REQUIRE(pylm_state_attach(layer, &states[i], memory[i], sizeof memory[i]) == PYLM_OK);
        }
    }
    for (round = 0; round < 3; round++) {
        n = sizeof packed;
        n_back = sizeof back;
        CHECK(pylm_pack(layer, &states[0], text, sizeof text - 1u, work, packed, &n) == PYLM_OK);
        CHECK(n < sizeof text / 2u);
        CHECK(pylm_unpack(layer, &states[1], packed, n, work, back, &n_back) == PYLM_OK);
        CHECK(n_back == sizeof text - 1u && memcmp(back, text, sizeof text - 1u) == 0);
    }
    CHECK(!learns || memcmp(memory[0], memory[1], sizeof memory[0]) == 0);
    free(work);
}

/* A kernel is neither a layer nor a base, whatever an image says. */
static void check_kernel(const pylm_model *base, const struct image *base_image, const struct image *image)
{
    struct image kernel_image = train_kind(KIND_KERNEL(2), 300);
    pylm_model kernel, layer;
    pylm_trainer *trainer;
    pylm_train_options options;
    uint8_t *copy = allocate(image->nbytes);
    REQUIRE(pylm_model_open(&kernel, kernel_image.data, kernel_image.nbytes) == PYLM_OK);
    pylm_train_options_init(&options);
    options.base = &kernel;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    options.base = base;
    options.predictor = PYLM_PREDICTOR_KERNEL;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    memcpy(copy, image->data, image->nbytes);
    memcpy(copy + PYLM__H_BASE, kernel_image.data + PYLM__H_IMAGE_CHECKSUM, 8);
    sign_head(copy, image->nbytes);
    CHECK(pylm_layer_open(&layer, &kernel, copy, image->nbytes) == PYLM_ERR_BASE);
    memcpy(copy + PYLM__H_BASE, base_image->data + PYLM__H_IMAGE_CHECKSUM, 8);
    sign_head(copy, image->nbytes);
    CHECK(pylm_layer_open(&layer, base, copy, image->nbytes) == PYLM_OK);
    copy[PYLM__H_PREDICTOR] = PYLM_PREDICTOR_KERNEL;
    sign_head(copy, image->nbytes);
    CHECK(pylm_layer_open(&layer, base, copy, image->nbytes) == PYLM_ERR_DAMAGED);
    free(copy);
    free(kernel_image.data);
}

/* Layers and models that do not belong together. */
static void check_refusals(const pylm_model *base, const struct image *base_image, const struct image *image)
{
    pylm_model model, on_layer;
    pylm_trainer *trainer;
    pylm_train_options options;
    struct image other = train_kind(KIND_TREES, 300);
    pylm_model trees;
    unsigned char memory[4096];
    pylm_state state;
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_ERR_LAYER);
    CHECK(pylm_layer_open(&model, base, base_image->data, base_image->nbytes) == PYLM_ERR_LAYER);
    CHECK(pylm_layer_open(&model, base, image->data, image->nbytes - 1u) == PYLM_ERR_TRUNCATED);
    REQUIRE(pylm_layer_open(&model, base, image->data, image->nbytes) == PYLM_OK);
    CHECK(pylm_layer_open(&on_layer, &model, image->data, image->nbytes) == PYLM_ERR_BASE);
    REQUIRE(pylm_model_open(&trees, other.data, other.nbytes) == PYLM_OK);
    CHECK(pylm_layer_open(&on_layer, &trees, image->data, image->nbytes) == PYLM_ERR_BASE);
    pylm_train_options_init(&options);
    options.base = &trees;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    check_kernel(base, base_image, image);
    CHECK(pylm_overlay_init(base, memory, sizeof memory) == PYLM_OK);
    CHECK(pylm_state_attach(&model, &state, memory, sizeof memory) == PYLM_ERR_ARGUMENT);
    free(other.data);
}

/* Any bytes changed, the head signed again; and still for this base. */
static void check_damage(const pylm_model *base, const struct image *image)
{
    uint8_t *copy = allocate(image->nbytes);
    size_t head = pylm__load32(image->data + PYLM__H_HEAD_NBYTES), i, n, at;
    uint64_t seed = 3, r;
    int accepted = 0;
    for (i = 0; i < N_RANDOM; i++) {
        pylm_model layer;
        pylm_info info;
        memcpy(copy, image->data, image->nbytes);
        r = random_number(&seed);
        for (n = 1u + (size_t)(r % 10u); n; n--) {
            uint64_t kind = random_number(&seed);
            at = (size_t)(random_number(&seed) % (r & 16u ? head : image->nbytes));
            copy[at] = (uint8_t)(kind % 3u == 0 ? 0 : kind % 3u == 1u ? 255 : kind >> 8);
        }
        memcpy(copy, image->data, 24);
        sign_head(copy, image->nbytes);
        if (pylm_layer_open(&layer, base, copy, image->nbytes) != PYLM_OK)
            continue;
        pylm_model_info(&layer, &info);
        use_model(&layer, &info);
        accepted++;
    }
    CHECK(accepted > N_RANDOM / 4);
    free(copy);
}

static void test_kind(int kind)
{
    struct image base_image = train_kind(kind, 400), image, again, second_image;
    uint32_t *symbols = allocate(N_MOST * sizeof *symbols);
    pylm_model base, layer, second;
    pylm_info info;
    size_t nbytes;
    char *text = make_text(300, 8, &nbytes);
    uint64_t n, before;
    REQUIRE(pylm_model_open(&base, base_image.data, base_image.nbytes) == PYLM_OK);
    n = read_text(&base, text, nbytes, symbols, N_MOST);
    before = cost_of(&base, symbols, n);
    image = make_layer(&base, 1);
    again = make_layer(&base, 3);
    CHECK(image.nbytes == again.nbytes && memcmp(image.data, again.data, image.nbytes) == 0);
    layer = open_layer(&base, &image);
    CHECK(cost_of(&layer, symbols, n) < before); /* the text is of the same kind */
    CHECK(cost_of(&base, symbols, n) == before);
    second_image = make_layer(&layer, 1);
    second = open_layer(&layer, &second_image);
    pylm_model_info(&second, &info);
    CHECK(info.n_below == 2u);
    n = n < 120u ? n : 120u;
    check_agreement(&layer, symbols, n, 0);
    check_agreement(&second, symbols, n, 0);
    check_agreement(&second, symbols, n, 1);
    if (kind == KIND_BYTES || kind == KIND_PIECES) {
        check_pack(&layer, 0);
        check_pack(&second, 1);
    }
    check_refusals(&base, &base_image, &image);
    check_damage(&base, &image);
    if (kind == KIND_WORDS)
        check_damage(&layer, &second_image);
    free(base_image.data);
    free(image.data);
    free(again.data);
    free(second_image.data);
    free(symbols);
    free(text);
}

int main(void)
{
    static const int kinds[] = {KIND_BYTES, KIND_WORDS, KIND_PIECES, KIND_EXTERNAL}; /* of one tree */
    size_t i;
    domain = make_text(700, 9, &domain_nbytes);
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        test_kind(kinds[i]);
    free(domain);
    return finish();
}
