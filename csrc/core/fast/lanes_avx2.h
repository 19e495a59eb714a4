/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lanes_avx2.h: narrow.c for eight templates at once, with AVX2. A lane is a template. Lanes without evidence are
 * computed, too, and left out at the end. Every index is clamped before it is used, and every list is read within its
 * bounds for the reasons that hold in narrow.c.
 *
 * Lists are read again at every node: that is as quick as to remember what has changed. Functions that load lane by
 * lane do so for the first n lanes of a vector: 4 or 8.
 *
 * To be included behind PYLM__AVX2_BEGIN, which makes the compiler use these instructions for all that follows.
 */
#ifndef PYLM_FAST_LANES_AVX2_H
#define PYLM_FAST_LANES_AVX2_H

#include "core/narrow.h"

#include <immintrin.h>

static inline __m256i lanes_load(const uint32_t *array, uint32_t k)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)(array + k));
}

static inline void lanes_store(uint32_t *array, uint32_t k, __m256i value)
{
    _mm256_storeu_si256((__m256i *)(void *)(array + k), value);
}

static inline __m256i lanes_all(uint32_t value)
{
    return _mm256_set1_epi32((int)value);
}

/* b where the mask is all ones, else a. As floats: before blendv_epi8 gcc 12 compares the mask with 0 again. */
static inline __m256i lanes_choose(__m256i a, __m256i b, __m256i mask)
{
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), _mm256_castsi256_ps(mask)));
}

/* Ones in the lanes of the set's templates from k on; and the other way around. */
static inline __m256i lanes_of(uint32_t templates, uint32_t k)
{
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(lanes_all(templates >> k), bit), bit);
}

static inline uint32_t lanes_set(__m256i mask)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask));
}

/* What pylm__log2_of_count() makes of 4 n + 1, up to a constant: the exponent of x, then the leading one and the four
 * bits behind it. Bits further behind are cleared, so that the conversion cannot round up. */
static inline __m256i lanes_log2_bits(__m256i x)
{
    __m256i exact = _mm256_andnot_si256(_mm256_srli_epi32(x, 8), x);
    return _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(exact)), 19);
}

static inline __m256i lanes_log2_of_count(__m256i n)
{
    return lanes_log2_bits(_mm256_add_epi32(_mm256_slli_epi32(n, 2), lanes_all(1)));
}

/* As pylm__calibration_index() and, for one successor, pylm__calibration_single(), also for the sums of 0 that only
 * damaged lists have. */
static inline __m256i lanes_calibration_index(__m256i total, __m256i n0, __m256i n1, __m256i single)
{
    const __m256i one = lanes_all(1);
    __m256i below = _mm256_sub_epi32(total, one);
    __m256i few = _mm256_cmpgt_epi32(lanes_all(PYLM__EXACT_TOTAL), below);
    __m256i octave = _mm256_min_epi32(
        _mm256_sub_epi32(_mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(below)), 23), lanes_all(127u + 3u)),
        lanes_all(PYLM__N_OCTAVES - 1u)); /* rounding up is far beyond the last one */
    __m256i step =
        _mm256_srai_epi32(_mm256_add_epi32(_mm256_sub_epi32(lanes_log2_of_count(n1), lanes_log2_of_count(n0)),
                                           lanes_all(PYLM__RATIO_OFFSET)),
                          PYLM__RATIO_SHIFT);
    __m256i exact = _mm256_add_epi32(_mm256_srli_epi32(_mm256_madd_epi16(total, _mm256_add_epi32(total, one)), 1), n1);
    __m256i pair, alone;
    step = _mm256_min_epi32(_mm256_max_epi32(step, _mm256_setzero_si256()), lanes_all(PYLM__N_RATIOS - 1u));
    pair = _mm256_add_epi32(_mm256_madd_epi16(octave, lanes_all(PYLM__N_RATIOS)),
                            _mm256_add_epi32(step, lanes_all(PYLM__N_EXACT)));
    pair = lanes_choose(pair, exact, few);
    alone = lanes_choose(_mm256_add_epi32(octave, lanes_all(PYLM__EXACT_TOTAL)), below, few);
    alone = _mm256_add_epi32(_mm256_add_epi32(alone, alone), lanes_all(PYLM__N_PAIRED));
    alone = _mm256_sub_epi32(alone, _mm256_cmpgt_epi32(n1, _mm256_setzero_si256()));
    return _mm256_min_epu32(lanes_choose(pair, alone, single), lanes_all(PYLM__N_CALIBRATION - 1u));
}

