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

#include "core/stage2.h"
#include "templates.h"

#define PYLM__MAX_BLOCKS 20u

struct pylm__heldout {
    uint32_t n_blocks;
    uint64_t begins[PYLM__MAX_BLOCKS], ends[PYLM__MAX_BLOCKS]; /* in symbols of the corpus */
    uint64_t n_symbols;    /* in all blocks */
    uint64_t n_events;
    uint64_t *first_event; /* of each symbol, in order; one more at the end */
    uint16_t *node_sets, *previous, *before; /* of each event: its struct pylm__fixed_sets */
    uint8_t *side;         /* of each event: where the symbol is, 1 is right */
    int16_t *below;        /* of each event, for a layer: the base's log-odds, q10; else NULL. See base.h */
    struct pylm__mean *means; /* of each event, over all templates whose evidence was looked up */
};

static inline struct pylm__fixed_sets pylm__heldout_place(const struct pylm__heldout *heldout, uint64_t event)
{
    struct pylm__fixed_sets place = {heldout->node_sets[event], heldout->previous[event], heldout->before[event]};
    return place;
}

/* Chooses blocks, evenly spread: all of a small text in 20 parts, a tenth or less of a large one.
 *   sparing   fewer: for a model of a given size, which looks at them many times, and for layers, which are to be
 *             made quickly */
int pylm__heldout_choose(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                         const struct pylm__symbol_tree *tree, int sparing);
void pylm__heldout_free(struct pylm__heldout *heldout);

/* Adds a path's parts to the means of its events. Several templates may do this at once: whole numbers add up
 * to the same in any order. */
void pylm__means_add(struct pylm__mean *means, const struct pylm__mean *parts, uint64_t n);

/* Sorted keys of contexts, all that have one of their hashes. */
struct pylm__sorted_keys {
    const uint64_t *keys;
    const uint32_t *sums; /* if all keys are different: how often those up to each occur; NULL: once each */
    uint64_t n;
};

/* What the evidence of one template needs besides. */
struct pylm__evidence_work;
struct pylm__evidence_work *pylm__evidence_work_new(const struct pylm__symbol_tree *tree);
void pylm__evidence_work_free(struct pylm__evidence_work *work);

/* What one context has counted outside a block of which it is in. */
struct pylm__hits {
    uint32_t all;  /* occurrences */
    uint32_t hits; /* those that were followed by the symbol that followed in the block */
};

/* Where the evidence of a template goes: that at every event, or that at every held-out symbol. */
struct pylm__wanted {
    uint16_t *indices;       /* a calibration index for every event that has evidence; others stay as they are */
    struct pylm__hits *hits; /* or, for every held-out symbol; likewise */
};

/* The evidence of one template's contexts; of events it is also added to the means. May be done with all
 * contexts at once or with a part after the other.
 *   sorted       keys of the whole corpus
 *   of_blocks    keys of the held-out symbols, in their order
 *   from, to     which contexts: those with hashes in [from, to) */
int pylm__heldout_evidence(const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                           struct pylm__sorted_keys sorted, const uint64_t *of_blocks, uint64_t from, uint64_t to,
                           uint32_t min_count, struct pylm__wanted wanted, struct pylm__evidence_work *work,
                           const pylm_task *task);

#endif
