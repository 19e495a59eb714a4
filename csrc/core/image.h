/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * image.h: where everything lies in a model image, and views of its parts.
 */
#ifndef PYLM_CORE_IMAGE_H
#define PYLM_CORE_IMAGE_H

#include "format.h"

#define PYLM__L_N 24u /* where a lexicon (lexicon.h) says how many words it has */

/* The parts of an open model that every call needs. Lives in pylm_model. */
struct pylm__model {
    const uint8_t *image;
    pylm__offset image_nbytes;
    uint32_t n_symbols;
    uint32_t tokenizer;
    uint32_t n_trees;                 /* whose predictions are averaged */
    uint32_t line_end, text_end;      /* PYLM_NONE: not there */
    uint16_t depth;                   /* largest of all trees */
    uint16_t n_templates;             /* largest of all trees, and of all models below */
    uint16_t adapts;                  /* whether all trees have what an overlay needs */
    uint16_t has_layout;              /* whether it or a model below has templates of layout.h */
    uint16_t n_banks;                 /* of a kernel, whose trees are banks of one; 0: the predictor is mix */
    uint16_t n_below;                 /* models that it lies on, one on the other */
    const struct pylm_kernel *kernel; /* the caller's settings; NULL: those of the image */
    const struct pylm__model *below;  /* the uppermost of those that it lies on; NULL: none */
    const uint8_t *words;             /* the caller's list of new words, which was checked; NULL: none */
    const uint8_t *lexicon;           /* the caller's words that are symbols, which were checked; NULL: none */
};

struct pylm__tree {
    const uint8_t *head;                 /* the tree's header */
    const uint8_t *parts[PYLM__N_PARTS]; /* what the header points to; NULL: not there */
    uint32_t share, n_templates, n_suffix, n_node_sets, n_previous, n_before, depth, n_symbols;
    int is_layer;
#if PYLM_MODULE_VOICE
    int has_voice;
#endif
    uint8_t symbol_bits, class_bits, coarse_bits, set_bits;
};

/* A device with models of bytes has no code for other symbols: 256, each its own leaf, without classes. */
static inline uint32_t pylm__n_symbols(const struct pylm__model *model)
{
    return PYLM_BYTES ? 256u : model->n_symbols;
}

static inline uint32_t pylm__n_leaves(const struct pylm__tree *tree)
{
    return PYLM_BYTES ? 256u : tree->n_symbols;
}

static inline int pylm__has_lexicon(const struct pylm__model *model)
{
    return PYLM_MODULE_LEXICON && model->lexicon;
}

/* The factor of its hashes, 8 bytes. */
static inline const uint8_t *pylm__factor(const struct pylm__model *model)
{
    return model->image + PYLM__H_FACTOR;
}

/* Symbols of the image and of the lexicon. */
static inline uint32_t pylm__n_all_symbols(const struct pylm__model *model)
{
    return pylm__n_symbols(model) + (pylm__has_lexicon(model) ? pylm__load32(model->lexicon + PYLM__L_N) : 0u);
}

static inline unsigned pylm__symbol_bits(const struct pylm__tree *tree)
{
    return PYLM_BYTES ? 8u : tree->symbol_bits;
}

static inline int pylm__has_classes(const struct pylm__tree *tree)
{
    return !PYLM_BYTES && tree->parts[PYLM__P_CLASSES];
}

/* A device with one tree has no code for several. */
static inline uint32_t pylm__n_trees(const struct pylm__model *model)
{
    return PYLM__MOST_TREES > 1u ? model->n_trees : 1u;
}

static inline int pylm__is_kernel(const struct pylm__model *model)
{
    return PYLM_MODULE_KERNEL && model->n_banks > 0u;
}

/* Nor has one without layers code for these. */
static inline uint32_t pylm__n_below(const struct pylm__model *model)
{
    return PYLM__MOST_LAYERS ? model->n_below : 0u;
}

/* The model that lies i below, i at most n_below. */
static inline const struct pylm__model *pylm__nth_below(const struct pylm__model *model, uint32_t i)
{
    for (; i; i--)
        model = model->below;
    return model;
}

/* The one that has the vocabulary and the symbol tree of all: the lowest. */
static inline const struct pylm__model *pylm__root_model(const struct pylm__model *model)
{
    return pylm__nth_below(model, pylm__n_below(model));
}

static inline const struct pylm__model *pylm__model_view(const pylm_model *model)
{
    return (const struct pylm__model *)(const void *)model;
}

static inline int pylm__has_layout(const struct pylm__model *model)
{
    return PYLM_MODULE_LAYOUT && model->has_layout;
}

/* Trees of the image. */
static inline uint32_t pylm__n_banks(const struct pylm__model *model)
{
    return pylm__is_kernel(model) ? model->n_banks : pylm__n_trees(model);
}

/* The tree behind `previous`, or the first for NULL. The caller knows how many there are. */
void pylm__tree_view(const struct pylm__model *model, const struct pylm__tree *previous, struct pylm__tree *tree);

/* Makes a view of the tree of a number. Returns 0 if the model does not have it. */
int pylm__tree_find(const struct pylm__model *model, uint32_t number, struct pylm__tree *tree);

