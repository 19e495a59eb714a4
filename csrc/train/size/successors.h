/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * successors.h: which successors of a context a small model keeps.
 *
 * A successor is kept if it shortens the text by more than it costs. The counts say what it saves: it followed c of the
 * n times that the context occurs. Without it, the context that this one extends predicts: there it followed b of m
 * times. So it saves (c - D) log2((c - D) / n * m / b) bits, where D is the discount of absolute discounting. The empty
 * context extends no other; without it, the tree predicts a leaf with the probability 2^-depth. A successor costs the
 * bits of its field, times a price: bits that have to be saved for each bit stored. The price is the only selection. It
 * has levels, from one that keeps everything to one that keeps nothing.
 *
 * The decision depends on the counts of one context and of the one that it extends. So it can be repeated for a
 * held-out block, without the block's own counts.
 */
#ifndef PYLM_TRAIN_SUCCESSORS_H
#define PYLM_TRAIN_SUCCESSORS_H

#include "train/count/key.h"
#include "train/count/pack.h"

/* Level 0 keeps everything; the price of level i is 2^(i / 2 - 6.5); the last level keeps nothing. */
#define PYLM__N_PRICES 48u
#define PYLM__PRICE_NOTHING (PYLM__N_PRICES - 1u)

/* A symbol that followed a context, and how often. */
struct pylm__follower {
    uint32_t leaf, n;
};

/* Those of a context, in the order of their leaves. Rare ones may be left out, which `total` counts, too. */
struct pylm__followers {
    const struct pylm__follower *of;
    uint32_t n, total;
};

/* The successors of one context. */
struct pylm__successors {
    unsigned leaf_bits; /* of keys */
    uint32_t n;
    uint32_t total; /* occurrences of all */
    uint32_t *leaves, *counts;
    double *gains; /* bits that each saves */
    double *worth; /* gains of those that are worth their bits at some level; for pylm__successors_rank() */
    struct pylm__ranked_successor *ranked;
};

/* The count is rounded to one that a code stands for. */
struct pylm__ranked_successor {
    uint32_t leaf;
    uint8_t code;
    uint8_t last_level; /* the highest at which it is worth its bits in a list */
    uint8_t is_best;    /* 1: no other saves more */
};

/* What a context keeps at every level: at those before list_end its successors with a last_level that is not lower; at
 * those from there to end the best one; from there on nothing. */
struct pylm__ranked {
    const struct pylm__ranked_successor *of;
    uint32_t n, list_end, end;
};

/* What that is at one level. */
struct pylm__kept {
    uint32_t n, max_code;
    uint32_t *leaves;
    uint32_t *sums; /* occurrences up to each, itself included */
};

/* What is to be saved at each level: by a successor in a list, for a record, and for the rest of a list. */
struct pylm__prices {
    double least[PYLM__N_PRICES], record[PYLM__N_PRICES], list[PYLM__N_PRICES];
};

int pylm__successors_new(struct pylm__successors *s, uint32_t n_symbols);
void pylm__successors_free(struct pylm__successors *s);
int pylm__kept_new(struct pylm__kept *kept, uint32_t n_symbols);
void pylm__kept_free(struct pylm__kept *kept);
void pylm__prices_find(struct pylm__prices *prices, unsigned symbol_bits);

/* What it takes to find the gains of a context. */
struct pylm__gain_input {
    const struct pylm__followers *all, *base;     /* its followers, and those of the context that it extends */
    const struct pylm__key_range *own, *base_own; /* those that are taken out: keys of either context, sorted */
    double discount, least;                       /* successors that save less than `least` may be left out */
};

/* Collects the successors of a context, and finds their gains. */
void pylm__successors_find(struct pylm__successors *s, const struct pylm__gain_input *in);

/* The same for the empty context, by the depths of the leaves. */
void pylm__successors_find_alone(struct pylm__successors *s, const struct pylm__followers *all,
                                 const struct pylm__key_range *own, const uint8_t *depths);

/* Finds what is kept at the levels from `lowest` on. Successors that are kept at none of them are left out. The result
 * holds until the next call. */
struct pylm__ranked pylm__successors_rank(struct pylm__successors *s, const struct pylm__prices *prices,
                                          uint32_t lowest);

/* Chooses what is kept at a level. */
void pylm__ranked_keep(const struct pylm__ranked *ranked, uint32_t level, struct pylm__kept *kept);

#endif