/* The inputs from k on: the log-odds at these indices of the living templates, 0 for the others, and the constant
 * behind the last. Single loads: on many processors the instructions that gather are slower. */
PYLM__INLINE __m128i lanes_inputs(const struct pylm__evidence *e, uint32_t k, uint32_t n, __m256i index, __m256i active)
{
    const __m256i row = _mm256_setr_epi32(0, PYLM__N_CALIBRATION, 2 * PYLM__N_CALIBRATION, 3 * PYLM__N_CALIBRATION,
                                          4 * PYLM__N_CALIBRATION, 5 * PYLM__N_CALIBRATION, 6 * PYLM__N_CALIBRATION,
                                          7 * PYLM__N_CALIBRATION);
    const __m128i number = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
    const uint8_t *rows = e->calibration + 2u * (size_t)k * PYLM__N_CALIBRATION;
    __m128i live = _mm_packs_epi32(_mm256_castsi256_si128(active), _mm256_extracti128_si256(active, 1));
    __m128i constant = _mm_cmpeq_epi16(number, _mm_set1_epi16((short)(e->n_templates - k)));
    __m128i odds;
    uint32_t i[PYLM__LANES];
    _mm256_storeu_si256((__m256i *)(void *)i, _mm256_and_si256(_mm256_add_epi32(index, row), active));
#define AT(lane) (short)(lane < n ? pylm__load_i16(rows + 2u * (size_t)i[lane]) : 0)
    odds = _mm_setr_epi16(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7));
#undef AT
    return _mm_or_si128(_mm_and_si128(odds, live), _mm_and_si128(constant, _mm_set1_epi16(PYLM__CONSTANT_Q10)));
}

/* The sums over the lanes of two. */
static inline void lanes_sums(__m256i a, __m256i b, uint32_t *sum_a, uint32_t *sum_b)
{
    __m256i pairs = _mm256_hadd_epi32(a, b);
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    sum = _mm_hadd_epi32(sum, sum);
    *sum_a = (uint32_t)_mm_cvtsi128_si32(sum);
    *sum_b = (uint32_t)_mm_extract_epi32(sum, 1);
}

/* The lower halves of four and four. */
static inline __m256i lanes_lower(__m256i a, __m256i b)
{
    __m256 both = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(both), 0xd8);
}

/* Four and four, as numbers of 64 bits. */
static inline __m256i lanes_first_half(__m256i a)
{
    return _mm256_cvtepu32_epi64(_mm256_castsi256_si128(a));
}

static inline __m256i lanes_second_half(__m256i a)
{
    return _mm256_cvtepu32_epi64(_mm256_extracti128_si256(a, 1));
}

/* Where the words of lists lie whose bits are `at`. */
PYLM__INLINE void lanes_words(const struct pylm__evidence *e, uint32_t k, uint32_t n, __m256i at, const uint8_t **word)
{
    __m256i byte = _mm256_srli_epi32(at, 3);
    const __m256i *list = (const __m256i *)(const void *)(e->list + k);
    __m256i *to = (__m256i *)(void *)(word + k);
    _mm256_storeu_si256(to, _mm256_add_epi64(lanes_first_half(byte), _mm256_loadu_si256(list)));
    if (n > PYLM__LANES / 2u)
        _mm256_storeu_si256(to + 1, _mm256_add_epi64(lanes_second_half(byte), _mm256_loadu_si256(list + 1)));
}

