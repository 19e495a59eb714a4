/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * few_avx2.h: two nodes of few contexts in one vector, for a walk that goes down both sides. To be included behind
 * PYLM__AVX2_BEGIN.
 */
#ifndef PYLM_FAST_FEW_AVX2_H
#define PYLM_FAST_FEW_AVX2_H

#include "descend_avx2.h"
#include "lanes_mix_avx2.h"
#include "waiting.h"

#define NONE_THERE 32u /* in place of a template */

/* What was found of a context. */
struct found {
    uint32_t unit, n_mask, total_mask, total_at;
    uint32_t split_bits, row;
    const uint8_t *list;
};

/* What a node of few contexts hands down: four fields of four lanes, for each side. */
struct handed {
    uint32_t fields[2][4u * PYLM__FEW];
    uint32_t active[2];
};

/* The active ones of a set of templates, by lane. */
static inline uint32_t lanes_kept(const struct pylm__waiting *node, uint32_t templates)
{
    return _pext_u32(node->active & templates, node->kept);
}

static inline struct lanes_found found_both(const struct found *found, const struct pylm__waiting *a,
                                            const struct pylm__waiting *b, __m256i *row)
{
    struct lanes_found f;
    __m256i x[PYLM__FEW], y[PYLM__FEW], low[2], high[2];
    uint32_t t;
    for (t = 0; t < PYLM__FEW; t++) {
        const struct found *of_a = &found[a->of[t]], *of_b = &found[b->of[t]];
        x[t] = lanes_load_both(&of_a->unit, &of_b->unit);
        y[t] = lanes_both(_mm_loadl_epi64((const __m128i *)(const void *)&of_a->split_bits),
                          _mm_loadl_epi64((const __m128i *)(const void *)&of_b->split_bits));
    }
    low[0] = _mm256_unpacklo_epi32(x[0], x[1]);
    low[1] = _mm256_unpacklo_epi32(x[2], x[3]);
    high[0] = _mm256_unpackhi_epi32(x[0], x[1]);
    high[1] = _mm256_unpackhi_epi32(x[2], x[3]);
    f.unit = _mm256_unpacklo_epi64(low[0], low[1]);
    f.n_mask = _mm256_unpackhi_epi64(low[0], low[1]);
    f.total_mask = _mm256_unpacklo_epi64(high[0], high[1]);
    f.total_at = _mm256_unpackhi_epi64(high[0], high[1]);
    low[0] = _mm256_unpacklo_epi32(y[0], y[1]);
    low[1] = _mm256_unpacklo_epi32(y[2], y[3]);
    f.split_bits = _mm256_unpacklo_epi64(low[0], low[1]);
    *row = _mm256_unpackhi_epi64(low[0], low[1]);
    return f;
}

static inline void words_of(const struct found *found, const struct pylm__waiting *node, const uint8_t **word)
{
    uint32_t t;
    for (t = 0; t < PYLM__FEW; t++)
        word[t] = found[node->of[t]].list + (node->fields[3u * PYLM__FEW + t] >> 3);
}

static inline void put_few(const struct pylm__waiting *node, __m128i log_odds, int16_t *inputs)
{
    int64_t four = _mm_cvtsi128_si64(log_odds);
    uint32_t t;
    for (t = 0; t < PYLM__FEW; t++)
        inputs[node->of[t]] = (int16_t)(four >> 16u * t);
}

static inline void hand_both(struct handed *a, struct handed *b, int side, const struct lanes *l)
{
    uint32_t *of_a = a->fields[side], *of_b = b->fields[side];
    lanes_store_both(of_a, of_b, l->total);
    lanes_store_both(of_a + PYLM__FEW, of_b + PYLM__FEW, l->n);
    lanes_store_both(of_a + 2u * PYLM__FEW, of_b + 2u * PYLM__FEW, l->first);
    lanes_store_both(of_a + 3u * PYLM__FEW, of_b + 3u * PYLM__FEW, l->at);
}

