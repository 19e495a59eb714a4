/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * coded_avx2.h: a path goes down one node by coded lists, with AVX2: pylm__coded_part() for a list at a time, then
 * lanes_avx2.h for eight templates at once. To be included behind PYLM__AVX2_BEGIN.
 *
 * The last eight successors that a search has to tell apart are looked at together, and so are eight codes. Damaged
 * lists, whose leaves are in no order, may part elsewhere than in portable code, but not outside.
 */
#ifndef PYLM_FAST_CODED_AVX2_H
#define PYLM_FAST_CODED_AVX2_H

#include "core/evidence_coded.h"
#include "follow.h"
#include "lanes_avx2.h"

#include <string.h>

/* Eight fields of `width` bits, one behind the other from `bit` on; those behind the last of n are any. Each is in the
 * lowest bits of its lane, of which `width` count. Reads up to 16 bytes from where a field begins. */
PYLM__INLINE __m256i coded_fields(const uint8_t *base, uint32_t bit, uint32_t width, uint32_t n)
{
    const __m256i four = _mm256_setr_epi32(0, 1, 2, 3, 0, 1, 2, 3);
    uint32_t upper = bit + (n > 4u ? 4u : 0u) * width;
    __m256i bits =
        _mm256_add_epi32(_mm256_mullo_epi32(four, lanes_all(width)),
                         _mm256_setr_m128i(_mm_set1_epi32((int)(bit & 7u)), _mm_set1_epi32((int)(upper & 7u))));
    __m256i bytes = _mm256_setr_m128i(_mm_loadu_si128((const __m128i *)(const void *)(base + (bit >> 3))),
                                      _mm_loadu_si128((const __m128i *)(const void *)(base + (upper >> 3))));
    __m256i at =
        _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srli_epi32(bits, 3), lanes_all(0x01010101)), lanes_all(0x03020100));
    return _mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, at), _mm256_and_si256(bits, lanes_all(7)));
}

/* Occurrences of n successors from `at` on, at most eight. */
PYLM__INLINE uint32_t coded_add(const struct pylm__evidence *e, uint32_t k, uint32_t at, uint32_t n)
{
    uint32_t width = PYLM__CODE_BITS(e, k), mask = pylm__mask(width) & pylm__mask(PYLM__MAX_CODE_BITS);
    __m256i codes = coded_fields(PYLM__AT(e, k, list), PYLM__CODES_AT(e, k) + at * width, width, n);
    __m256i counts;
    codes = _mm256_and_si256(codes, lanes_all(mask));
    counts = _mm256_add_epi32(_mm256_and_si256(codes, lanes_all(1)), lanes_all(3));
    counts = _mm256_srli_epi32(_mm256_sllv_epi32(counts, _mm256_srli_epi32(codes, 1)), 1);
    return lanes_sum(_mm256_and_si256(counts, _mm256_cmpgt_epi32(lanes_all(n), lanes_numbers())));
}

/* Of a list, occurrences of the first `left` successors of a slice: from the side or the sum that is nearest. */
PYLM__INLINE uint32_t coded_left_of(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k,
                                    uint32_t left)
{
    uint32_t at = PYLM__AT(s, k, at), middle = at + left, others = PYLM__AT(s, k, n) - left;
    uint32_t from = at, to = middle, sum = 0, part;
    if (!PYLM__CODE_BITS(e, k))
        return left;
    if (left > PYLM__SUMMED / 2u) {
        uint32_t nearest = (middle + PYLM__SUMMED / 2u) / PYLM__SUMMED;
        if (others <= PYLM__SUMMED / 2u) {
            sum = PYLM__AT(s, k, total);
            from = middle + others;
        } else {
            sum = pylm__coded_sum(e, k, nearest) - PYLM__AT(s, k, before);
            from = nearest * PYLM__SUMMED;
        }
    }
    if (from > to) {
        part = coded_add(e, k, to, from - to);
        return sum - part;
    }
    return sum + coded_add(e, k, from, to - from);
}

