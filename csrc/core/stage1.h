/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stage1.h: from the evidence at a node to the probability of going right.
 *
 * First stage: the log-odds of a node are a weighted sum of the templates' calibrated log-odds and a constant. A
 * template without evidence adds nothing. The weight of an input is itself a sum of five, one from each family of
 * weight sets. In each family something else about the situation selects the set:
 *
 *   family 0   the longest suffix context with evidence, how much, and how many skip contexts have some
 *   family 1   the node: each upper node has a set of its own, lower nodes share one a depth
 *   family 2   how many contexts have evidence, and how large a share of their occurrences it is
 *   family 3   the class of the previous symbol; in bytes the symbol
 *   family 4   the coarse class of the symbol before that; in bytes the symbol
 *
 * What the text is about (topic.h) is one more input, behind the constant; then comes what all suffix contexts say
 * together (voice.h).
 *
 * The weight table holds the sets of families 0 to 4, each with a number for every input. The last two families select
 * the same sets at all nodes on the way to a symbol, so their rows are added once. The second stage is stage2.h.
 */
#ifndef PYLM_CORE_STAGE1_H
#define PYLM_CORE_STAGE1_H

#include "context.h"
#include "modules/adapt/extended.h"
#include "stage2.h"
#include "words.h"

/* What still counts at a node, besides slices. */
struct pylm__active {
    struct pylm__sets sets;              /* of templates */
    struct pylm__active_recalls recalls; /* of the overlay */
};

/* One tree, ready for the next symbol. */
struct pylm__mixer {
    struct pylm__tree tree;
    struct pylm__extended extended;
    struct pylm__evidence evidence;                 /* what was found for the contexts */
    const uint8_t *families[PYLM__FAMILY_PREVIOUS]; /* where the weights of the first three begin */
    uint8_t before[2u * PYLM__DOT_MAX]; /* the sum of the rows of the last two families; at an even address */
    uint32_t row_nbytes;
    uint32_t suffixes; /* suffix templates, a bit each */
    uint32_t skips;    /* those with PYLM__ROLE_SKIP */
    int avx2;          /* for this symbol, the processor's vectors are used */
#if PYLM_MODULE_TOPIC
    struct pylm__reading reading; /* what the text is about, for a tree with vectors */
#endif
};

/* Prepares the mixer for the next symbol of a state whose evidence is there. */
void pylm__mixer_begin(const struct pylm__model *model, struct pylm__mixer *mixer, const struct pylm__state *state);

/* What a node's situation chooses, before anything is gathered there. */
struct pylm__selection {
    uint32_t suffix_set;
    uint32_t active;   /* contexts with evidence, a bit each */
    uint32_t n_active; /* how many */
};

static inline struct pylm__selection pylm__select(const struct pylm__mixer *mixer, uint32_t active,
                                                  struct pylm__slices *slices)
{
    struct pylm__selection selection;
    uint32_t suffixes = active & mixer->suffixes, skips = active & mixer->skips, suffix = 0, hits = 0;
    if (suffixes) {
        suffix = pylm__ilog2(suffixes);
        hits = pylm__evidence_level(PYLM__AT(slices, suffix, total));
    }
    skips = (uint32_t)(skips > 0u) + ((skips & (skips - 1u)) > 0u); /* more than two count as two */
    selection.suffix_set = pylm__suffix_set(suffix, hits, skips);
    selection.active = active;
    selection.n_active = pylm__count_bits(active);
    return selection;
}

/* Where a node's rows of weights are: one of each of the first three families, and the sum of the others. */
static inline void pylm__node_rows(const struct pylm__mixer *mixer, const struct pylm__node *node,
                                   const struct pylm__selection *selection, uint32_t confidence, const uint8_t **rows)
{
    uint32_t confidence_set = pylm__confidence_set(confidence, selection->n_active, mixer->tree.n_templates);
    rows[0] = mixer->families[0] + (size_t)selection->suffix_set * mixer->row_nbytes;
    rows[1] = mixer->families[1] + (size_t)node->set * mixer->row_nbytes;
    rows[2] = mixer->families[2] + (size_t)confidence_set * mixer->row_nbytes;
    rows[3] = mixer->before;
}