/* What the contexts of a node become on both sides. */
PYLM__INLINE void hand_to_both_sides(const struct lanes_found *f, const struct lanes *l, const struct lanes_place *p,
                                     __m256i active, struct handed *a, struct handed *b, uint32_t *sides)
{
    __m256i parts = _mm256_and_si256(_mm256_andnot_si256(p->stays_left, p->begins_left), active);
    struct lanes child;
    child.total = p->total;
    child.n = p->n;
    child.first = l->first;
    child.at = _mm256_add_epi32(l->at, _mm256_and_si256(f->split_bits, parts));
    hand_both(a, b, 0, &child);
    child.total = _mm256_sub_epi32(l->total, p->total);
    child.n = _mm256_sub_epi32(l->n, p->n);
    child.first = lanes_choose(l->first, l->right, p->begins_left);
    child.at = _mm256_add_epi32(l->at, _mm256_and_si256(_mm256_mullo_epi32(l->n_left, f->split_bits), parts));
    hand_both(a, b, 1, &child);
    sides[0] = lanes_set(_mm256_and_si256(active, p->begins_left));
    sides[1] = lanes_set(_mm256_andnot_si256(_mm256_and_si256(p->begins_left, p->stays_left), active));
}

/* Where two nodes are, and what is gathered there. They may be the same. */
struct two {
    const struct pylm__waiting *a, *b;
    uint32_t i, j; /* their numbers in `at` */
    int16_t *inputs_a, *inputs_b;
    struct handed *handed_a, *handed_b;
};

static inline void gather_voices(const struct two *two, uint32_t speaks, const struct lanes *l,
                                 const struct lanes_place *p, struct lanes_paths *at)
{
    uint32_t speak = lanes_kept(two->a, speaks) | lanes_kept(two->b, speaks) << PYLM__FEW;
    const struct lanes_steps steps = lanes_steps(lanes_of(speak, 0), l, p);
    __m128i voice = lanes_say_lower(lanes_silence(), &steps);
    at->voice_left[two->i] = (uint32_t)_mm_extract_epi32(voice, 0);
    at->voice_right[two->i] = (uint32_t)_mm_extract_epi32(voice, 1);
    voice = lanes_say_upper(lanes_silence(), &steps);
    at->voice_left[two->j] = (uint32_t)_mm_extract_epi32(voice, 0);
    at->voice_right[two->j] = (uint32_t)_mm_extract_epi32(voice, 1);
}

/* What the contexts of two nodes say, and what these hand down. */
static void gather_two(const struct pylm__evidence *e, const struct found *found, const struct two *two,
                       struct lanes_paths *at)
{
    const struct pylm__waiting *a = two->a, *b = two->b;
    const uint32_t speaks = pylm__mask(pylm__n_voice(e));
    const uint8_t *word[PYLM__LANES];
    uint32_t sides[2], side;
    __m256i row, active = lanes_of(lanes_kept(a, UINT32_MAX) | lanes_kept(b, UINT32_MAX) << PYLM__FEW, 0);
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left, sums;
    const struct lanes_found f = found_both(found, a, b, &row);
    struct lanes_place p;
    struct lanes l;
    __m128i log_odds;
    l.total = lanes_load_both(a->fields, b->fields);
    l.n = lanes_load_both(a->fields + PYLM__FEW, b->fields + PYLM__FEW);
    l.first = lanes_load_both(a->fields + 2u * PYLM__FEW, b->fields + 2u * PYLM__FEW);
    l.at = lanes_load_both(a->fields + 3u * PYLM__FEW, b->fields + 3u * PYLM__FEW);
    words_of(found, a, word);
    words_of(found, b, word + PYLM__FEW);
    lanes_look(e, &f, &l, word);
    p = lanes_place(&l, lanes_both(_mm_set1_epi32((int)at->mid[two->i]), _mm_set1_epi32((int)at->mid[two->j])));
    log_odds = lanes_log_odds(e->calibration, row, lanes_index(&l, &p), active);
    put_few(a, log_odds, two->inputs_a);
    put_few(b, _mm_unpackhi_epi64(log_odds, log_odds), two->inputs_b);
    lanes_add(&f, &l, &p, active, &sum_left, &sum_all);
    sums = _mm256_hadd_epi32(sum_left, sum_all);
    sums = _mm256_hadd_epi32(sums, sums);
    at->left[two->i] = (uint32_t)_mm256_extract_epi32(sums, 0);
    at->all[two->i] = (uint32_t)_mm256_extract_epi32(sums, 1);
    at->left[two->j] = (uint32_t)_mm256_extract_epi32(sums, 4);
    at->all[two->j] = (uint32_t)_mm256_extract_epi32(sums, 5);
    if (speaks)
        gather_voices(two, speaks, &l, &p, at);
    hand_to_both_sides(&f, &l, &p, active, two->handed_a, two->handed_b, sides);
    for (side = 0; side < 2u; side++) {
        two->handed_a->active[side] = _pdep_u32(sides[side], a->kept);
        two->handed_b->active[side] = _pdep_u32(sides[side] >> PYLM__FEW, b->kept);
    }
}

#endif
