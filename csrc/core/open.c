/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * open.c: opening an image.
 */
#include "open.h"

#include <string.h>

#include "check.h"
#include "hash.h"

/* Compile-time check: an array of negative size if the structure does not fit its opaque twin. */
typedef char model_fits[sizeof(struct pylm__model) <= sizeof(pylm_model) ? 1 : -1];

static int has_magic(const uint8_t *image)
{
    return memcmp(image, PYLM__MAGIC, 8) == 0;
}

/* Whether the checksum at a position is that of what follows its 8 bytes up to `end`. */
static int has_checksum(const uint8_t *image, uint32_t position, pylm__offset end)
{
    return pylm__checksum(image + position + 8u, end - position - 8u) == pylm__load64(image + position);
}

/* Whether the tree header at `at` and its template headers lie within the head. */
static int fits_head(const uint8_t *image, uint32_t at, uint32_t head_nbytes)
{
    uint32_t n;
    if (at > head_nbytes || head_nbytes - at < PYLM__T_NBYTES)
        return 0;
    n = pylm__load32(image + at + PYLM__T_N_TEMPLATES);
    return n >= 1u && n <= PYLM__MAX_TEMPLATES && head_nbytes - at - PYLM__T_NBYTES >= n * PYLM__C_NBYTES;
}

/* Goes through the tree headers, which are to lie within the head. Notes the largest of what each says. Returns a
 * status. */
static int measure(struct pylm__model *m, uint32_t head_nbytes)
{
    struct pylm__tree tree;
    uint32_t t, k, shares = 0, at = PYLM__H_NBYTES;
    for (t = 0; t < m->n_trees; t++) {
        if (PYLM__DAMAGED(!fits_head(m->image, at, head_nbytes)))
            return PYLM_ERR_DAMAGED;
        pylm__tree_view(m, t ? &tree : NULL, &tree);
        if (PYLM__DAMAGED(tree.share < !(m->n_banks && t) || tree.share > 65536u || tree.depth > PYLM__MAX_DEPTH))
            return PYLM_ERR_DAMAGED;
        shares += tree.share;
        if (PYLM__DAMAGED(m->n_banks && shares != 65536u)) /* the first has all */
            return PYLM_ERR_DAMAGED;
        m->adapts = m->adapts && tree.parts[PYLM__P_OVERLAY_WEIGHTS];
        m->depth = tree.depth > m->depth ? (uint16_t)tree.depth : m->depth;
        m->n_templates = tree.n_templates > m->n_templates ? (uint16_t)tree.n_templates : m->n_templates;
        at += PYLM__T_NBYTES + tree.n_templates * (uint32_t)PYLM__C_NBYTES;
        for (k = 0; k < tree.n_templates; k++) {
            const uint8_t *head = pylm__template_head(&tree, k);
            int has_layout = head[PYLM__C_KIND] >= PYLM__KIND_ABOVE;
            if ((PYLM_CODED && head[PYLM__C_LIST_FORM] != PYLM__LIST_CODED) || (!PYLM_MODULE_LAYOUT && has_layout))
                return PYLM_ERR_LARGE;
            m->has_layout |= (uint16_t)(PYLM_MODULE_LAYOUT && has_layout);
        }
    }
    return PYLM__DAMAGED(shares != 65536u) ? PYLM_ERR_DAMAGED : PYLM_OK;
}

/* Those of two bytes, predictor and voice, that must be 0 in what this library is compiled for. */
#define NEEDED_ZERO ((PYLM_MODULE_KERNEL ? 0u : 0xffu) | (PYLM_MODULE_VOICE ? 0u : 0xff00u))

/* Whether the image needs more than this library is compiled for. */
static int is_large(const struct pylm__model *m)
{
    return m->n_trees > PYLM__MOST_TREES || m->n_templates > PYLM__MOST_TEMPLATES ||
           (!PYLM_MODULE_TOPIC && pylm__load_offset(m->image + PYLM__H_TOPIC)) ||
           (PYLM_BYTES && m->tokenizer != PYLM_TOKENIZER_BYTES);
}

/* Whether there is a layer where one is to be, and the model below is the one that it was made for. */
static int check_layer(const uint8_t *h, const struct pylm__model *below)
{
    if (h[PYLM__H_IS_LAYER] != (PYLM__MOST_LAYERS && below))
        return PYLM_ERR_LAYER;
    if (!PYLM__MOST_LAYERS || !below)
        return PYLM_OK;
    if (below->n_trees != 1u || below->n_banks ||
        pylm__load64(h + PYLM__H_BASE) != pylm__load64(below->image + PYLM__H_IMAGE_CHECKSUM))
        return PYLM_ERR_BASE;
    return pylm__n_below(below) + 1u > PYLM__MOST_LAYERS ? PYLM_ERR_LARGE : PYLM_OK;
}

