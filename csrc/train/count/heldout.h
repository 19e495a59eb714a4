/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout.h: blocks of the training text that calibration and weights are learned from.
 *
 * While a block is used, its own counts are taken out: evidence is the difference of two ranks, one in the keys of the
 * whole text and one in the keys of the block. So nothing has to be counted twice.
 *
 * An *event* is one node on the path to one symbol of a block. In a long text not every symbol of a block is used. The
 * others have no events, and are only read.
 */
#ifndef PYLM_TRAIN_HELDOUT_H
#define PYLM_TRAIN_HELDOUT_H

#include "core/stage2.h"
#include "situation.h"
#include "templates.h"
#include "train/base/common.h"

#define PYLM__MAX_BLOCKS 20u
#define PYLM__MAX_BLOCK 65536u /* symbols in one; keeps large corpora fast. Their numbers fit where a key has a leaf */
#define PYLM__TOPIC_STEP 8u    /* numbers of a topic vector that are kept or left out together */
#define PYLM__TOPIC_LEVELS (PYLM__MAX_TOPIC / PYLM__TOPIC_STEP)

struct pylm__heldout {
    uint32_t n_blocks;
    uint64_t begins[PYLM__MAX_BLOCKS], ends[PYLM__MAX_BLOCKS]; /* in symbols of the corpus */
    uint64_t n_symbols;                                        /* in all blocks */
    uint64_t n_used;                                           /* of these, evenly spread: they have events */
    uint64_t n_events;
    uint32_t keeps_own; /* by block, a bit each: its own counts are not taken out; the fit is for the text as it is */
    uint64_t *first_event; /* by held-out symbol; one more at the end */
    /* By event, once they are listed: */
    uint16_t *node_sets, *previous, *before; /* its struct pylm__fixed_sets */
    uint8_t *side;                           /* where the symbol is, 1 is right */
    struct pylm__mean *means;                /* over all templates whose evidence was looked up */
    /* By event: */
    int16_t *base_log_odds; /* layers: the log-odds of the base, q10; else NULL. See layer.h */
    /* What the topic's vectors say of it, q10, if so many steps of their numbers are kept, and one more. Of models
     * without a given size there is only the last, with all numbers. NULL: there are none. */
    int16_t *topic_levels[PYLM__TOPIC_LEVELS];
    const int16_t *topic_log_odds; /* the one that is used; NULL: none */
    int16_t *voice_log_odds;       /* what all suffix contexts say together, q10 (voices.h); NULL: nothing */
    /* By block: whoever adds to its means holds it. So several templates can be looked up at once, and the sum of whole
     * numbers is the same in any order. */
    struct pylm__locks *locks;
};

/* Whether held-out symbol number `at`, of all blocks, has events. */
static inline int pylm__is_used(const struct pylm__heldout *heldout, uint64_t at)
{
    return (at + 1u) * heldout->n_used / heldout->n_symbols > at * heldout->n_used / heldout->n_symbols;
}

/* The number of a block's first symbol among those of all blocks. */
static inline uint64_t pylm__heldout_first(const struct pylm__heldout *heldout, uint32_t block)
{
    uint64_t first = 0;
    while (block--)
        first += heldout->ends[block] - heldout->begins[block];
    return first;
}

static inline int pylm__keeps_own(const struct pylm__heldout *heldout, uint32_t block)
{
    return heldout->keeps_own >> block & 1u;
}

static inline struct pylm__fixed_sets pylm__heldout_fixed_sets(const struct pylm__heldout *heldout, uint64_t event)
{
    struct pylm__fixed_sets fixed = {heldout->node_sets[event], heldout->previous[event], heldout->before[event]};
    return fixed;
}

/* What held-out blocks are for. */
enum pylm__heldout_use {
    PYLM__HELDOUT_ONCE,  /* most models */
    PYLM__HELDOUT_OFTEN, /* models of a given size look at them many times: fewer symbols are used */
    PYLM__HELDOUT_QUICK  /* layers and kernels, which have to be made quickly: fewer blocks */
};

/* Chooses blocks, evenly spread: of a small text all of its 20 parts, of a large one a twentieth or less. In a long
 * text of words, pieces or ids there are more than would be enough, and n_used of their symbols are used. */
int pylm__heldout_choose(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                         const struct pylm__symbol_tree *tree, enum pylm__heldout_use use);
/* Lists the events of the blocks. Counting, and the fit, need them; a kernel and topics do not. The lists do not depend
 * on n_threads. */
int pylm__heldout_list(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                       const struct pylm__symbol_tree *tree, uint32_t n_threads);
void pylm__heldout_free(struct pylm__heldout *heldout);

#endif
