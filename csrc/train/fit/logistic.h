/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * logistic.h: e^x of floats, without the library's: the same to the last bit on every processor. Loops over it become
 * vector instructions.
 */
#ifndef PYLM_TRAIN_LOGISTIC_H
#define PYLM_TRAIN_LOGISTIC_H

#include <string.h>

#include "core/platform.h"

#define PYLM__MAX_LOGIT 30.0f /* keeps probabilities apart from 0 and 1 */

/* y * x + c, rounded after each operation: some processors compute floats as doubles (s390x). */
PYLM__INLINE float pylm__multiply_add(float y, float x, float c)
{
    y *= x;
    y += c;
    return y;
}

/* x within +-PYLM__MAX_LOGIT. */
PYLM__INLINE float pylm__clamp_logit(float x)
{
    x = x > PYLM__MAX_LOGIT ? PYLM__MAX_LOGIT : x;
    return x < -PYLM__MAX_LOGIT ? -PYLM__MAX_LOGIT : x;
}

/* e^x = 2^k e^r, with |r| < ln 2 / 2. Of e^r there is a polynomial of degree 7 with an error of 2e-7 at most (that of
 * Cephes). x is within +-PYLM__MAX_LOGIT. */
PYLM__INLINE float pylm__exp(float x)
{
    int32_t k = (int32_t)pylm__multiply_add(x, 1.44269504f, 64.5f) - 64, bits; /* the nearest; a cast cuts off */
    float r = pylm__multiply_add((float)k, -0.693359375f, x), y, power;        /* ln 2 in two parts, the first exact */
    r = pylm__multiply_add((float)k, 2.12194440e-4f, r);
    bits = (k + 127) * (1 << 23);
    memcpy(&power, &bits, sizeof power);
    y = pylm__multiply_add(1.9875691500e-4f, r, 1.3981999507e-3f);
    y = pylm__multiply_add(y, r, 8.3334519073e-3f);
    y = pylm__multiply_add(y, r, 4.1665795894e-2f);
    y = pylm__multiply_add(y, r, 1.6666665459e-1f);
    y = pylm__multiply_add(y, r, 5.0000001201e-1f);
    y = pylm__multiply_add(y, r, 1.0f);
    y = pylm__multiply_add(y, r, 1.0f);
    return y * power; /* exact */
}

/* 1 / (1 + e^-x) for any x. */
PYLM__INLINE float pylm__logistic(float x)
{
    float sum = 1.0f + pylm__exp(pylm__clamp_logit(-x));
    return 1.0f / sum;
}

#endif
