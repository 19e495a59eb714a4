/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lanes_mix_avx2.h: pylm__node_mix() for eight paths at once, with AVX2. A lane is a path here, not a template as in
 * lanes_avx2.h: what is mixed at a node are single numbers, and eight of them take what one does.
 *
 * Lanes whose path has ended are computed, too, from what it left. To be included behind PYLM__AVX2_BEGIN.
 */
#ifndef PYLM_FAST_LANES_MIX_AVX2_H
#define PYLM_FAST_LANES_MIX_AVX2_H

#include "core/stage1.h"
#include "lanes_avx2.h"

/* Where the paths are, and what is known there. */
struct lanes_paths {
    uint32_t leaf[PYLM__LANES], side[PYLM__LANES]; /* side: all ones for right */
    uint32_t number[PYLM__LANES], lo[PYLM__LANES], hi[PYLM__LANES];
    uint32_t mid[PYLM__LANES], set[PYLM__LANES];
    uint32_t mantissa[PYLM__LANES], exponent[PYLM__LANES]; /* of the probability behind it: pylm__small */
    uint32_t active[PYLM__LANES], suffix[PYLM__LANES], total[PYLM__LANES]; /* the longest suffix context, and its n */
    uint32_t left[PYLM__LANES], all[PYLM__LANES];
    uint32_t voice_left[PYLM__LANES], voice_right[PYLM__LANES];
    uint32_t topic_offset[PYLM__LANES], topic_shift[PYLM__LANES];
    uint32_t suffix_row[PYLM__LANES], confidence_row[PYLM__LANES]; /* where these begin, bytes */
    __m256i topic[PYLM__LANES], mixed[PYLM__LANES];                /* products, still to be summed up */
};

/* What does not change on the way. */
struct lanes_mixer {
    const uint8_t *stage2, *nodes;
    uint32_t leaf_bits, node_bits, leaf_mask, set_mask; /* of pylm__tree_node() */
    uint32_t n_templates, n_stage1, n_node_sets, row_nbytes, suffixes, skips;
    uint32_t topic_at, voice_at; /* which inputs these are; 0: there is none */
};

static inline struct lanes_mixer lanes_mixer(const struct pylm__mixer *mixer)
{
    const struct pylm__tree *tree = &mixer->tree;
    struct lanes_mixer m;
    m.stage2 = tree->parts[PYLM__P_STAGE2_WEIGHTS];
    m.nodes = tree->parts[PYLM__P_NODES];
    m.leaf_bits = pylm__symbol_bits(tree);
    m.node_bits = m.leaf_bits + tree->set_bits;
    m.leaf_mask = pylm__mask(m.leaf_bits);
    m.set_mask = pylm__mask(tree->set_bits);
    m.n_templates = tree->n_templates;
    m.n_stage1 = pylm__n_stage1(tree);
    m.n_node_sets = tree->n_node_sets;
    m.row_nbytes = mixer->row_nbytes;
    m.suffixes = mixer->suffixes;
    m.skips = mixer->skips;
    m.topic_at = pylm__has_topic(tree) ? m.n_templates + 1u : 0u;
    m.voice_at = pylm__has_voice(tree) ? m.n_stage1 - 1u : 0u;
    return m;
}

/* ---- numbers */

/* Two neighbours in a table of 16 bits: the first in the lower half of each lane. */
static inline __m256i lanes_neighbours(const uint16_t *table, __m256i i)
{
    return _mm256_i32gather_epi32((const int *)(const void *)table, i, 2);
}

/* x as a float that is not above it, with its eight leading bits; the exponent has an offset of 127. Conversion knows
 * signed numbers only, so the largest are halved, and counted in `halved`. */
static inline __m256i lanes_float_bits(__m256i x, __m256i *halved)
{
    *halved = _mm256_srli_epi32(x, 31);
    x = _mm256_srlv_epi32(x, *halved);
    return _mm256_castps_si256(_mm256_cvtepi32_ps(_mm256_andnot_si256(_mm256_srli_epi32(x, 8), x)));
}

/* pylm__ilog2() */
static inline __m256i lanes_ilog2(__m256i x)
{
    __m256i halved, bits = lanes_float_bits(x, &halved);
    return _mm256_add_epi32(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), lanes_all(127)), halved);
}