/* Where slices part: in s n_left and total_left, here the leaves on both sides. */
struct coded_parts {
    uint32_t last[PYLM__LANES], first[PYLM__LANES]; /* the last left of mid, and the first not left of it */
};

/* Leaves of eight successors, of which `here` count, and how many of these are left of mid. */
PYLM__INLINE uint32_t coded_window(const struct pylm__evidence *e, uint32_t k, uint32_t at, uint32_t here, uint32_t mid,
                                   uint32_t *leaves)
{
    __m256i leaf = coded_fields(PYLM__AT(e, k, list), at * e->leaf_bits, e->leaf_bits, here), left;
    leaf = _mm256_and_si256(leaf, lanes_all(e->leaf_mask));
    left = _mm256_and_si256(_mm256_cmpgt_epi32(lanes_all(mid), leaf),
                            _mm256_cmpgt_epi32(lanes_all(here), lanes_numbers()));
    _mm256_storeu_si256((__m256i *)(void *)leaves, leaf);
    return (uint32_t)_mm_popcnt_u32(lanes_set(left));
}

#define MOST_GUESSES 3u /* then the middle is looked at, so that it cannot take long */

/* The number of successors left of mid, of a slice that has some there and others. Leaves are spread rather evenly, so
 * a straight line between two that are known says about where to look. */
PYLM__INLINE uint32_t coded_search(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k,
                                   uint32_t mid, struct coded_parts *parts)
{
    uint32_t at = PYLM__AT(s, k, at), n = PYLM__AT(s, k, n), lo = 0, hi = n - 1u, lane = k % PYLM__LANES, round;
    uint32_t leaf_lo = PYLM__AT(s, k, first), leaf_hi = PYLM__AT(s, k, right), window, here, left;
    uint32_t leaves[PYLM__LANES];
    for (round = 0; hi - lo >= PYLM__LANES; round++) { /* lo lies left of mid, hi does not */
        window = lo + (hi - lo) / 2u;
        if (round < MOST_GUESSES && leaf_lo < mid && mid <= leaf_hi)
            window = lo + (uint32_t)((float)(mid - leaf_lo) * (float)(hi - lo) / (float)(leaf_hi - leaf_lo));
        window = window > lo + 3u ? window - 3u : lo + 1u;
        window = window + PYLM__LANES <= hi ? window : hi - PYLM__LANES;
        left = coded_window(e, k, at + window, PYLM__LANES, mid, leaves);
        if (left && left < PYLM__LANES) {
            parts->last[lane] = leaves[left - 1u];
            parts->first[lane] = leaves[left];
            return window + left;
        }
        if (left) {
            lo = window + PYLM__LANES - 1u;
            leaf_lo = leaves[PYLM__LANES - 1u];
        } else {
            hi = window;
            leaf_hi = leaves[0];
        }
    }
    here = hi - lo + 1u;
    left = coded_window(e, k, at + lo, here, mid, leaves);
    left = left ? left < here ? left : here - 1u : 1u; /* in a list that is not damaged, it is */
    parts->last[lane] = leaves[left - 1u];
    parts->first[lane] = leaves[left];
    return lo + left;
}

/* pylm__coded_part() */
PYLM__INLINE void coded_part(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t mid,
                             struct coded_parts *parts)
{
    uint32_t first = PYLM__AT(s, k, first), n = PYLM__AT(s, k, n), lane = k % PYLM__LANES, left, total;
    if (PYLM__AT(s, k, right) - first == n - 1u) { /* no leaf is missing between the first and the last */
        left = mid - first;
        parts->last[lane] = mid - 1u;
        parts->first[lane] = mid;
    } else {
        left = coded_search(e, s, k, mid, parts);
    }
    total = coded_left_of(e, s, k, left);
    PYLM__AT(s, k, n_left) = left;
    PYLM__AT(s, k, total_left) = PYLM__DAMAGED(total > PYLM__AT(s, k, total)) ? PYLM__AT(s, k, total) : total;
}

