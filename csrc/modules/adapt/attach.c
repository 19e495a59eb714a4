/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * attach.c: makes overlays, and attaches states to them.
 *
 * An overlay begins with a head:
 *
 *    0  8 bytes  magic
 *    8  u64      head checksum of the model's image: an overlay belongs to one model
 *   16  u64      length of the overlay, bytes
 *   24  u32s     the state as pylm_state_keep() found it: number of symbols read, recent symbols, words, letters
 *
 *  128  u32s     what else the state found in the text, as many as the model needs: the sums of its topic (i32), or in
 *                bytes the last words and the layout
 *
 * Then every tree has a part of equal size; see overlay.c.
 */
#include "extended.h"

#include <string.h>

#include "pylm_adapt.h"

#if PYLM_MODULE_ADAPT

#define MAGIC "\x93pylmov4"
#define HEAD_NBYTES 128u
enum { AT_MODEL = 8, AT_NBYTES = 16, AT_READ = 24, AT_FOUND = 128 };
#define N_KEPT (1u + PYLM__MAX_LAG + PYLM__N_WORDS + 1u) /* numbers from AT_READ on: the first of a state */
typedef char kept_are_first[offsetof(struct pylm__state, learns) == N_KEPT * sizeof(uint32_t) ? 1 : -1];

static int can_learn(const struct pylm__model *model)
{
    return model->adapts;
}

static size_t head_nbytes(uint32_t n_read)
{
    return HEAD_NBYTES + (PYLM_MODULE_TOPIC || PYLM_MODULE_LAYOUT ? 4u * (size_t)n_read : 0u);
}

static size_t model_head_nbytes(const struct pylm__model *model)
{
    return head_nbytes(pylm__n_read(model));
}

static int has_room(const struct pylm__model *model, uint64_t nbytes)
{
    return nbytes >= model_head_nbytes(model) + (uint64_t)PYLM__MIN_PART_NBYTES * pylm__n_trees(model) &&
           nbytes <= SIZE_MAX;
}

/* An overlay's weights begin as copies of the trees'. */
static void copy_weights(const struct pylm__model *model, uint8_t *memory, size_t nbytes)
{
    struct pylm__overlay part;
    struct pylm__plan plan;
    struct pylm__tree tree;
    uint32_t t;
    for (t = 0; t < pylm__n_trees(model); t++) {
        pylm__tree_view(model, t ? &tree : NULL, &tree);
        if (pylm__overlay_of_tree(model, &tree, t, memory, nbytes, &plan, &part) && part.weights)
            memcpy(part.weights, tree.parts[PYLM__P_OVERLAY_WEIGHTS],
                   2u * (size_t)pylm__n_overlay_weights(&tree, &plan));
    }
}

int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes)
{
    const struct pylm__model *view = pylm__model_view(model);
    uint8_t *p = overlay;
    if (!can_learn(view))
        return PYLM_ERR_ARGUMENT;
    if (!has_room(view, nbytes))
        return PYLM_ERR_SPACE;
    memset(p, 0, (size_t)nbytes);
    memcpy(p, MAGIC, 8);
    pylm__store64(p + AT_MODEL, pylm__load64(view->image + PYLM__H_HEAD_CHECKSUM));
    pylm__store64(p + AT_NBYTES, nbytes);
    copy_weights(view, p + model_head_nbytes(view), (size_t)nbytes - model_head_nbytes(view));
    return PYLM_OK;
}

/* Takes from an overlay what a state found in the text. Whatever it holds, the sums of a topic become numbers that a
 * state can have; of bytes a state can have any. */
static void take_found(const struct pylm__model *model, struct pylm__state *state, const uint8_t *kept)
{
#if PYLM_MODULE_TOPIC || PYLM_MODULE_LAYOUT
    int bytes = PYLM_BYTES || model->tokenizer == PYLM_TOKENIZER_BYTES;
    uint32_t *found = (uint32_t *)(void *)&state->read, i;
    for (i = 0; i < state->n_read; i++) {
        uint32_t number = pylm__load32(kept + 4u * i);
        found[i] = bytes ? number : (uint32_t)pylm__clamp((int32_t)number, PYLM__TOPIC_MAX_SUM);
    }
#else
    (void)model;
    (void)state;
    (void)kept;
#endif
}

int pylm_state_attach(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__state *s = pylm__state_view(state);
    uint8_t *p = overlay;
    uint32_t kept[N_KEPT], i;
    if (nbytes < HEAD_NBYTES || memcmp(p, MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (pylm__load64(p + AT_MODEL) != pylm__load64(view->image + PYLM__H_HEAD_CHECKSUM) || !can_learn(view))
        return PYLM_ERR_ARGUMENT;
    if (pylm__load64(p + AT_NBYTES) != nbytes || !has_room(view, nbytes))
        return PYLM_ERR_TRUNCATED;
    pylm_state_init(model, state);
    for (i = 0; i < N_KEPT; i++)
        kept[i] = pylm__load32(p + AT_READ + 4u * i);
    if (kept[0]) /* else nothing has been kept: the start of a text */
        memcpy(s, kept, sizeof kept);
    for (i = 0; i < PYLM__MAX_LAG; i++)
        if (s->recent[i] > pylm__n_symbols(view))
            s->recent[i] = 0;
    s->n_letters %= PYLM__MAX_LETTERS + 1u;
    if (kept[0])
        take_found(view, s, p + AT_FOUND);
    s->overlay = p + model_head_nbytes(view);
    s->overlay_nbytes = (size_t)nbytes - model_head_nbytes(view);
    s->learns = 1;
    return PYLM_OK;
}

void pylm_state_set_learning(pylm_state *state, int on)
{
    struct pylm__state *s = pylm__state_view(state);
    s->learns = s->overlay && on;
}

void pylm_state_restart(const pylm_model *model, pylm_state *state)
{
    struct pylm__state old = *pylm__state_const(state), *s = pylm__state_view(state);
    pylm_state_init(model, state);
    s->overlay = old.overlay;
    s->overlay_nbytes = old.overlay_nbytes;
    s->learns = old.learns;
}

void pylm_state_keep(const pylm_state *state)
{
    const struct pylm__state *s = pylm__state_const(state);
    uint8_t *p = s->overlay ? s->overlay - head_nbytes(s->n_read) : NULL;
    uint32_t kept[N_KEPT], i;
    if (!p)
        return;
    memcpy(kept, s, sizeof kept);
    for (i = 0; i < N_KEPT; i++)
        pylm__store32(p + AT_READ + 4u * i, kept[i]);
#if PYLM_MODULE_TOPIC || PYLM_MODULE_LAYOUT
    for (i = 0; i < s->n_read; i++)
        pylm__store32(p + AT_FOUND + 4u * i, ((const uint32_t *)(const void *)&s->read)[i]);
#endif
}

#endif
