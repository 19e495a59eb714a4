/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * predict.h: working memory, and the walk through the whole tree that distribution and search share.
 */
#ifndef PYLM_CORE_PREDICT_H
#define PYLM_CORE_PREDICT_H

#include "fixed.h"
#include "mix.h"

/* A subtree still to be visited. */
struct pylm__frame {
    uint64_t mass;        /* its probability, q62: children sum to their parent exactly */
    struct pylm__small p; /* the same, good for the smallest too */
    uint32_t node, lo, hi;
    struct pylm__front front;
    struct pylm__evidence evidence[]; /* as many as the tree has templates */
};

/* The caller's working memory begins with this; frames for every level of a tree follow. With several
 * trees a second one, with a single frame, lies behind: to ask one tree while walking through another. */
struct pylm__work {
    struct pylm__mixer mixer;
    uint32_t tree_number;
    uint64_t hashes[PYLM__MAX_TEMPLATES];
    struct pylm__lookup looks[PYLM__MAX_TEMPLATES];
};

static inline uint64_t pylm__frame_nbytes(uint32_t n_templates)
{
    return sizeof(struct pylm__frame) + (uint64_t)n_templates * sizeof(struct pylm__evidence);
}

static inline struct pylm__frame *pylm__frame(struct pylm__work *work, uint32_t level)
{
    uint8_t *frames = (uint8_t *)(void *)(work + 1);
    return (struct pylm__frame *)(void *)(frames +
                                          level * (size_t)pylm__frame_nbytes(work->mixer.tree.n_templates));
}

/* Makes a tree the one at work: the first, then the next ones. The caller knows how many there are. */
void pylm__work_first_tree(const struct pylm__model *model, struct pylm__work *work);
void pylm__work_next_tree(const struct pylm__model *model, struct pylm__work *work);

/* Looks up the evidence for the next symbol in the tree at work, into the first frame: the root. */
struct pylm__frame *pylm__root(const struct pylm__model *model, const struct pylm__state *state,
                               struct pylm__work *work);

/* Called for every leaf reached. */
typedef void (*pylm__visit)(void *user, uint32_t leaf, const struct pylm__frame *frame);

/* Visits the leaves of the tree at work whose probability is at least `least`, from left to right, starting
 * with `mass` at the root; least = 0 visits all. */
void pylm__walk(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work,
                uint64_t mass, uint64_t least, pylm__visit visit, void *user);

/* p times a fraction in q16. */
static inline uint64_t pylm__mass_times(uint64_t mass, uint32_t p_q16)
{
    return (mass >> 16) * p_q16 + ((mass & 0xffffu) * p_q16 >> 16);
}

/* The second working memory of a model with several trees. */
struct pylm__work *pylm__second_work(const struct pylm__model *model, struct pylm__work *work);

/* The probability of one symbol. */
struct pylm__small pylm__probability(const struct pylm__model *model, const struct pylm__state *state,
                                     uint32_t symbol, struct pylm__work *work);

#endif
