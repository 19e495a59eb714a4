/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lanes.h: eight floats at once. gcc and clang make vector instructions of them, of any width; elsewhere they are an
 * array. Each lane is rounded after each operation, and lanes are added in a fixed order. So results do not depend on
 * the processor, as long as no product is fused with a sum: everything is compiled with -ffp-contract=off.
 *
 * gcc lowers vectors before it inlines. So what is to use AVX2 includes this header where AVX2 is on.
 */
#ifndef PYLM_TRAIN_LANES_H
#define PYLM_TRAIN_LANES_H

#include "tile.h"

#if defined(__GNUC__) && defined(__has_builtin) && !defined(PYLM_PORTABLE)
#if __has_builtin(__builtin_shufflevector) && __has_builtin(__builtin_convertvector)
#define PYLM__HAVE_VECTORS 1
#endif
#endif
#ifndef PYLM__HAVE_VECTORS
#define PYLM__HAVE_VECTORS 0
#endif

/* They may lie at the address of any float. Functions take pointers: there is no convention for such arguments that all
 * processors share. */
#if PYLM__HAVE_VECTORS
typedef float pylm__lanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef float pylm__half_lanes __attribute__((vector_size(16), aligned(4), may_alias));
typedef int16_t pylm__short_lanes __attribute__((vector_size(16), aligned(2), may_alias));
#else
typedef struct {
    float of[PYLM__FIT_LANES];
} pylm__lanes;
#endif

PYLM__INLINE void pylm__lanes_add(pylm__lanes *a, const pylm__lanes *b)
{
#if PYLM__HAVE_VECTORS
    *a += *b;
#else
    uint32_t i;
    for (i = 0; i < PYLM__FIT_LANES; i++)
        a->of[i] += b->of[i];
#endif
}

PYLM__INLINE void pylm__lanes_multiply(pylm__lanes *a, const pylm__lanes *b)
{
#if PYLM__HAVE_VECTORS
    *a *= *b;
#else
    uint32_t i;
    for (i = 0; i < PYLM__FIT_LANES; i++)
        a->of[i] *= b->of[i];
#endif
}

PYLM__INLINE void pylm__lanes_scale(pylm__lanes *a, float factor)
{
#if PYLM__HAVE_VECTORS
    *a *= (pylm__lanes){factor, factor, factor, factor, factor, factor, factor, factor};
#else
    uint32_t i;
    for (i = 0; i < PYLM__FIT_LANES; i++)
        a->of[i] *= factor;
#endif
}

/* The sum of all lanes: halves are added, then halves of that. */
PYLM__INLINE float pylm__lanes_sum(const pylm__lanes *a)
{
#if PYLM__HAVE_VECTORS
    pylm__half_lanes sum = __builtin_shufflevector(*a, *a, 0, 1, 2, 3);
    sum += __builtin_shufflevector(*a, *a, 4, 5, 6, 7);
    sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1);
    sum += __builtin_shufflevector(sum, sum, 1, 0, 3, 2);
    return sum[0];
#else
    float sum[PYLM__FIT_LANES];
    uint32_t i, n;
    for (i = 0; i < PYLM__FIT_LANES; i++)
        sum[i] = a->of[i];
    for (n = PYLM__FIT_LANES / 2u; n; n /= 2u)
        for (i = 0; i < n; i++)
            sum[i] += sum[i + n];
    return sum[0];
#endif
}

#endif
