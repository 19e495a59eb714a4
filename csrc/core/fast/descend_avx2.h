/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * descend_avx2.h: a path goes down one node, with lanes_avx2.h. To be included behind PYLM__AVX2_BEGIN, as that is.
 */
#ifndef PYLM_FAST_DESCEND_AVX2_H
#define PYLM_FAST_DESCEND_AVX2_H

#include "follow.h"
#include "lanes_avx2.h"

/* pylm__descend_portable() for a path whose templates are in n_lanes lanes of vectors. Slices keep no more than what
 * lanes_slices() reads, and the path where their words lie: these are fetched, but not waited for. */
PYLM__INLINE void lanes_descend(struct pylm__path *path, uint32_t n_lanes)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    const __m256i right = lanes_all(0u - (uint32_t)path->side), mid = lanes_all(path->node.mid);
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left;
    __m128i voice = lanes_silence();
    uint32_t k, i, set = path->frame->active.sets.active, next = 0;
    for (k = 0; k < n_lanes; k += PYLM__LANES) {
        const struct lanes_found f = lanes_found(e, k);
        __m256i active = lanes_of(set, k);
        struct lanes l = lanes_slices(path->slices, k);
        struct lanes_place p;
        lanes_look(e, &f, &l, path->word + k);
        p = lanes_place(&l, mid);
        _mm_storeu_si128((__m128i *)(void *)(path->gathered.inputs + k),
                         lanes_inputs(e, k, lanes_index(&l, &p), active));
        lanes_add(&f, &l, &p, active, &sum_left, &sum_all);
        voice = lanes_voice(e, k, voice, active, &l, &p);
        next |= lanes_set(lanes_narrow(&f, &l, &p, active, right)) << k;
        lanes_keep(path->slices, k, &l);
        lanes_words(e->list + k, l.at, path->word + k);
        for (i = k; i < k + PYLM__LANES; i++)
            PYLM__PREFETCH(path->word[i]);
    }
    lanes_note_voice(&path->gathered, voice);
    lanes_sums(sum_left, sum_all, &path->gathered.left, &path->gathered.all);
    path->frame->active.sets.active = next;
}

/* ---- two paths in one vector, a half each: where four lanes are enough for all templates */

#define LANES_HALF (PYLM__LANES / 2u)

static inline __m256i lanes_both(__m128i a, __m128i b)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
}

static inline __m256i lanes_load_both(const void *a, const void *b)
{
    return lanes_both(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)b));
}

static inline void lanes_store_both(void *a, void *b, __m256i value)
{
    _mm_storeu_si128((__m128i *)a, _mm256_castsi256_si128(value));
    _mm_storeu_si128((__m128i *)b, _mm256_extracti128_si256(value, 1));
}

static inline struct lanes_found lanes_found_both(const struct pylm__evidence *a, const struct pylm__evidence *b)
{
    struct lanes_found f;
    f.unit = lanes_load_both(a->unit, b->unit);
    f.n_mask = lanes_load_both(a->n_mask, b->n_mask);
    f.total_mask = lanes_load_both(a->total_mask, b->total_mask);
    f.total_at = lanes_load_both(a->total_at, b->total_at);
    f.split_bits = lanes_load_both(a->split_bits, b->split_bits);
    return f;
}

static inline struct lanes lanes_slices_both(const struct pylm__slices *a, const struct pylm__slices *b)
{
    struct lanes l;
    l.total = lanes_load_both(a->total, b->total);
    l.n = lanes_load_both(a->n, b->n);
    l.first = lanes_load_both(a->first, b->first);
    l.at = lanes_load_both(a->at, b->at);
    return l;
}

static inline void lanes_keep_both(struct pylm__slices *a, struct pylm__slices *b, const struct lanes *l)
{
    lanes_store_both(a->total, b->total, l->total);
    lanes_store_both(a->n, b->n, l->n);
    lanes_store_both(a->first, b->first, l->first);
    lanes_store_both(a->at, b->at, l->at);
}

