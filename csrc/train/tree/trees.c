/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trees.c: see trees.h.
 */
#include "trees.h"

#include <stdlib.h>
#include <string.h>

#include "byte_tree.h"
#include "class_tree.h"

/* The default number of classes of each tree: near the best one, but different, so that the trees differ. */
static const uint32_t default_classes[PYLM_MAX_TREES] = {200, 500, 128, 350, 90, 700, 160, 260};

static int number_symbols(struct pylm__symbol_tree *const *trees, uint32_t n, struct pylm__corpus *corpus)
{
    uint32_t t, s, *first = pylm__array_new(corpus->n_symbols, sizeof *first);
    uint32_t *moved = pylm__array_new(corpus->n_symbols, sizeof *moved);
    int status = PYLM_ERR_MEMORY;
    if (first && moved) {
        memcpy(first, corpus->ids ? corpus->ids : trees[0]->leaf_of, corpus->n_symbols * sizeof *first);
        for (t = 0; t < n; t++) {
            uint32_t *leaf_of = trees[t]->leaf_of;
            for (s = 0; s < corpus->n_symbols; s++)
                moved[first[s]] = leaf_of[s];
            memcpy(leaf_of, moved, corpus->n_symbols * sizeof *moved);
        }
        status = pylm__corpus_renumber(corpus, first);
    }
    free(first);
    free(moved);
    return status;
}

int pylm__trees_build(struct pylm__symbol_tree *const *trees, uint32_t n, struct pylm__corpus *corpus,
                      const pylm_train_options *options, pylm_task *task)
{
    uint32_t t;
    if (corpus->tokenizer == PYLM_TOKENIZER_BYTES)
        return pylm__tree_of_bytes(trees[0], corpus, task);
    for (t = 0; t < n; t++) {
        uint32_t n_classes = options->n_classes[t] ? options->n_classes[t] : default_classes[t];
        PYLM__TRY(pylm__tree_of_classes(trees[t], corpus, n_classes, options->n_threads, task));
    }
    return number_symbols(trees, n, corpus);
}
