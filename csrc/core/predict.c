/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * predict.c: working memory, the walk through a whole tree, and the distribution.
 *
 * With several trees a probability is the average of the trees', weighted by their shares.
 */
#include <string.h>

#include "kernel.h"

static uint64_t first_work_nbytes(const struct pylm__model *model)
{
    return sizeof(struct pylm__work) + (model->depth + 1u) * pylm__frame_nbytes(model->n_templates);
}

uint64_t pylm_work_nbytes(const pylm_model *model)
{
    const struct pylm__model *view = pylm__model_view(model);
    uint64_t path = pylm__path_nbytes(view), score = PYLM__ABREAST * path, most = path + sizeof(struct pylm__lessons);
    uint64_t walk = first_work_nbytes(view) + (pylm__n_trees(view) > 1u ? path : 0u);
    if (pylm__is_kernel(view))
        walk = pylm__kernel_walk_nbytes(view);
    most = most > score ? most : score;
    return walk > most ? walk : most;
}

struct pylm__work *pylm__second_work(const struct pylm__model *model, struct pylm__work *work)
{
    return (struct pylm__work *)(void *)((uint8_t *)(void *)work + (size_t)first_work_nbytes(model));
}

void pylm__work_first_tree(const struct pylm__model *model, struct pylm__work *work)
{
    pylm__tree_view(model, NULL, &work->mixer.tree);
    work->tree_number = 0;
}

void pylm__work_next_tree(const struct pylm__model *model, struct pylm__work *work)
{
    pylm__tree_view(model, &work->mixer.tree, &work->mixer.tree);
    work->tree_number++;
}

void pylm__root_begin(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work)
{
    struct pylm__mixer *mixer = &work->mixer;
    struct pylm__frame *root = pylm__frame(work, 0);
    struct pylm__slices slices = pylm__frame_slices(work, root);
    root->mass = UINT64_C(1) << 62;
    root->p = pylm__small_one();
    root->node = root->lo = 0;
    root->hi = model->n_symbols;
    pylm__lookup_lists(model, &mixer->tree, &work->lookup, &mixer->evidence, &slices);
    root->front.sets.alive = work->lookup.found;
    root->front.sets.stale = work->lookup.found & ~mixer->evidence.coded;
    pylm__mixer_begin(mixer, state);
    pylm__final_begin(&mixer->final, model, &mixer->tree, work->tree_number, state, work->lookup.hashes,
                      &root->front.alive);
}

struct pylm__frame *pylm__root(const struct pylm__model *model, const struct pylm__state *state,
                               struct pylm__work *work)
{
    struct pylm__slices slices = pylm__frame_slices(work, pylm__frame(work, 0));
    pylm__lookup_index(model, &work->mixer.tree, state, &work->lookup);
    pylm__lookup_buckets(model, &work->mixer.tree, &work->lookup);
    pylm__lookup_records(model, &work->mixer.tree, &work->lookup, &work->mixer.evidence, &slices);
    pylm__root_begin(model, state, work);
    return pylm__frame(work, 0);
}

/* ---- the walk ---- */

/* Gets the first frame ready: the root. */
static void begin(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                  uint64_t mass)
{
    if (pylm__is_kernel(model))
        pylm__kernel_root(model, state, work);
    else
        (void)pylm__root(model, state, work);
    pylm__frame(work, 0)->mass = mass;
}

static size_t frame_nbytes(const struct pylm__model *model, const struct pylm__work *work)
{
    return (size_t)(pylm__is_kernel(model) ? pylm__kernel_frame_nbytes(model)
                                           : pylm__frame_nbytes(work->mixer.tree.n_templates));
}

/* What a node hands to its children: of its mass and of its probability. */
static void split(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                  struct pylm__node node, uint64_t *masses, struct pylm__small *p)
{
    struct pylm__slices slices;
    uint32_t right;
    if (pylm__is_kernel(model)) {
        pylm__kernel_split(model, work, frame, node, masses, p);
        return;
    }
    slices = pylm__frame_slices(work, frame);
    right = pylm__node_right(&work->mixer, node, &frame->front, &slices);
    masses[1] = pylm__mass_times(frame->mass, right);
    masses[0] = frame->mass - masses[1];
    p[0] = pylm__small_times(frame->p, 65536u - right);
    p[1] = pylm__small_times(frame->p, right);
}

