/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keys.c: see keys.h.
 */
#include "keys.h"

#include <string.h>

void pylm__keys_make(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                     const struct pylm__templates *templates, uint32_t k, uint64_t *keys)
{
    pylm_state opaque;
    uint64_t d, p = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        struct pylm__state *state = pylm__state_view(&opaque);
        pylm_state_init(&opaque);
        for (; p < corpus->document_ends[d]; p++) {
            uint64_t hash = pylm__template_hash(templates, k, tree, state);
            keys[p] = hash >> (64u - PYLM__HASH_BITS) << PYLM__LEAF_BITS | tree->leaf_of[pylm__symbol(corpus, p)];
            pylm__state_read(state, corpus->tokenizer, pylm__symbol(corpus, p));
        }
    }
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