/* Slices, and what their lists say where they part. */
struct lanes {
    __m256i total, n, first, at;
    __m256i right, n_left, total_left;
};

/* pylm__slice_look(), and what a single successor has there. */
PYLM__INLINE struct lanes lanes_look(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, uint32_t n,
                                     const uint8_t *const *word)
{
    const __m128i leaf_bits = _mm_cvtsi32_si128((int)e->leaf_bits);
    const __m256i one = lanes_all(1), in_byte = lanes_all(7);
    __m256i total_at = lanes_load(e->total_at, k), low, high, bit, n_left;
    struct lanes l;
    l.total = lanes_load(s->total, k);
    l.n = lanes_load(s->n, k);
    l.first = lanes_load(s->first, k);
    l.at = lanes_load(s->at, k);
    bit = _mm256_and_si256(l.at, in_byte);
#define AT(lane) (long long)(lane < n ? pylm__load64(word[k + lane]) : 0u)
    low = _mm256_srlv_epi64(_mm256_setr_epi64x(AT(0), AT(1), AT(2), AT(3)), lanes_first_half(bit));
    high = _mm256_srlv_epi64(_mm256_setr_epi64x(AT(4), AT(5), AT(6), AT(7)), lanes_second_half(bit));
#undef AT
    l.right = lanes_choose(_mm256_and_si256(lanes_lower(low, high), lanes_all(e->leaf_mask)), l.first,
                           _mm256_cmpeq_epi32(l.n, one));
    n_left = lanes_lower(_mm256_srl_epi64(low, leaf_bits), _mm256_srl_epi64(high, leaf_bits));
    n_left = _mm256_max_epi32(_mm256_and_si256(n_left, lanes_load(e->n_mask, k)), one);
    l.n_left = _mm256_min_epi32(n_left, _mm256_sub_epi32(l.n, one));
    low = _mm256_srlv_epi64(low, lanes_first_half(total_at));
    high = _mm256_srlv_epi64(high, lanes_second_half(total_at));
    l.total_left = _mm256_min_epu32(_mm256_and_si256(lanes_lower(low, high), lanes_load(e->total_mask, k)), l.total);
    return l;
}

/* How slices lie at a node: whether they begin left of it and all of them stay there, and how many lie left. */
struct lanes_place {
    __m256i begins_left, stays_left;
    __m256i total, n;
};

static inline struct lanes_place lanes_place(struct lanes l, uint32_t mid)
{
    struct lanes_place p;
    p.begins_left = _mm256_cmpgt_epi32(lanes_all(mid), l.first);
    p.stays_left = _mm256_cmpgt_epi32(lanes_all(mid), l.right);
    p.total = _mm256_and_si256(lanes_choose(l.total_left, l.total, p.stays_left), p.begins_left);
    p.n = _mm256_and_si256(lanes_choose(l.n_left, l.n, p.stays_left), p.begins_left);
    return p;
}

/* What they say there: writes the inputs from k on, and adds to the sums. */
PYLM__INLINE void lanes_gather(const struct pylm__evidence *e, uint32_t k, uint32_t n, __m256i active, struct lanes l,
                               struct lanes_place p, struct pylm__gathered *gathered, __m256i *sum_left,
                               __m256i *sum_all)
{
    __m256i unit = _mm256_and_si256(lanes_load(e->unit, k), active);
    __m256i index = lanes_calibration_index(l.total, p.total, _mm256_sub_epi32(l.total, p.total),
                                            _mm256_cmpeq_epi32(l.n, lanes_all(1)));
    _mm_storeu_si128((__m128i *)(void *)(gathered->inputs + k), lanes_inputs(e, k, n, index, active));
    *sum_all = _mm256_add_epi32(*sum_all, _mm256_mullo_epi32(l.total, unit));
    *sum_left = _mm256_add_epi32(*sum_left, _mm256_mullo_epi32(p.total, unit));
}

