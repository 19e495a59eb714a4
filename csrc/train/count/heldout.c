/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout.c: see heldout.h.
 */
#include "heldout.h"

#include <stdlib.h>
#include <string.h>

#define ENOUGH_BYTES 1000000u /* symbols held out; more gains little (docs/ablations.md) */
#define ENOUGH_WORDS 300000u
#define SPARING 3u /* for models of a given size, and layers */
#define MIN_BLOCKS 2u

static void choose_blocks(struct pylm__heldout *h, uint64_t n, uint64_t enough)
{
    uint64_t parts = n < PYLM__MAX_BLOCKS ? n : PYLM__MAX_BLOCKS, part, length;
    uint32_t i;
    length = n / parts < PYLM__MAX_BLOCK ? n / parts : PYLM__MAX_BLOCK;
    h->n_blocks = (uint32_t)((enough + length - 1u) / length < parts ? (enough + length - 1u) / length : parts);
    if (h->n_blocks < MIN_BLOCKS)
        h->n_blocks = parts < MIN_BLOCKS ? (uint32_t)parts : MIN_BLOCKS;
    for (i = 0; i < h->n_blocks; i++) {
        part = (2u * i + 1u) * parts / (2u * h->n_blocks);
        h->begins[i] = part * n / parts;
        h->ends[i] = (part + 1u) * n / parts;
        if (h->ends[i] - h->begins[i] > PYLM__MAX_BLOCK)
            h->ends[i] = h->begins[i] + PYLM__MAX_BLOCK;
        h->n_symbols += h->ends[i] - h->begins[i];
    }
}

/* Goes down to a leaf. If `h` is not NULL, writes the events from number `first` on. Returns how many there are. */
static uint64_t walk_path(const struct pylm__symbol_tree *tree, uint32_t leaf, struct pylm__fixed_sets before,
                          struct pylm__heldout *h, uint64_t first)
{
    uint32_t node = 0, lo = 0, hi = tree->n_symbols, mid;
    uint64_t n = 0;
    while (hi - lo > 1u) {
        mid = tree->mid[node];
        if (h) {
            h->node_sets[first + n] = (uint16_t)tree->set[node];
            h->previous[first + n] = (uint16_t)before.previous;
            h->before[first + n] = (uint16_t)before.before;
            h->side[first + n] = leaf >= mid;
        }
        n++;
        if (leaf >= mid) {
            node += mid - lo;
            lo = mid;
        } else {
            node++;
            hi = mid;
        }
    }
    return n;
}

/* The weight sets that the text before position p chooses, as pylm__context_previous() and _before() do. */
static struct pylm__fixed_sets fixed_sets_of(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                                             uint64_t p)
{
    struct pylm__fixed_sets fixed = {0, 0, 0};
    int starts = pylm__corpus_starts_document(corpus, p); /* behind a line end */
    uint32_t symbol = starts ? corpus->line_end : pylm__symbol(corpus, p - 1u);
    if (symbol == PYLM_NONE)
        return fixed;
    fixed.previous = 1u + (tree->n_classes ? tree->class_of[tree->leaf_of[symbol]] : symbol);
    if (starts)
        return fixed;
    symbol = pylm__corpus_starts_document(corpus, p - 1u) ? corpus->line_end : pylm__symbol(corpus, p - 2u);
    if (symbol != PYLM_NONE)
        fixed.before = 1u + (tree->n_classes ? tree->coarse_of[tree->leaf_of[symbol]] : symbol);
    return fixed;
}

int pylm__heldout_choose(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                         const struct pylm__symbol_tree *tree, int sparing)
{
    const struct pylm__fixed_sets nowhere = {0, 0, 0};
    uint64_t enough = corpus->tokenizer == PYLM_TOKENIZER_BYTES ? ENOUGH_BYTES : ENOUGH_WORDS, p, at = 0;
    uint32_t b;
    memset(heldout, 0, sizeof *heldout);
    heldout->keeps_own = corpus->keeps_own;
    if (tree->n_sets > UINT16_MAX || pylm__tree_previous_sets(tree) > UINT16_MAX ||
        pylm__tree_before_sets(tree) > UINT16_MAX)
        return PYLM_ERR_LARGE;
    choose_blocks(heldout, corpus->n, sparing ? enough / SPARING : enough);
    heldout->first_event = pylm__array_new(heldout->n_symbols + 1u, sizeof *heldout->first_event);
    if (!heldout->first_event)
        return PYLM_ERR_MEMORY;
    for (b = 0; b < heldout->n_blocks; b++)
        for (p = heldout->begins[b]; p < heldout->ends[b]; p++) {
            heldout->first_event[at++] = heldout->n_events;
            heldout->n_events += walk_path(tree, tree->leaf_of[pylm__symbol(corpus, p)], nowhere, NULL, 0);
        }
    heldout->first_event[at] = heldout->n_events;
    heldout->node_sets = pylm__array_new(heldout->n_events, sizeof *heldout->node_sets);
    heldout->previous = pylm__array_new(heldout->n_events, sizeof *heldout->previous);
    heldout->before = pylm__array_new(heldout->n_events, sizeof *heldout->before);
    heldout->side = pylm__array_new(heldout->n_events, sizeof *heldout->side);
    heldout->means = pylm__array_new(heldout->n_events, sizeof *heldout->means);
    heldout->locks = pylm__locks_new(PYLM__MAX_BLOCKS);
    if (!heldout->locks || !heldout->node_sets || !heldout->previous || !heldout->before || !heldout->side ||
        !heldout->means)
        return PYLM_ERR_MEMORY;
    for (b = 0, at = 0; b < heldout->n_blocks; b++)
        for (p = heldout->begins[b]; p < heldout->ends[b]; p++, at++)
            (void)walk_path(tree, tree->leaf_of[pylm__symbol(corpus, p)], fixed_sets_of(corpus, tree, p), heldout,
                            heldout->first_event[at]);
    return PYLM_OK;
}

void pylm__heldout_free(struct pylm__heldout *heldout)
{
    free(heldout->first_event);
    free(heldout->node_sets);
    free(heldout->previous);
    free(heldout->before);
    free(heldout->side);
    free(heldout->means);
    pylm__locks_free(heldout->locks);
    free(heldout->base_log_odds);
    free(heldout->topic_log_odds);
    memset(heldout, 0, sizeof *heldout);
}
