/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow_avx2.c: narrow.c for eight templates at once. A lane is a template; lanes without evidence are computed,
 * too, and left out at the end. Every index is clamped before it is used, and every list is read within its bounds
 * for the reasons that hold in narrow.c.
 */
#include "narrow.h"

#if PYLM__HAVE_AVX2

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2"), always_inline)) static inline

AVX2 __m256i load(const uint32_t *array, uint32_t k)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)(array + k));
}

AVX2 void store(uint32_t *array, uint32_t k, __m256i value)
{
    _mm256_storeu_si256((__m256i *)(void *)(array + k), value);
}

AVX2 __m256i all(uint32_t value)
{
    return _mm256_set1_epi32((int)value);
}

/* b where the mask is set, else a. */
AVX2 __m256i choose(__m256i a, __m256i b, __m256i mask)
{
    return _mm256_blendv_epi8(a, b, mask);
}

/* Ones in the lanes of the set's templates from k on. */
AVX2 __m256i lanes(uint32_t templates, uint32_t k)
{
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(all(templates >> k), bit), bit);
}

/* The leading one of x and the four bits behind it, as a number of five bits with the exponent above: what
 * pylm__log2_of_count() makes of 4 n + 1. Bits further behind are cleared so that the conversion cannot round up. */
AVX2 __m256i log2_bits(__m256i x)
{
    __m256i exact = _mm256_andnot_si256(_mm256_srli_epi32(x, 8), x);
    __m256i bits = _mm256_castps_si256(_mm256_cvtepi32_ps(exact));
    return _mm256_sub_epi32(_mm256_srli_epi32(bits, 19), all(127u << 4));
}

AVX2 __m256i log2_of_count(__m256i n)
{
    return log2_bits(_mm256_add_epi32(_mm256_slli_epi32(n, 2), all(1)));
}

/* As pylm__calibration_index() and, for one successor, pylm__calibration_single(). */
AVX2 __m256i calibration_index(__m256i total, __m256i n0, __m256i n1, __m256i single)
{
    const __m256i one = all(1);
    __m256i few = _mm256_cmpgt_epi32(all(PYLM__EXACT_TOTAL + 1u), total);
    __m256i octave = _mm256_min_epi32(
        _mm256_sub_epi32(_mm256_srai_epi32(log2_bits(_mm256_sub_epi32(total, one)), 4), all(3)),
        all(PYLM__N_OCTAVES - 1u));
    __m256i step = _mm256_srai_epi32(
        _mm256_add_epi32(_mm256_sub_epi32(log2_of_count(n1), log2_of_count(n0)), all(PYLM__RATIO_OFFSET)),
        PYLM__RATIO_SHIFT);
    __m256i exact = _mm256_add_epi32(_mm256_srli_epi32(_mm256_mullo_epi32(total, _mm256_add_epi32(total, one)), 1), n1);
    __m256i pair, alone;
    step = _mm256_min_epi32(_mm256_max_epi32(step, all(0)), all(PYLM__N_RATIOS - 1u));
    pair = _mm256_add_epi32(_mm256_mullo_epi32(octave, all(PYLM__N_RATIOS)), _mm256_add_epi32(step, all(PYLM__N_EXACT)));
    pair = choose(pair, exact, few);
    alone = choose(_mm256_add_epi32(octave, all(PYLM__EXACT_TOTAL)), _mm256_sub_epi32(total, one), few);
    alone = _mm256_add_epi32(_mm256_slli_epi32(alone, 1), all(PYLM__N_PAIRED));
    alone = _mm256_sub_epi32(alone, _mm256_cmpgt_epi32(n1, all(0)));
    return _mm256_min_epu32(choose(pair, alone, single), all(PYLM__N_CALIBRATION - 1u));
}

/* The log-odds at these indices of the living templates from k on; 0 for the others. Single loads: on many
 * processors the instructions that gather are slower. */
