/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * descend_avx2.h: a path goes down one node, with lanes_avx2.h. To be included behind PYLM__AVX2_BEGIN, as that is.
 */
#ifndef PYLM_FAST_DESCEND_AVX2_H
#define PYLM_FAST_DESCEND_AVX2_H

#include "follow.h"
#include "lanes_avx2.h"

/* pylm__descend_portable() for a path. Slices keep no more than what lanes_look() reads, and the path where their
 * words lie: these are fetched, but not waited for. */
PYLM__INLINE void lanes_descend(struct pylm__path *path, uint32_t n_lanes, uint32_t n)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    const __m256i right = lanes_all(0u - (uint32_t)path->side);
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left, at;
    uint32_t k, i, set = path->frame->active.sets.active, next = 0;
    struct lanes_steps steps;
    for (k = 0; k < n_lanes; k += PYLM__LANES) {
        __m256i active = lanes_of(set, k);
        struct lanes l = lanes_look(e, path->slices, k, n, path->word);
        struct lanes_place p = lanes_place(l, path->node.mid);
        lanes_gather(e, k, n, active, l, p, &path->gathered, &sum_left, &sum_all);
        lanes_voice_steps(e, k, active, l, p, &steps);
        next |= lanes_narrow(e, path->slices, k, active, l, p, right, &at);
        lanes_words(e, k, n, at, path->word);
        for (i = k; i < k + n; i++)
            PYLM__PREFETCH(path->word[i]);
    }
    lanes_voice(e, &steps, &path->gathered);
    lanes_sums(sum_left, sum_all, &path->gathered.left, &path->gathered.all);
    path->frame->active.sets.active = next;
}

#endif
