/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module explain: the parts add up to the cost, whatever the model, state and symbol. They are the shares that are
 * promised, and their counts are those of the text.
 */
#include <math.h>

#include "pylm_adapt.h"
#include "pylm_explain.h"
#include "pylm_text.h"

#include "check.h"
#include "core/fixed.h"
#include "modules/explain/share.h"
#include "use_image.h"

#define N_MOST 3000u
#define MEMORY_NBYTES 65536u

static void *work;
static pylm_part *parts;

/* A text that the model was not trained on. */
static uint64_t read_text(const pylm_model *model, uint32_t *symbols)
{
    size_t nbytes, i;
    char *text = make_text(400, 7, &nbytes);
    uint64_t position = 0, n = 0;
    n = N_MOST;
    if (pylm_encode(model, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) != PYLM_OK)
        for (i = 0; i < nbytes && n < N_MOST; i++) /* external */
            symbols[n++] = ID_OF((unsigned char)text[i]);
    free(text);
    return n;
}

/* Whether the parts add up to the cost, modulo 2^32. */
static int adds_up(const pylm_model *model, const pylm_state *state, uint32_t symbol)
{
    uint32_t n = 0, i, cost = 0, sum = 0;
    CHECK(pylm_cost(model, state, symbol, work, &cost) == PYLM_OK);
    CHECK(pylm_explain(model, state, symbol, work, parts, &n) == PYLM_OK);
    CHECK(n >= 4u && n <= pylm_n_parts(model));
    for (i = 0; i < n; i++)
        sum += (uint32_t)parts[i].cost_q16;
    return sum == cost;
}

/* Checks the parts that adds_up() has left. */
static void check_parts(const pylm_info *info)
{
    uint32_t i, n_even = 0;
    for (i = 0; parts[i].kind != PYLM_PART_CONSTANT || parts[i].tree + 1u < info->n_trees; i++) {
        const pylm_part *p = &parts[i];
        n_even += p->kind == PYLM_PART_EVEN;
        CHECK(p->kind != PYLM_PART_EVEN || info->n_trees > 1u ||
              (p->cost_q16 % 65536 == 0 && p->cost_q16 <= (int32_t)info->depth * 65536));
        if (p->kind == PYLM_PART_CONTEXT || p->kind == PYLM_PART_RECALL || p->kind == PYLM_PART_INDIRECT) {
            CHECK(p->n_symbol <= p->n_context);
            if (!p->n_context) /* a context without evidence has no share */
                CHECK(!p->cost_q16 && !p->log_odds_q10 && !p->weight_q13);
        }
    }
    CHECK(n_even == info->n_trees);
    if (info->n_trees > 1u) /* averaging costs something against the better trees; 60: rounding */
        CHECK(parts[i + 1u].kind == PYLM_PART_AVERAGE && parts[i + 1u].cost_q16 > -60);
}

static void test_adds_up(const pylm_model *model, const pylm_info *info, pylm_state state, const uint32_t *symbols,
                         uint64_t n)
{
    uint64_t seed = 3, i;
    for (i = 0; i < n; i++) {
        CHECK(adds_up(model, &state, symbols[i]));
        check_parts(info);
        CHECK(adds_up(model, &state, (uint32_t)(random_number(&seed) % info->n_symbols)));
        CHECK(pylm_state_push(model, &state, symbols[i]) == PYLM_OK);
    }
    CHECK(pylm_explain(model, &state, info->n_symbols, work, parts, (uint32_t *)work) == PYLM_ERR_ARGUMENT);
}

/* Explains with a state that learns. That changes nothing in its memory. */
static void test_adapted(const pylm_model *model, const pylm_info *info, const uint32_t *symbols, uint64_t n)
{
    uint8_t *memory = allocate(MEMORY_NBYTES), *before = allocate(MEMORY_NBYTES);
    pylm_state state;
    size_t i;
    CHECK(pylm_overlay_init(model, memory, MEMORY_NBYTES) == PYLM_OK);
    CHECK(pylm_state_attach(model, &state, memory, MEMORY_NBYTES) == PYLM_OK);
    test_adds_up(model, info, state, symbols, n);
    memcpy(before, memory, MEMORY_NBYTES);
    CHECK(adds_up(model, &state, symbols[0]));
    CHECK(memcmp(memory, before, MEMORY_NBYTES) == 0);
    for (i = 24; i < MEMORY_NBYTES; i++) /* noise, as from a damaged file */
        memory[i] = (uint8_t)(i * i * 40503u >> 7);
    REQUIRE(pylm_state_attach(model, &state, memory, MEMORY_NBYTES) == PYLM_OK);
    for (i = 0; i < 50u; i++)
        CHECK(adds_up(model, &state, symbols[i]));
    free(memory);
    free(before);
}