/* Makes a frame the one of a child of its node. */
static void enter(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame, uint32_t mid,
                  int side, uint64_t mass, struct pylm__small p)
{
    struct pylm__slices slices;
    frame->mass = mass;
    frame->p = p;
    if (pylm__is_kernel(model)) {
        pylm__kernel_narrow(model, work, frame, mid, side);
    } else {
        slices = pylm__frame_slices(work, frame);
        pylm__node_narrow(&work->mixer, mid, side, &frame->front, &slices);
        if (pylm__final_adapts(&work->mixer.final))
            pylm__final_descend(&work->mixer.final, mid, side, &frame->front.alive);
    }
    pylm__frame_enter(frame, mid, side);
}

/* Whether one of the bits from lo to hi - 1 is set; lo < hi. */
static int has_bit(const uint32_t *bits, uint32_t lo, uint32_t hi)
{
    uint32_t i = lo >> 5, last = (hi - 1u) >> 5, found = bits[i] >> (lo & 31u) << (lo & 31u);
    for (; i < last && !found; found = bits[i])
        i++;
    return i < last || (found << (31u - ((hi - 1u) & 31u))) != 0;
}

static struct pylm__frame *frame_at(struct pylm__frame *frame, int levels, size_t nbytes)
{
    return (struct pylm__frame *)(void *)((uint8_t *)(void *)frame + levels * (ptrdiff_t)nbytes);
}

/* Depth first, the more probable child first: it goes on one level down while the other waits in the place of its
 * parent, if it is probable enough. A damaged tree that is deeper than its header says ends in its first leaf. */
void pylm__walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                uint64_t mass, const uint64_t *least, const uint32_t *wanted, pylm__visit visit, void *user)
{
    const struct pylm__tree *tree = &work->mixer.tree;
    size_t nbytes = frame_nbytes(model, work);
    struct pylm__frame *frame = pylm__frame(work, 0), *next;
    struct pylm__node node;
    struct pylm__small p[2];
    uint64_t masses[2];
    uint32_t level = 0;
    int side, both;
    begin(model, state, work, mass);
    for (;;) {
        if (frame->mass < *least || frame->hi - frame->lo <= 1u || level == tree->depth) {
            if (frame->mass >= *least)
                visit(user, frame->lo, frame);
            if (!level--)
                return;
            frame = frame_at(frame, -1, nbytes);
            continue;
        }
        node = pylm__tree_node(tree, frame->node, frame->lo, frame->hi);
        split(model, work, frame, node, masses, p);
        side = masses[1] > masses[0];
        both = 1;
        if (wanted && !has_bit(wanted, frame->lo, node.mid))
            side = 1, both = 0;
        else if (wanted && !has_bit(wanted, node.mid, frame->hi))
            side = both = 0;
        next = frame;
        if (both && masses[!side] >= *least) {
            level++;
            next = frame_at(frame, 1, nbytes);
            memcpy(next, frame, nbytes);
            enter(model, work, frame, node.mid, !side, masses[!side], p[!side]);
        }
        enter(model, work, next, node.mid, side, masses[side], p[side]);
        frame = next;
    }
}

struct sum {
    const struct pylm__tree *tree;
    uint64_t *q62;
};

static void add_leaf(void *user, uint32_t leaf, const struct pylm__frame *frame)
{
    struct sum *sum = user;
    sum->q62[pylm__tree_symbol(sum->tree, leaf)] += frame->mass;
}

void pylm_distribution(const pylm_model *model, const pylm_state *state, void *memory, uint64_t *q62)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    struct sum sum;
    uint64_t least = 0;
    uint32_t t, i;
    for (i = 0; i < view->n_symbols; i++)
        q62[i] = 0;
    sum.tree = &work->mixer.tree;
    sum.q62 = q62;
    pylm__work_first_tree(view, work);
    for (t = 0; t < pylm__n_trees(view); t++) {
        if (t)
            pylm__work_next_tree(view, work);
        pylm__walk(view, pylm__state_const(state), work, (uint64_t)sum.tree->share << 46, &least, NULL, add_leaf, &sum);
    }
}
