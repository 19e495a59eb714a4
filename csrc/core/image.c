/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * image.c: see image.h.
 */
#include "image.h"

#include <string.h>

/* Where a part begins; NULL if it is absent, or outside in an image that is still to be refused. */
static const uint8_t *part(const struct pylm__model *model, const uint8_t *tree_head, uint32_t number)
{
    pylm__offset at = pylm__load_offset(tree_head + PYLM__T_PARTS + 8u * number);
    return at && at < model->image_nbytes ? model->image + (size_t)at : NULL;
}

void pylm__tree_view(const struct pylm__model *model, const struct pylm__tree *previous, struct pylm__tree *tree)
{
    const struct pylm__model *root = pylm__root_model(model);
    const uint8_t *t = previous ? pylm__template_head(previous, previous->n_templates) : model->image + PYLM__H_NBYTES;
    uint32_t i;
    tree->head = t;
    tree->share = pylm__load32(t + PYLM__T_SHARE);
    tree->n_templates = pylm__load32(t + PYLM__T_N_TEMPLATES);
    tree->n_suffix = pylm__load32(t + PYLM__T_N_SUFFIX);
    tree->is_layer = pylm__n_below(model) > 0u;
#if PYLM_MODULE_VOICE
    tree->has_voice = model->image[PYLM__H_VOICE] > 0u;
#endif
    for (i = 0; i < PYLM__N_PARTS; i++)
        tree->parts[i] = part(model, t, i);
    if (root != model) { /* which has a single tree */
        t = root->image + PYLM__H_NBYTES;
        for (i = 0; i < PYLM__N_PARTS; i++)
            if (i <= PYLM__P_CLASSES || i == PYLM__P_SYMBOLS)
                tree->parts[i] = part(root, t, i);
    }
    tree->n_node_sets = pylm__load32(t + PYLM__T_N_NODE_SETS);
    tree->n_previous = pylm__load32(t + PYLM__T_N_PREVIOUS);
    tree->n_before = pylm__load32(t + PYLM__T_N_BEFORE);
    tree->depth = pylm__load32(t + PYLM__T_DEPTH);
    tree->n_symbols = model->n_symbols;
    tree->symbol_bits = t[PYLM__T_SYMBOL_BITS];
    tree->class_bits = t[PYLM__T_CLASS_BITS];
    tree->coarse_bits = t[PYLM__T_COARSE_BITS];
    tree->set_bits = t[PYLM__T_SET_BITS];
}

int pylm__tree_find(const struct pylm__model *model, uint32_t number, struct pylm__tree *tree)
{
    uint32_t t;
    if (number >= model->n_trees)
        return 0;
    for (t = 0; t <= number; t++)
        pylm__tree_view(model, t ? tree : NULL, tree);
    return 1;
}

void pylm_model_info(const pylm_model *model, pylm_info *info)
{
    const struct pylm__model *m = pylm__model_view(model);
    struct pylm__tree tree;
    uint32_t t, k;
    memset(info, 0, sizeof *info);
    info->format_version = PYLM_FORMAT_VERSION;
    info->tokenizer = m->tokenizer;
    info->n_symbols = pylm__n_all_symbols(m);
    info->unknown = pylm__load32(m->image + PYLM__H_UNKNOWN);
    info->line_end = m->line_end;
    info->text_end = m->text_end;
    info->n_trees = m->n_trees;
    info->n_below = pylm__n_below(m);
    info->depth = m->depth;
    info->image_nbytes = m->image_nbytes;
    info->facts_offset = pylm__load64(m->image + PYLM__H_FACTS);
    info->facts_nbytes = pylm__load64(m->image + PYLM__H_FACTS_NBYTES);
    if (!info->n_below) { /* a layer has the tokenizer of its base */
        info->tokenizer_offset = pylm__load64(m->image + PYLM__H_TOKENIZER_FILE);
        info->tokenizer_nbytes = pylm__load64(m->image + PYLM__H_TOKENIZER_FILE_NBYTES);
        info->spelling_offset = pylm__load64(m->image + PYLM__H_SPELLING);
        info->spelling_nbytes = pylm__load64(m->image + PYLM__H_SPELLING_NBYTES);
    }
    info->predictor = pylm__is_kernel(m) ? PYLM_PREDICTOR_KERNEL : PYLM_PREDICTOR_MIX;
    for (t = 0; t < pylm__n_banks(m); t++) {
        pylm__tree_view(m, t ? &tree : NULL, &tree);
        info->n_templates += tree.n_templates;
        for (k = 0; k < tree.n_templates; k++)
            info->n_contexts += pylm__load32(pylm__template_head(&tree, k) + PYLM__C_N_RECORDS);
    }
}
