/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * constraint.c: the next symbol, where only some are allowed.
 *
 * The walk that makes the distribution visits only the parts of the tree with allowed symbols. So these have their
 * usual probabilities, and the time depends on the number of allowed symbols, not on the vocabulary.
 */
#include "constraint.h"

#include <string.h>

#include "core/lexicon.h"
#include "core/search.h"
#include "core/walk.h"
#include "pylm_text.h"

#if PYLM_MODULE_TEXT

uint32_t pylm__mass_cost(uint64_t mass)
{
    uint32_t high = (uint32_t)(mass >> 32), shift = high ? pylm__ilog2(high) + 1u : 0u;
    return ((62u - shift) << 16) - pylm__log2((uint32_t)(mass >> shift));
}

#define ONE_Q62 (UINT64_C(1) << 62)

struct allowed {
    struct pylm__visitor visitor;
    const struct pylm__model *model;
    const struct pylm__tree *tree;
    const uint32_t *symbols;
    uint32_t n;
    uint64_t *q62;
};

/* Adds to the probability of a symbol, if it is an allowed one. */
static void add(const struct allowed *allowed, uint32_t symbol, uint64_t mass)
{
    uint32_t begin = 0, end = allowed->n;
    while (begin < end) { /* binary search */
        uint32_t middle = begin + (end - begin) / 2u;
        if (allowed->symbols[middle] < symbol)
            begin = middle + 1u;
        else
            end = middle;
    }
    if (begin < allowed->n && allowed->symbols[begin] == symbol)
        allowed->q62[begin] += mass;
}

/* Of a word of a lexicon, this adds what its place has: see share_out(). */
static void add_leaf(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance)
{
    struct allowed *allowed = (struct allowed *)(void *)visitor;
    uint32_t symbol = pylm__tree_symbol(allowed->tree, leaf), i, share;
    struct pylm__place place;
    add(allowed, symbol, chance->mass);
    if (!pylm__has_lexicon(allowed->model))
        return;
    place = pylm__lexicon_place(allowed->model, symbol);
    for (i = 0; i < place.n; i++)
        add(allowed, pylm__lexicon_word(allowed->model, &place, i, &share), chance->mass);
}
/* Leaves each allowed symbol its part of what its place has. */
static void share_out(const struct allowed *allowed)
{
    uint32_t i, j, symbol, share;
    uint64_t mass;
    for (i = 0; i < allowed->n; i++) {
        struct pylm__place place = pylm__lexicon_place(allowed->model, allowed->symbols[i]);
        symbol = pylm__lexicon_symbol(allowed->model, allowed->symbols[i], &share);
        mass = allowed->q62[i];
        if (symbol != allowed->symbols[i])
            allowed->q62[i] = pylm__shared_mass(mass, share);
        for (j = 0; j < place.n; j++) {
            (void)pylm__lexicon_word(allowed->model, &place, j, &share);
            allowed->q62[i] -= pylm__shared_mass(mass, share);
        }
    }
}

/* Sets the bits of the symbols' leaves. */
static void mark_leaves(const struct allowed *allowed, uint32_t *marks)
{
    uint32_t i, leaf;
    memset(marks, 0, (allowed->model->n_symbols + 31u) / 32u * sizeof *marks);
    for (i = 0; i < allowed->n; i++) {
        leaf = pylm__tree_leaf(allowed->tree, pylm__place_of(allowed->model, allowed->symbols[i]));
        marks[leaf >> 5] |= UINT32_C(1) << (leaf & 31u);
    }
}

int pylm_distribution_of(const pylm_model *model, const pylm_state *state, const uint32_t *symbols, uint32_t n,
                         void *memory, uint32_t *marks, uint64_t *q62)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    struct allowed allowed = {{0, marks}, NULL, NULL, symbols, n, q62};
    uint32_t t, i, n_symbols = pylm__n_all_symbols(view);
    for (i = 0; i < n; i++)
        if (symbols[i] >= n_symbols || (i && symbols[i] <= symbols[i - 1u]))
            return PYLM_ERR_ARGUMENT;
    for (i = 0; i < n; i++)
        q62[i] = 0;
    allowed.model = view;
    allowed.tree = &work->mixer.tree;
    pylm__work_first_tree(view, work);
    for (t = 0; n && t < pylm__n_trees(view); t++) {
        if (t)
            pylm__work_next_tree(view, work);
        mark_leaves(&allowed, marks);
        pylm__walk(view, pylm__state_const(state), work, (uint64_t)allowed.tree->share << 46, &allowed.visitor,
                   add_leaf);
    }
    if (pylm__has_lexicon(view))
        share_out(&allowed);
    pylm__leave_none_out(q62, n);
    return PYLM_OK;
}

/* Makes a candidate of a probability, on a condition whose cost is given_q16. */
static void set_candidate(pylm_candidate *candidate, uint32_t symbol, uint64_t mass, uint32_t given_q16)
{
    uint32_t cost = pylm__mass_cost(mass ? mass : 1u);
    candidate->symbol = symbol;
    candidate->cost_q16 = cost > given_q16 ? cost - given_q16 : 0u;
}

int pylm_restrict(const uint32_t *symbols, const uint64_t *q62, uint32_t n, int may_end, pylm_candidate *candidates,
                  uint32_t *n_ret)
{
    uint64_t sum = 0;
    uint32_t i, n_candidates = n, given;
    if (!n && !may_end)
        return PYLM_ERR_ARGUMENT;
    for (i = 0; i < n; i++) {
        if (q62[i] > ONE_Q62 - sum)
            return PYLM_ERR_ARGUMENT;
        sum += q62[i];
    }
    given = may_end ? 0u : pylm__mass_cost(sum ? sum : 1u);
    for (i = 0; i < n; i++)
        set_candidate(&candidates[i], symbols[i], q62[i], given);
    if (may_end && sum < ONE_Q62)
        set_candidate(&candidates[n_candidates++], PYLM_NONE, ONE_Q62 - sum, 0);
    pylm__candidates_sort(candidates, n_candidates);
    *n_ret = n_candidates;
    return PYLM_OK;
}

#endif
