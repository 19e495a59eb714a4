/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * score.c: the probability of symbols that are known.
 *
 * A model is much larger than a processor's caches, so most of the time would be spent waiting for memory. What a text
 * says is known before it is scored, so several of its symbols are looked at in turn, abreast: while the one's
 * numbers are on their way, another's are worked with.
 */
#include "modules/kernel/kernel.h"
#include "path.h"
#include "score.h"
#include "simd/score_avx2.h"

#if PYLM__SMALL
/* By what a walk needs anyway. */
static void follow_portable(struct pylm__path *paths, uint32_t n)
{
    for (; n--; paths++) {
        struct pylm__mixer *mixer = &paths->work->mixer;
        struct pylm__frame *frame = paths->frame;
        while (pylm__is_under_way(paths)) {
            struct pylm__node node = pylm__tree_node(&mixer->tree, frame->node, frame->lo, frame->hi);
            uint32_t right = pylm__node_right(mixer, &node, &frame->active, paths->slices);
            int side = paths->leaf >= node.mid;
            pylm__small_scale(&paths->p, side ? right : 65536u - right);
            pylm__node_narrow(mixer, node.mid, side, &frame->active, paths->slices);
            if (!pylm__is_plain(&mixer->extended))
                pylm__extended_pass(&mixer->extended, node.mid, side, &frame->active.recalls);
            pylm__frame_enter(frame, node.mid, side);
        }
    }
}
#else
PYLM__INLINE void descend(struct pylm__path *path)
{
    pylm__descend_portable(&path->work->mixer.evidence, path->slices, &path->frame->active.sets, path->node.mid,
                           path->side, &path->gathered);
}

static void follow_portable(struct pylm__path *paths, uint32_t n)
{
    pylm__follow(paths, n, 0, descend, pylm__node_mix);
}
#endif

/* Several paths at once, and their memory: as the model that was asked needs it, whichever below it is at work. */
struct paths {
    const struct pylm__state *states;
    const uint32_t *symbols;
    uint32_t n;
    struct pylm__work *work;
    size_t nbytes, odds_offset; /* of each, and where in it log-odds are; 0: there are no layers */
    struct pylm__path of[PYLM__ABREAST];
};

static void path_begin(struct paths *paths, uint32_t i, int is_below)
{
    struct pylm__path *path = &paths->of[i];
    uint8_t *memory = (uint8_t *)(void *)paths->work + i * paths->nbytes;
    struct pylm__odds *odds = NULL;
    path->work = (struct pylm__work *)(void *)memory;
    if (i) {
        path->work->mixer.tree = paths->work->mixer.tree;
        path->work->tree_number = paths->work->tree_number;
    }
    if (PYLM__MOST_LAYERS && paths->odds_offset) {
        odds = (struct pylm__odds *)(void *)(memory + paths->odds_offset);
        odds->at = 0;
    }
    pylm__extended_stack(&path->work->mixer.extended, odds, is_below);
    path->frame = pylm__frame(path->work, 0);
    path->slices = pylm__frame_slices(path->work, path->frame);
    path->p = pylm__small_one();
}

/* Looks up the evidence of each path, and stands at its root. */
static void look_up(const struct pylm__model *model, struct paths *paths)
{
#if PYLM__ABREAST > 1
    struct pylm__path *of = paths->of;
    const uint32_t n = paths->n;
    const struct pylm__tree *tree = &paths->work->mixer.tree;
    uint32_t i;
    for (i = 0; i < n; i++)
        pylm__lookup_index(model, tree, &paths->states[i], &of[i].work->lookup);
    for (i = 0; i < n; i++)
        pylm__lookup_buckets(model, tree, &of[i].work->lookup);
    for (i = 0; i < n; i++)
        pylm__lookup_records(model, tree, &of[i].work->lookup, &of[i].work->mixer.evidence, of[i].slices);
    for (i = 0; i < n; i++) {
        pylm__lookup_lists(model, tree, &of[i].work->lookup, &of[i].work->mixer.evidence, of[i].slices);
        pylm__root_begin(model, &paths->states[i], of[i].work);
    }
#else
    (void)pylm__root(model, paths->states, paths->work);
#endif
}

/* All paths down the tree at work. With lessons, there is one. */
static void follow(const struct pylm__model *model, struct paths *paths, int is_below, struct pylm__lessons *lessons)
{
    const uint32_t n = PYLM__ABREAST > 1 ? paths->n : 1u;
    struct pylm__mixer *mixer = &paths->work->mixer;
    struct pylm__path *of = paths->of;
    uint32_t i;
    for (i = 0; i < n; i++) {
        path_begin(paths, i, is_below);
        of[i].leaf = pylm__tree_leaf(&mixer->tree, paths->symbols[i]);
    }
    look_up(model, paths);
    if (lessons) {
        lessons->n = 0;
        mixer->extended.lessons = lessons;
    }
#if PYLM__HAVE_AVX2
    pylm__follow_avx2(of, n);
#endif
    follow_portable(of, n);
    if (PYLM_MODULE_ADAPT)
        pylm__extended_learn(&mixer->extended, &mixer->tree, of->leaf);
}

