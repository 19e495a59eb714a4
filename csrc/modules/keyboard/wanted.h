/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * wanted.h: shared by the two searches for words: those of one symbol (suggest.c) and of several (spell.c).
 */
#ifndef PYLM_KEYBOARD_WANTED_H
#define PYLM_KEYBOARD_WANTED_H

#include "core/work.h"

struct pylm__request {
    const pylm_model *model;
    const pylm_state *state; /* has read the text before; does not learn */
    const uint8_t *prefix;   /* the typed part of the word */
    uint32_t prefix_nbytes;
    int spaced; /* whether a space stands before the prefix, which the state has not read */
    uint32_t k;
};

/* The caller's working memory, in parts. */
struct pylm__workspace {
    struct pylm__work *walk; /* pylm_work_nbytes() */
    struct pylm__work *path; /* for one symbol while a walk goes on */
    uint32_t *wanted;        /* a bit for every leaf */
    void *candidates;        /* words_nbytes() or pylm__spell_nbytes() */
};

/* Whether a text is a word that may be suggested. */
int pylm__is_word(const uint8_t *text, uint64_t nbytes);

/* Sets the bits of the present tree's leaves with wanted texts. Returns their number. */
typedef int (*pylm__is_wanted)(const void *user, const uint8_t *text, uint32_t nbytes);
uint32_t pylm__mark_wanted(const struct pylm__request *request, const struct pylm__workspace *workspace,
                           pylm__is_wanted is_wanted, const void *user);

static inline int pylm__is_set(const uint32_t *bits, uint32_t i)
{
    return bits[i >> 5] >> (i & 31u) & 1u;
}

/* The probability of a cost. */
struct pylm__small pylm__small_from_cost(uint32_t cost_q16);

#endif