/* What the suffix contexts do to the voice: pylm__voice_step(), by template; those without evidence do nothing. */
struct lanes_steps {
    uint32_t left[PYLM__MAX_STRIDE], right[PYLM__MAX_STRIDE], shift[PYLM__MAX_STRIDE];
};

/* n / 2^(e - 126) as pylm__voice_share() has it, and in the unit of a voice. Shifts by less than nothing, which are
 * large numbers, give 0. */
static inline __m256i lanes_share(__m256i n, __m256i e)
{
    const __m256i even = lanes_all(126u + PYLM__VOICE_STEP_BITS);
    __m256i share = _mm256_or_si256(_mm256_sllv_epi32(n, _mm256_sub_epi32(even, e)),
                                    _mm256_srlv_epi32(n, _mm256_sub_epi32(e, even)));
    return _mm256_slli_epi32(share, (int)(PYLM__VOICE_BITS - PYLM__VOICE_STEP_BITS));
}

/* Writes the steps from k on. */
PYLM__INLINE void lanes_voice_steps(const struct pylm__evidence *e, uint32_t k, __m256i active, struct lanes l,
                                    struct lanes_place p, struct lanes_steps *steps)
{
    __m256i total, n0, x, exponent;
    if (k >= pylm__n_voice(e))
        return;
    total = _mm256_and_si256(l.total, active);
    n0 = _mm256_and_si256(p.total, active);
    x = _mm256_add_epi32(total, lanes_all((1u << PYLM__VOICE_PRIOR_BITS) - 1u));
    x = _mm256_andnot_si256(_mm256_srli_epi32(x, 8), x); /* so that the conversion cannot round up */
    exponent = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(x)), 23);
    lanes_store(steps->left, k, lanes_share(n0, exponent));
    lanes_store(steps->right, k, lanes_share(_mm256_sub_epi32(total, n0), exponent));
    lanes_store(steps->shift, k, _mm256_sub_epi32(exponent, lanes_all(126u + PYLM__VOICE_PRIOR_BITS)));
}

PYLM__INLINE void lanes_voice(const struct pylm__evidence *e, const struct lanes_steps *steps,
                              struct pylm__gathered *gathered)
{
#if PYLM_MODULE_VOICE
    struct pylm__voice voice = pylm__voice_begin();
    uint32_t k;
    for (k = 0; k < e->n_voice; k++) {
        voice.left = steps->left[k] + (voice.left >> steps->shift[k]);
        voice.right = steps->right[k] + (voice.right >> steps->shift[k]);
    }
    gathered->voice = voice;
#else
    (void)e;
    (void)steps;
    (void)gathered;
#endif
}

/* Narrows them to one side: right where the mask `right` is all ones, else left. Returns which are still active, and
 * where in their lists they are in `at`. Those that die become anything, but for `at`. */
static inline uint32_t lanes_narrow(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k, __m256i active,
                                    struct lanes l, struct lanes_place p, __m256i right, __m256i *at)
{
    __m256i parts = _mm256_andnot_si256(p.stays_left, p.begins_left);
    __m256i other = _mm256_andnot_si256(parts, _mm256_cmpeq_epi32(p.begins_left, right)); /* all on the other side */
    __m256i splits = _mm256_max_epi32(_mm256_and_si256(l.n_left, right), lanes_all(1));   /* passed over */
    __m256i bits = _mm256_mullo_epi32(splits, lanes_load(e->split_bits, k));
    *at = _mm256_add_epi32(l.at, _mm256_and_si256(bits, _mm256_and_si256(parts, active)));
    lanes_store(s->total, k, lanes_choose(p.total, _mm256_sub_epi32(l.total, p.total), right));
    lanes_store(s->n, k, lanes_choose(p.n, _mm256_sub_epi32(l.n, p.n), right));
    lanes_store(s->first, k, lanes_choose(l.first, l.right, _mm256_and_si256(p.begins_left, right)));
    lanes_store(s->at, k, *at);
    return lanes_set(_mm256_andnot_si256(other, active)) << k;
}

#endif
