/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_share.c: see topic_share.h.
 */
#include "topic_share.h"

/* Of what vectors gain, so much is to be left when contexts have made room for them. Who learns while reading gains
 * half as much by vectors as others do, and four fifths by contexts, on held-out text: neither shall lose. */
#define LEFT 0.375
#define BEGIN_SHARE 4u /* of the bytes, to begin with: one in so many */

static uint32_t numbers_of(uint32_t level)
{
    return level == PYLM__PRICE_NOTHING ? 0u : (level + 1u) * PYLM__TOPIC_STEP;
}

uint64_t pylm__topic_share_nbytes(const struct pylm__topic_share *share, uint32_t level)
{
    uint32_t n = numbers_of(level);
    if (!n)
        return 0;
    return pylm__topics_nbytes(n, 1, share->n_symbols) / share->n_trees + 1u +
           pylm__node_topics_nbytes(n, 1, share->n_symbols);
}

uint32_t pylm__topic_share_most(const struct pylm__topic_share *share)
{
    uint32_t level = PYLM__TOPIC_LEVELS - 1u;
    if (share->is_given)
        return share->n;
    while (level && pylm__topic_share_nbytes(share, level) > share->room * 2u / 5u)
        level--;
    return numbers_of(level);
}

int pylm__topic_share_is_possible(const struct pylm__topic_share *share)
{
    return (!share->is_given || share->n) && pylm__topic_share_nbytes(share, 0) <= share->room;
}

uint32_t pylm__topic_share_begin(const struct pylm__topic_share *share, uint64_t max_nbytes)
{
    uint32_t level = PYLM__TOPIC_LEVELS - 1u;
    if (!pylm__topic_share_is_possible(share))
        return PYLM__PRICE_NOTHING;
    if (share->is_given)
        return share->n / PYLM__TOPIC_STEP - 1u;
    while (level && pylm__topic_share_nbytes(share, level) > max_nbytes / BEGIN_SHARE)
        level--;
    return level;
}

void pylm__topic_share_use(struct pylm__topic_share *share, struct pylm__heldout *heldout, uint32_t level)
{
    heldout->topic_log_odds = level == PYLM__PRICE_NOTHING ? NULL : heldout->topic_levels[level];
    share->n = numbers_of(level);
}

int pylm__topic_share_is_worth_it(const double *without, const double *with)
{
    return without[1] - with[1] > LEFT * (without[0] - with[0]);
}

int pylm__topic_share_offer(const struct pylm__topic_share *share, const struct pylm__losses *losses,
                            struct pylm__offers *offers, const pylm_task *task)
{
    struct pylm__offer *of = offers->of[PYLM__TOPIC_OFFERS];
    double more[PYLM__TOPIC_LEVELS];
    uint32_t level, n = 0;
    offers->n[PYLM__TOPIC_OFFERS] = 0;
    if (!share->n || share->is_given)
        return PYLM_OK;
    PYLM__TRY(pylm__losses_of_topics(losses, more, task));
    for (level = 0; numbers_of(level) <= pylm__topic_share_most(share); level++) {
        of[n].level = level;
        of[n].nbytes = pylm__topic_share_nbytes(share, level);
        of[n++].loss = more[level];
    }
    offers->n[PYLM__TOPIC_OFFERS] = n;
    return PYLM_OK;
}

void pylm__topic_share_cut(const struct pylm__topic_share *share, struct pylm__topic_vectors *vectors,
                           struct pylm__node_vectors *nodes)
{
    if (nodes->part && share->n) {
        pylm__node_vectors_cut(nodes, share->n_symbols - 1u, share->n, 1);
        pylm__topic_vectors_cut(vectors, share->n_symbols, share->n, 1);
    } else {
        pylm__node_vectors_free(nodes);
        pylm__topic_vectors_free(vectors);
    }
}
