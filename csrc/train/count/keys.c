/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * keys.c: see keys.h.
 */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#define SLICE 65536u        /* symbols between two looks at the task */
#define SAMPLE_EVERY 32768u /* symbols of the text, of which the first SAMPLE_LENGTH are sampled */
#define SAMPLE_LENGTH 2048u
#define SAMPLE_MARGIN 16u /* symbols at the start of a sample whose contexts are not complete */
#define SAMPLE_BITS 16u   /* of a hash: as far as ranges are told apart */
#define SAMPLE_TRUST 0.9  /* of the room that is planned for: a sample is not exact */

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
    int extends = base_keys && contexts->templates->of[contexts->k].base == base;
    pylm_state opaque;
    uint64_t d, p = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        struct pylm__state *state = pylm__state_view(&opaque);
        pylm__corpus_begin(corpus, &opaque);
        for (; p < corpus->document_ends[d]; p++) {
            uint32_t symbol = pylm__symbol(corpus, p), leaf = tree->leaf_of[symbol];
            uint64_t base_hash = base_keys ? pylm__template_hash(contexts->templates, base, tree, state) : 0u;
            uint64_t hash = extends ? pylm__template_extend(contexts->templates, contexts->k, tree, state, base_hash)
                                    : hash_of(contexts, state);
            if (p % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            keys[p] = hash >> (64u - PYLM__HASH_BITS) << PYLM__LEAF_BITS | leaf;
            if (base_keys)
                base_keys[p] = base_hash >> (64u - PYLM__HASH_BITS) << PYLM__LEAF_BITS | leaf;
            pylm__state_read(state, corpus->tokenizer, symbol);
        }
    }
    return PYLM_OK;
}

static int add_key(struct pylm__keys *keys, uint64_t key)
{
    if (keys->n == keys->capacity) {
        uint64_t capacity = keys->capacity + keys->capacity / 8u + 4096u;
        uint64_t *grown = pylm__array_grow(keys->keys, capacity, sizeof *grown);
        if (!grown)
            return PYLM_ERR_MEMORY;
        keys->keys = grown;
        keys->capacity = capacity;
    }
    keys->keys[keys->n++] = key;
    return PYLM_OK;
}

int pylm__keys_in(const struct pylm__contexts *contexts, struct pylm__hash_range range,
                  const struct pylm__heldout *heldout, struct pylm__keys *keys, uint64_t *of_blocks,
                  const pylm_task *task)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    const struct pylm__symbol_tree *tree = contexts->tree;
    pylm_state opaque;
    uint64_t d, p = 0, first = 0;
    uint32_t b = 0;
    keys->n = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        struct pylm__state *state = pylm__state_view(&opaque);
        pylm__corpus_begin(corpus, &opaque);
        for (; p < corpus->document_ends[d]; p++) {
            uint64_t hash = hash_of(contexts, state) >> (64u - PYLM__HASH_BITS), key;
            uint32_t symbol = pylm__symbol(corpus, p);
            if (p % SLICE == 0 && pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
            if (b < heldout->n_blocks && p == heldout->ends[b]) {
                first += heldout->ends[b] - heldout->begins[b];
                b++;
            }
            if (hash >= range.from && hash < range.to) {
                key = hash << PYLM__LEAF_BITS | tree->leaf_of[symbol];
                PYLM__TRY(add_key(keys, key));
                if (b < heldout->n_blocks && p >= heldout->begins[b])
                    of_blocks[first + (p - heldout->begins[b])] = key;
            }
            pylm__state_read(state, corpus->tokenizer, symbol);
        }
    }
    return PYLM_OK;
}

/* Counts the hashes in a sample, as if a document began at every stretch of it. Returns how many there are. */
static uint64_t sample_hashes(const struct pylm__contexts *contexts, uint32_t *counts)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    pylm_state opaque;
    struct pylm__state *state = pylm__state_view(&opaque);
    uint64_t p, n = 0;
    for (p = 0; p < corpus->n; p++) {
        if (p % SAMPLE_EVERY == 0)
            pylm__corpus_begin(corpus, &opaque);
        if (p % SAMPLE_EVERY >= SAMPLE_MARGIN) {
            counts[hash_of(contexts, state) >> (64u - SAMPLE_BITS)]++;
            n++;
        }
        pylm__state_read(state, corpus->tokenizer, pylm__symbol(corpus, p));
        if (p % SAMPLE_EVERY == SAMPLE_LENGTH - 1u)
            p += SAMPLE_EVERY - SAMPLE_LENGTH;
    }
    return n;
}

uint32_t pylm__keys_ranges(const struct pylm__contexts *contexts, uint64_t max_keys, struct pylm__hash_range *ranges,
                           uint32_t capacity)
{
    const struct pylm__corpus *corpus = contexts->corpus;
    static const uint64_t unit = (uint64_t)1 << (PYLM__HASH_BITS - SAMPLE_BITS);
    uint32_t *counts, i, n = 1;
    double here = 0, scale, enough = (double)max_keys * SAMPLE_TRUST;
    ranges[0].from = 0;
    ranges[0].to = PYLM__ALL_HASHES;
    if (corpus->n <= max_keys)
        return 1;
    counts = pylm__array_new((uint64_t)1 << SAMPLE_BITS, sizeof *counts);
    if (!counts)
        return 0;
    scale = (double)corpus->n / (double)(sample_hashes(contexts, counts) | 1u);
    for (i = 0; i < UINT32_C(1) << SAMPLE_BITS; i++) {
        if (here > 0 && here + counts[i] * scale > enough && n < capacity) {
            ranges[n - 1u].to = ranges[n].from = i * unit;
            ranges[n++].to = PYLM__ALL_HASHES;
            here = 0;
        }
        here += counts[i] * scale;
    }
    free(counts);
    return n;
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
