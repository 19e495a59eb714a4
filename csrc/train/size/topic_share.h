/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_share.h: how many bytes of a model of a given size its topic vectors take: how many numbers of each are kept.
 *
 * The first numbers of a vector say most, and what they say is the same without the others. So there are levels, as of
 * templates: those of heldout->topic_levels.
 */
#ifndef PYLM_TRAIN_TOPIC_SHARE_H
#define PYLM_TRAIN_TOPIC_SHARE_H

#include "losses.h"
#include "offers.h"

struct pylm__topic_share {
    uint32_t n_symbols;
    uint32_t n_trees; /* each pays a part of the symbols' vectors */
    uint64_t room;    /* bytes that all trees have for vectors, beside the smallest image */
    int is_given;     /* n is given: the first tree has chosen */
    uint32_t n;       /* numbers of a symbol's vector; 0: there are no vectors */
};

/* Bytes of the vectors at a level, of one tree; of PYLM__PRICE_NOTHING none. */
uint64_t pylm__topic_share_nbytes(const struct pylm__topic_share *share, uint32_t level);

/* The most numbers of a symbol's vector that can be chosen, those that fit into two fifths of the bytes: vectors are
 * found for so many, and the fewer they are, the better is each. */
uint32_t pylm__topic_share_most(const struct pylm__topic_share *share);

/* Whether there can be vectors. */
int pylm__topic_share_is_possible(const struct pylm__topic_share *share);

/* Chooses a level: that of the trees before, or the highest at which vectors take a quarter of the bytes at most. */
uint32_t pylm__topic_share_begin(const struct pylm__topic_share *share, uint64_t max_nbytes);

/* Lets the held-out text know the topic as it is at a level. */
void pylm__topic_share_use(struct pylm__topic_share *share, struct pylm__heldout *heldout, uint32_t level);

/* Whether vectors are worth their bytes.
 *   without, with   bits of the held-out text beside the same contexts, and in the same bytes */
int pylm__topic_share_is_worth_it(const double *without, const double *with);

/* Makes the offers of all levels that can be chosen. */
int pylm__topic_share_offer(const struct pylm__topic_share *share, const struct pylm__losses *losses,
                            struct pylm__offers *offers, const pylm_task *task);

/* Leaves out the numbers that are too many, of the symbols' vectors and of a tree's. */
void pylm__topic_share_cut(const struct pylm__topic_share *share, struct pylm__topic_vectors *vectors,
                           struct pylm__node_vectors *nodes);

#endif
