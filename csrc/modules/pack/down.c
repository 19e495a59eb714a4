/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * down.c: see down.h.
 *
 * Scoring knows the symbol, so it lets each model of a stack of layers go down alone. Who unpacks knows a side only
 * when all models have spoken. So they go down side by side, at both ends.
 */
#include "down.h"

#include "core/context.h"

#if PYLM_MODULE_PACK

/* Of the model that lies i below; it has a single frame. */
static struct pylm__work *nth_work(const struct pylm__model *model, struct pylm__work *work, uint32_t i)
{
    return (struct pylm__work *)(void *)((uint8_t *)(void *)work + i * pylm__path_nbytes(model));
}

/* All at the root. Returns where the models hand on their log-odds: those of one node; NULL without layers. */
static struct pylm__odds *begin(const struct pylm__model *model, const struct pylm__state *state,
                                struct pylm__work *work)
{
    uint32_t i, n_below = pylm__n_below(model);
    struct pylm__odds *odds = NULL;
    if (n_below) {
        odds = (struct pylm__odds *)(void *)((uint8_t *)(void *)work + pylm__odds_offset(model));
        odds->at = 0;
    }
    for (i = 0; i <= n_below; i++) {
        const struct pylm__model *below = pylm__nth_below(model, i);
        struct pylm__work *its = nth_work(model, work, i);
        pylm__work_first_tree(below, its);
        pylm__extended_stack(&its->mixer.extended, odds, i > 0);
        (void)pylm__root(below, state, its);
    }
    return odds;
}

/* The probability, q16, of going right from a node: what the uppermost model says, which has heard those below it. */
static uint32_t ask(const struct pylm__model *model, struct pylm__work *work, const struct pylm__node *node)
{
    uint32_t i, right = 0;
    for (i = pylm__n_below(model) + 1u; i-- > 0;) {
        struct pylm__work *its = nth_work(model, work, i);
        struct pylm__frame *frame = pylm__frame(its, 0);
        right = pylm__node_right(&its->mixer, node, &frame->active, pylm__frame_slices(its, frame));
    }
    return right;
}

static void enter(const struct pylm__model *model, struct pylm__work *work, uint32_t mid, int side)
{
    uint32_t i;
    for (i = 0; i <= pylm__n_below(model); i++) {
        struct pylm__work *its = nth_work(model, work, i);
        struct pylm__frame *frame = pylm__frame(its, 0);
        pylm__node_narrow(&its->mixer, mid, side, &frame->active, pylm__frame_slices(its, frame));
        pylm__frame_enter(frame, mid, side);
    }
}

uint32_t pylm__code_symbol(const struct pylm__model *model, struct pylm__state *state, uint32_t symbol,
                           struct pylm__work *work, struct pylm__coder *coder)
{
    struct pylm__odds *odds = begin(model, state, work);
    struct pylm__extended *extended = &work->mixer.extended;
    const struct pylm__tree *tree = &work->mixer.tree;
    const struct pylm__frame *frame = pylm__frame(work, 0);
    uint32_t leaf = coder->out ? pylm__tree_leaf(tree, symbol) : 0u;
    if (PYLM_MODULE_ADAPT && pylm__state_learns(state)) {
        /* behind the last model's */
        extended->lessons = (struct pylm__lessons *)(void *)nth_work(model, work, pylm__n_below(model) + 1u);
        extended->lessons->n = 0;
    }
    while (frame->hi - frame->lo > 1u) {
        struct pylm__node node = pylm__tree_node(tree, frame->node, frame->lo, frame->hi);
        int side = pylm__coder_decide(coder, ask(model, work, &node), leaf >= node.mid);
        if (!pylm__is_plain(extended))
            pylm__extended_pass(extended, node.mid, side, &pylm__frame(work, 0)->active.recalls);
        if (odds)
            odds->at = 0;
        enter(model, work, node.mid, side);
    }
    if (PYLM_MODULE_ADAPT)
        pylm__extended_learn(extended, tree, frame->lo);
    symbol = pylm__tree_symbol(tree, frame->lo);
    pylm__state_go_on(state, model, symbol);
    return symbol;
}

#endif
