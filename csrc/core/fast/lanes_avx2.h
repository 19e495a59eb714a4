/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lanes_avx2.h: narrow.c for eight templates at once, with AVX2. A lane is a template. Lanes without evidence are
 * computed, too, and left out at the end. Every index is clamped before it is used, and every list is read within its
 * bounds for the reasons that hold in narrow.c.
 *
 * Lists are read again at every node: that is as quick as to remember what has changed.
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

/* Each lane its number. */
static inline __m256i lanes_numbers(void)
{
    return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
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

/* Log-odds at these indices of the calibrations of templates from `rows` on; 0 for those that are
 * not active. Single loads: on many processors the instructions that gather are slower.
 *   row   where each template's calibration begins, numbers */
PYLM__INLINE __m128i lanes_log_odds(const uint8_t *rows, __m256i row, __m256i index, __m256i active)
{
    __m128i live = _mm_packs_epi32(_mm256_castsi256_si128(active), _mm256_extracti128_si256(active, 1));
    uint32_t i[PYLM__LANES];
    _mm256_storeu_si256((__m256i *)(void *)i, _mm256_and_si256(_mm256_add_epi32(index, row), active));
#define AT(lane) (short)pylm__load_i16(rows + 2u * (size_t)i[lane])
    return _mm_and_si128(_mm_setr_epi16(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7)), live);
#undef AT
}

/* The constant where the number of an input is n. */
static inline __m128i lanes_constant(__m128i number, uint32_t n)
{
    return _mm_and_si128(_mm_cmpeq_epi16(number, _mm_set1_epi16((short)n)), _mm_set1_epi16(PYLM__CONSTANT_Q10));
}

/* The inputs from k on: log-odds, and the constant behind the last. */
PYLM__INLINE __m128i lanes_inputs(const struct pylm__evidence *e, uint32_t k, __m256i index, __m256i active)
{
    const __m256i row = _mm256_mullo_epi32(lanes_numbers(), lanes_all(PYLM__N_CALIBRATION));
    const uint8_t *rows = e->calibration + 2u * (size_t)k * PYLM__N_CALIBRATION;
    return _mm_or_si128(lanes_log_odds(rows, row, index, active),
                        lanes_constant(_mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7), e->n_templates - k));
}

