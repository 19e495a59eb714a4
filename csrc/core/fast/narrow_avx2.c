/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow_avx2.c: gathering and narrowing in two steps, for walks that go down both sides of a node; see lanes_avx2.h.
 */
#include "narrow_avx2.h"

#if PYLM__HAVE_AVX2

PYLM__AVX2_BEGIN

#include "lanes_avx2.h"

void pylm__gather_avx2(const struct pylm__evidence *e, struct pylm__slices *s, const struct pylm__sets *sets,
                       uint32_t mid, struct pylm__gathered *gathered)
{
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left;
    const uint8_t *word[PYLM__LANES];
    __m128i voice = lanes_silence();
    uint32_t k;
    for (k = 0; k <= e->n_templates; k += PYLM__LANES) {
        const struct lanes_found f = lanes_found(e, k);
        __m256i active = lanes_of(sets->active, k);
        struct lanes l = lanes_slices(s, k);
        struct lanes_place p;
        lanes_words(e->list + k, l.at, word);
        lanes_look(e, &f, &l, word);
        lanes_store(s->right, k, l.right);
        lanes_store(s->n_left, k, l.n_left);
        lanes_store(s->total_left, k, l.total_left);
        p = lanes_place(&l, lanes_all(mid));
        _mm_storeu_si128((__m128i *)(void *)(gathered->inputs + k), lanes_inputs(e, k, lanes_index(&l, &p), active));
        lanes_add(&f, &l, &p, active, &sum_left, &sum_all);
        voice = lanes_voice(e, k, voice, active, &l, &p);
    }
    lanes_note_voice(gathered, voice);
    lanes_sums(sum_left, sum_all, &gathered->left, &gathered->all);
}

void pylm__narrow_avx2(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets, uint32_t mid,
                       int side)
{
    uint32_t k, active = sets->active;
    sets->active = sets->stale = 0;
    for (k = 0; k < e->n_templates && active >> k; k += PYLM__LANES) {
        const struct lanes_found f = lanes_found(e, k);
        struct lanes l = lanes_slices(s, k);
        struct lanes_place p;
        l.right = lanes_load(s->right, k);
        l.n_left = lanes_load(s->n_left, k);
        l.total_left = lanes_load(s->total_left, k);
        p = lanes_place(&l, lanes_all(mid));
        sets->active |= lanes_set(lanes_narrow(&f, &l, &p, lanes_of(active, k), lanes_all(0u - (uint32_t)side))) << k;
        lanes_keep(s, k, &l);
    }
}

PYLM__AVX2_END

#endif
