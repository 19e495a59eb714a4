/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * coded_avx2.h: a path goes down one node by coded lists, with AVX2: pylm__coded_part() and the leaf that is needed
 * then, for a list at a time; then lanes_avx2.h for eight templates at once. To be included behind PYLM__AVX2_BEGIN.
 *
 * A short slice is unpacked when it parts for the first time. From then on it takes no bits apart, and no search:
 * all of its leaves are compared at once. Damaged lists, whose leaves are in no order, may part elsewhere than in
 * portable code, but not outside.
 */
#ifndef PYLM_FAST_CODED_AVX2_H
#define PYLM_FAST_CODED_AVX2_H

#include "core/evidence_coded.h"
#include "follow.h"
#include "lanes_avx2.h"

#include <string.h>

/* Fields of `width` bits, one behind the other: where eight of them lie in 16 bytes and 16 bytes. The next eight lie in
 * the same places of the bytes behind. */
struct coded_fields {
    const uint8_t *base;
    size_t lower, upper; /* bytes of the first and the fifth field */
    __m256i order, shift, mask;
};

/*   kept   the lowest bits of a field that count */
PYLM__INLINE struct coded_fields coded_fields(const uint8_t *base, uint32_t bit, uint32_t width, uint32_t kept)
{
    struct coded_fields f;
    uint32_t upper = bit + 4u * width;
    __m256i bits = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 0, 1, 2, 3), lanes_all(width));
    bits =
        _mm256_add_epi32(bits, _mm256_setr_m128i(_mm_set1_epi32((int)(bit & 7u)), _mm_set1_epi32((int)(upper & 7u))));
    f.base = base;
    f.lower = bit >> 3;
    f.upper = upper >> 3;
    f.order =
        _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srli_epi32(bits, 3), lanes_all(0x01010101)), lanes_all(0x03020100));
    f.shift = _mm256_and_si256(bits, lanes_all(7));
    f.mask = lanes_all(kept);
    return f;
}

/* Eight of them, `bytes` further on, of which n are there. Those behind the last one are any. Reads 16 bytes from where
 * a field begins that is there. */
PYLM__INLINE __m256i coded_eight(const struct coded_fields *f, size_t bytes, uint32_t n)
{
    size_t upper = n > 4u ? f->upper : f->lower;
    __m256i x = _mm256_setr_m128i(_mm_loadu_si128((const __m128i *)(const void *)(f->base + (f->lower + bytes))),
                                  _mm_loadu_si128((const __m128i *)(const void *)(f->base + (upper + bytes))));
    return _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(x, f->order), f->shift), f->mask);
}

/* Each lane the sum of all lanes up to it, and of `before`, which all lanes have. */
static inline __m256i coded_running_sums(__m256i x, __m256i before)
{
    __m256i lower;
    x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
    x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
    lower = _mm256_permute2x128_si256(x, x, 0x08); /* the lower half in the place of the upper one */
    return _mm256_add_epi32(_mm256_add_epi32(x, _mm256_shuffle_epi32(lower, 0xff)), before);
}