/* All of those from k on that part, and what lanes_look() makes known of the others. */
PYLM__INLINE struct coded_parts coded_part_all(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k,
                                               __m256i active, __m256i mid, struct lanes *l)
{
    struct coded_parts parts;
    __m256i both;
    uint32_t left, i = 0, node_mid = (uint32_t)_mm256_cvtsi256_si32(mid);
    memset(&parts, 0, sizeof parts);
    l->right = lanes_load(s->right, k);
    both = _mm256_andnot_si256(_mm256_cmpgt_epi32(mid, l->right), _mm256_cmpgt_epi32(mid, l->first));
    for (left = lanes_set(_mm256_and_si256(both, active)); left; left &= left - 1u) {
        i = pylm__lowest_from(left, i);
        coded_part(e, s, k + i, node_mid, &parts);
    }
    l->n_left = lanes_load(s->n_left, k);
    l->total_left = lanes_load(s->total_left, k);
    return parts;
}

/* lanes_narrow(), and keeps what comes of it. */
PYLM__INLINE __m256i coded_narrow(struct pylm__slices *s, uint32_t k, const struct coded_parts *parted, struct lanes *l,
                                  const struct lanes_place *p, __m256i active, __m256i right)
{
    __m256i parts = _mm256_andnot_si256(p->stays_left, p->begins_left);
    __m256i other = _mm256_andnot_si256(parts, _mm256_cmpeq_epi32(p->begins_left, right)); /* all on the other side */
    __m256i to_right = _mm256_and_si256(parts, right), to_left = _mm256_andnot_si256(right, parts);
    __m256i before = lanes_load(s->before, k);
    lanes_store(s->before, k, _mm256_add_epi32(before, _mm256_and_si256(l->total_left, to_right)));
    lanes_store(s->right, k, lanes_choose(l->right, lanes_load(parted->last, 0), to_left));
    l->at = _mm256_add_epi32(l->at, _mm256_and_si256(l->n_left, to_right));
    l->total = lanes_choose(p->total, _mm256_sub_epi32(l->total, p->total), right);
    l->n = lanes_choose(p->n, _mm256_sub_epi32(l->n, p->n), right);
    l->first = lanes_choose(l->first, lanes_load(parted->first, 0), to_right);
    lanes_keep(s, k, l);
    return _mm256_andnot_si256(other, active);
}

/* pylm__descend_portable() for a path whose templates are in n_lanes lanes of vectors. */
PYLM__INLINE void coded_descend(struct pylm__path *path, uint32_t n_lanes)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    const __m256i right = lanes_all(0u - (uint32_t)path->side), mid = lanes_all(path->node.mid);
    struct pylm__slices *s = path->slices;
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left;
    __m128i voice = lanes_silence();
    uint32_t k, next = 0, set = path->frame->active.sets.active;
    for (k = 0; k < n_lanes; k += PYLM__LANES) {
        struct lanes_found f;
        __m256i active = lanes_of(set, k);
        struct lanes l = lanes_slices(s, k);
        struct lanes_place p;
        struct coded_parts parts = coded_part_all(e, s, k, active, mid, &l);
        f.unit = lanes_load(e->unit, k);
        p = lanes_place(&l, mid);
        _mm_storeu_si128((__m128i *)(void *)(path->gathered.inputs + k),
                         lanes_inputs(e, k, lanes_index(&l, &p), active));
        lanes_add(&f, &l, &p, active, &sum_left, &sum_all);
        voice = lanes_voice(e, k, voice, active, &l, &p);
        next |= lanes_set(coded_narrow(s, k, &parts, &l, &p, active, right)) << k;
    }
    lanes_note_voice(&path->gathered, voice);
    lanes_sums(sum_left, sum_all, &path->gathered.left, &path->gathered.all);
    path->frame->active.sets.active = next;
}

#endif
