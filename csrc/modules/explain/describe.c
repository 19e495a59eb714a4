/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * describe.c: templates and classes, for people.
 */
#include "core/context.h"
#include "core/lexicon.h"
#include "pylm_explain.h"

#if PYLM_MODULE_EXPLAIN

/* Moves the tree on to the bank that has template `number`, counted over all banks. Returns the number of that bank's
 * first template. */
static uint32_t find_bank(const struct pylm__model *model, uint32_t number, struct pylm__tree *tree)
{
    uint32_t b, first = 0;
    for (b = 1; b < pylm__n_banks(model) && number - first >= tree->n_templates; b++) {
        first += tree->n_templates;
        pylm__tree_view(model, tree, tree);
    }
    return first;
}

int pylm_model_template(const pylm_model *model, uint32_t tree_number, uint32_t number, pylm_template *found)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__tree tree;
    const uint8_t *head;
    uint32_t first;
    if (!pylm__tree_find(view, tree_number, &tree))
        return PYLM_ERR_ARGUMENT;
    first = pylm__is_kernel(view) ? find_bank(view, number, &tree) : 0u;
    if (number - first >= tree.n_templates)
        return PYLM_ERR_ARGUMENT;
    head = pylm__template_head(&tree, number - first);
    found->base = head[PYLM__C_BASE] == PYLM__NO_BASE ? PYLM_NONE : first + head[PYLM__C_BASE];
    found->kind = head[PYLM__C_KIND];
    found->lag = head[PYLM__C_LAG];
    found->n_contexts = pylm__load32(head + PYLM__C_N_RECORDS);
    found->nbytes =
        pylm__packed_nbytes((UINT64_C(1) << head[PYLM__C_BUCKET_BITS]) + 1u, head[PYLM__C_INDEX_BITS]) +
        pylm__packed_nbytes(found->n_contexts, head[PYLM__C_CHECK_BITS] + 1u + (uint32_t)head[PYLM__C_PAYLOAD_BITS]) +
        pylm__load64(head + PYLM__C_LISTS_NBYTES);
    return PYLM_OK;
}

void pylm_state_layout(const pylm_state *state, pylm_layout *found)
{
    const pylm_layout none = {0, PYLM_NONE, 0, 0};
    *found = none;
#if PYLM_MODULE_LAYOUT
    {
        const struct pylm__state *s = pylm__state_const(state);
        const struct pylm__layout *layout = &s->read.bytes.layout;
        found->column = pylm__layout_place(layout, s->at) & PYLM__MAX_COLUMN;
        found->above = pylm__layout_above(layout, s->at) - 1u;
        found->n_words = pylm__layout_line(layout) >> 2u * PYLM__RUN_BITS;
        found->runs = pylm__layout_shape(layout, PYLM__MAX_RUNS);
    }
#else
    (void)state;
#endif
}

int pylm_symbol_class(const pylm_model *model, uint32_t tree_number, uint32_t symbol, uint32_t *class_ret,
                      uint32_t *coarse_ret)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__tree tree;
    pylm__bit bit;
    symbol = pylm__place_of(view, symbol);
    if (symbol >= view->n_symbols || !pylm__tree_find(view, tree_number, &tree))
        return PYLM_ERR_ARGUMENT;
    *class_ret = *coarse_ret = PYLM_NONE;
    if (tree.parts[PYLM__P_CLASSES]) {
        bit = (pylm__bit)pylm__tree_leaf(&tree, symbol) * ((uint32_t)tree.class_bits + tree.coarse_bits);
        *class_ret = pylm__bits(tree.parts[PYLM__P_CLASSES], bit, tree.class_bits);
        *coarse_ret = pylm__bits(tree.parts[PYLM__P_CLASSES], bit + tree.class_bits, tree.coarse_bits);
    }
    return PYLM_OK;
}

#endif
