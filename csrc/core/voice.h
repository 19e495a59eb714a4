/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * voice.h: what all suffix contexts say together.
 *
 * Templates say one by one what they have counted. Smoothing of n-grams goes another way: a longer context adds its
 * counts to what the shorter ones expect, which stands for a few occurrences of its own (a Dirichlet prior; MacKay
 * and Peto 1995). Here a node has two sides, so from order 0 up the *voice* becomes
 *
 *     (n1 + a p) / (n0 + n1 + a)
 *
 * Its log-odds are one more input of the first stage of mixing, behind the constant and the topic.
 *
 * There is no division. Both sides are divided by a power of two instead: the first that is not below n0 + n1 + 4. So
 * their sum is not 1 but a little less, and says what the shorter contexts stand for: a is 4 times the sum, above 1 and
 * at most 4. Any a there predicts equally well (docs/ablations.md).
 */
#ifndef PYLM_CORE_VOICE_H
#define PYLM_CORE_VOICE_H

#include "calibration.h"

#define PYLM__VOICE_BITS 16u      /* of a share */
#define PYLM__VOICE_PRIOR_BITS 2u /* of the most occurrences that the shorter contexts stand for */
#define PYLM__VOICE_STEP_BITS 13u /* of what one context adds to it */

/* Shares of the left and the right side, in 2^-PYLM__VOICE_BITS. Their sum is at most 1. */
struct pylm__voice {
    uint32_t left, right;
};

/* What a context does to them: shifts both right, and adds to each, in 2^-PYLM__VOICE_STEP_BITS. Without evidence all
 * are 0, which changes nothing. */
struct pylm__voice_step {
    uint32_t left, right, shift;
};

static inline struct pylm__voice pylm__voice_begin(void)
{
    struct pylm__voice voice = {UINT32_C(1) << (PYLM__VOICE_BITS - 1u), UINT32_C(1) << (PYLM__VOICE_BITS - 1u)};
    return voice;
}

/* n / 2^bits, in 2^-PYLM__VOICE_STEP_BITS, rounded down; for n < 2^bits. */
static inline uint32_t pylm__voice_share(uint32_t n, uint32_t bits)
{
#if PYLM__WIDE_REGISTERS
    return (uint32_t)((uint64_t)n << PYLM__VOICE_STEP_BITS >> bits);
#else
    return bits <= PYLM__VOICE_STEP_BITS ? n << (PYLM__VOICE_STEP_BITS - bits) : n >> (bits - PYLM__VOICE_STEP_BITS);
#endif
}

static inline struct pylm__voice_step pylm__voice_step(uint32_t n0, uint32_t n1)
{
    struct pylm__voice_step step;
    uint32_t bits;
    if ((n0 | n1) > PYLM__LARGE_COUNT) {
        n0 = pylm__clamp_count(n0);
        n1 = pylm__clamp_count(n1);
    }
    bits = pylm__ilog2(n0 + n1 + (UINT32_C(1) << PYLM__VOICE_PRIOR_BITS) - 1u) + 1u;
    step.left = pylm__voice_share(n0, bits);
    step.right = pylm__voice_share(n1, bits);
    step.shift = bits - PYLM__VOICE_PRIOR_BITS;
    return step;
}

static inline void pylm__voice_add(struct pylm__voice *voice, struct pylm__voice_step step)
{
    const uint32_t bits = PYLM__VOICE_BITS - PYLM__VOICE_STEP_BITS;
    voice->left = (step.left << bits) + (voice->left >> step.shift);
    voice->right = (step.right << bits) + (voice->right >> step.shift);
}

/* The log-odds of going right, q10, within +-PYLM__MAX_LOG_ODDS_Q10. */
static inline int16_t pylm__voice_log_odds(struct pylm__voice voice)
{
    int32_t x = (int32_t)(pylm__ln(voice.right | 1u) - pylm__ln(voice.left | 1u));
    return (int16_t)(x > PYLM__MAX_LOG_ODDS_Q10    ? PYLM__MAX_LOG_ODDS_Q10
                     : x < -PYLM__MAX_LOG_ODDS_Q10 ? -PYLM__MAX_LOG_ODDS_Q10
                                                   : x);
}

#endif
