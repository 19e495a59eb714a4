/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * counts.c: the counts of the training text themselves, without probabilities.
 */
#include <string.h>

#include "core/evidence_coded.h"
#include "core/lexicon.h"
#include "core/work.h"
#include "pylm_explain.h"

#if PYLM_MODULE_EXPLAIN

static uint32_t list_coded(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k,
                           pylm_successor *successors)
{
    uint32_t i;
    for (i = 0; i < PYLM__AT(s, k, n); i++) {
        successors[i].symbol = pylm__coded_leaf(e, k, i);
        successors[i].count = pylm__coded_count_at(e, k, i);
    }
    return i;
}

/* Splits are in preorder: the left side of each is read first, and its right side waits. */
static uint32_t list_splits(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k,
                            pylm_successor *successors)
{
    struct {
        uint32_t first, n, total;
    } waiting[PYLM__MAX_DEPTH];
    uint32_t n_waiting = 0, n = 0;
    for (;;) {
        while (PYLM__AT(s, k, n) > 1u && n_waiting < PYLM__MAX_DEPTH) { /* only damaged lists are deeper */
            pylm__slice_look(e, s, k);
            waiting[n_waiting].first = PYLM__AT(s, k, right);
            waiting[n_waiting].n = PYLM__AT(s, k, n) - PYLM__AT(s, k, n_left);
            waiting[n_waiting++].total = PYLM__AT(s, k, total) - PYLM__AT(s, k, total_left);
            PYLM__AT(s, k, n) = PYLM__AT(s, k, n_left);
            PYLM__AT(s, k, total) = PYLM__AT(s, k, total_left);
            PYLM__AT(s, k, at) += PYLM__AT(e, k, split_bits);
        }
        successors[n].symbol = PYLM__AT(s, k, first);
        successors[n++].count = PYLM__AT(s, k, total);
        if (!n_waiting)
            return n;
        PYLM__AT(s, k, first) = waiting[--n_waiting].first;
        PYLM__AT(s, k, n) = waiting[n_waiting].n;
        PYLM__AT(s, k, total) = waiting[n_waiting].total;
    }
}

/* Lists all successors of the context that was found for template k, leaf by leaf. Comes right after the look-up, and
 * uses the slice up. Returns their number: that of the slice, or fewer in a damaged list. */
static uint32_t list_successors(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k,
                                pylm_successor *successors)
{
    if (PYLM__AT(s, k, n) == 1u) { /* most often it stands in the record */
        successors->symbol = PYLM__AT(s, k, first);
        successors->count = PYLM__AT(s, k, total);
        return 1;
    }
    return (pylm__is_coded(e) ? list_coded : list_splits)(e, s, k, successors);
}

int pylm_successors(const pylm_model *model, const pylm_state *state, uint32_t tree_number, uint32_t number,
                    void *memory, pylm_successor *successors, uint32_t *n)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    const struct pylm__tree *tree = &work->mixer.tree;
    struct pylm__frame *root;
    struct pylm__slices *slices;
    uint32_t i, leaf, capacity = *n;
    if (pylm__is_kernel(view) || !pylm__tree_find(view, tree_number, &work->mixer.tree) || number >= tree->n_templates)
        return PYLM_ERR_ARGUMENT;
    work->tree_number = tree_number;
    *n = 0;
    root = pylm__root(view, pylm__state_const(state), work);
    if (!(root->active.sets.active >> number & 1u))
        return PYLM_OK;
    slices = pylm__frame_slices(work, root);
    *n = PYLM__AT(slices, number, n);
    if (*n > capacity)
        return PYLM_ERR_SPACE;
    *n = list_successors(&work->mixer.evidence, slices, number, successors);
    for (i = 0; i < *n; i++) {
        leaf = successors[i].symbol;
        successors[i].symbol = pylm__tree_symbol(tree, leaf < tree->n_symbols ? leaf : 0u);
    }
    return PYLM_OK;
}

/* The lag of a template whose context is one single symbol; 0 for other templates. */
static uint32_t lag_of(const struct pylm__tree *tree, uint32_t number)
{
    const uint8_t *head = pylm__template_head(tree, number);
    uint32_t base = head[PYLM__C_BASE];
    if (head[PYLM__C_KIND] != PYLM__KIND_SYMBOL ||
        (base != PYLM__NO_BASE && pylm__template_head(tree, base)[PYLM__C_KIND] != PYLM__KIND_NOTHING))
        return 0;
    return head[PYLM__C_LAG];
}

