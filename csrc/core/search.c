/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * search.c: the most probable next symbols.
 *
 * A subtree is at least as probable as any leaf in it. So once k leaves are known, a subtree less probable than the
 * worst of them is passed over. The more probable child comes first, so good leaves are known early. A best-first
 * search with a queue would visit nearly the same nodes; this one needs only a frame a level, which a microcontroller
 * has. With several trees, a symbol whose average is better than the worst is better in at least one tree.
 */
#include "search.h"

#include "lexicon.h"
#include "score.h"
#include "walk.h"

struct search {
    struct pylm__visitor visitor; /* min_mass: the probability that a symbol must have */
    const struct pylm__model *model;
    const struct pylm__state *state;
    struct pylm__work *work;
    pylm_candidate *best; /* a heap, the worst first; where code is to be small, in order, the worst last */
    uint32_t n, k;
};

static int worse(pylm_candidate a, pylm_candidate b)
{
    return pylm__is_better(b, a);
}

/* Restores the order of a heap of n below place i. */
static void sift_down(pylm_candidate *heap, uint32_t n, uint32_t i)
{
    pylm_candidate moving = heap[i];
    for (;;) {
        uint32_t child = 2u * i + 1u;
        if (child >= n)
            break;
        if (child + 1u < n && worse(heap[child + 1u], heap[child]))
            child++;
        if (!worse(heap[child], moving))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

#if !PYLM__SMALL
static void sift_up(pylm_candidate *heap, uint32_t i)
{
    pylm_candidate moving = heap[i];
    while (i && worse(moving, heap[(i - 1u) / 2u])) {
        heap[i] = heap[(i - 1u) / 2u];
        i = (i - 1u) / 2u;
    }
    heap[i] = moving;
}
#endif

void pylm__candidates_sort(pylm_candidate *candidates, uint32_t n)
{
    uint32_t i;
    for (i = n / 2u; i-- > 0;)
        sift_down(candidates, n, i);
    for (i = n; i-- > 1u;) {
        pylm_candidate worst = candidates[0];
        candidates[0] = candidates[i];
        candidates[i] = worst;
        sift_down(candidates, i, 0);
    }
}

static int is_known(const struct search *search, uint32_t symbol)
{
    uint32_t i;
    for (i = 0; i < search->n; i++)
        if (search->best[i].symbol == symbol)
            return 1;
    return 0;
}

/* Keeps a candidate, if it is one of the best k. */
static void keep(struct search *search, pylm_candidate found)
{
#if PYLM__SMALL
    uint32_t i = search->n < search->k ? search->n++ : search->k;
    for (; i && worse(search->best[i - 1u], found); i--)
        if (i < search->k)
            search->best[i] = search->best[i - 1u];
    if (i < search->k)
        search->best[i] = found;
#else
    if (search->n < search->k) {
        search->best[search->n] = found;
        sift_up(search->best, search->n++);
    } else if (worse(search->best[0], found)) {
        search->best[0] = found;
        sift_down(search->best, search->n, 0);
    }
#endif
}

/* Keeps a symbol and the words of a lexicon that stand in its place. */
static void keep_shared(struct search *search, pylm_candidate place)
{
    const struct pylm__place shared = pylm__lexicon_place(search->model, place.symbol);
    pylm_candidate found;
    uint32_t i, share = shared.left;
    for (i = 0; i <= shared.n; i++) {
        found.symbol = i ? pylm__lexicon_word(search->model, &shared, i - 1u, &share) : place.symbol;
        found.cost_q16 = place.cost_q16 + pylm__share_cost(share);
        if (!search->work->tree_number || !is_known(search, found.symbol))
            keep(search, found);
    }
}

static void keep_leaf(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance)
{
    struct search *search = (struct search *)(void *)visitor;
    struct pylm__small p = chance->p;
    pylm_candidate found;
    found.symbol = pylm__tree_symbol(&search->work->mixer.tree, leaf);
    if (pylm__n_trees(search->model) > 1u) {
        if (search->work->tree_number && is_known(search, found.symbol)) /* another tree may have found it */
            return;
        pylm__probabilities(search->model, search->state, &found.symbol, 1,
                            pylm__second_work(search->model, search->work), NULL, &p);
    }
    found.cost_q16 = pylm__small_cost(p);
    if (pylm__has_lexicon(search->model))
        keep_shared(search, found);
    else
        keep(search, found);
    if (search->n == search->k) {
        uint32_t worst = search->best[PYLM__SMALL ? search->k - 1u : 0u].cost_q16;
        search->visitor.min_mass = (uint64_t)pylm__exp2_bound(worst + PYLM__ROUNDING_Q16) << 31;
    }
}

uint32_t pylm__search(const pylm_model *model, const pylm_state *state, uint64_t min_mass, uint32_t k, void *work,
                      pylm_candidate *best)
{
    struct search search;
    uint32_t t;
    search.model = pylm__model_view(model);
    search.state = pylm__state_const(state);
    search.work = work;
    search.best = best;
    search.k = pylm__n_all_symbols(search.model);
    search.k = k < search.k ? k : search.k;
    search.n = 0;
    search.visitor.min_mass = min_mass;
    search.visitor.wanted = NULL;
    pylm__work_first_tree(search.model, search.work);
    for (t = 0; search.k && t < pylm__n_trees(search.model); t++) {
        if (t)
            pylm__work_next_tree(search.model, search.work);
        pylm__walk(search.model, search.state, search.work, UINT64_C(1) << 62, &search.visitor, keep_leaf);
    }
    if (!PYLM__SMALL)
        pylm__candidates_sort(best, search.n);
    return search.n;
}

void pylm_top(const pylm_model *model, const pylm_state *state, uint32_t k, void *work, pylm_candidate *best,
              uint32_t *n_ret)
{
    *n_ret = pylm__search(model, state, 0, k, work, best);
}