/* In a context, the counts of all symbols add up to its occurrences. */
static void test_counts(const pylm_model *model, const pylm_info *info, const uint32_t *symbols)
{
    uint32_t occurrences[PYLM__MAX_TEMPLATES] = {0}, counted[PYLM__MAX_TEMPLATES] = {0}, n, i, s;
    pylm_state state;
    pylm_state_init(model, &state);
    for (i = 0; i < 20u; i++)
        CHECK(pylm_state_push(model, &state, symbols[i]) == PYLM_OK);
    for (s = 0; s < info->n_symbols; s++) {
        CHECK(pylm_explain(model, &state, s, work, parts, &n) == PYLM_OK);
        for (i = 0; i < n && parts[i].tree == 0; i++)
            if (parts[i].kind == PYLM_PART_CONTEXT) {
                occurrences[parts[i].number] = parts[i].n_context;
                counted[parts[i].number] += parts[i].n_symbol;
            }
    }
    CHECK(occurrences[0] > 1000u);
    CHECK(memcmp(occurrences, counted, sizeof counted) == 0);
}

/* How many symbols back a symbol is among the successors of all that stands in between. PYLM_NONE: any symbol. */
static uint32_t longest_match(const pylm_model *model, const pylm_info *info, const pylm_state *state, uint32_t symbol)
{
    pylm_successor *found = allocate(info->n_symbols * sizeof *found);
    uint32_t order, n, i, longest = 0;
    pylm_template t;
    for (order = 1; pylm_model_template(model, 0, order, &t) == PYLM_OK; order++) {
        if (t.kind != PYLM_TEMPLATE_SYMBOL || t.lag != order || t.base != (order > 1u ? order - 1u : PYLM_NONE))
            break;
        n = info->n_symbols;
        CHECK(pylm_successors(model, state, 0, order, work, found, &n) == PYLM_OK);
        for (i = 0; i < n; i++)
            if (symbol == PYLM_NONE || found[i].symbol == symbol)
                longest = order;
    }
    free(found);
    return longest;
}

static void test_matched(const pylm_model *model, const pylm_info *info, const uint32_t *symbols)
{
    uint32_t matched, i, k, n_known = 0;
    uint64_t seed = 5;
    pylm_state state;
    pylm_state_init(model, &state);
    for (i = 0; i < 60u; i++) {
        uint32_t tried[3];
        tried[0] = symbols[i];
        tried[1] = PYLM_NONE;
        tried[2] = (uint32_t)(random_number(&seed) % info->n_symbols);
        for (k = 0; k < 3u; k++) {
            CHECK(pylm_matched(model, &state, tried[k], work, &matched) == PYLM_OK);
            CHECK(matched == longest_match(model, info, &state, tried[k]));
            n_known += matched > 0u;
        }
        CHECK(pylm_state_push(model, &state, symbols[i]) == PYLM_OK);
    }
    CHECK(n_known > (info->tokenizer == PYLM_TOKENIZER_EXTERNAL ? 0u : 20u)); /* its ids come from another text */
    CHECK(pylm_matched(model, &state, info->n_symbols, work, &matched) == PYLM_ERR_ARGUMENT);
}

static void test_templates(const pylm_model *model, const pylm_info *info)
{
    uint64_t n_contexts = 0, nbytes = 0;
    uint32_t tree, k, n = 0;
    pylm_template t;
    for (tree = 0; tree < info->n_trees; tree++)
        for (k = 0; pylm_model_template(model, tree, k, &t) == PYLM_OK; k++, n++) {
            CHECK(t.base == PYLM_NONE || t.base < k);
            CHECK(t.kind <= PYLM_TEMPLATE_LINE && t.lag <= 16u);
            n_contexts += t.n_contexts;
            nbytes += t.nbytes;
        }
    CHECK(n == info->n_templates && n_contexts == info->n_contexts);
    /* the rest are weights, which the models with grafted vectors have twice */
    CHECK(nbytes > info->image_nbytes / 5u && nbytes < info->image_nbytes);
    CHECK(pylm_model_template(model, info->n_trees, 0, &t) == PYLM_ERR_ARGUMENT);
}

static void test_classes(const pylm_model *model, const pylm_info *info)
{
    uint32_t s, class, coarse, most = 0;
    for (s = 0; s < info->n_symbols; s++) {
        CHECK(pylm_symbol_class(model, info->n_trees - 1u, s, &class, &coarse) == PYLM_OK);
        CHECK((class == PYLM_NONE) == (info->tokenizer == PYLM_TOKENIZER_BYTES));
        CHECK((class == PYLM_NONE) == (coarse == PYLM_NONE));
        if (class != PYLM_NONE && class > most)
            most = class;
    }
    CHECK(info->tokenizer == PYLM_TOKENIZER_BYTES || (most > 3u && most < info->n_symbols));
    CHECK(pylm_symbol_class(model, 0, s, &class, &coarse) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_symbol_class(model, info->n_trees, 0, &class, &coarse) == PYLM_ERR_ARGUMENT);
}