/* Fetches what pylm__node_topic() will read. */
static inline void pylm__node_topic_fetch(const struct pylm__mixer *mixer, const struct pylm__node *node)
{
#if PYLM_MODULE_TOPIC
    if (mixer->reading.n) {
        const uint8_t *record = pylm__reading_record(&mixer->reading, node->number);
        uint32_t nbytes = pylm__topic_numbers_nbytes(mixer->reading.n, mixer->reading.is_short);
        PYLM__PREFETCH(record);
        PYLM__PREFETCH(record + nbytes / 2u);
        PYLM__PREFETCH(record + nbytes);
    }
#else
    (void)mixer;
    (void)node;
#endif
}

/* The log-odds, q10, of what the text is about, in a tree with vectors. */
static inline int16_t pylm__node_topic(const struct pylm__mixer *mixer, const struct pylm__node *node)
{
#if PYLM_MODULE_TOPIC
    const struct pylm__reading *reading = &mixer->reading;
    return (int16_t)pylm__topic_log_odds(pylm__reading_record(reading, node->number), reading);
#else
    (void)mixer;
    (void)node;
    return 0;
#endif
}

/* The log-odds, q10, of what all suffix contexts say together, in a tree that has a voice. */
static inline int16_t pylm__gathered_voice(const struct pylm__gathered *gathered)
{
#if PYLM_MODULE_VOICE
    return pylm__voice_log_odds(gathered->voice);
#else
    (void)gathered;
    return 0;
#endif
}

/* The probability, q16, of going right from a node, by what was gathered there.
 *   dot, topic   pylm__dot() and pylm__node_topic(), or what does the same in vectors */
typedef uint32_t pylm__dot_inputs(const uint8_t *const *rows, const int16_t *inputs, uint32_t n, uint32_t set);
typedef int16_t pylm__topic_at(const struct pylm__mixer *mixer, const struct pylm__node *node);
PYLM__INLINE uint32_t pylm__node_mix_by(const struct pylm__mixer *mixer, const struct pylm__node *node,
                                        const struct pylm__selection *selection, const struct pylm__gathered *gathered,
                                        const struct pylm__active_recalls *active, pylm__dot_inputs *dot,
                                        pylm__topic_at *topic)
{
    const struct pylm__tree *tree = &mixer->tree;
    struct pylm__mean mean = {gathered->left, gathered->all - gathered->left};
    const uint8_t *rows[PYLM__DOT_ROWS];
    uint32_t mixed, confidence = pylm__confidence(mean);
    pylm__node_rows(mixer, node, selection, confidence, rows);
    mixed = dot(rows, gathered->inputs, tree->n_templates + 1u, selection->active);
    if (pylm__has_topic(tree))
        mixed += pylm__dot_one(rows, topic(mixer, node), tree->n_templates + 1u);
    if (pylm__has_voice(tree))
        mixed += pylm__dot_one(rows, pylm__gathered_voice(gathered), pylm__n_stage1(tree) - 1u);
    if ((PYLM__SMALL && PYLM_MODULE_ADAPT) || !pylm__is_plain(&mixer->extended)) /* which can do both */
        return pylm__extended_right(&mixer->extended, tree, node, pylm__round_q13(mixed), mean, confidence, active);
    return pylm__stage2_right(tree, node->set, pylm__round_q13(mixed), mean, confidence);
}

/* The same in portable code. */
uint32_t pylm__node_mix(const struct pylm__mixer *mixer, const struct pylm__node *node,
                        const struct pylm__selection *selection, const struct pylm__gathered *gathered,
                        const struct pylm__active_recalls *active);

/* What the contexts say at a node. */
void pylm__node_gather(const struct pylm__mixer *mixer, uint32_t mid, const struct pylm__active *active,
                       struct pylm__slices *slices, struct pylm__gathered *gathered);

/* Selects, gathers and mixes: for a walk down both sides. */
uint32_t pylm__node_right(const struct pylm__mixer *mixer, const struct pylm__node *node,
                          const struct pylm__active *active, struct pylm__slices *slices);

/* Narrows the slices to one child of a node, after they were gathered there. Prefetches what that child will read.
 * pylm__extended_descend() does the same for what an overlay knows. */
void pylm__node_narrow(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__active *active,
                       struct pylm__slices *slices);

#endif
