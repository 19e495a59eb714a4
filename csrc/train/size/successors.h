/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * successors.h: which successors of a context are worth their place in a small model.
 *
 * A successor is worth keeping if it shortens the text by more than it costs. What it saves is known from
 * the counts alone: (c - D) log2(((c - D) / n) / (b / m)) bits, where it followed c of the n times that the
 * context occurred and b of the m times that the context of the template's base did, which is what is left
 * without it; D discounts, as in absolute discounting, what c owes to chance. What is left without the empty
 * context is the tree, where a leaf has the probability 2^-depth. What it costs are the bits of its field, at
 * a price. The price is the one thing to choose: levels, from keeping everything to nothing.
 *
 * The decision sees the counts of one context and of its base only. So it can be made anew for a held-out
 * block, without the block's own counts.
 */
#ifndef PYLM_TRAIN_SUCCESSORS_H
#define PYLM_TRAIN_SUCCESSORS_H

#include "train/count/pack.h"

/* Levels: 0 keeps everything; the price of level i is 2^(i / 2 - 6.5) bits saved a bit stored; the last
 * keeps nothing. */
#define PYLM__N_PRICES 48u
#define PYLM__PRICE_NOTHING (PYLM__N_PRICES - 1u)

/* Part of a sorted array of keys. */
struct pylm__range {
    const uint64_t *keys;
    const uint32_t *sums; /* if all keys are different: how often those up to each occur; NULL: once each */
    uint64_t from, to;
};

/* The successors of one context. */
struct pylm__successors {
    uint32_t n;
    uint32_t total; /* occurrences of all */
    uint32_t *leaves, *counts;
    double *gains;  /* bits that each saves */
};

/* What is kept of them; counts are rounded to what codes stand for. */
struct pylm__kept {
    uint32_t n, max_code;
    uint32_t *leaves;
    uint32_t *sums; /* occurrences up to each, itself included */
};

int pylm__successors_new(struct pylm__successors *s, struct pylm__kept *kept, uint32_t n_symbols);
void pylm__successors_free(struct pylm__successors *s, struct pylm__kept *kept);

/* The keys of one context less `own` ones. */
void pylm__successors_collect(struct pylm__successors *s, const struct pylm__range *all,
                              const struct pylm__range *own);

/* Fills in the gains. `base` and `base_own` are the keys of the context's base. */
void pylm__successors_gains(struct pylm__successors *s, const struct pylm__range *base,
                            const struct pylm__range *base_own, double discount);

/* The same for the empty context, from the depth of each leaf. */
void pylm__successors_gains_alone(struct pylm__successors *s, const uint8_t *depths);

/* Thins a context out to a level. */
void pylm__thin(const struct pylm__successors *s, uint32_t level, unsigned symbol_bits, struct pylm__kept *kept);

#endif
