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
    const uint8_t *word[PYLM__MAX_STRIDE];
    struct lanes_steps steps;
    uint32_t k;
    for (k = 0; k <= e->n_templates; k += PYLM__LANES) {
        __m256i active = lanes_of(sets->active, k);
        struct lanes_place p;
        struct lanes l;
        lanes_words(e, k, PYLM__LANES, lanes_load(s->at, k), word);
        l = lanes_look(e, s, k, PYLM__LANES, word);
        lanes_store(s->right, k, l.right);
        lanes_store(s->n_left, k, l.n_left);
        lanes_store(s->total_left, k, l.total_left);
        p = lanes_place(l, mid);
        lanes_gather(e, k, PYLM__LANES, active, l, p, gathered, &sum_left, &sum_all);
        lanes_voice_steps(e, k, active, l, p, &steps);
    }
    lanes_voice(e, &steps, gathered);
    lanes_sums(sum_left, sum_all, &gathered->left, &gathered->all);
}

void pylm__narrow_avx2(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets, uint32_t mid,
                       int side)
{
    uint32_t k, active = sets->active;
    sets->active = sets->stale = 0;
    for (k = 0; k < e->n_templates && active >> k; k += PYLM__LANES) {
        struct lanes l;
        __m256i at;
        l.total = lanes_load(s->total, k);
        l.n = lanes_load(s->n, k);
        l.first = lanes_load(s->first, k);
        l.at = lanes_load(s->at, k);
        l.right = lanes_load(s->right, k);
        l.n_left = lanes_load(s->n_left, k);
        l.total_left = lanes_load(s->total_left, k);
        sets->active |=
            lanes_narrow(e, s, k, lanes_of(active, k), l, lanes_place(l, mid), lanes_all(0u - (uint32_t)side), &at);
    }
}

PYLM__AVX2_END

#endif
