/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * symbol_tree.c: see symbol_tree.h.
 */
#include "symbol_tree.h"

#include <stdlib.h>
#include <string.h>

int pylm__symbol_tree_new(struct pylm__symbol_tree *tree, uint32_t n_symbols)
{
    memset(tree, 0, sizeof *tree);
    tree->n_symbols = n_symbols;
    tree->mid = pylm__array_new(n_symbols, sizeof *tree->mid);
    tree->set = pylm__array_new(n_symbols, sizeof *tree->set);
    tree->class_of = pylm__array_new(n_symbols, sizeof *tree->class_of);
    tree->coarse_of = pylm__array_new(n_symbols, sizeof *tree->coarse_of);
    tree->leaf_of = pylm__array_new(n_symbols, sizeof *tree->leaf_of);
    return tree->mid && tree->set && tree->class_of && tree->coarse_of && tree->leaf_of ? PYLM_OK : PYLM_ERR_MEMORY;
}

void pylm__symbol_tree_free(struct pylm__symbol_tree *tree)
{
    free(tree->mid);
    free(tree->set);
    free(tree->class_of);
    free(tree->coarse_of);
    free(tree->leaf_of);
    memset(tree, 0, sizeof *tree);
}