/* A short slice, as long as there is one. Behind the last leaf comes what is greater than any. */
static void coded_unpack(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k,
                         struct pylm__unpacked *to)
{
    const __m256i none = lanes_all(INT32_MAX), last = lanes_all(PYLM__LANES - 1u);
    uint32_t at = PYLM__AT(s, k, at), n = PYLM__AT(s, k, n), width = PYLM__CODE_BITS(e, k), i;
    const struct coded_fields leaf = coded_fields(PYLM__AT(e, k, list), at * e->leaf_bits, e->leaf_bits, e->leaf_mask);
    const struct coded_fields code = coded_fields(PYLM__AT(e, k, list), PYLM__CODES_AT(e, k) + at * width, width,
                                                  pylm__mask(width) & pylm__mask(PYLM__MAX_CODE_BITS));
    __m256i sums = _mm256_setzero_si256(), behind = _mm256_sub_epi32(lanes_numbers(), lanes_all(n));
    to->at = at;
    to->sums[0] = 0;
    for (i = 0; i < n; i += PYLM__LANES) { /* eight fields take as many bytes as one takes bits */
        __m256i leaves = coded_eight(&leaf, i / PYLM__LANES * e->leaf_bits, n - i), counts;
        __m256i codes = coded_eight(&code, i / PYLM__LANES * width, n - i);
        _mm256_storeu_si256((__m256i *)(void *)(to->leaves + i), lanes_choose(none, leaves, behind));
        counts = _mm256_add_epi32(_mm256_and_si256(codes, lanes_all(1)), lanes_all(3));
        counts = _mm256_srli_epi32(_mm256_sllv_epi32(counts, _mm256_srli_epi32(codes, 1)), 1);
        sums = coded_running_sums(counts, sums);
        _mm256_storeu_si256((__m256i *)(void *)(to->sums + i + 1u), sums);
        sums = _mm256_permutevar8x32_epi32(sums, last);
        behind = _mm256_add_epi32(behind, lanes_all(PYLM__LANES));
    }
    for (; i < PYLM__SHORT; i += PYLM__LANES)
        _mm256_storeu_si256((__m256i *)(void *)(to->leaves + i), none);
}

/* How many of its leaves lie left of mid. */
PYLM__INLINE uint32_t coded_count_left(const struct pylm__unpacked *slice, __m256i mid)
{
#define LEFT(i) _mm256_cmpgt_epi32(mid, _mm256_loadu_si256((const __m256i *)(const void *)(slice->leaves + (i))))
    __m256i a = _mm256_packs_epi32(LEFT(0), LEFT(8)), b = _mm256_packs_epi32(LEFT(16), LEFT(24));
#undef LEFT
    return (uint32_t)_mm_popcnt_u32((uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(a, b)));
}

PYLM__INLINE void coded_part_short(const struct pylm__unpacked *slice, struct pylm__slices *s, uint32_t k, __m256i mid,
                                   uint32_t right, uint32_t *leaf)
{
    uint32_t before = PYLM__AT(s, k, at) - slice->at, n = PYLM__AT(s, k, n), total = PYLM__AT(s, k, total);
    uint32_t n_left = coded_count_left(slice, mid) - before, total_left;
    n_left = PYLM__DAMAGED(n_left - 1u >= n - 1u) ? 1u : n_left;
    total_left = slice->sums[before + n_left] - slice->sums[before];
    PYLM__AT(s, k, n_left) = n_left;
    PYLM__AT(s, k, total_left) = PYLM__DAMAGED(total_left > total) ? total : total_left;
    *leaf = slice->leaves[before + n_left + right - 1u];
}

/* Reads the split of a long slice, and fetches the leaves on both sides of it. */
PYLM__INLINE void coded_look(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t *skip)
{
    const uint8_t *list = PYLM__AT(e, k, list);
    uint32_t bit = pylm__coded_split(e, s, k), widths = PYLM__WIDTHS(e, k), n = PYLM__AT(s, k, n);
    uint32_t skip_bits = widths & 255u, n_bits = widths >> 8 & 255u, total_bits = widths >> 16;
    uint32_t total = PYLM__AT(s, k, total), n_left, total_left;
    uint64_t word = pylm__word(list, bit);
    *skip = (uint32_t)_bzhi_u64(word, skip_bits);
    n_left = (uint32_t)_bzhi_u64(word >> skip_bits, n_bits); /* at most 48 bits so far */
    total_left = (uint32_t)_bzhi_u64(pylm__word(list, bit + skip_bits + n_bits), total_bits);
    n_left = PYLM__DAMAGED(n_left - 1u >= n - 1u) ? 1u : n_left;
    PYLM__AT(s, k, n_left) = n_left;
    PYLM__AT(s, k, total_left) = PYLM__DAMAGED(total_left > total) ? total : total_left;
    PYLM__PREFETCH(list + ((PYLM__AT(s, k, at) + n_left) * e->leaf_bits >> 3));
}

/* Of all slices that have become new. To be done some time before the path goes down, so that what is fetched is
 * there. */