/* pylm__ln() */
static inline __m256i lanes_ln(__m256i x)
{
    __m256i halved, bits = lanes_float_bits(x, &halved), pair, sum;
    __m256i whole = _mm256_add_epi32(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), lanes_all(127)), halved);
    pair = lanes_neighbours(pylm__log2_table, _mm256_and_si256(_mm256_srli_epi32(bits, 16), lanes_all(127)));
    sum = _mm256_add_epi32(_mm256_and_si256(pair, lanes_all(0xffff)), _mm256_srli_epi32(pair, 16));
    sum = _mm256_add_epi32(_mm256_mullo_epi32(sum, lanes_all(2839)), lanes_all(271000));
    return _mm256_add_epi32(_mm256_srli_epi32(_mm256_mullo_epi32(whole, lanes_all(45426)), 6),
                            _mm256_srli_epi32(sum, 19));
}

static inline __m256i lanes_clamp(__m256i x, int32_t most)
{
    return _mm256_max_epi32(_mm256_min_epi32(x, _mm256_set1_epi32(most)), _mm256_set1_epi32(-most));
}

/* pylm__squash() */
static inline __m256i lanes_squash(__m256i x)
{
    __m256i sign = _mm256_srai_epi32(x, 31), part, pair, low, p;
    x = _mm256_min_epi32(_mm256_abs_epi32(x), lanes_all(PYLM__SQUASH_LAST * PYLM__SQUASH_STEP - 1u));
    part = _mm256_and_si256(x, lanes_all(PYLM__SQUASH_STEP - 1u));
    pair = lanes_neighbours(pylm__squash_table, _mm256_srli_epi32(x, 6));
    low = _mm256_and_si256(pair, lanes_all(0xffff));
    p = _mm256_mullo_epi32(_mm256_sub_epi32(_mm256_srli_epi32(pair, 16), low), part);
    p = _mm256_add_epi32(low, _mm256_srli_epi32(_mm256_add_epi32(p, lanes_all(PYLM__SQUASH_STEP / 2u)), 6));
    return _mm256_add_epi32(_mm256_xor_si256(p, sign), _mm256_and_si256(sign, lanes_all(65537)));
}

/* pylm__small_scale() */
static inline void lanes_scale(uint32_t *mantissa, uint32_t *exponent, __m256i p)
{
    __m256i m = lanes_load(mantissa, 0), lost, product;
    __m256i behind = _mm256_mullo_epi32(_mm256_and_si256(m, lanes_all(0xffff)), p);
    product = _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srli_epi32(m, 16), p), _mm256_srli_epi32(behind, 16));
    lost = _mm256_sub_epi32(lanes_all(31), lanes_ilog2(product));
    behind = _mm256_srlv_epi32(_mm256_and_si256(behind, lanes_all(0xffff)), _mm256_sub_epi32(lanes_all(16), lost));
    lanes_store(mantissa, 0, _mm256_or_si256(_mm256_sllv_epi32(product, lost), behind));
    lanes_store(exponent, 0, _mm256_add_epi32(lanes_load(exponent, 0), lost));
}

/* How many bits are set in each lane. */
static inline __m256i lanes_count_bits(__m256i x)
{
    const __m256i counts = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i n = _mm256_add_epi8(_mm256_shuffle_epi8(counts, _mm256_and_si256(x, nibble)),
                                _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi32(x, 4), nibble)));
    return _mm256_madd_epi16(_mm256_maddubs_epi16(n, _mm256_set1_epi8(1)), _mm256_set1_epi16(1));
}