/* Notes the lists' words of a path, and fetches them. */
PYLM__INLINE void lanes_fetch_half(const struct pylm__path *path, __m128i at, const uint8_t **word)
{
    uint32_t i;
    lanes_words_half(path->work->mixer.evidence.list, at, word);
    for (i = 0; i < LANES_HALF; i++)
        PYLM__PREFETCH(word[i]);
}

/* Both may be the same path, if there is no other one. Where there are four templates, their inputs have the constant
 * behind these already. */
PYLM__INLINE void lanes_descend_both(struct pylm__path *a, struct pylm__path *b)
{
    const struct pylm__evidence *e = &a->work->mixer.evidence;
    const __m256i row = _mm256_mullo_epi32(_mm256_and_si256(lanes_numbers(), lanes_all(LANES_HALF - 1u)),
                                           lanes_all(PYLM__N_CALIBRATION));
    const __m256i mid = lanes_both(_mm_set1_epi32((int)a->node.mid), _mm_set1_epi32((int)b->node.mid));
    const __m256i right = lanes_both(_mm_set1_epi32(-a->side), _mm_set1_epi32(-b->side));
    uint32_t *set_a = &a->frame->active.sets.active, *set_b = &b->frame->active.sets.active, set;
    const struct lanes_found f = lanes_found_both(&a->work->mixer.evidence, &b->work->mixer.evidence);
    const __m256i active = lanes_of(*set_a | *set_b << LANES_HALF, 0);
    struct lanes l = lanes_slices_both(a->slices, b->slices);
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left, sums;
    struct lanes_place p;
    struct lanes_steps steps;
    const uint8_t *word[PYLM__LANES];
    __m128i inputs;
    _mm256_storeu_si256((__m256i *)(void *)word, _mm256_loadu_si256((const __m256i *)(const void *)a->word));
    _mm256_storeu_si256((__m256i *)(void *)(word + LANES_HALF),
                        _mm256_loadu_si256((const __m256i *)(const void *)b->word));
    lanes_look(e, &f, &l, word);
    p = lanes_place(&l, mid);
    inputs = lanes_log_odds(e->calibration, row, lanes_index(&l, &p), active);
    inputs = _mm_or_si128(inputs, lanes_constant(_mm_setr_epi16(0, 1, 2, 3, 0, 1, 2, 3), e->n_templates));
    _mm_storel_epi64((__m128i *)(void *)a->gathered.inputs, inputs);
    _mm_storel_epi64((__m128i *)(void *)b->gathered.inputs, _mm_unpackhi_epi64(inputs, inputs));
    lanes_add(&f, &l, &p, active, &sum_left, &sum_all);
    sums = _mm256_hadd_epi32(sum_left, sum_all);
    sums = _mm256_hadd_epi32(sums, sums);
    a->gathered.left = (uint32_t)_mm256_extract_epi32(sums, 0);
    a->gathered.all = (uint32_t)_mm256_extract_epi32(sums, 1);
    b->gathered.left = (uint32_t)_mm256_extract_epi32(sums, 4);
    b->gathered.all = (uint32_t)_mm256_extract_epi32(sums, 5);
    set = pylm__mask(pylm__n_voice(e));
    steps = lanes_steps(_mm256_and_si256(active, lanes_of(set | set << LANES_HALF, 0)), &l, &p);
    lanes_note_voice(&a->gathered, lanes_say_lower(lanes_silence(), &steps));
    lanes_note_voice(&b->gathered, lanes_say_upper(lanes_silence(), &steps));
    set = lanes_set(lanes_narrow(&f, &l, &p, active, right));
    *set_a = set & ((1u << LANES_HALF) - 1u);
    *set_b = set >> LANES_HALF;
    lanes_keep_both(a->slices, b->slices, &l);
    lanes_fetch_half(a, _mm256_castsi256_si128(l.at), a->word);
    lanes_fetch_half(b, _mm256_extracti128_si256(l.at, 1), b->word);
}

#endif