PYLM__INLINE void coded_look_all(struct pylm__path *path)
{
    struct pylm__work *work = path->work;
    uint32_t k = 0, left;
    for (left = work->unread & path->frame->active.sets.active; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        coded_look(&work->mixer.evidence, path->slices, k, &work->skip[k]);
    }
}

/* Those templates whose slices part, a bit each; of these, those whose slices are short. */
struct coded_sets {
    uint32_t all, short_ones;
};

PYLM__INLINE struct coded_sets coded_sets(const struct pylm__path *path, uint32_t n_lanes, __m256i mid)
{
    const struct pylm__slices *s = path->slices;
    const __m256i most = lanes_all(pylm__coded_short(path->work->mixer.evidence.leaf_bits));
    struct coded_sets sets = {0, 0};
    uint32_t k;
    for (k = 0; k < n_lanes; k += PYLM__LANES) {
        __m256i parts = _mm256_andnot_si256(_mm256_cmpgt_epi32(mid, lanes_load(s->right, k)),
                                            _mm256_cmpgt_epi32(mid, lanes_load(s->first, k)));
        __m256i is_long = _mm256_cmpgt_epi32(lanes_load(s->n, k), most);
        sets.all |= lanes_set(parts) << k;
        sets.short_ones |= lanes_set(_mm256_andnot_si256(is_long, parts)) << k;
    }
    sets.all &= path->frame->active.sets.active;
    sets.short_ones &= sets.all;
    return sets;
}

/* pylm__coded_part() for all of them, and the leaf that comes next: the first one, if the way goes right, else the
 * last. */
PYLM__INLINE void coded_part_all(struct pylm__path *path, const struct coded_sets *sets, __m256i mid)
{
    struct pylm__work *work = path->work;
    const struct pylm__evidence *e = &work->mixer.evidence;
    struct pylm__slices *s = path->slices;
    uint32_t left, k = 0, right = (uint32_t)path->side;
    for (left = sets->all & ~sets->short_ones; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        work->leaf[k] =
            (uint32_t)pylm__word(PYLM__AT(e, k, list),
                                 (PYLM__AT(s, k, at) + PYLM__AT(s, k, n_left) + right - 1u) * e->leaf_bits) &
            e->leaf_mask;
    }
    for (left = sets->short_ones & ~work->are_unpacked; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        coded_unpack(e, s, k, &work->unpacked[k]);
    }
    work->are_unpacked |= sets->short_ones;
    for (left = sets->short_ones; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        coded_part_short(&work->unpacked[k], s, k, mid, right, &work->leaf[k]);
    }
}

/* lanes_narrow(), and keeps what comes of it. */
PYLM__INLINE __m256i coded_narrow(const struct pylm__work *work, struct pylm__slices *s, uint32_t k, struct lanes *l,
                                  const struct lanes_place *p, __m256i active, __m256i right)
{
    __m256i parts = _mm256_andnot_si256(p->stays_left, p->begins_left), leaf = lanes_load(work->leaf, k);
    __m256i other = _mm256_andnot_si256(parts, _mm256_cmpeq_epi32(p->begins_left, right)); /* all on the other side */
    __m256i to_right = _mm256_and_si256(parts, right), to_left = _mm256_andnot_si256(right, parts);
    __m256i split = _mm256_sub_epi32(lanes_load(s->split, k), parts); /* the next one */
    split = _mm256_add_epi32(split, _mm256_and_si256(lanes_load(work->skip, k), to_right));
    split = _mm256_min_epu32(split, _mm256_sub_epi32(lanes_load(work->mixer.evidence.n_splits, k), lanes_all(1)));
    lanes_store(s->split, k, split);
    lanes_store(s->right, k, lanes_choose(l->right, leaf, to_left));
    l->at = _mm256_add_epi32(l->at, _mm256_and_si256(l->n_left, to_right));
    l->total = lanes_choose(p->total, _mm256_sub_epi32(l->total, p->total), right);
    l->n = lanes_choose(p->n, _mm256_sub_epi32(l->n, p->n), right);
    l->first = lanes_choose(l->first, leaf, to_right);
    lanes_keep(s, k, l);
    return _mm256_andnot_si256(other, active);
}

