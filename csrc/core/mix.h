/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.h: from the evidence at a node to the probability of going right.
 *
 * First stage: the log-odds of a node are a weighted sum of the templates' calibrated log-odds and a
 * constant. A template without evidence adds nothing. The weight of an input is itself a sum of five, each
 * from a set that something else about the situation chooses:
 *
 *   family 0   the longest suffix context with evidence, how much, and how many skip contexts have some
 *   family 1   the node: each upper node has a set of its own, lower nodes share one a depth
 *   family 2   how many contexts have evidence, and how large a share of their occurrences it is
 *   family 3   the class of the previous symbol; in bytes the symbol
 *   family 4   the coarse class of the symbol before that; in bytes the symbol
 *
 * The weight table holds the sets of families 0 to 4, each of n_templates + 1 numbers. The last two families are the
 * same at all nodes on the way to a symbol, so they are added before. The second stage is final.h.
 */
#ifndef PYLM_CORE_MIX_H
#define PYLM_CORE_MIX_H

#include "final.h"
#include "narrow.h"

/* What still counts at a node, besides slices. */
struct pylm__front {
    struct pylm__sets sets;   /* of templates */
    struct pylm__alive alive; /* of the overlay */
};

/* One tree, ready for the next symbol. */
struct pylm__mixer {
    struct pylm__tree tree;
    struct pylm__final final;
    struct pylm__evidence evidence; /* what was found for the contexts */
    const uint8_t *families[PYLM__FAMILY_PREVIOUS]; /* where the weights begin of those that a node chooses from */
    uint8_t before[2u * PYLM__DOT_MAX]; /* the row of the others: the sum of what the text before chooses */
    uint32_t row_nbytes;
    uint32_t suffixes; /* suffix templates, a bit each */
    uint32_t skips;    /* those with PYLM__ROLE_SKIP */
    int avx2;          /* for this symbol */
};

/* Prepares the mixer for the next symbol of a state whose evidence is there. */
void pylm__mixer_begin(struct pylm__mixer *mixer, const struct pylm__state *state);

/* What is found at a node. */
struct pylm__finding {
    struct pylm__situation situation;
    struct pylm__gathered gathered;
};

/* The probability, q16, of going right from a node, in parts, so that several paths may take them in turn: reading what
 * narrowing has left to be read; what the contexts say; and mixing it. */
void pylm__node_look(const struct pylm__mixer *mixer, struct pylm__front *front, const struct pylm__slices *slices);
void pylm__node_gather(const struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__front *front,
                       const struct pylm__slices *slices, struct pylm__finding *finding);
uint32_t pylm__node_mix(const struct pylm__mixer *mixer, struct pylm__node node, struct pylm__finding *finding,
                        const struct pylm__alive *alive);

/* Narrows the slices to one child of a node, after pylm__node_gather() there; what that child will read is fetched, but
 * not waited for. Beside it pylm__final_descend() narrows what an overlay knows. */
void pylm__node_narrow(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__front *front,
                       const struct pylm__slices *slices);

/* Looks, gathers and narrows in one, where the way is known: portable, and the quicker way without AVX2. With it,
 * doing few contexts one by one was slower even so, for their branches. */
void pylm__node_descend(const struct pylm__mixer *mixer, struct pylm__node node, int side, struct pylm__front *front,
                        const struct pylm__slices *slices, struct pylm__finding *finding);

#endif
