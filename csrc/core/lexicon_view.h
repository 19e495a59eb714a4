/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lexicon_view.h: where everything lies in a lexicon; see lexicon.c.
 */
#ifndef PYLM_CORE_LEXICON_VIEW_H
#define PYLM_CORE_LEXICON_VIEW_H

#include <string.h>

#include "bits.h"

#define PYLM__L_MAGIC "\x93pylmlx1"
#define PYLM__L_NBYTES 40u
#define PYLM__L_WORD_NBYTES 12u
#define PYLM__L_PLACE_NBYTES 12u
enum { PYLM__L_MODEL = 8, PYLM__L_CHECKSUM = 16, PYLM__L_N_PLACES = 28, PYLM__L_TEXT_NBYTES = 32 };

struct pylm__lexicon {
    const uint8_t *words, *by_text, *by_place, *places, *texts;
    uint32_t n, n_places, text_nbytes;
};

/* The bytes of a lexicon: n and n_places at most PYLM_MOST_NEW_WORDS. */
static inline uint64_t pylm__lexicon_total(uint32_t n, uint32_t n_places, uint32_t text_nbytes)
{
    return PYLM__L_NBYTES + (uint64_t)n * (PYLM__L_WORD_NBYTES + 8u) + (uint64_t)n_places * PYLM__L_PLACE_NBYTES +
           text_nbytes;
}

static inline struct pylm__lexicon pylm__lexicon_view(const uint8_t *head)
{
    struct pylm__lexicon l;
    l.n = pylm__load32(head + PYLM__L_N);
    l.n_places = pylm__load32(head + PYLM__L_N_PLACES);
    l.text_nbytes = pylm__load32(head + PYLM__L_TEXT_NBYTES);
    l.words = head + PYLM__L_NBYTES;
    l.by_text = l.words + (size_t)l.n * PYLM__L_WORD_NBYTES;
    l.by_place = l.by_text + (size_t)l.n * 4u;
    l.places = l.by_place + (size_t)l.n * 4u;
    l.texts = l.places + (size_t)l.n_places * PYLM__L_PLACE_NBYTES;
    return l;
}

static inline const uint8_t *pylm__lexicon_word_at(const struct pylm__lexicon *l, uint32_t word)
{
    return l->words + (size_t)word * PYLM__L_WORD_NBYTES;
}

static inline const uint8_t *pylm__lexicon_place_at(const struct pylm__lexicon *l, uint32_t place)
{
    return l->places + (size_t)place * PYLM__L_PLACE_NBYTES;
}

/* Where the text of a word begins; that of word n is where all end. */
static inline uint32_t pylm__lexicon_text_begin(const struct pylm__lexicon *l, uint32_t word)
{
    return word ? pylm__load32(pylm__lexicon_word_at(l, word - 1u) + 8) : 0u;
}

static inline const uint8_t *pylm__lexicon_text_of(const struct pylm__lexicon *l, uint32_t word, uint32_t *nbytes)
{
    uint32_t begin = pylm__lexicon_text_begin(l, word);
    *nbytes = pylm__lexicon_text_begin(l, word + 1u) - begin;
    return l->texts + begin;
}

/* How the text of a word compares with another: by bytes, then by length. */
static inline int pylm__lexicon_compare(const struct pylm__lexicon *l, uint32_t word, const uint8_t *text,
                                        uint64_t nbytes)
{
    uint32_t own;
    const uint8_t *own_text = pylm__lexicon_text_of(l, word, &own);
    int order = memcmp(own_text, text, (size_t)(own < nbytes ? own : nbytes));
    return order ? order : (own > nbytes) - (own < nbytes);
}

#endif
