/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lexicon.c: what is in a lexicon. See lexicon.h.
 *
 *    0  8 bytes  magic
 *    8  u64      head checksum of the model's image
 *   16  u64      checksum of all that follows
 *   24  u32      n: number of words
 *   28  u32      p: number of places where words stand
 *   32  u32      bytes of all texts
 *   36  u32      0
 *   40  words    n times: u32 symbol of the place; u32 part of its probability, in 2^-30, at least 1; u32 end of the
 *                word's text
 *       u32      n times: the numbers of the words, ascending by their texts
 *       u32      n times: the numbers of the words, ascending by their places and then by themselves
 *       places   p times, ascending by the symbol: u32 symbol; u32 where its words end in the list above; u32 part that
 *                stays with the symbol, at least 1
 *       texts
 */
#include "lexicon.h"

#include "fixed.h"
#include "lexicon_view.h"

#if PYLM_MODULE_LEXICON

static struct pylm__lexicon lexicon_of(const struct pylm__model *model)
{
    return pylm__lexicon_view(model->lexicon);
}

/* ---- words and places ---- */

struct pylm__place pylm__lexicon_place(const struct pylm__model *model, uint32_t symbol)
{
    const struct pylm__lexicon lexicon = lexicon_of(model);
    struct pylm__place found = {NULL, 0, PYLM__SHARE_ONE};
    uint32_t lo = 0, hi = lexicon.n_places, begin;
    const uint8_t *place;
    while (lo < hi) {
        uint32_t middle = lo + (hi - lo) / 2u;
        if (pylm__load32(pylm__lexicon_place_at(&lexicon, middle)) < symbol)
            lo = middle + 1u;
        else
            hi = middle;
    }
    if (lo == lexicon.n_places || pylm__load32(pylm__lexicon_place_at(&lexicon, lo)) != symbol)
        return found;
    place = pylm__lexicon_place_at(&lexicon, lo);
    begin = lo ? pylm__load32(pylm__lexicon_place_at(&lexicon, lo - 1u) + 4) : 0u;
    found.words = lexicon.by_place + 4u * (size_t)begin;
    found.n = pylm__load32(place + 4) - begin;
    found.left = pylm__load32(place + 8);
    return found;
}

uint32_t pylm__lexicon_word(const struct pylm__model *model, const struct pylm__place *place, uint32_t i,
                            uint32_t *share)
{
    const struct pylm__lexicon lexicon = lexicon_of(model);
    uint32_t word = pylm__load32(place->words + 4u * (size_t)i);
    *share = pylm__load32(pylm__lexicon_word_at(&lexicon, word) + 4);
    return model->n_symbols + word;
}

const uint8_t *pylm__lexicon_text(const struct pylm__model *model, uint32_t word, uint32_t *nbytes)
{
    const struct pylm__lexicon lexicon = lexicon_of(model);
    return pylm__lexicon_text_of(&lexicon, word, nbytes);
}

uint32_t pylm__lexicon_find(const struct pylm__model *model, const uint8_t *text, uint64_t nbytes)
{
    const struct pylm__lexicon lexicon = lexicon_of(model);
    uint32_t lo = 0, hi = lexicon.n, word;
    int order;
    while (lo < hi) {
        uint32_t middle = lo + (hi - lo) / 2u;
        word = pylm__load32(lexicon.by_text + 4u * (size_t)middle);
        order = pylm__lexicon_compare(&lexicon, word, text, nbytes);
        if (!order)
            return model->n_symbols + word;
        if (order < 0)
            lo = middle + 1u;
        else
            hi = middle;
    }
    return PYLM_NONE;
}

uint32_t pylm__share_cost(uint32_t share)
{
    return (UINT32_C(30) << 16) - pylm__log2(share);
}

uint32_t pylm__lexicon_symbol(const struct pylm__model *m, uint32_t symbol, uint32_t *share)
{
    uint32_t part = PYLM__SHARE_ONE, place = symbol;
    if (m->lexicon && symbol >= m->n_symbols && symbol < pylm__n_all_symbols(m)) {
        const struct pylm__lexicon lexicon = lexicon_of(m);
        const uint8_t *word = pylm__lexicon_word_at(&lexicon, symbol - m->n_symbols);
        place = pylm__load32(word);
        part = pylm__load32(word + 4);
    } else if (symbol >= m->n_symbols) {
        return PYLM_NONE;
    } else if (m->lexicon) {
        part = pylm__lexicon_place(m, symbol).left;
    }
    if (share)
        *share = part;
    return place;
}

void pylm__lexicon_spread(const struct pylm__model *model, uint64_t *q62)
{
    const struct pylm__lexicon lexicon = lexicon_of(model);
    uint32_t i, place, word, symbol, end, at = 0, share;
    for (place = 0; place < lexicon.n_places; place++) {
        const uint8_t *p = pylm__lexicon_place_at(&lexicon, place);
        uint64_t mass, left;
        symbol = pylm__load32(p);
        end = pylm__load32(p + 4);
        mass = left = q62[symbol];
        for (i = at; i < end; i++) {
            word = pylm__load32(lexicon.by_place + 4u * (size_t)i);
            share = pylm__load32(pylm__lexicon_word_at(&lexicon, word) + 4);
            q62[model->n_symbols + word] = pylm__shared_mass(mass, share);
            left -= q62[model->n_symbols + word];
        }
        q62[symbol] = left;
        at = end;
    }
}

uint32_t pylm__lexicon_at(const struct pylm__model *model, uint32_t symbol, uint64_t mass, uint64_t point)
{
    struct pylm__place place = pylm__lexicon_place(model, symbol);
    uint32_t i, share, word;
    uint64_t part;
    for (i = 0; i < place.n; i++) {
        word = pylm__lexicon_word(model, &place, i, &share);
        part = pylm__shared_mass(mass, share);
        if (point < part)
            return word;
        point -= part;
    }
    return symbol;
}

#endif