/* The sums over the lanes of each of eight. */
static inline __m256i lanes_sums_of(const __m256i *of)
{
    __m256i a = _mm256_hadd_epi32(_mm256_hadd_epi32(of[0], of[1]), _mm256_hadd_epi32(of[2], of[3]));
    __m256i b = _mm256_hadd_epi32(_mm256_hadd_epi32(of[4], of[5]), _mm256_hadd_epi32(of[6], of[7]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

/* ---- products, which are summed up later, modulo 2^32 */

static inline __m256i lanes_i16(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

static inline __m128i lanes_half_i16(const void *at)
{
    return _mm_loadu_si128((const __m128i *)at);
}

/* pylm__dot() of inputs that are 0 from n on, up to a multiple of PYLM__DOT_STEP. */
PYLM__INLINE __m256i lanes_dot(const uint8_t *const *rows, const int16_t *inputs, uint32_t n)
{
    __m256i sum = _mm256_setzero_si256();
    uint32_t k = 0, row;
    for (; k + PYLM__DOT_STEP < n; k += 2u * PYLM__DOT_STEP) {
        __m256i x = lanes_i16(inputs + k);
        for (row = 0; row < PYLM__DOT_ROWS; row++)
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(lanes_i16(rows[row] + 2u * k), x));
    }
    if (k < n) {
        __m128i x = lanes_half_i16(inputs + k), rest = _mm_setzero_si128();
        for (row = 0; row < PYLM__DOT_ROWS; row++)
            rest = _mm_add_epi32(rest, _mm_madd_epi16(lanes_half_i16(rows[row] + 2u * k), x));
        sum = _mm256_add_epi32(sum, _mm256_inserti128_si256(_mm256_setzero_si256(), rest, 0));
    }
    return sum;
}

static inline __m256i lanes_sixteen(const uint8_t *numbers, const int16_t *x)
{
    return _mm256_madd_epi16(_mm256_cvtepi8_epi16(lanes_half_i16(numbers)), lanes_i16(x));
}

/* pylm__dot_bytes(); n is a multiple of 8. */
PYLM__INLINE __m256i lanes_dot_bytes(const uint8_t *numbers, const int16_t *x, uint32_t n)
{
    __m256i sum = _mm256_setzero_si256(), other = sum;
    __m128i bytes;
    uint32_t k;
    for (k = 0; k + 24u < n; k += 32u) {
        sum = _mm256_add_epi32(sum, lanes_sixteen(numbers + k, x + k));
        other = _mm256_add_epi32(other, lanes_sixteen(numbers + k + 16u, x + k + 16u));
    }
    sum = _mm256_add_epi32(sum, other);
    for (; k + 8u < n; k += 16u)
        sum = _mm256_add_epi32(sum, lanes_sixteen(numbers + k, x + k));
    if (k < n) {
        bytes = _mm_loadl_epi64((const __m128i *)(const void *)(numbers + k));
        bytes = _mm_madd_epi16(_mm_cvtepi8_epi16(bytes), lanes_half_i16(x + k));
        sum = _mm256_add_epi32(sum, _mm256_inserti128_si256(_mm256_setzero_si256(), bytes, 0));
    }
    return sum;
}

/* The same of short numbers, as pylm__topic_numbers() has them; n is a multiple of 16. */
PYLM__INLINE __m256i lanes_dot_short(const uint8_t *numbers, const int16_t *x, uint32_t n)
{
    const __m128i upper = _mm_set1_epi8((char)0xf0);
    __m256i sum = _mm256_setzero_si256();
    uint32_t k;
    for (k = 0; k < n / 2u; k += 8u) {
        __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)(numbers + k));
        __m256i both =
            _mm256_inserti128_si256(_mm256_castsi128_si256(lanes_half_i16(x + k)), lanes_half_i16(x + n / 2u + k), 1);
        bytes = _mm_and_si128(_mm_unpacklo_epi64(_mm_slli_epi16(bytes, 4), bytes), upper);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), both));
    }
    return sum;
}

/* The product of a node's numbers and a reading. */
PYLM__INLINE __m256i lanes_dot_reading(const uint8_t *numbers, const struct pylm__reading *reading)
{
    return reading->is_short ? lanes_dot_short(numbers, reading->of, reading->n)
                             : lanes_dot_bytes(numbers, reading->of, reading->n);
}

/* ---- the node of each path */

/* pylm__tree_node() of path i. */
PYLM__INLINE void lanes_node(const struct lanes_mixer *m, struct lanes_paths *at, uint32_t i)
{
    uint64_t word = pylm__word(m->nodes, (pylm__bit)at->number[i] * m->node_bits);
    uint32_t mid = (uint32_t)word & m->leaf_mask, set = (uint32_t)(word >> m->leaf_bits) & m->set_mask;
    if (PYLM__DAMAGED(mid <= at->lo[i] || mid >= at->hi[i]))
        mid = at->lo[i] + 1u;
    at->mid[i] = mid;
    at->set[i] = PYLM__DAMAGED(set >= m->n_node_sets) ? 0u : set;
    at->side[i] = 0u - (uint32_t)(at->leaf[i] >= mid);
}

/* Notes what was gathered at the node of path i. */
PYLM__INLINE void lanes_note(struct lanes_paths *at, uint32_t i, const struct pylm__gathered *gathered)
{
    at->left[i] = gathered->left;
    at->all[i] = gathered->all;
#if PYLM_MODULE_VOICE
    at->voice_left[i] = gathered->voice.left;
    at->voice_right[i] = gathered->voice.right;
#endif
}