static void test_recent(const pylm_model *model, const uint32_t *symbols)
{
    pylm_state state;
    uint32_t i;
    pylm_info info;
    pylm_model_info(model, &info);
    pylm_state_init(model, &state);
    for (i = 0; i < 20u; i++) {
        CHECK(pylm_state_recent(&state, i + 1u) == (i < 16u ? info.line_end : PYLM_NONE));
        CHECK(pylm_state_recent(&state, i + 2u) == PYLM_NONE);
        CHECK(pylm_state_push(model, &state, symbols[i]) == PYLM_OK);
        CHECK(pylm_state_recent(&state, 1) == symbols[i]);
    }
    for (i = 1; i <= 16u; i++)
        CHECK(pylm_state_recent(&state, i) == symbols[20u - i]);
    CHECK(pylm_state_recent(&state, 0) == PYLM_NONE && pylm_state_recent(&state, 17) == PYLM_NONE);
}

/* A decision's shares agree with those in real numbers, c * log2(2 / (1 + exp(-z))) / z, but for rounding. */
static void test_shares(void)
{
    uint64_t seed = 11;
    int64_t terms[6], shares[6];
    int round, i;
    for (round = 0; round < 3000; round++) {
        double z, slope, width = pow(2.0, 12.0 + (double)(random_number(&seed) % 13u));
        int64_t saved;
        for (i = 0; i < 6; i++)
            terms[i] = i == 2 ? 0 : (int64_t)(((double)(random_number(&seed) % 65536u) - 32768.0) / 32768.0 * width);
        z = (double)pylm__sum(terms, 6) / (1 << 23);
        saved = 65536 - (int64_t)(((uint32_t)16 << 16) - pylm__log2(pylm__squash((int32_t)lround(z * 1024.0))));
        slope = fabs(z) < 1e-6 ? 0.5 / log(2.0) : (1.0 - log2(1.0 + exp(-z))) / z;
        pylm__share(saved, pylm__saving_ratio(saved, pylm__sum(terms, 6)), terms, 6, shares);
        CHECK(pylm__sum(shares, 6) == saved && shares[2] == 0);
        for (i = 0; i < 6; i++) {
            double exact = (double)terms[i] / (1 << 23) * slope * 65536.0;
            CHECK(fabs((double)shares[i] - exact) <= 50.0 + 0.004 * fabs(exact)); /* 50: the largest has a remainder */
        }
    }
}

/* Whatever an image says, its parts add up; but for coded lists whose leaves are in no order. These may part elsewhere
 * on other processors, and on a way down than in a walk. */
static void test_damaged(const struct image *original, int is_coded)
{
    struct image copy = {allocate(original->nbytes), original->nbytes};
    pylm_model model;
    pylm_state state;
    uint32_t i, k, matched, accepted = 0;
    uint64_t seed = 17;
    for (k = 0; k < 150u; k++) {
        memcpy(copy.data, original->data, copy.nbytes);
        for (i = 0; i < 200u; i++)
            copy.data[PYLM__H_NBYTES + random_number(&seed) % (copy.nbytes - PYLM__H_NBYTES)] =
                (uint8_t)random_number(&seed);
        if (k % 2u) /* else the head stays as it is, and the image is taken */
            sign_head(copy.data, copy.nbytes);
        else
            memcpy(copy.data, original->data, pylm__load32(original->data + PYLM__H_HEAD_NBYTES));
        if (pylm_model_open(&model, copy.data, copy.nbytes) != PYLM_OK)
            continue;
        accepted++;
        free(work);
        free(parts);
        work = allocate((size_t)pylm_work_nbytes(&model));
        parts = allocate(pylm_n_parts(&model) * sizeof *parts);
        pylm_state_init(&model, &state);
        for (i = 1; i < 30u; i++) {
            CHECK(adds_up(&model, &state, i * 7u % 200u) || is_coded);
            CHECK(pylm_matched(&model, &state, i * 7u % 200u, work, &matched) == PYLM_OK);
            CHECK(pylm_state_push(&model, &state, i * 5u % 200u) == PYLM_OK);
        }
    }
    CHECK(accepted >= 75u);
    free(copy.data);
}

int main(void)
{
    static uint32_t symbols[N_MOST];
    int kind;
    test_shares();
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image image = train_kind(kind, N_SHARED_WORDS);
        pylm_model model;
        pylm_info info;
        pylm_state state;
        uint64_t n;
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        pylm_model_info(&model, &info);
        work = allocate((size_t)pylm_work_nbytes(&model));
        parts = allocate(pylm_n_parts(&model) * sizeof *parts);
        n = read_text(&model, symbols);
        REQUIRE(n > 300u);
        n = n < 400u ? n : 400u;
        pylm_state_init(&model, &state);
        test_adds_up(&model, &info, state, symbols, n);
        test_adapted(&model, &info, symbols, n);
        test_counts(&model, &info, symbols);
        test_matched(&model, &info, symbols);
        test_templates(&model, &info);
        test_classes(&model, &info);
        test_recent(&model, symbols);
        test_damaged(&image, kind == KIND_SIZED);
        free(work);
        free(parts);
        free(image.data);
    }
    return finish();
}
