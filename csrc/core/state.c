/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * state.c: a text is read symbol by symbol; a state that adapts learns from it.
 *
 * An overlay begins with a head:
 *
 *    0  8 bytes  magic
 *    8  u64      head checksum of the model's image: an overlay belongs to one model
 *   16  u64      length of the overlay
 *   24  u32      symbols read, as pylm_state_keep() found them; then recent symbols, words, letters
 *
 * Equal parts for the trees follow; see overlay.c.
 */
#include <string.h>

#include "predict.h"

#define MAGIC "\x93pylmov2"
#define HEAD_NBYTES 128u
enum {
    AT_MODEL = 8,
    AT_NBYTES = 16,
    AT_READ = 24,
    AT_RECENT = 28,
    AT_WORD = AT_RECENT + 4 * PYLM__MAX_LAG,
    AT_LETTERS = AT_WORD + 4 * PYLM__N_WORDS
};

void pylm_state_init(pylm_state *state)
{
    memset(state, 0, sizeof *state);
}

/* Counts the next symbol in one tree's part of the overlay. */
static void learn(const struct pylm__model *model, const struct pylm__tree *tree, const struct pylm__state *state,
                  uint32_t symbol, const struct pylm__overlay *overlay)
{
    uint64_t hashes[PYLM__MOST_TEMPLATES], keys[PYLM__MAX_KEYS];
    uint32_t leaf = pylm__tree_leaf(tree, symbol), number = 0, lo = 0, hi = model->n_symbols;
    struct pylm__plan plan;
    pylm__plan_read(tree, &plan);
    pylm__context_hashes(tree, state, hashes);
    pylm__overlay_keys(overlay, &plan, hashes, state, keys);
    while (hi - lo > 1u) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        int side = leaf >= node.mid;
        pylm__overlay_count(overlay, number, side);
        number += side ? node.mid - lo : 1u;
        *(side ? &lo : &hi) = node.mid;
    }
    pylm__overlay_learn(overlay, &plan, keys, leaf);
}

#if defined(__GNUC__)
__attribute__((noinline)) /* or scoring would have its frame, too */
#endif
static void learn_in_all_trees(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol)
{
    struct pylm__overlay overlay;
    struct pylm__tree tree;
    uint32_t t;
    for (t = 0; t < pylm__n_trees(model); t++) {
        pylm__tree_view(model, t ? &tree : NULL, &tree);
        if (pylm__final_overlay(model, &tree, t, state->overlay, state->overlay_nbytes, &overlay))
            learn(model, &tree, state, symbol, &overlay);
    }
}

void pylm__state_push(const struct pylm__model *model, struct pylm__state *state, uint32_t symbol)
{
    if (pylm__state_learns(state))
        learn_in_all_trees(model, state, symbol);
    pylm__state_read(state, model->tokenizer, symbol);
}

int pylm_state_push(const pylm_model *model, pylm_state *state, uint32_t symbol)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__state *s = pylm__state_view(state);
    if (symbol >= view->n_symbols)
        return PYLM_ERR_ARGUMENT;
    if (pylm__state_learns(s))
        pylm__learn_weights(view, s, symbol);
    pylm__state_push(view, s, symbol);
    return PYLM_OK;
}

int pylm_state_read(const pylm_model *model, pylm_state *state, uint32_t symbol)
{
    const struct pylm__model *view = pylm__model_view(model);
    if (symbol >= view->n_symbols)
        return PYLM_ERR_ARGUMENT;
    pylm__state_read(pylm__state_view(state), view->tokenizer, symbol);
    return PYLM_OK;
}

/* ---- overlays ---- */

static int can_adapt(const struct pylm__model *model)
{
    struct pylm__tree tree;
    uint32_t t;
    for (t = 0; t < pylm__n_trees(model); t++) {
        pylm__tree_view(model, t ? &tree : NULL, &tree);
        if (!tree.overlay_weights)
            return 0;
    }
    return PYLM_LEARNS;
}