/* Takes from the model below what a layer has of it. */
static void lay_on(struct pylm__model *m, const struct pylm__model *below)
{
    m->below = below;
    m->n_below = (uint16_t)(below->n_below + 1u);
    m->n_templates = below->n_templates;
    m->has_layout = below->has_layout;
}

int pylm__open(pylm_model *model, const pylm_model *below, const void *image, uint64_t image_nbytes)
{
    const uint8_t *h = image;
    struct pylm__model m;
    uint32_t head_nbytes;
    int status;
    if (PYLM_ALIGNED && ((uintptr_t)image & 1u))
        return PYLM_ERR_ARGUMENT;
    if (!PYLM__MOST_LAYERS && below)
        return PYLM_ERR_LARGE;
    if (image_nbytes < 8u || !has_magic(h))
        return PYLM_ERR_FOREIGN;
    if (image_nbytes < PYLM__H_NBYTES + PYLM__SLACK_NBYTES)
        return PYLM_ERR_TRUNCATED;
    if (pylm__load32(h + PYLM__H_VERSION) != PYLM_FORMAT_VERSION)
        return PYLM_ERR_VERSION;
    memset(&m, 0, sizeof m);
    m.image = h;
    if (PYLM__MOST_LAYERS && below)
        lay_on(&m, pylm__model_view(below));
    m.image_nbytes = pylm__load_offset(h + PYLM__H_IMAGE_NBYTES);
    m.n_symbols = pylm__load32(h + PYLM__H_N_SYMBOLS);
    m.tokenizer = pylm__load32(h + PYLM__H_TOKENIZER);
    m.n_trees = pylm__load32(h + PYLM__H_N_TREES);
    m.line_end = pylm__load32(h + PYLM__H_LINE_END);
    m.text_end = pylm__load32(h + PYLM__H_TEXT_END);
    m.adapts = 1;
    head_nbytes = pylm__load32(h + PYLM__H_HEAD_NBYTES);
    if (head_nbytes < PYLM__H_NBYTES || m.image_nbytes < head_nbytes ||
        m.image_nbytes - head_nbytes < PYLM__SLACK_NBYTES)
        return PYLM_ERR_DAMAGED;
    if (m.image_nbytes > PYLM__MOST_NBYTES)
        return PYLM_ERR_LARGE;
    if (image_nbytes < m.image_nbytes)
        return PYLM_ERR_TRUNCATED;
    if (!has_checksum(h, PYLM_TRUSTS ? PYLM__H_IMAGE_CHECKSUM : PYLM__H_HEAD_CHECKSUM,
                      PYLM_TRUSTS ? m.image_nbytes : head_nbytes))
        return PYLM_ERR_DAMAGED;
    status = check_layer(h, m.below);
    if (status != PYLM_OK)
        return status;
    if (PYLM__DAMAGED(!m.n_symbols || m.n_symbols > PYLM__MAX_SYMBOLS || !m.n_trees || m.n_trees > PYLM__MAX_TREES ||
                      h[PYLM__H_PREDICTOR] > PYLM_PREDICTOR_KERNEL))
        return PYLM_ERR_DAMAGED;
    if (pylm__load16(h + PYLM__H_PREDICTOR) & NEEDED_ZERO)
        return PYLM_ERR_LARGE;
    if (PYLM_MODULE_KERNEL && h[PYLM__H_PREDICTOR] == PYLM_PREDICTOR_KERNEL)
        m.n_banks = (uint16_t)m.n_trees;
    status = measure(&m, head_nbytes);
    if (status != PYLM_OK)
        return status;
    if (is_large(&m))
        return PYLM_ERR_LARGE;
    if (PYLM__DAMAGED(!pylm__check_parts(&m)))
        return PYLM_ERR_DAMAGED;
    if (m.n_banks)
        m.n_trees = 1;
    memcpy(model, &m, sizeof m);
    return PYLM_OK;
}

int pylm_model_open(pylm_model *model, const void *image, uint64_t image_nbytes)
{
    return pylm__open(model, NULL, image, image_nbytes);
}

int pylm_model_verify(const pylm_model *model)
{
    const struct pylm__model *m = pylm__model_view(model);
    return has_checksum(m->image, PYLM__H_IMAGE_CHECKSUM, m->image_nbytes) ? PYLM_OK : PYLM_ERR_DAMAGED;
}
