/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.c: see layer.h.
 */
#include "layer.h"

#include <stdlib.h>
#include <string.h>

#include "modules/adapt/layer.h"

#define LOOK_BACK 128u /* symbols before a block: no context is longer, except of very long words */

void pylm__corpus_on_base(struct pylm__corpus *corpus, const pylm_model *base)
{
    pylm_info info;
    pylm_model_info(base, &info);
    corpus->base = base;
    corpus->tokenizer = info.tokenizer;
    corpus->n_symbols = corpus->n_seen = info.n_symbols;
    corpus->unknown = info.unknown;
    corpus->line_end = info.line_end;
    corpus->text_end = info.text_end;
    memcpy(corpus->factor, pylm__factor(pylm__model_view(base)), sizeof corpus->factor);
    corpus->width = pylm__symbol_width(info.n_symbols);
}

/* ---- the tree ---- */

static int allocate_tree(struct pylm__symbol_tree *tree)
{
    uint64_t n = tree->n_symbols;
    tree->mid = pylm__array_new(n, sizeof *tree->mid);
    tree->set = pylm__array_new(n, sizeof *tree->set);
    tree->leaf_of = pylm__array_new(n, sizeof *tree->leaf_of);
    tree->class_of = pylm__array_new(n, sizeof *tree->class_of);
    tree->coarse_of = pylm__array_new(n, sizeof *tree->coarse_of);
    return tree->mid && tree->set && tree->leaf_of && tree->class_of && tree->coarse_of ? PYLM_OK : PYLM_ERR_MEMORY;
}

/* Nodes are in preorder, so the leaves of each are known before it is read. */
static int read_nodes(struct pylm__symbol_tree *tree, const struct pylm__tree *view)
{
    uint32_t *lo = pylm__array_new(tree->n_symbols, sizeof *lo), *hi = pylm__array_new(tree->n_symbols, sizeof *hi), i;
    int status = lo && hi ? PYLM_OK : PYLM_ERR_MEMORY;
    if (status == PYLM_OK)
        hi[0] = tree->n_symbols;
    for (i = 0; status == PYLM_OK && i + 1u < tree->n_symbols; i++) {
        struct pylm__node node = pylm__tree_node(view, i, lo[i], hi[i]);
        uint32_t right = i + node.mid - lo[i];
        tree->mid[i] = node.mid;
        tree->set[i] = node.set;
        if (node.mid - lo[i] > 1u) {
            lo[i + 1u] = lo[i];
            hi[i + 1u] = node.mid;
        }
        if (hi[i] - node.mid > 1u) {
            lo[right] = node.mid;
            hi[right] = hi[i];
        }
    }
    free(lo);
    free(hi);
    return status;
}

/* In a damaged model, a class that does not exist becomes the first. */
static uint32_t class_below(uint32_t x, uint32_t n)
{
    return x < n ? x : 0u;
}

static void read_classes(struct pylm__symbol_tree *tree, const struct pylm__tree *view)
{
    const uint8_t *classes = view->parts[PYLM__P_CLASSES];
    unsigned width = (unsigned)view->class_bits + view->coarse_bits;
    uint32_t i;
    tree->n_classes = view->n_previous - 1u;
    tree->n_coarse = view->n_before - 1u;
    for (i = 0; i < tree->n_symbols; i++) {
        uint64_t bit = (uint64_t)i * width;
        tree->class_of[i] = class_below(pylm__bits(classes, bit, view->class_bits), tree->n_classes);
        bit += view->class_bits;
        tree->coarse_of[i] = class_below(pylm__bits(classes, bit, view->coarse_bits), tree->n_coarse);
    }
}

