/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * predict.c: the probability of one symbol, and of all of them.
 *
 * With several trees a probability is the average of the trees', weighted by their shares.
 */
#include "predict.h"

#include <string.h>

static uint64_t first_work_nbytes(const struct pylm__model *model)
{
    return sizeof(struct pylm__work) + (model->depth + 1u) * pylm__frame_nbytes(model->n_templates);
}

uint64_t pylm_work_nbytes(const pylm_model *model)
{
    const struct pylm__model *view = pylm__model_view(model);
    uint64_t first = first_work_nbytes(view);
    return view->n_trees > 1u ? first + sizeof(struct pylm__work) + pylm__frame_nbytes(view->n_templates)
                              : first;
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

struct pylm__frame *pylm__root(const struct pylm__model *model, const struct pylm__state *state,
                               struct pylm__work *work)
{
    struct pylm__frame *root = pylm__frame(work, 0);
    uint32_t n;
    root->mass = UINT64_C(1) << 62;
    root->p = pylm__small_one();
    root->node = root->lo = 0;
    root->hi = model->n_symbols;
    n = pylm__evidence_find(model, &work->mixer.tree, state, work->hashes, work->looks, root->evidence);
    pylm__front_begin(root->evidence, n, &root->front);
    work->mixer.previous = pylm__context_previous(&work->mixer.tree, state);
    pylm__final_begin(&work->mixer.final, model, &work->mixer.tree, work->tree_number, state, work->hashes,
                      &root->front.alive);
    return root;
}

/* Makes a frame the one of a child. */
static void enter(struct pylm__frame *frame, uint32_t mid, int side)
{
    if (side) {
        frame->node += mid - frame->lo;
        frame->lo = mid;
    } else {
        frame->node++;
        frame->hi = mid;
    }
}

static struct pylm__small tree_probability(const struct pylm__model *model, const struct pylm__state *state,
                                           uint32_t symbol, struct pylm__work *work)
{
    struct pylm__frame *frame = pylm__root(model, state, work);
    struct pylm__small p = pylm__small_one();
    uint32_t leaf = pylm__tree_leaf(&work->mixer.tree, symbol), right;
    while (frame->hi - frame->lo > 1u) {
        struct pylm__node node = pylm__tree_node(&work->mixer.tree, frame->node, frame->lo, frame->hi);
        int side = leaf >= node.mid;
        right = pylm__node_follow(&work->mixer, node, side, &frame->front, frame->evidence);
        p = pylm__small_times(p, side ? right : 65536u - right);
        enter(frame, node.mid, side);
    }
    return p;
}

struct pylm__small pylm__probability(const struct pylm__model *model, const struct pylm__state *state,
                                     uint32_t symbol, struct pylm__work *work)
{
    struct pylm__small sum = {0, 0}, p;
    uint32_t t;
    pylm__work_first_tree(model, work);
    for (t = 0; t < model->n_trees; t++) {
        if (t)
            pylm__work_next_tree(model, work);
        p = pylm__small_times(tree_probability(model, state, symbol, work), work->mixer.tree.share);
        sum = t ? pylm__small_plus(sum, p) : p;
    }
    return sum;
}

int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
              uint32_t *cost_q16)
{
    const struct pylm__model *view = pylm__model_view(model);
    if (symbol >= view->n_symbols)
        return PYLM_ERR_ARGUMENT;
    *cost_q16 = pylm__small_cost(pylm__probability(view, pylm__state_const(state), symbol, work));
    return PYLM_OK;
}

int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
               uint32_t *costs_q16, uint64_t *total_q16)
{
    uint64_t i, total = 0;
    uint32_t cost;
    int status = PYLM_OK;
    for (i = 0; i < n && status == PYLM_OK; i++) {
        status = pylm_cost(model, state, symbols[i], work, &cost);
        if (status == PYLM_OK) {
            status = pylm_state_push(model, state, symbols[i]);
            total += cost;
            if (costs_q16)
                costs_q16[i] = cost;
        }
    }
    if (total_q16)
        *total_q16 = total;
    return status;
}

/* Copies what still counts. */
static void copy_frame(struct pylm__frame *to, const struct pylm__frame *from)
{
    uint32_t i;
    memcpy(to, from, sizeof *from);
    for (i = 0; i < from->front.n_active; i++) {
        to->evidence[i] = from->evidence[from->front.active[i]];
        to->front.active[i] = (uint8_t)i;
    }
}

/* Narrows a frame to one child of its node. */
static void descend(const struct pylm__mixer *mixer, struct pylm__frame *frame, uint32_t mid, int side)
{
    pylm__node_descend(mixer, mid, side, &frame->front, frame->evidence);
    enter(frame, mid, side);
}

/* Depth first, left before right: the left child goes on one level down, the right child waits in the
 * place of its parent. A damaged tree that is deeper than its header says ends in its first leaf. */
void pylm__walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                uint64_t mass, uint64_t least, pylm__visit visit, void *user)
{
    struct pylm__frame *frame = pylm__root(model, state, work), *left;
    const struct pylm__mixer *mixer = &work->mixer;
    struct pylm__node node;
    uint32_t level = 0, right;
    uint64_t right_mass;
    frame->mass = mass;
    for (;;) {
        frame = pylm__frame(work, level);
        if (frame->mass < least || frame->hi - frame->lo <= 1u || level == mixer->tree.depth) {
            if (frame->mass >= least)
                visit(user, frame->lo, frame);
            if (!level--)
                return;
            continue;
        }
        node = pylm__tree_node(&mixer->tree, frame->node, frame->lo, frame->hi);
        right = pylm__node_probability(mixer, node, &frame->front, frame->evidence);
        right_mass = pylm__mass_times(frame->mass, right);
        left = pylm__frame(work, level + 1u);
        copy_frame(left, frame);
        left->mass = frame->mass - right_mass;
        left->p = pylm__small_times(frame->p, 65536u - right);
        frame->mass = right_mass;
        frame->p = pylm__small_times(frame->p, right);
        descend(mixer, left, node.mid, 0);
        descend(mixer, frame, node.mid, 1);
        level++;
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
    uint32_t t, i;
    for (i = 0; i < view->n_symbols; i++)
        q62[i] = 0;
    sum.tree = &work->mixer.tree;
    sum.q62 = q62;
    pylm__work_first_tree(view, work);
    for (t = 0; t < view->n_trees; t++) {
        if (t)
            pylm__work_next_tree(view, work);
        pylm__walk(view, pylm__state_const(state), work, (uint64_t)sum.tree->share << 46, 0, add_leaf, &sum);
    }
}
