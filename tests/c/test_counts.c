/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module explain: successors and predecessors have the counts that counting the text itself gives.
 */
#include "pylm_explain.h"
#include "pylm_text.h"

#include "check.h"
#include "use_image.h"

#define N_WORDS 600u
#define N_MOST 20000u
#define STEP 7u /* every seventh symbol is checked */

static uint32_t symbols[N_MOST], n;
static void *work;

static void read_text(const pylm_model *model)
{
    size_t nbytes, i;
    char *text = make_text(N_WORDS, 1, &nbytes); /* the training text */
    uint64_t position = 0, n_symbols = 0;
    n_symbols = N_MOST;
    if (pylm_encode(model, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n_symbols) == PYLM_OK)
        n = (uint32_t)n_symbols;
    else
        for (n = 0, i = 0; i < nbytes; i++) /* external */
            symbols[n++] = ID_OF((unsigned char)text[i]);
    REQUIRE(n < N_MOST);
    free(text);
}

/* table[a * n_symbols + b]: how often b came `lag` symbols after a. The text begins behind a line end. */
static uint32_t *count_pairs(uint32_t n_symbols, uint32_t lag, uint32_t line_end)
{
    uint32_t i, *table = allocate((size_t)n_symbols * n_symbols * sizeof *table);
    memset(table, 0, (size_t)n_symbols * n_symbols * sizeof *table);
    for (i = lag; i < n; i++)
        table[symbols[i - lag] * n_symbols + symbols[i]]++;
    if (line_end != PYLM_NONE)
        table[line_end * n_symbols + symbols[lag - 1u]]++;
    return table;
}

/* Whether the successors of a symbol are those that were counted. Contexts seen once are not in the model. */
static void check_successors(const pylm_model *model, uint32_t tree, uint32_t number, uint32_t lag, uint32_t symbol,
                             const uint32_t *row, uint32_t n_symbols)
{
    pylm_successor *next = allocate(n_symbols * sizeof *next);
    uint32_t i, n_next = 99, n_wanted = 0, total = 0;
    pylm_state state;
    pylm_state_init(model, &state);
    for (i = 0; i < lag; i++)
        CHECK(pylm_state_push(model, &state, i ? 0u : symbol) == PYLM_OK);
    for (i = 0; i < n_symbols; i++) {
        total += row[i];
        n_wanted += row[i] > 0;
    }
    n_wanted = total > 1u ? n_wanted : 0u;
    n_next = 0;
    CHECK(pylm_successors(model, &state, tree, number, work, NULL, &n_next) == (n_wanted ? PYLM_ERR_SPACE : PYLM_OK));
    CHECK(n_next == n_wanted);
    n_next = n_symbols;
    CHECK(pylm_successors(model, &state, tree, number, work, next, &n_next) == PYLM_OK);
    CHECK(n_next == n_wanted);
    for (i = 0; i < n_next; i++)
        CHECK(next[i].symbol < n_symbols && next[i].count == row[next[i].symbol]);
    free(next);
}

static void check_predecessors(const pylm_model *model, uint32_t tree, uint32_t number, uint32_t symbol,
                               const uint32_t *table, const uint32_t *totals, uint32_t n_symbols)
{
    uint32_t i, *counts = allocate(n_symbols * sizeof *counts);
    CHECK(pylm_predecessors(model, symbol, tree, number, work, counts) == PYLM_OK);
    for (i = 0; i < n_symbols; i++)
        CHECK(counts[i] == (totals[i] > 1u ? table[i * n_symbols + symbol] : 0u));
    free(counts);
}

static void test_template(const pylm_model *model, uint32_t tree, uint32_t number, uint32_t lag, uint32_t n_symbols,
                          uint32_t line_end)
{
    uint32_t i, a, *table = count_pairs(n_symbols, lag, line_end), *totals = allocate(n_symbols * sizeof *totals);
    for (a = 0; a < n_symbols; a++)
        for (i = totals[a] = 0; i < n_symbols; i++)
            totals[a] += table[a * n_symbols + i];
    for (a = 0; a < n_symbols; a += STEP)
        check_successors(model, tree, number, lag, a, table + a * n_symbols, n_symbols);
    for (a = 0; a < n_symbols; a += 13u * STEP)
        check_predecessors(model, tree, number, a, table, totals, n_symbols);
    free(table);
    free(totals);
}

/* Checks all templates whose context is one symbol. Returns their number. */
static uint32_t test_trees(const pylm_model *model, const pylm_info *info)
{
    uint32_t t, k, n_tested = 0, *counts = allocate(info->n_symbols * sizeof *counts);
    pylm_template template;
    for (t = 0; t < info->n_trees; t++)
        for (k = 0; pylm_model_template(model, t, k, &template) == PYLM_OK; k++) {
            int is_symbol = template.kind == PYLM_TEMPLATE_SYMBOL && (template.base == PYLM_NONE || !template.base);
            if (is_symbol && template.n_contexts) {
                test_template(model, t, k, template.lag, info->n_symbols, info->line_end);
                n_tested++;
            } else {
                CHECK(is_symbol || pylm_predecessors(model, 0, t, k, work, counts) == PYLM_ERR_ARGUMENT);
            }
        }
    free(counts);
    return n_tested;
}

static void test_arguments(const pylm_model *model, const pylm_info *info)
{
    uint32_t n_next = 1, *counts = allocate(info->n_symbols * sizeof *counts);
    pylm_successor next;
    pylm_state state;
    pylm_state_init(model, &state);
    CHECK(pylm_successors(model, &state, info->n_trees, 0, work, &next, &n_next) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_successors(model, &state, 0, info->n_templates, work, &next, &n_next) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_predecessors(model, info->n_symbols, 0, 1, work, counts) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_predecessors(model, 0, info->n_trees, 1, work, counts) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_predecessors(model, 0, 0, info->n_templates, work, counts) == PYLM_ERR_ARGUMENT);
    free(counts);
}

/* Checks the empty context, which has the count of every symbol. */
static void test_frequencies(const pylm_model *model, const pylm_info *info, int rounded)
{
    uint32_t i, n_next = info->n_symbols, total = 0;
    pylm_successor *next = allocate(info->n_symbols * sizeof *next);
    pylm_state state;
    pylm_state_init(model, &state);
    CHECK(pylm_successors(model, &state, 0, 0, work, next, &n_next) == PYLM_OK);
    for (i = 0; i < n_next; i++)
        total += next[i].count;
    CHECK(rounded ? total > n / 2u && total < n * 2u : total == n);
    free(next);
}

int main(void)
{
    int kind;
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image image = train_kind(kind, N_WORDS);
        int sized = kind == KIND_SIZED; /* counts are rounded */
        pylm_model model;
        pylm_info info;
        REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
        pylm_model_info(&model, &info);
        work = allocate((size_t)pylm_work_nbytes(&model));
        read_text(&model);
        test_frequencies(&model, &info, sized);
        if (!sized)
            CHECK(test_trees(&model, &info) >= (info.tokenizer == PYLM_TOKENIZER_BYTES ? 1u : 4u * info.n_trees));
        test_arguments(&model, &info);
        free(work);
        free(image.data);
    }
    return finish();
}