/* Multiplies the node's vector and the reading. */
PYLM__INLINE void lanes_topic(struct lanes_paths *at, uint32_t i, const struct pylm__mixer *mixer)
{
#if PYLM_MODULE_TOPIC
    const uint8_t *record = pylm__reading_record(&mixer->reading, at->number[i]);
    at->topic_offset[i] = (uint32_t)pylm__image_i16(record + PYLM__NODE_TOPIC_OFFSET);
    at->topic_shift[i] = record[PYLM__NODE_TOPIC_SHIFT] & 15u;
    at->topic[i] = lanes_dot_reading(record + PYLM__NODE_TOPIC_NUMBERS, &mixer->reading);
#else
    (void)at;
    (void)i;
    (void)mixer;
#endif
}

/* pylm__node_topic() */
PYLM__INLINE int16_t lanes_topic_input(const struct pylm__mixer *mixer, const struct pylm__node *node)
{
#if PYLM_MODULE_TOPIC
    const uint8_t *record = pylm__reading_record(&mixer->reading, node->number);
    __m256i products = lanes_dot_reading(record + PYLM__NODE_TOPIC_NUMBERS, &mixer->reading);
    return (int16_t)pylm__topic_log_odds_of(record, lanes_sum(products));
#else
    (void)mixer;
    (void)node;
    return 0;
#endif
}

/* pylm__topic_log_odds_of(): a shift of signed numbers rounds down, as pylm__floor_shift() does. */
static inline __m256i lanes_topic_inputs(const struct lanes_paths *at)
{
    __m256i shift = lanes_load(at->topic_shift, 0), x;
    x = _mm256_add_epi32(lanes_sums_of(at->topic), _mm256_srli_epi32(_mm256_sllv_epi32(lanes_all(1), shift), 1));
    x = _mm256_add_epi32(lanes_load(at->topic_offset, 0), _mm256_srav_epi32(x, shift));
    return lanes_clamp(x, PYLM__MAX_LOG_ODDS_Q10);
}

/* pylm__voice_log_odds() */
static inline __m256i lanes_voice_inputs(const struct lanes_paths *at)
{
    const __m256i one = lanes_all(1);
    __m256i right = lanes_ln(_mm256_or_si256(lanes_load(at->voice_right, 0), one));
    __m256i left = lanes_ln(_mm256_or_si256(lanes_load(at->voice_left, 0), one));
    return lanes_clamp(_mm256_sub_epi32(right, left), PYLM__MAX_LOG_ODDS_Q10);
}

/* pylm__confidence() */
static inline __m256i lanes_confidence(const struct lanes_paths *at)
{
    __m256i level = lanes_ilog2(_mm256_or_si256(lanes_load(at->all, 0), lanes_all(1)));
    return _mm256_min_epi32(_mm256_srli_epi32(level, 1), lanes_all(PYLM__N_CONFIDENCES - 1u));
}

/* pylm__mean_log_odds() */
static inline __m256i lanes_mean_log_odds(const struct lanes_paths *at)
{
    const __m256i one = lanes_all(1), floor = lanes_all(PYLM__MEAN_FLOOR);
    __m256i left = lanes_load(at->left, 0), right = _mm256_sub_epi32(lanes_load(at->all, 0), left);
    left = lanes_ln(_mm256_or_si256(_mm256_add_epi32(left, floor), one));
    right = lanes_ln(_mm256_or_si256(_mm256_add_epi32(right, floor), one));
    return lanes_clamp(_mm256_sub_epi32(right, left), PYLM__MAX_LOG_ODDS_Q10);
}

/* Where the rows of weights that pylm__select() and the confidence choose begin. */
static inline void lanes_rows(const struct lanes_mixer *m, struct lanes_paths *at, __m256i confidence)
{
    const __m256i row = lanes_all(m->row_nbytes), none = _mm256_setzero_si256(), one = lanes_all(1);
    __m256i active = lanes_load(at->active, 0), total = lanes_load(at->total, 0), set;
    __m256i skips = _mm256_and_si256(active, lanes_all(m->skips));
    __m256i more = _mm256_and_si256(skips, _mm256_sub_epi32(skips, one));
    __m256i hits = _mm256_add_epi32(_mm256_cmpgt_epi32(total, one), _mm256_cmpgt_epi32(total, lanes_all(3)));
    hits = _mm256_add_epi32(hits, _mm256_cmpgt_epi32(total, lanes_all(8))); /* each a -1 */
    set = _mm256_mullo_epi32(lanes_load(at->suffix, 0), lanes_all(PYLM__N_SKIPS));
    set = _mm256_add_epi32(set, _mm256_add_epi32(lanes_all(2), _mm256_add_epi32(_mm256_cmpeq_epi32(skips, none),
                                                                                _mm256_cmpeq_epi32(more, none))));
    set = _mm256_sub_epi32(_mm256_slli_epi32(set, 2), hits);
    lanes_store(at->suffix_row, 0, _mm256_mullo_epi32(set, row));
    set = _mm256_add_epi32(_mm256_mullo_epi32(confidence, lanes_all(m->n_templates + 1u)), lanes_count_bits(active));
    lanes_store(at->confidence_row, 0, _mm256_mullo_epi32(set, row));
}

