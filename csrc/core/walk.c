/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * walk.c: the walk through a whole tree, the way down to one leaf, and the distribution.
 *
 * With several trees a probability is the average over the trees, weighted by their shares. In a layer the models below
 * go through the tree side by side with it.
 */
#include <string.h>

#include "core/fast/walk_avx2.h"
#include "lexicon.h"
#include "modules/kernel/kernel.h"
#include "walk.h"

uint64_t pylm_work_nbytes(const pylm_model *model)
{
    const struct pylm__model *view = pylm__model_view(model);
    size_t path = pylm__path_nbytes(view), score = PYLM__ABREAST * path, walk;
    /* a path that teaches; packing goes down those of all layers side by side */
    size_t most = (PYLM_MODULE_PACK ? pylm__n_below(view) + 1u : 1u) * path + sizeof(struct pylm__lessons);
    walk = pylm__walk_nbytes(view) + (pylm__n_trees(view) > 1u ? path : 0u);
    if (pylm__is_kernel(view))
        walk = pylm__kernel_walk_nbytes(view);
    if (pylm__n_below(view))
        walk = (pylm__n_below(view) + 1u) * walk + sizeof(struct pylm__odds);
    most = most > score ? most : score;
    return walk > most ? walk : most;
}

/* ---- the walk ---- */

/* A walk goes through the tree with the model that was asked and those below it, each in a working memory of its own. A
 * kernel has none below. */
struct walk {
    const struct pylm__model *model;
    struct pylm__work *work;
    size_t frame_nbytes;
};

static size_t frame_nbytes(const struct pylm__model *model)
{
    return pylm__is_kernel(model) ? pylm__kernel_frame_nbytes(model) : pylm__frame_nbytes(model->n_templates);
}

/* The working memory of the model that lies i below. */
PYLM__INLINE struct pylm__work *nth_work(const struct walk *walk, uint32_t i)
{
    return (struct pylm__work *)(void *)((uint8_t *)(void *)walk->work + i * pylm__walk_nbytes(walk->model));
}

PYLM__INLINE struct pylm__frame *frame_at(const struct walk *walk, struct pylm__work *work, uint32_t level)
{
    return (struct pylm__frame *)(void *)((uint8_t *)(void *)(work + 1) + level * walk->frame_nbytes);
}

/* All at the root. */
static void begin(const struct walk *walk, const struct pylm__state *state)
{
    uint32_t i, n_below = pylm__n_below(walk->model);
    struct pylm__odds *odds = n_below ? (struct pylm__odds *)(void *)nth_work(walk, n_below + 1u) : NULL;
    if (pylm__is_kernel(walk->model)) {
        pylm__kernel_root(walk->model, state, walk->work);
        return;
    }
    if (odds)
        odds->at = 0;
    for (i = 0; i <= n_below; i++) {
        const struct pylm__model *model = pylm__nth_below(walk->model, i);
        struct pylm__work *work = nth_work(walk, i);
        if (i)
            pylm__work_first_tree(model, work);
        pylm__extended_stack(&work->mixer.extended, odds, i > 0);
        (void)pylm__root(model, state, work);
    }
}

/* What a node hands to its children, left and right: of its mass and of its probability. */
struct parted {
    struct pylm__node node;
    uint64_t masses[2];
    struct pylm__small p[2];
};

/* Each model needs what the one below says. */
PYLM__INLINE void split(const struct walk *walk, uint32_t level, struct parted *parted)
{
    struct pylm__frame *frame = frame_at(walk, walk->work, level);
    uint32_t i, right = 0;
    parted->node = pylm__tree_node(&walk->work->mixer.tree, frame->node, frame->lo, frame->hi);
    if (pylm__is_kernel(walk->model)) {
        pylm__kernel_split(walk->model, walk->work, frame, parted->node, parted->masses, parted->p);
        return;
    }
    for (i = pylm__n_below(walk->model) + 1u; i-- > 0;) {
        struct pylm__work *work = nth_work(walk, i);
        struct pylm__slices *slices;
        frame = frame_at(walk, work, level);
        slices = pylm__frame_slices(work, frame);
        right = pylm__node_right(&work->mixer, &parted->node, &frame->active, slices);
    }
    parted->masses[1] = pylm__mass_times(frame->chance.mass, right);
    parted->masses[0] = frame->chance.mass - parted->masses[1];
    parted->p[0] = parted->p[1] = frame->chance.p;
    pylm__small_scale(&parted->p[0], 65536u - right);
    pylm__small_scale(&parted->p[1], right);
}

/* Copies the frames of a level to the next one. */
static void go_down(const struct walk *walk, uint32_t level)
{
    uint32_t i;
    for (i = 0; i <= pylm__n_below(walk->model); i++) {
        struct pylm__work *work = nth_work(walk, i);
        memcpy(frame_at(walk, work, level + 1u), frame_at(walk, work, level), walk->frame_nbytes);
    }
}

