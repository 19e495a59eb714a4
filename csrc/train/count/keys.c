/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keys.c: see keys.h.
 */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#define SLICE 65536u /* symbols between two looks at the task */

/* The hash of the context that a state has. */
static uint64_t hash_of(const struct pylm__contexts *contexts, const struct pylm__state *state)
{
    return pylm__template_hash(contexts->templates, contexts->k, contexts->tree, state);
}

int pylm__keys_make(const struct pylm__contexts *contexts, uint64_t *keys, uint32_t base, uint64_t *base_keys,
                    const pylm_task *task)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    const struct pylm__symbol_tree *tree = contexts->tree;
    unsigned leaf_bits = pylm__key_leaf_bits(tree->n_symbols);
    int extends = base_keys && contexts->templates->of[contexts->k].base == base;
    pylm_state opaque;
    uint64_t d, p = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        struct pylm__state *state = pylm__state_view(&opaque);
        pylm__corpus_begin(corpus, &opaque);
        for (; p < corpus->document_ends[d]; pylm__corpus_passed(corpus, p++)) {
            uint32_t symbol = pylm__symbol(corpus, p), leaf = tree->leaf_of[symbol];
            uint64_t base_hash = base_keys ? pylm__template_hash(contexts->templates, base, tree, state) : 0u;
            uint64_t hash = extends ? pylm__template_extend(contexts->templates, contexts->k, tree, state, base_hash)
                                    : hash_of(contexts, state);
            if (p % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            keys[p] = hash >> leaf_bits << leaf_bits | leaf;
            if (base_keys)
                base_keys[p] = base_hash >> leaf_bits << leaf_bits | leaf;
            pylm__state_read(state, corpus->tokenizer, symbol, corpus->factor);
        }
    }
    return PYLM_OK;
}

int pylm__keys_next(const struct pylm__contexts *contexts, const struct pylm__heldout *heldout,
                    struct pylm__keys_cursor *c, uint64_t *keys, uint64_t *n, uint64_t *of_blocks,
                    const pylm_task *task)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    struct pylm__state *state = pylm__state_view(&c->state);
    unsigned leaf_bits = pylm__key_leaf_bits(contexts->tree->n_symbols);
    uint64_t made = 0, p = c->position;
    for (; made < *n && c->document < corpus->n_documents; c->document++) {
        uint64_t end = corpus->document_ends[c->document];
        if (p == pylm__corpus_document_begin(corpus, c->document))
            pylm__corpus_begin(corpus, &c->state);
        for (; p < end && made < *n; pylm__corpus_passed(corpus, p++)) {
            uint32_t symbol = pylm__symbol(corpus, p);
            uint64_t hash = hash_of(contexts, state) >> leaf_bits;
            if (p % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            if (c->block < heldout->n_blocks && p == heldout->ends[c->block]) {
                c->first += heldout->ends[c->block] - heldout->begins[c->block];
                c->block++;
            }
            keys[made] = hash << leaf_bits | contexts->tree->leaf_of[symbol];
            if (c->block < heldout->n_blocks && p >= heldout->begins[c->block])
                of_blocks[c->first + (p - heldout->begins[c->block])] = keys[made];
            made++;
            pylm__state_read(state, corpus->tokenizer, symbol, corpus->factor);
        }
        if (p < end)
            break;
    }
    c->position = p;
    *n = made;
    return PYLM_OK;
}

void pylm__keys_of_blocks(const struct pylm__heldout *heldout, const uint64_t *keys, uint64_t *of_blocks)
{
    uint32_t b;
    for (b = 0; b < heldout->n_blocks; b++) {
        uint64_t n = heldout->ends[b] - heldout->begins[b];
        memcpy(of_blocks, keys + heldout->begins[b], (size_t)n * sizeof *keys);
        of_blocks += n;
    }
}