AVX2 __m128i calibrated(const struct pylm__evidence *e, uint32_t k, __m256i index, __m256i alive)
{
    const uint8_t *row = e->calibration + 2u * (size_t)k * PYLM__N_CALIBRATION;
    __m256i live = _mm256_permute4x64_epi64(_mm256_packs_epi32(alive, alive), 0x08);
    uint32_t i[PYLM__LANES];
    _mm256_storeu_si256((__m256i *)(void *)i, _mm256_and_si256(index, alive));
#define AT(lane) (short)pylm__load_i16(row + 2u * (size_t)(lane * PYLM__N_CALIBRATION + i[lane]))
    return _mm_and_si128(_mm_setr_epi16(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7)),
                         _mm256_castsi256_si128(live));
#undef AT
}

AVX2 uint32_t sum_of(__m256i x)
{
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(sum);
}

/* Four words of lists, at bits `at`. */
AVX2 __m256i words(const uint8_t *const *list, const uint32_t *at)
{
    __m256i bit = _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)at));
#define AT(lane) (long long)pylm__load64(list[lane] + (at[lane] >> 3))
    __m256i word = _mm256_setr_epi64x(AT(0), AT(1), AT(2), AT(3));
#undef AT
    return _mm256_srlv_epi64(word, _mm256_and_si256(bit, _mm256_set1_epi64x(7)));
}

/* The lower halves of four and four. */
AVX2 __m256i lower(__m256i a, __m256i b)
{
    __m256 both = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(both), 0xd8);
}

/* pylm__slice_look() for the lanes of a mask. */
AVX2 void look(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k, __m256i stale)
{
    const __m128i leaf_bits = _mm_cvtsi32_si128((int)e->leaf_bits);
    const __m256i one = all(1);
    __m256i n = load(s->n, k), total_at = load(e->total_at, k), right, n_left, total_left;
    __m256i wanted = _mm256_andnot_si256(_mm256_cmpeq_epi32(n, one), stale);
    __m256i low = words(e->list + k, s->at + k), high = words(e->list + k + 4u, s->at + k + 4u);
    right = choose(load(s->first, k), _mm256_and_si256(lower(low, high), all(e->leaf_mask)), wanted);
    n_left = lower(_mm256_srl_epi64(low, leaf_bits), _mm256_srl_epi64(high, leaf_bits));
    n_left = _mm256_max_epi32(_mm256_and_si256(n_left, load(e->n_mask, k)), one);
    low = _mm256_srlv_epi64(low, _mm256_cvtepu32_epi64(_mm256_castsi256_si128(total_at)));
    high = _mm256_srlv_epi64(high, _mm256_cvtepu32_epi64(_mm256_extracti128_si256(total_at, 1)));
    total_left = _mm256_and_si256(lower(low, high), load(e->total_mask, k));
    store(s->right, k, choose(load(s->right, k), right, stale));
    store(s->n_left, k, choose(load(s->n_left, k), _mm256_min_epi32(n_left, _mm256_sub_epi32(n, one)), stale));
    store(s->total_left, k,
          choose(load(s->total_left, k), _mm256_min_epu32(total_left, load(s->total, k)), stale));
}

__attribute__((target("avx2"))) void pylm__look_avx2(const struct pylm__evidence *e, const struct pylm__slices *s,
                                                     uint32_t stale)
{
    uint32_t k;
    for (k = 0; k < PYLM__MAX_TEMPLATES && stale >> k; k += PYLM__LANES)
        look(e, s, k, lanes(stale, k));
}