/* The products of the first stage, of path i. Its inputs get those that are not templates'. */
PYLM__INLINE void lanes_stage1(const struct lanes_mixer *m, struct lanes_paths *at, uint32_t i,
                               const struct pylm__mixer *mixer, const int16_t *inputs)
{
    const uint8_t *rows[PYLM__DOT_ROWS];
    rows[0] = mixer->families[0] + at->suffix_row[i];
    rows[1] = mixer->families[1] + (size_t)at->set[i] * m->row_nbytes;
    rows[2] = mixer->families[2] + at->confidence_row[i];
    rows[3] = mixer->before;
    at->mixed[i] = lanes_dot(rows, inputs, m->n_stage1);
}

/* A row of the second stage's weights: the first two in one vector, by twos; then the third. */
static inline __m256i lanes_stage2_pair(const uint8_t *weights, __m256i set, __m256i *third)
{
    __m256i at = _mm256_add_epi32(set, _mm256_add_epi32(set, set)); /* three numbers of 16 bits each */
    const int *from = (const int *)(const void *)weights;
    *third = _mm256_i32gather_epi32((const int *)(const void *)(weights + 2), at, 2);
    *third = _mm256_srai_epi32(*third, 16);
    return _mm256_i32gather_epi32(from, at, 2);
}

/* pylm__stage2_right(): probabilities of going right. */
static inline __m256i lanes_stage2(const struct lanes_mixer *m, const struct lanes_paths *at, __m256i mean,
                                   __m256i confidence)
{
    const uint8_t *by_confidence = m->stage2 + 2u * (size_t)PYLM__N_STAGE2 * m->n_node_sets;
    const __m256i half = lanes_all(1u << 12);
    __m256i mixed = _mm256_srai_epi32(_mm256_add_epi32(lanes_sums_of(at->mixed), half), 13);
    __m256i x = _mm256_blend_epi16(lanes_clamp(mixed, PYLM__MAX_MIXED_Q10), _mm256_slli_epi32(mean, 16), 0xaa);
    __m256i third_a, third_b, a, b, sum;
    a = lanes_stage2_pair(m->stage2, lanes_load(at->set, 0), &third_a);
    b = lanes_stage2_pair(by_confidence, confidence, &third_b);
    sum = _mm256_slli_epi32(_mm256_add_epi32(third_a, third_b), 8); /* times PYLM__CONSTANT_Q10 */
    sum = _mm256_add_epi32(sum, _mm256_add_epi32(_mm256_madd_epi16(a, x), _mm256_madd_epi16(b, x)));
    return lanes_squash(_mm256_srai_epi32(_mm256_add_epi32(sum, half), 13));
}

/* Those that have not reached their symbol, a bit each. */
static inline uint32_t lanes_under_way(const struct lanes_paths *at)
{
    __m256i n = _mm256_sub_epi32(lanes_load(at->hi, 0), lanes_load(at->lo, 0));
    return lanes_set(_mm256_cmpgt_epi32(n, lanes_all(1)));
}

/* Makes each path's node the child that it takes, and its probability that of the child. Paths that have ended stay
 * where they are.
 *   right   probabilities of going right */
static inline void lanes_enter(struct lanes_paths *at, __m256i right)
{
    __m256i side = lanes_load(at->side, 0), mid = lanes_load(at->mid, 0);
    __m256i lo = lanes_load(at->lo, 0), hi = lanes_load(at->hi, 0), one = lanes_all(1);
    __m256i skipped = _mm256_sub_epi32(_mm256_sub_epi32(mid, lo), one);
    __m256i p = lanes_choose(_mm256_sub_epi32(lanes_all(65536), right), right, side);
    p = lanes_choose(lanes_all(65536), p, _mm256_cmpgt_epi32(_mm256_sub_epi32(hi, lo), one));
    lanes_scale(at->mantissa, at->exponent, p);
    lanes_store(at->number, 0,
                _mm256_add_epi32(_mm256_add_epi32(lanes_load(at->number, 0), one), _mm256_and_si256(skipped, side)));
    lanes_store(at->hi, 0, lanes_choose(mid, hi, side));
    lanes_store(at->lo, 0, lanes_choose(lo, mid, side));
}

#endif
