/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lexicon.h: symbols that a lexicon adds to those of the image; see pylm_lexicon.h.
 *
 * Contexts, counts and the tree know only places. A symbol becomes its place where it comes in, and a place's
 * probability is shared out where it goes out.
 */
#ifndef PYLM_CORE_LEXICON_H
#define PYLM_CORE_LEXICON_H

#include "image.h"

#define PYLM__SHARE_ONE (UINT32_C(1) << 30)

/* The words that stand in the place of a symbol: those with the numbers words[0] to words[n - 1]. */
struct pylm__place {
    const uint8_t *words; /* u32 each */
    uint32_t n;
    uint32_t left; /* the part that stays with the symbol, in 2^-30 */
};

/* What stands in a symbol's place besides it. */
struct pylm__place pylm__lexicon_place(const struct pylm__model *model, uint32_t symbol);

/* The symbol of the i-th word there, and its part of the probability. */
uint32_t pylm__lexicon_word(const struct pylm__model *model, const struct pylm__place *place, uint32_t i,
                            uint32_t *share);

/* pylm_symbol_place() */
uint32_t pylm__lexicon_symbol(const struct pylm__model *model, uint32_t symbol, uint32_t *share);

static inline uint32_t pylm__place_of(const struct pylm__model *model, uint32_t symbol)
{
    return pylm__has_lexicon(model) ? pylm__lexicon_symbol(model, symbol, NULL) : symbol;
}

/* The text of a word of the lexicon, which has the number `word`. */
const uint8_t *pylm__lexicon_text(const struct pylm__model *model, uint32_t word, uint32_t *nbytes);

/* The symbol of the word with this text, or PYLM_NONE. */
uint32_t pylm__lexicon_find(const struct pylm__model *model, const uint8_t *text, uint64_t nbytes);

/* A part of a probability below 2^62, rounded down. */
static inline uint64_t pylm__shared_mass(uint64_t mass, uint32_t share)
{
    return ((mass >> 31) * share << 1) + ((mass & 0x7fffffffu) * share >> 30);
}

/* The cost of having a part, 1/65536 bit. */
uint32_t pylm__share_cost(uint32_t share);

/* Shares out the distribution of the image's symbols among all. */
void pylm__lexicon_spread(const struct pylm__model *model, uint64_t *q62);

/* The symbol at a point of a place's probability, as pylm__walk_to() has it.
 *   mass      the place's probability, q62; point < mass. */
uint32_t pylm__lexicon_at(const struct pylm__model *model, uint32_t symbol, uint64_t mass, uint64_t point);

#endif