/* Those of the contexts at the root that a leaf followed, a set of templates. Their slices are the leaf's then. */
static uint32_t followed(struct pylm__work *work, uint32_t templates, uint32_t leaf)
{
    struct pylm__frame *root = pylm__frame(work, 0);
    struct pylm__slices *slices = pylm__frame_slices(work, root);
    struct pylm__sets sets = root->active.sets;
    struct pylm__gathered gathered;
    sets.active &= templates;
    sets.stale &= sets.active;
    while (sets.active && root->hi - root->lo > 1u) {
        struct pylm__node node = pylm__tree_node(&work->mixer.tree, root->node, root->lo, root->hi);
        int side = leaf >= node.mid;
        pylm__descend_portable(&work->mixer.evidence, slices, &sets, node.mid, side, &gathered);
        pylm__frame_enter(root, node.mid, side);
    }
    return sets.active;
}

/* The count of a leaf among the successors of a context. */
static uint32_t count_leaf(struct pylm__work *work, uint32_t number, uint32_t leaf)
{
    struct pylm__slices *slices = pylm__frame_slices(work, pylm__frame(work, 0));
    return followed(work, UINT32_C(1) << number, leaf) ? PYLM__AT(slices, number, total) : 0u;
}

int pylm_predecessors(const pylm_model *model, uint32_t symbol, uint32_t tree_number, uint32_t number, void *memory,
                      uint32_t *counts)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    const struct pylm__tree *tree = &work->mixer.tree;
    struct pylm__state state;
    uint32_t lag, i, before;
    symbol = pylm__place_of(view, symbol);
    if (symbol >= view->n_symbols || pylm__is_kernel(view) || !pylm__tree_find(view, tree_number, &work->mixer.tree) ||
        number >= tree->n_templates)
        return PYLM_ERR_ARGUMENT;
    work->tree_number = tree_number;
    lag = lag_of(tree, number);
    if (!lag)
        return PYLM_ERR_ARGUMENT;
    if (pylm__has_lexicon(view)) /* whose words came before none */
        memset(counts + view->n_symbols, 0, (pylm__n_all_symbols(view) - view->n_symbols) * sizeof *counts);
    memset(&state, 0, sizeof state);
    pylm__state_begin(&state, view);
    for (before = 0; before < view->n_symbols; before++) {
        for (i = 0; i < lag; i++) /* the context is the first of these; the later ones do not matter */
            pylm__state_read(&state, view->tokenizer, before, pylm__factor(view));
        (void)pylm__root(view, &state, work);
        counts[before] = count_leaf(work, number, pylm__tree_leaf(tree, symbol));
    }
    return PYLM_OK;
}

/* How many of a tree's first templates are the last 0, 1, 2, ... symbols. */
static uint32_t n_plain_templates(const struct pylm__tree *tree)
{
    const uint8_t *head;
    uint32_t n;
    for (n = 1; n < tree->n_templates; n++) {
        head = pylm__template_head(tree, n);
        if (head[PYLM__C_KIND] != PYLM__KIND_SYMBOL || head[PYLM__C_LAG] != n ||
            head[PYLM__C_BASE] != (n > 1u ? n - 1u : PYLM__NO_BASE))
            break;
    }
    return n;
}

int pylm_matched(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *memory, uint32_t *matched_ret)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    const struct pylm__tree *tree = &work->mixer.tree;
    uint32_t known;
    symbol = symbol == PYLM_NONE ? symbol : pylm__place_of(view, symbol);
    if ((symbol >= view->n_symbols && symbol != PYLM_NONE) || pylm__is_kernel(view))
        return PYLM_ERR_ARGUMENT;
    pylm__work_first_tree(view, work);
    known = pylm__root(view, pylm__state_const(state), work)->active.sets.active;
    known &= (UINT32_C(2) << (n_plain_templates(tree) - 1u)) - 1u;
    if (symbol != PYLM_NONE)
        known = followed(work, known, pylm__tree_leaf(tree, symbol));
    for (*matched_ret = 0; known > 1u; known >>= 1)
        ++*matched_ret;
    return PYLM_OK;
}

#endif