static int has_room(const struct pylm__model *model, uint8_t *memory, uint64_t nbytes)
{
    struct pylm__overlay part;
    return nbytes > HEAD_NBYTES && nbytes <= SIZE_MAX &&
           pylm__overlay_part(memory + HEAD_NBYTES, nbytes - HEAD_NBYTES, pylm__n_trees(model), 0, model->n_symbols - 1u, 0,
                              &part);
}

/* An overlay's weights begin as the trees'. */
static void copy_weights(const struct pylm__model *model, uint8_t *memory, uint64_t nbytes)
{
    struct pylm__overlay part;
    struct pylm__plan plan;
    struct pylm__tree tree;
    uint32_t t;
    for (t = 0; t < pylm__n_trees(model); t++) {
        pylm__tree_view(model, t ? &tree : NULL, &tree);
        pylm__plan_read(&tree, &plan);
        if (pylm__final_overlay(model, &tree, t, memory, nbytes, &part) && part.weights)
            memcpy(part.weights, tree.overlay_weights, 2u * (size_t)pylm__n_overlay_weights(&tree, &plan));
    }
}

int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes)
{
    const struct pylm__model *view = pylm__model_view(model);
    uint8_t *p = overlay;
    if (!can_adapt(view))
        return PYLM_ERR_ARGUMENT;
    if (!has_room(view, p, nbytes))
        return PYLM_ERR_SPACE;
    memset(p, 0, (size_t)nbytes);
    memcpy(p, MAGIC, 8);
    pylm__store64(p + AT_MODEL, pylm__load64(view->image + PYLM__H_HEAD_CHECKSUM));
    pylm__store64(p + AT_NBYTES, nbytes);
    copy_weights(view, p + HEAD_NBYTES, nbytes - HEAD_NBYTES);
    return PYLM_OK;
}

int pylm_state_adapt(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__state *s = pylm__state_view(state);
    uint8_t *p = overlay;
    uint32_t i;
    if (nbytes < HEAD_NBYTES || memcmp(p, MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (pylm__load64(p + AT_MODEL) != pylm__load64(view->image + PYLM__H_HEAD_CHECKSUM) || !can_adapt(view))
        return PYLM_ERR_ARGUMENT;
    if (pylm__load64(p + AT_NBYTES) != nbytes || !has_room(view, p, nbytes))
        return PYLM_ERR_TRUNCATED;
    pylm_state_init(state);
    s->at = pylm__load32(p + AT_READ);
    for (i = 0; i < PYLM__MAX_LAG; i++) {
        uint32_t recent = pylm__load32(p + AT_RECENT + 4u * i);
        s->recent[i] = recent <= view->n_symbols ? recent : 0u;
    }
    for (i = 0; i < PYLM__N_WORDS; i++)
        s->word[i] = pylm__load32(p + AT_WORD + 4u * i);
    s->n_letters = pylm__load32(p + AT_LETTERS) % (PYLM__MAX_LETTERS + 1u);
    s->overlay = p + HEAD_NBYTES;
    s->overlay_nbytes = nbytes - HEAD_NBYTES;
    s->learns = 1;
    return PYLM_OK;
}

void pylm_state_learn(pylm_state *state, int learns)
{
    struct pylm__state *s = pylm__state_view(state);
    s->learns = s->overlay && learns;
}

void pylm_state_restart(pylm_state *state)
{
    struct pylm__state old = *pylm__state_const(state), *s = pylm__state_view(state);
    pylm_state_init(state);
    s->overlay = old.overlay;
    s->overlay_nbytes = old.overlay_nbytes;
    s->learns = old.learns;
}

void pylm_state_keep(const pylm_state *state)
{
    const struct pylm__state *s = pylm__state_const(state);
    uint8_t *p = s->overlay ? s->overlay - HEAD_NBYTES : NULL;
    uint32_t i;
    if (!p)
        return;
    pylm__store32(p + AT_READ, s->at);
    for (i = 0; i < PYLM__MAX_LAG; i++)
        pylm__store32(p + AT_RECENT + 4u * i, s->recent[i]);
    for (i = 0; i < PYLM__N_WORDS; i++)
        pylm__store32(p + AT_WORD + 4u * i, s->word[i]);
    pylm__store32(p + AT_LETTERS, s->n_letters);
}
