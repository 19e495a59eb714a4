/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout.h: what the counts say about text that they do not contain.
 *
 * Calibration and weights are learned from blocks of the training text. While a block is used, its own
 * counts are taken out: evidence is the difference of two ranks, one in the keys of the whole text, one
 * in the keys of the block, so nothing has to be counted twice.
 *
 * An event is one node on the path to one symbol of a block.
 */
#ifndef PYLM_TRAIN_HELDOUT_H
#define PYLM_TRAIN_HELDOUT_H

#include "../core/final.h"
#include "templates.h"

#define PYLM__MAX_BLOCKS 20u

struct pylm__heldout {
    uint32_t n_blocks;
    uint64_t begins[PYLM__MAX_BLOCKS], ends[PYLM__MAX_BLOCKS]; /* in symbols of the corpus */
    uint64_t n_symbols;    /* in all blocks */
    uint64_t n_events;
    uint64_t *first_event; /* of each symbol, in order; one more at the end */
    uint16_t *node_sets, *previous; /* of each event: its struct pylm__place */
    uint8_t *side;         /* of each event: where the symbol is, 1 is right */
    struct pylm__mean *means; /* of each event, over all templates whose evidence was looked up */
};

static inline struct pylm__place pylm__heldout_place(const struct pylm__heldout *heldout, uint64_t event)
{
    struct pylm__place place = {heldout->node_sets[event], heldout->previous[event]};
    return place;
}

/* Chooses blocks, evenly spread: all of a small text in 20 parts, a tenth or less of a large one.
 *   sparing   fewer: for a model of a given size, which looks at them many times */
int pylm__heldout_choose(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                         const struct pylm__symbol_tree *tree, int sparing);
void pylm__heldout_free(struct pylm__heldout *heldout);

/* Adds a path's parts to the means of its events. Several templates may do this at once: whole numbers add up
 * to the same in any order. */
void pylm__means_add(struct pylm__mean *means, const struct pylm__mean *parts, uint64_t n);

/* The evidence of one template at every event; also adds it to the means.
 *   sorted       the template's keys of the whole corpus, sorted
 *   of_blocks    the keys of the held-out symbols, in their order
 *   indices      out: a calibration index for every event */
int pylm__heldout_evidence(const struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                           const struct pylm__symbol_tree *tree, const uint64_t *sorted,
                           const uint64_t *of_blocks, uint32_t min_count, uint16_t *indices,
                           const pylm_task *task);

#endif
