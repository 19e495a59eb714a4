/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * score.c: the probability of symbols that are known.
 *
 * A model is much larger than a processor's caches, so most of the time would be spent waiting for memory. What a text
 * says is known before it is scored, so several of its symbols are looked at in turn, abreast: while the one's
 * numbers are on their way, another's are worked with.
 */
#include "kernel.h"
#include "path.h"

PYLM__INLINE void descend(struct pylm__path *path)
{
    struct pylm__sets *sets = &path->frame->front.sets;
    *sets = pylm__descend_portable(&path->work->mixer.evidence, &path->slices, *sets, path->node.mid, path->side,
                                   &path->gathered);
}

static void follow_portable(struct pylm__path *paths, uint32_t n)
{
    pylm__follow(paths, n, 0, descend, pylm__node_mix);
}

static void path_begin(const struct pylm__model *model, struct pylm__work *works, uint32_t i, struct pylm__path *path)
{
    path->work = (struct pylm__work *)(void *)((uint8_t *)(void *)works + i * (size_t)pylm__path_nbytes(model));
    if (i) {
        path->work->mixer.tree = works->mixer.tree;
        path->work->tree_number = works->tree_number;
    }
    path->frame = pylm__frame(path->work, 0);
    path->slices = pylm__frame_slices(path->work, path->frame);
    path->p = pylm__small_one();
}

/* All paths down the tree at work. With lessons, there is one. */
static void follow(const struct pylm__model *model, const struct pylm__state *states, const uint32_t *symbols,
                   uint32_t n, struct pylm__work *works, struct pylm__lessons *lessons, struct pylm__path *paths)
{
    const struct pylm__tree *tree = &works->mixer.tree;
    uint32_t i;
    for (i = 0; i < n; i++) {
        path_begin(model, works, i, &paths[i]);
        paths[i].leaf = pylm__tree_leaf(tree, symbols[i]);
        pylm__lookup_index(model, tree, &states[i], &paths[i].work->lookup);
    }
    for (i = 0; i < n; i++)
        pylm__lookup_buckets(model, tree, &paths[i].work->lookup);
    for (i = 0; i < n; i++)
        pylm__lookup_records(model, tree, &paths[i].work->lookup, &paths[i].work->mixer.evidence, &paths[i].slices);
    for (i = 0; i < n; i++)
        pylm__root_begin(model, &states[i], paths[i].work);
    if (lessons) {
        lessons->n = 0;
        works->mixer.final.lessons = lessons;
    }
#if PYLM__HAVE_AVX2
    pylm__follow_avx2(paths, n);
#endif
    follow_portable(paths, n);
    pylm__final_learn(&works->mixer.final, tree);
}

void pylm__probabilities(const struct pylm__model *model, const struct pylm__state *states, const uint32_t *symbols,
                         uint32_t n, struct pylm__work *work, struct pylm__lessons *lessons,
                         struct pylm__small *probabilities)
{
    struct pylm__path paths[PYLM__ABREAST];
    uint32_t t, i;
    if (pylm__is_kernel(model)) {
        pylm__kernel_probabilities(model, states, symbols, n, work, probabilities);
        return;
    }
    pylm__work_first_tree(model, work);
    for (t = 0; t < pylm__n_trees(model); t++) {
        if (t)
            pylm__work_next_tree(model, work);
        follow(model, states, symbols, n, work, lessons, paths);
        for (i = 0; i < n; i++) {
            struct pylm__small p = pylm__small_times(paths[i].p, work->mixer.tree.share);
            probabilities[i] = t ? pylm__small_plus(probabilities[i], p) : p;
        }
    }
}

/* Working memory for one path. */
#define OWN_NBYTES                                                                                                 \
    (sizeof(struct pylm__work) + sizeof(struct pylm__frame) +                                                       \
     PYLM__MAX_STRIDE * PYLM__N_SLICE_FIELDS * sizeof(uint32_t) + 7u)

void pylm__learn_weights(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol)
{
    uint64_t own[OWN_NBYTES / 8u]; /* some 5 KB: who pushes has no working memory at hand */
    struct pylm__lessons lessons;
    struct pylm__small p;
    pylm__probabilities(model, state, &symbol, 1, (struct pylm__work *)(void *)own, &lessons, &p);
}

int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work, uint32_t *cost_q16)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__small p;
    if (symbol >= view->n_symbols)
        return PYLM_ERR_ARGUMENT;
    pylm__probabilities(view, pylm__state_const(state), &symbol, 1, work, NULL, &p);
    *cost_q16 = pylm__small_cost(p);
    return PYLM_OK;
}

/* Scores up to n symbols abreast, says how many, and makes the state read them. A state that learns has to read each
 * before the next can be scored. */
static int score_abreast(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
                         struct pylm__small *probabilities, uint32_t *n_ret)
{
    struct pylm__state states[PYLM__ABREAST];
    const struct pylm__model *view = pylm__model_view(model);
    uint32_t i = 0;
    *n_ret = 0;
    if (pylm__state_learns(pylm__state_view(state))) {
        if (symbols[0] >= view->n_symbols)
            return PYLM_ERR_ARGUMENT;
        pylm__probabilities(view, pylm__state_view(state), symbols, 1, work, pylm__work_lessons(view, work),
                            probabilities);
        pylm__state_push(view, pylm__state_view(state), symbols[0]);
        *n_ret = 1;
        return PYLM_OK;
    }
    for (i = 0; i < PYLM__ABREAST && i < n && symbols[i] < view->n_symbols; i++) {
        states[i] = *pylm__state_view(state);
        (void)pylm_state_read(model, state, symbols[i]);
    }
    if (i)
        pylm__probabilities(view, states, symbols, i, work, NULL, probabilities);
    *n_ret = i;
    return i ? PYLM_OK : PYLM_ERR_ARGUMENT;
}

int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
               uint32_t *costs_q16, uint64_t *total_q16)
{
    struct pylm__small probabilities[PYLM__ABREAST];
    uint64_t at = 0, total = 0;
    uint32_t i, n_scored, cost;
    int status = PYLM_OK;
    for (; at < n && status == PYLM_OK; at += n_scored) {
        status = score_abreast(model, state, symbols + at, n - at, work, probabilities, &n_scored);
        for (i = 0; i < n_scored; i++) {
            cost = pylm__small_cost(probabilities[i]);
            total += cost;
            if (costs_q16)
                costs_q16[at + i] = cost;
        }
    }
    if (total_q16)
        *total_q16 = total;
    return status;
}