/* The sum over the lanes. */
static inline uint32_t lanes_sum(__m256i x)
{
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(sum);
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

/* Where the words of four lists lie whose bits are `at`. */
static inline void lanes_words_half(const uint8_t *const *list, __m128i at, const uint8_t **word)
{
    __m256i byte = _mm256_cvtepu32_epi64(_mm_srli_epi32(at, 3));
    __m256i lists = _mm256_loadu_si256((const __m256i *)(const void *)list);
    _mm256_storeu_si256((__m256i *)(void *)word, _mm256_add_epi64(byte, lists));
}

/* Likewise of eight. */
static inline void lanes_words(const uint8_t *const *list, __m256i at, const uint8_t **word)
{
    lanes_words_half(list, _mm256_castsi256_si128(at), word);
    lanes_words_half(list + PYLM__LANES / 2u, _mm256_extracti128_si256(at, 1), word + PYLM__LANES / 2u);
}

/* What is found of contexts, and stays on the way down. */
struct lanes_found {
    __m256i unit, n_mask, total_mask, total_at, split_bits;
};

static inline struct lanes_found lanes_found(const struct pylm__evidence *e, uint32_t k)
{
    struct lanes_found f;
    f.unit = lanes_load(e->unit, k);
    f.n_mask = lanes_load(e->n_mask, k);
    f.total_mask = lanes_load(e->total_mask, k);
    f.total_at = lanes_load(e->total_at, k);
    f.split_bits = lanes_load(e->split_bits, k);
    return f;
}

/* Slices, and what their lists say where they part. */
struct lanes {
    __m256i total, n, first, at;
    __m256i right, n_left, total_left;
};

static inline struct lanes lanes_slices(const struct pylm__slices *s, uint32_t k)
{
    struct lanes l;
    l.total = lanes_load(s->total, k);
    l.n = lanes_load(s->n, k);
    l.first = lanes_load(s->first, k);
    l.at = lanes_load(s->at, k);
    return l;
}

/* pylm__slice_look(), and what a single successor has there.
 *   word   where their splits are */
PYLM__INLINE void lanes_look(const struct pylm__evidence *e, const struct lanes_found *f, struct lanes *l,
                             const uint8_t *const *word)
{
    const __m128i leaf_bits = _mm_cvtsi32_si128((int)e->leaf_bits);
    const __m256i one = lanes_all(1);
    __m256i low, high, bit = _mm256_and_si256(l->at, lanes_all(7)), n_left;
#define AT(lane) (long long)pylm__load64(word[lane])
    low = _mm256_srlv_epi64(_mm256_setr_epi64x(AT(0), AT(1), AT(2), AT(3)), lanes_first_half(bit));
    high = _mm256_srlv_epi64(_mm256_setr_epi64x(AT(4), AT(5), AT(6), AT(7)), lanes_second_half(bit));
#undef AT
    l->right = lanes_choose(_mm256_and_si256(lanes_lower(low, high), lanes_all(e->leaf_mask)), l->first,
                            _mm256_cmpeq_epi32(l->n, one));
    n_left = lanes_lower(_mm256_srl_epi64(low, leaf_bits), _mm256_srl_epi64(high, leaf_bits));
    n_left = _mm256_max_epi32(_mm256_and_si256(n_left, f->n_mask), one);
    l->n_left = _mm256_min_epi32(n_left, _mm256_sub_epi32(l->n, one));
    low = _mm256_srlv_epi64(low, lanes_first_half(f->total_at));
    high = _mm256_srlv_epi64(high, lanes_second_half(f->total_at));
    l->total_left = _mm256_min_epu32(_mm256_and_si256(lanes_lower(low, high), f->total_mask), l->total);
}

/* How slices lie at a node: whether they begin left of it and all of them stay there, and how many lie left. */
struct lanes_place {
    __m256i begins_left, stays_left;
    __m256i total, n;
};

static inline struct lanes_place lanes_place(const struct lanes *l, __m256i mid)
{
    struct lanes_place p;
    p.begins_left = _mm256_cmpgt_epi32(mid, l->first);
    p.stays_left = _mm256_cmpgt_epi32(mid, l->right);
    p.total = _mm256_and_si256(lanes_choose(l->total_left, l->total, p.stays_left), p.begins_left);
    p.n = _mm256_and_si256(lanes_choose(l->n_left, l->n, p.stays_left), p.begins_left);
    return p;
}

/* Which of their calibrations' entries that is. */
static inline __m256i lanes_index(const struct lanes *l, const struct lanes_place *p)
{
    return lanes_calibration_index(l->total, p->total, _mm256_sub_epi32(l->total, p->total),
                                   _mm256_cmpeq_epi32(l->n, lanes_all(1)));
}

/* Adds what they say there to the sums. */
static inline void lanes_add(const struct lanes_found *f, const struct lanes *l, const struct lanes_place *p,
                             __m256i active, __m256i *sum_left, __m256i *sum_all)
{
    __m256i unit = _mm256_and_si256(f->unit, active);
    *sum_all = _mm256_add_epi32(*sum_all, _mm256_mullo_epi32(l->total, unit));
    *sum_left = _mm256_add_epi32(*sum_left, _mm256_mullo_epi32(p->total, unit));
}

/* What contexts do to the voice: pylm__voice_step(). Those without evidence do nothing. */
struct lanes_steps {
    __m256i left, right, shift;
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

static inline struct lanes_steps lanes_steps(__m256i active, const struct lanes *l, const struct lanes_place *p)
{
    __m256i total = _mm256_and_si256(l->total, active), n0 = _mm256_and_si256(p->total, active), x, exponent;
    struct lanes_steps steps;
    x = _mm256_add_epi32(total, lanes_all((1u << PYLM__VOICE_PRIOR_BITS) - 1u));
    x = _mm256_andnot_si256(_mm256_srli_epi32(x, 8), x); /* so that the conversion cannot round up */
    exponent = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(x)), 23);
    steps.left = lanes_share(n0, exponent);
    steps.right = lanes_share(_mm256_sub_epi32(total, n0), exponent);
    steps.shift = _mm256_sub_epi32(exponent, lanes_all(126u + PYLM__VOICE_PRIOR_BITS));
    return steps;
}