/* Fetches what will be read of slices that have parted, of which some are still long. On the way left the next split
 * lies right behind the last one. */
PYLM__INLINE void coded_fetch(struct pylm__path *path, uint32_t parted, uint32_t long_ones)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    const struct pylm__slices *s = path->slices;
    uint32_t left, k = 0;
    path->work->unread = parted & long_ones;
    for (left = path->side ? parted & long_ones : 0u; left; left &= left - 1u) {
        k = pylm__lowest_from(left, k);
        PYLM__PREFETCH(PYLM__AT(e, k, list) + (pylm__coded_split(e, s, k) >> 3));
    }
    for (left = parted & ~(long_ones | path->work->are_unpacked); left; left &= left - 1u) {
        uint32_t at, behind;
        k = pylm__lowest_from(left, k);
        at = PYLM__AT(s, k, at);
        behind = at + PYLM__AT(s, k, n);
        PYLM__PREFETCH(PYLM__AT(e, k, list) + (at * e->leaf_bits >> 3));
        PYLM__PREFETCH(PYLM__AT(e, k, list) + (behind * e->leaf_bits >> 3));
        PYLM__PREFETCH(PYLM__AT(e, k, list) + ((PYLM__CODES_AT(e, k) + at * PYLM__CODE_BITS(e, k)) >> 3));
    }
}

/* Nothing is unpacked or read yet. */
PYLM__INLINE void coded_begin(struct pylm__path *path)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    uint32_t k;
    path->work->are_unpacked = path->work->unread = 0;
    for (k = 0; k < e->n_templates; k += PYLM__LANES)
        path->work->unread |=
            lanes_set(_mm256_cmpgt_epi32(lanes_load(path->slices->n, k), lanes_all(pylm__coded_short(e->leaf_bits))))
            << k;
}

/* pylm__descend_portable() for a path whose templates are in n_lanes lanes of vectors, behind coded_look_all(). */
PYLM__INLINE void coded_descend(struct pylm__path *path, uint32_t n_lanes)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    const __m256i right = lanes_all(0u - (uint32_t)path->side), mid = lanes_all(path->node.mid);
    struct pylm__slices *s = path->slices;
    __m256i sum_left = _mm256_setzero_si256(), sum_all = sum_left;
    __m128i voice = lanes_silence();
    uint32_t k, next = 0, set = path->frame->active.sets.active, long_ones = 0;
    const struct coded_sets sets = coded_sets(path, n_lanes, mid);
    coded_part_all(path, &sets, mid);
    for (k = 0; k < n_lanes; k += PYLM__LANES) {
        struct lanes_found f;
        __m256i active = lanes_of(set, k);
        struct lanes l = lanes_slices(s, k);
        struct lanes_place p;
        l.right = lanes_load(s->right, k);
        l.n_left = lanes_load(s->n_left, k);
        l.total_left = lanes_load(s->total_left, k);
        f.unit = lanes_load(e->unit, k);
        p = lanes_place(&l, mid);
        _mm_storeu_si128((__m128i *)(void *)(path->gathered.inputs + k),
                         lanes_inputs(e, k, lanes_index(&l, &p), active));
        lanes_add(&f, &l, &p, active, &sum_left, &sum_all);
        voice = lanes_voice(e, k, voice, active, &l, &p);
        next |= lanes_set(coded_narrow(path->work, s, k, &l, &p, active, right)) << k;
        long_ones |= lanes_set(_mm256_cmpgt_epi32(l.n, lanes_all(pylm__coded_short(e->leaf_bits)))) << k;
    }
    coded_fetch(path, sets.all, long_ones);
    lanes_note_voice(&path->gathered, voice);
    lanes_sums(sum_left, sum_all, &path->gathered.left, &path->gathered.all);
    path->frame->active.sets.active = next;
}

#endif