/* Makes the frames of a level those of a child of their node. */
static void enter(const struct walk *walk, uint32_t level, const struct parted *parted, int side)
{
    uint32_t i, mid = parted->node.mid;
    for (i = 0; i <= pylm__n_below(walk->model); i++) {
        struct pylm__work *work = nth_work(walk, i);
        struct pylm__frame *frame = frame_at(walk, work, level);
        struct pylm__slices *slices;
        frame->chance.mass = parted->masses[side];
        frame->chance.p = parted->p[side];
        if (pylm__is_kernel(walk->model)) {
            pylm__kernel_narrow(walk->model, work, frame, mid, side);
        } else {
            slices = pylm__frame_slices(work, frame);
            pylm__node_narrow(&work->mixer, mid, side, &frame->active, slices);
            if (pylm__has_overlay(&work->mixer.extended))
                pylm__extended_descend(&work->mixer.extended, mid, side, &frame->active.recalls);
        }
        pylm__frame_enter(frame, mid, side);
    }
}

/* Depth first, the more probable child first: it goes on one level down while the other waits in the place of its
 * parent, if it is probable enough. A damaged tree that is deeper than its header says ends in its first leaf. */
void pylm__walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                uint64_t mass, struct pylm__visitor *visitor, pylm__visit *visit)
{
    const struct walk walk = {model, work, frame_nbytes(model)};
    const struct pylm__tree *tree = &work->mixer.tree;
    const uint32_t *wanted = visitor->wanted;
    struct pylm__frame *frame;
    struct parted parted;
    uint32_t level = 0, parent;
    int side, both;
    begin(&walk, state);
#if PYLM__HAVE_AVX2
    if (!pylm__is_kernel(model) && !pylm__n_below(model) && pylm__walk_avx2_can(work)) {
        pylm__walk_avx2(work, mass, visitor, visit);
        return;
    }
#endif
    pylm__frame(work, 0)->chance.mass = mass;
    for (;;) {
        frame = frame_at(&walk, work, level);
        if (frame->chance.mass < visitor->min_mass || frame->hi - frame->lo <= 1u ||
            PYLM__DAMAGED(level == tree->depth)) {
            if (frame->chance.mass >= visitor->min_mass)
                visit(visitor, frame->lo, &frame->chance);
            if (!level--)
                return;
            continue;
        }
        split(&walk, level, &parted);
        side = parted.masses[1] > parted.masses[0];
        both = 1;
        if (wanted && !pylm__has_bit(wanted, frame->lo, parted.node.mid))
            side = 1, both = 0;
        else if (wanted && !pylm__has_bit(wanted, parted.node.mid, frame->hi))
            side = both = 0;
        if (both && parted.masses[!side] >= visitor->min_mass) {
            parent = level++;
            go_down(&walk, parent);
            enter(&walk, parent, &parted, !side);
        }
        enter(&walk, level, &parted, side);
    }
}

#if PYLM_MODULE_TEXT
uint32_t pylm__walk_to(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                       uint64_t point)
{
    const struct walk walk = {model, work, frame_nbytes(model)};
    const struct pylm__tree *tree = &work->mixer.tree;
    struct pylm__frame *frame = frame_at(&walk, work, 0);
    struct parted parted;
    uint32_t t, level, symbol;
    int side;
    pylm__work_first_tree(model, work);
    for (t = 1; t < pylm__n_trees(model) && point >= (uint64_t)tree->share << 46; t++) {
        point -= (uint64_t)tree->share << 46;
        pylm__work_next_tree(model, work);
    }
    begin(&walk, state);
    frame->chance.mass = (uint64_t)tree->share << 46;
    for (level = 0; frame->hi - frame->lo > 1u && !PYLM__DAMAGED(level == tree->depth); level++) {
        split(&walk, 0, &parted);
        side = point >= parted.masses[0];
        if (side)
            point -= parted.masses[0];
        enter(&walk, 0, &parted, side);
    }
    symbol = pylm__tree_symbol(tree, frame->lo);
    return pylm__has_lexicon(model) ? pylm__lexicon_at(model, symbol, frame->chance.mass, point) : symbol;
}
#endif

struct sum {
    struct pylm__visitor visitor;
    const struct pylm__tree *tree;
    uint64_t *q62;
};

static void add_leaf(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance)
{
    struct sum *sum = (struct sum *)(void *)visitor;
    sum->q62[pylm__tree_symbol(sum->tree, leaf)] += chance->mass;
}

void pylm_distribution(const pylm_model *model, const pylm_state *state, void *memory, uint64_t *q62)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    struct sum sum = {{0, NULL}, NULL, NULL};
    uint32_t t, i;
    for (i = 0; i < pylm__n_symbols(view); i++)
        q62[i] = 0;
    sum.tree = &work->mixer.tree;
    sum.q62 = q62;
    pylm__work_first_tree(view, work);
    for (t = 0; t < pylm__n_trees(view); t++) {
        if (t)
            pylm__work_next_tree(view, work);
        pylm__walk(view, pylm__state_const(state), work, (uint64_t)sum.tree->share << 46, &sum.visitor, add_leaf);
    }
    if (pylm__has_lexicon(view))
        pylm__lexicon_spread(view, q62);
    pylm__leave_none_out(q62, pylm__n_all_symbols(view));
}