/* A voice is two lanes: left and right. */
static inline __m128i lanes_silence(void)
{
    const int half = 1 << (PYLM__VOICE_BITS - 1u);
    return _mm_setr_epi32(half, half, 0, 0);
}

static inline __m128i lanes_say(__m128i voice, __m128i add, __m128i shift)
{
    return _mm_add_epi32(add, _mm_srlv_epi32(voice, shift));
}

/* Four contexts, one after the other. */
static inline __m128i lanes_say_four(__m128i voice, __m128i left, __m128i right, __m128i shift)
{
    __m128i add = _mm_unpacklo_epi32(left, right), by = _mm_unpacklo_epi32(shift, shift);
    voice = lanes_say(voice, add, by);
    voice = lanes_say(voice, _mm_srli_si128(add, 8), _mm_srli_si128(by, 8));
    add = _mm_unpackhi_epi32(left, right);
    by = _mm_unpackhi_epi32(shift, shift);
    voice = lanes_say(voice, add, by);
    return lanes_say(voice, _mm_srli_si128(add, 8), _mm_srli_si128(by, 8));
}

/* Those of the lower half of a vector; of the upper one. */
static inline __m128i lanes_say_lower(__m128i voice, const struct lanes_steps *steps)
{
    return lanes_say_four(voice, _mm256_castsi256_si128(steps->left), _mm256_castsi256_si128(steps->right),
                          _mm256_castsi256_si128(steps->shift));
}

static inline __m128i lanes_say_upper(__m128i voice, const struct lanes_steps *steps)
{
    return lanes_say_four(voice, _mm256_extracti128_si256(steps->left, 1), _mm256_extracti128_si256(steps->right, 1),
                          _mm256_extracti128_si256(steps->shift, 1));
}

static inline void lanes_note_voice(struct pylm__gathered *gathered, __m128i voice)
{
#if PYLM_MODULE_VOICE
    _mm_storel_epi64((__m128i *)(void *)&gathered->voice, voice);
#else
    (void)gathered;
    (void)voice;
#endif
}

/* The voice of the contexts from k on: what those before have made of it, and what these say, as far as they take
 * part. */
PYLM__INLINE __m128i lanes_voice(const struct pylm__evidence *e, uint32_t k, __m128i voice, __m256i active,
                                 const struct lanes *l, const struct lanes_place *p)
{
    uint32_t n = pylm__n_voice(e);
    struct lanes_steps steps;
    if (k >= n)
        return voice;
    active = _mm256_and_si256(active, lanes_of(pylm__mask(n), k));
    steps = lanes_steps(active, l, p);
    voice = lanes_say_lower(voice, &steps);
    return n > k + PYLM__LANES / 2u ? lanes_say_upper(voice, &steps) : voice;
}

/* Narrows them to one side: right where the mask `right` is all ones, else left. Returns a mask of those that are still
 * active. Those that die become anything, but for `at`. */
static inline __m256i lanes_narrow(const struct lanes_found *f, struct lanes *l, const struct lanes_place *p,
                                   __m256i active, __m256i right)
{
    __m256i parts = _mm256_andnot_si256(p->stays_left, p->begins_left);
    __m256i other = _mm256_andnot_si256(parts, _mm256_cmpeq_epi32(p->begins_left, right)); /* all on the other side */
    __m256i splits = _mm256_max_epi32(_mm256_and_si256(l->n_left, right), lanes_all(1));   /* passed over */
    __m256i bits = _mm256_mullo_epi32(splits, f->split_bits);
    l->at = _mm256_add_epi32(l->at, _mm256_and_si256(bits, _mm256_and_si256(parts, active)));
    l->total = lanes_choose(p->total, _mm256_sub_epi32(l->total, p->total), right);
    l->n = lanes_choose(p->n, _mm256_sub_epi32(l->n, p->n), right);
    l->first = lanes_choose(l->first, l->right, _mm256_and_si256(p->begins_left, right));
    return _mm256_andnot_si256(other, active);
}

static inline void lanes_keep(struct pylm__slices *s, uint32_t k, const struct lanes *l)
{
    lanes_store(s->total, k, l->total);
    lanes_store(s->n, k, l->n);
    lanes_store(s->first, k, l->first);
    lanes_store(s->at, k, l->at);
}

#endif
