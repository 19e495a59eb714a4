/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pair_counts.h: which symbols stand how often some way from which others: what a text is about at both places.
 */
#ifndef PYLM_TRAIN_PAIR_COUNTS_H
#define PYLM_TRAIN_PAIR_COUNTS_H

#include "train/text/corpus.h"

#define PYLM__TOPIC_PARTS 20u     /* parts of the text; a held-out block is one, or begins one */
#define PYLM__TOPIC_SECTIONS 40u  /* so many at most: a block and what is behind it are two */
#define PYLM__TOPIC_DISTANCES 13u /* between the symbols of a pair: from 2 to 60 */

extern const uint8_t pylm__topic_distances[PYLM__TOPIC_DISTANCES];

/* Which symbols make pairs. */
struct pylm__neighbourhood {
    const struct pylm__corpus *corpus;
    uint32_t n;                                 /* sections of the text */
    uint64_t bounds[PYLM__TOPIC_SECTIONS + 1u]; /* of the sections */
    uint8_t use[PYLM__TOPIC_SECTIONS];          /* by section: whether it counts */
    uint32_t distance; /* the only one; 0: those of topics, in both orders. Then frequent symbols count less: they say
                          little about a topic */
};

struct pylm__topic_pair {
    uint32_t symbol; /* the other one */
    float value;
};

/* The rows of a matrix. */
struct pylm__pair_rows {
    struct pylm__topic_pair **rows;   /* by symbol: its pairs */
    uint32_t *n_pairs;                /* by symbol: how many */
    struct pylm__topic_pair **blocks; /* the memory of the rows */
};

/* A matrix, row by row: of pairs with a symbol, whatever the order: then it is symmetric; or of pairs that a symbol
 * begins, and beside it column by column: of those that it ends. */
struct pylm__pair_counts {
    uint32_t n_symbols;
    uint32_t n_sides; /* 1: symmetric; 2: rows and columns */
    struct pylm__pair_rows sides[2];
};

/* Finds the pairs of all symbols, within documents and within sections that follow each other. The value is the square
 * root of their number, weighted by both symbols. Of a long text not all positions are looked at, so that no more than
 * some 250 MB are needed.
 *   weights   by symbol: 0 to 1; symbols of weight 0 have no pairs
 * Rows do not depend on n_threads. */
int pylm__pair_counts_find(struct pylm__pair_counts *counts, const struct pylm__neighbourhood *around,
                           const float *weights, uint32_t n_threads, const pylm_task *task);

/* Also after pylm__pair_counts_find() failed, and of zeros. */
void pylm__pair_counts_free(struct pylm__pair_counts *counts);

#endif