/* Down the trees of the models that lie `least` or more below one, the lowest first. */
static void follow_below(const struct pylm__model *model, uint32_t least, struct paths *paths)
{
    uint32_t i;
    for (i = pylm__n_below(model) + 1u; i-- > least;) {
        const struct pylm__model *below = pylm__nth_below(model, i);
        pylm__work_first_tree(below, paths->work);
        follow(below, paths, 1, NULL);
    }
}

void pylm__note_odds(const struct pylm__model *model, uint32_t least, const struct pylm__state *states,
                     const uint32_t *symbols, uint32_t n, struct pylm__work *work)
{
    struct paths paths;
    paths.states = states;
    paths.symbols = symbols;
    paths.n = n;
    paths.work = work;
    paths.nbytes = pylm__noting_nbytes(model);
    paths.odds_offset = pylm__odds_offset(model);
    follow_below(model, least, &paths);
}

void pylm__probabilities(const struct pylm__model *model, const struct pylm__state *states, const uint32_t *symbols,
                         uint32_t n, struct pylm__work *work, struct pylm__lessons *lessons,
                         struct pylm__small *probabilities)
{
    struct paths paths;
    uint32_t t, i;
    if (pylm__is_kernel(model)) {
        pylm__kernel_probabilities(model, states, symbols, n, work, probabilities);
        return;
    }
    paths.states = states;
    paths.symbols = symbols;
    paths.n = n;
    paths.work = work;
    paths.nbytes = pylm__path_nbytes(model);
    paths.odds_offset = 0;
    if (pylm__n_below(model)) {
        paths.odds_offset = pylm__odds_offset(model);
        follow_below(model, 1, &paths);
    }
    pylm__work_first_tree(model, work);
    for (t = 0; t < pylm__n_trees(model); t++) {
        if (t)
            pylm__work_next_tree(model, work);
        follow(model, &paths, 0, lessons);
        for (i = 0; i < n; i++) {
            struct pylm__small *p = &paths.of[i].p;
            if (PYLM__MOST_TREES > 1u) /* else its share is 1 */
                pylm__small_scale(p, work->mixer.tree.share);
            probabilities[i] = t ? pylm__small_plus(probabilities[i], *p) : *p;
        }
    }
}

/* Working memory for one path. */
#define OWN_NBYTES                                                                                                 \
    (sizeof(struct pylm__work) + sizeof(struct pylm__frame) +                                                       \
     PYLM__MAX_STRIDE * PYLM__N_SLICE_FIELDS * sizeof(uint32_t) +                                                   \
     (PYLM__MOST_LAYERS ? sizeof(struct pylm__odds) + 7u : 0u) + 7u)

void pylm__learn(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol)
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
    if (symbol >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    pylm__probabilities(view, pylm__state_const(state), &symbol, 1, work, NULL, &p);
    *cost_q16 = pylm__small_cost(p);
    return PYLM_OK;
}

/* Scores a symbol, and makes the state read it. */
static void score_one(const struct pylm__model *model, struct pylm__state *state, const uint32_t *symbol, void *work,
                      struct pylm__small *probability)
{
    struct pylm__lessons *lessons = pylm__state_learns(state) ? pylm__work_lessons(model, work) : NULL;
    pylm__probabilities(model, state, symbol, 1, work, lessons, probability);
    pylm__state_read(state, model->tokenizer, *symbol);
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
    if (symbols[0] >= pylm__n_symbols(view))
        return PYLM_ERR_ARGUMENT;
    if (PYLM__ABREAST == 1 || pylm__state_learns(pylm__state_view(state))) {
        score_one(view, pylm__state_view(state), symbols, work, probabilities);
        *n_ret = 1;
        return PYLM_OK;
    }
    for (i = 0; i < PYLM__ABREAST && i < n && symbols[i] < pylm__n_symbols(view); i++) {
        states[i] = *pylm__state_view(state);
        pylm__state_read(pylm__state_view(state), view->tokenizer, symbols[i]);
    }
    pylm__probabilities(view, states, symbols, i, work, NULL, probabilities);
    *n_ret = i;
    return PYLM_OK;
}

int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
               uint32_t *costs_q16, uint64_t *total_q16)
{
    struct pylm__small probabilities[PYLM__ABREAST];
    uint64_t total = 0;
    size_t at = 0, end = (size_t)n; /* they are in memory */
    uint32_t i, n_scored, cost;
    int status = PYLM_OK;
    for (; at < end && status == PYLM_OK; at += n_scored) {
        status = score_abreast(model, state, symbols + at, end - at, work, probabilities, &n_scored);
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