__attribute__((target("avx2"))) void pylm__gather_avx2(const struct pylm__evidence *e, const struct pylm__slices *s,
                                                       uint32_t set, uint32_t mid, struct pylm__gathered *gathered)
{
    const __m256i at = all(mid);
    __m256i sum_left = all(0), sum_all = all(0);
    uint32_t k;
    for (k = 0; k < PYLM__MAX_TEMPLATES && set >> k; k += PYLM__LANES) {
        __m256i alive = lanes(set, k), total, unit, begins_left, stays_left, n0, n1, index;
        total = load(s->total, k);
        begins_left = _mm256_cmpgt_epi32(at, load(s->first, k));
        stays_left = _mm256_cmpgt_epi32(at, load(s->right, k));
        n0 = _mm256_and_si256(choose(load(s->total_left, k), total, stays_left), begins_left);
        n1 = _mm256_sub_epi32(total, n0);
        index = calibration_index(total, n0, n1, _mm256_cmpeq_epi32(load(s->n, k), all(1)));
        _mm_storeu_si128((__m128i *)(void *)(gathered->inputs + k), calibrated(e, k, index, alive));
        unit = _mm256_and_si256(load(e->unit, k), alive);
        sum_all = _mm256_add_epi32(sum_all, _mm256_mullo_epi32(total, unit));
        sum_left = _mm256_add_epi32(sum_left, _mm256_mullo_epi32(n0, unit));
    }
    gathered->left = sum_of(sum_left);
    gathered->all = sum_of(sum_all);
}

/* Fetches what the lanes of a set will read, where that is another cache line than before. */
AVX2 void fetch(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t k, uint32_t set)
{
    for (; set; set &= set - 1u) {
        uint32_t i = k + pylm__lowest(set);
        PYLM__PREFETCH(e->list[i] + (s->at[i] >> 3));
    }
}

AVX2 uint32_t set_of(__m256i mask)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask));
}

/* pylm__narrow(), to be inlined for each side. */
AVX2 struct pylm__sets narrow(const struct pylm__evidence *e, const struct pylm__slices *s, uint32_t templates,
                              uint32_t mid, const int side)
{
    const __m256i at_mid = all(mid);
    struct pylm__sets sets = {0, 0};
    uint32_t k, stale;
    for (k = 0; k < PYLM__MAX_TEMPLATES && templates >> k; k += PYLM__LANES) {
        __m256i alive = lanes(templates, k), first = load(s->first, k), right = load(s->right, k);
        __m256i total, n, at, n_left, total_left, bits, moved;
        __m256i begins_left = _mm256_cmpgt_epi32(at_mid, first);
        __m256i parts = _mm256_and_si256(_mm256_andnot_si256(_mm256_cmpgt_epi32(at_mid, right), begins_left), alive);
        __m256i gone = side ? _mm256_andnot_si256(parts, begins_left) : _mm256_andnot_si256(begins_left, alive);
        sets.alive |= set_of(_mm256_andnot_si256(gone, alive)) << k;
        stale = set_of(parts);
        if (!stale)
            continue;
        sets.stale |= stale << k;
        total = load(s->total, k);
        n = load(s->n, k);
        at = load(s->at, k);
        n_left = load(s->n_left, k);
        total_left = load(s->total_left, k);
        bits = load(e->split_bits, k);
        store(s->total, k, choose(total, side ? _mm256_sub_epi32(total, total_left) : total_left, parts));
        store(s->n, k, choose(n, side ? _mm256_sub_epi32(n, n_left) : n_left, parts));
        moved = _mm256_add_epi32(at, _mm256_and_si256(parts, side ? _mm256_mullo_epi32(n_left, bits) : bits));
        store(s->at, k, moved);
        if (side)
            store(s->first, k, choose(first, right, parts));
        fetch(e, s, k, stale & ~set_of(_mm256_cmpeq_epi32(_mm256_srli_epi32(at, 9), _mm256_srli_epi32(moved, 9))));
    }
    return sets;
}

__attribute__((target("avx2"))) struct pylm__sets pylm__narrow_avx2(const struct pylm__evidence *e,
                                                                    const struct pylm__slices *s, uint32_t alive,
                                                                    uint32_t mid, int side)
{
    return side ? narrow(e, s, alive, mid, 1) : narrow(e, s, alive, mid, 0);
}

#endif