int pylm__tree_of_base(struct pylm__symbol_tree *tree, const pylm_model *base)
{
    const struct pylm__model *model = pylm__model_view(base);
    struct pylm__tree view;
    uint32_t i;
    pylm__tree_view(model, NULL, &view);
    tree->is_of_base = 1;
    tree->n_symbols = model->n_symbols;
    tree->depth = view.depth;
    tree->n_sets = view.n_node_sets;
    PYLM__TRY(allocate_tree(tree));
    PYLM__TRY(read_nodes(tree, &view));
    if (view.parts[PYLM__P_CLASSES] && view.n_previous > 1u && view.n_before > 1u)
        read_classes(tree, &view);
    for (i = 0; i < tree->n_symbols; i++)
        tree->leaf_of[i] = pylm__tree_leaf(&view, i);
    return pylm__tree_previous_sets(tree) == view.n_previous && pylm__tree_before_sets(tree) == view.n_before
               ? PYLM_OK
               : PYLM_ERR_DAMAGED;
}

/* ---- predictions of the base ---- */

struct scoring {
    struct pylm__heldout *heldout;
    const struct pylm__corpus *corpus;
};

/* Finds the state before a position, as far as contexts reach. */
static void state_before(const struct pylm__corpus *corpus, uint64_t position, pylm_state *state)
{
    uint64_t begin = position > LOOK_BACK ? position - LOOK_BACK : 0u;
    pylm_state_init(corpus->base, state);
    for (; begin < position; begin++) {
        if (pylm__corpus_starts_document(corpus, begin))
            pylm_state_init(corpus->base, state);
        (void)pylm_state_read(corpus->base, state, pylm__symbol(corpus, begin));
    }
}

/* Finds the log-odds of a block's events. Its first symbol is number `at` of all held-out symbols. */
static void score(const struct scoring *s, uint32_t block, uint64_t at, struct pylm__work *work, const pylm_task *task)
{
    const struct pylm__model *model = pylm__model_view(s->corpus->base);
    const struct pylm__heldout *heldout = s->heldout;
    const uint8_t *noted = (const uint8_t *)(void *)work + pylm__odds_offset(model);
    const struct pylm__odds *odds = (const struct pylm__odds *)(const void *)noted;
    pylm_state state;
    uint64_t p, event, n;
    uint32_t symbol;
    state_before(s->corpus, heldout->begins[block], &state);
    for (p = heldout->begins[block]; p < heldout->ends[block] && !pylm__task_cancelled(task); p++, at++) {
        symbol = pylm__symbol(s->corpus, p);
        if (pylm__corpus_starts_document(s->corpus, p))
            pylm_state_init(s->corpus->base, &state);
        pylm__note_odds(model, 0, pylm__state_const(&state), &symbol, 1, work);
        event = heldout->first_event[at];
        n = heldout->first_event[at + 1u] - event;
        n = n < PYLM__MAX_ODDS ? n : PYLM__MAX_ODDS;
        memcpy(heldout->base_log_odds + event, odds->log_odds, (size_t)n * sizeof *odds->log_odds);
        (void)pylm_state_read(s->corpus->base, &state, symbol);
    }
}

static int score_block(void *user, uint32_t block, pylm_task *task)
{
    const struct scoring *s = user;
    struct pylm__work *work = malloc(pylm__noting_nbytes(pylm__model_view(s->corpus->base)));
    if (!work)
        return PYLM_ERR_MEMORY;
    score(s, block, pylm__heldout_first(s->heldout, block), work, task);
    free(work);
    return PYLM_OK;
}

int pylm__heldout_base_log_odds(struct pylm__heldout *heldout, const struct pylm__corpus *corpus, uint32_t n_threads,
                                pylm_task *task)
{
    struct scoring scoring;
    scoring.heldout = heldout;
    scoring.corpus = corpus;
    heldout->base_log_odds = pylm__array_new(heldout->n_events, sizeof *heldout->base_log_odds);
    if (!heldout->base_log_odds)
        return PYLM_ERR_MEMORY;
    pylm__task_begin(task, PYLM_STAGE_BASE, heldout->n_blocks);
    PYLM__TRY(pylm__run_jobs(score_block, &scoring, heldout->n_blocks, n_threads, task));
    return pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : PYLM_OK;
}