static inline const uint8_t *pylm__template_head(const struct pylm__tree *tree, uint32_t k)
{
    return tree->head + PYLM__T_NBYTES + (size_t)k * PYLM__C_NBYTES;
}

/* Whether its tables have coded lists: all of them have, or none. */
static inline uint32_t pylm__has_coded_lists(const struct pylm__tree *tree)
{
    return PYLM_CODED || pylm__template_head(tree, 0)[PYLM__C_LIST_FORM] == PYLM__LIST_CODED;
}

static inline struct pylm__shape pylm__tree_shape(const struct pylm__tree *tree)
{
    struct pylm__shape shape;
    shape.n_suffix = tree->n_suffix;
    shape.n_templates = tree->n_templates;
    shape.n_node_sets = tree->n_node_sets;
    shape.n_previous = tree->n_previous;
    shape.n_before = tree->n_before;
    return shape;
}

static inline uint32_t pylm__tree_leaf(const struct pylm__tree *tree, uint32_t symbol)
{
    uint32_t leaf = symbol;
    if (!PYLM_BYTES && tree->parts[PYLM__P_RANKS])
        leaf = pylm__bits(tree->parts[PYLM__P_RANKS], (pylm__bit)symbol * tree->symbol_bits, tree->symbol_bits);
    return PYLM__DAMAGED(leaf >= pylm__n_leaves(tree)) ? 0u : leaf;
}

static inline uint32_t pylm__tree_symbol(const struct pylm__tree *tree, uint32_t leaf)
{
    uint32_t symbol = leaf;
    if (!PYLM_BYTES && tree->parts[PYLM__P_SYMBOLS])
        symbol = pylm__bits(tree->parts[PYLM__P_SYMBOLS], (pylm__bit)leaf * tree->symbol_bits, tree->symbol_bits);
    return PYLM__DAMAGED(symbol >= pylm__n_leaves(tree)) ? 0u : symbol;
}

/* An inner node and how it splits its leaves. */
struct pylm__node {
    uint32_t number, mid, set;
};

/* The inner node with this number, over the leaves [lo, hi) splits them; lo < mid < hi even in a
 * damaged image. Its left child is number + 1, its right child number + mid - lo: preorder. */
static inline struct pylm__node pylm__tree_node(const struct pylm__tree *tree, uint32_t number, uint32_t lo,
                                                uint32_t hi)
{
    unsigned leaf = pylm__symbol_bits(tree), width = leaf + tree->set_bits; /* 48 at most */
    struct pylm__pair fields = pylm__pair(tree->parts[PYLM__P_NODES], (pylm__bit)number * width, leaf, tree->set_bits);
    struct pylm__node node = {number, fields.first, fields.second};
    if (PYLM__DAMAGED(node.mid <= lo || node.mid >= hi))
        node.mid = lo + 1u;
    if (PYLM__DAMAGED(node.set >= tree->n_node_sets))
        node.set = 0;
    return node;
}

/* Whether the first stage has an input for what the text is about. */
static inline int pylm__has_topic(const struct pylm__tree *tree)
{
    return PYLM_MODULE_TOPIC && tree->parts[PYLM__P_TOPIC];
}

/* Whether it has one for the voice. */
static inline int pylm__has_voice(const struct pylm__tree *tree)
{
#if PYLM_MODULE_VOICE
    return tree->has_voice;
#else
    (void)tree;
    return 0;
#endif
}

/* Inputs of the first stage: the templates, a constant, the topic, the voice. */
static inline uint32_t pylm__n_stage1(const struct pylm__tree *tree)
{
    return tree->n_templates + 1u + (uint32_t)pylm__has_topic(tree) + (uint32_t)pylm__has_voice(tree);
}

/* Inputs of the second stage, without an overlay. */
static inline uint32_t pylm__n_plain(const struct pylm__tree *tree)
{
    return PYLM__MOST_LAYERS && tree->is_layer ? PYLM__N_STAGE2 + 1u : PYLM__N_STAGE2;
}

/* ---- what may be read: everything of an opened image ---- */

/* Whether `nbytes` from `position` lie inside the image, behind the head. */
PYLM__SHARED int pylm__lies_inside(const struct pylm__model *m, uint64_t position, uint64_t nbytes)
{
    uint64_t end = m->image_nbytes - PYLM__SLACK_NBYTES;
    return position >= PYLM__H_NBYTES && position <= end && nbytes <= end - position;
}

/* Whether n numbers of 16 bits do. n < 2^33. */
PYLM__SHARED int pylm__numbers_inside(const struct pylm__model *m, uint64_t position, uint64_t n)
{
    return (!PYLM_ALIGNED || !(position & 1u)) && pylm__lies_inside(m, position, 2u * n);
}

/* Whether n packed fields of `width` bits do. */
PYLM__SHARED int pylm__packed_inside(const struct pylm__model *m, uint64_t position, uint64_t n, unsigned width)
{
    return pylm__lies_inside(m, position, pylm__packed_nbytes(n, width));
}

#endif
