/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_numbers.h: rounding the numbers of topic vectors. Short ones keep the upper four bits of eight.
 */
#ifndef PYLM_TRAIN_TOPIC_NUMBERS_H
#define PYLM_TRAIN_TOPIC_NUMBERS_H

#include <math.h>
#include <stdint.h>

#define PYLM__SHORT_STEP 16.0 /* between short numbers */
#define PYLM__MOST_STEPS 7.0  /* of short numbers, from 0 */

/* The nearest number that can be stored. */
static inline int8_t pylm__topic_number(double x, int is_short)
{
    double step = is_short ? PYLM__SHORT_STEP : 1.0, most = is_short ? PYLM__MOST_STEPS : 127.0;
    double n = floor(x / step + 0.5);
    return (int8_t)((n > most ? most : n < -most ? -most : n) * step);
}

/* By how much n numbers are wrong if they are multiplied by a scale and stored as short ones: the sum of squares, in
 * units of the numbers. Few that are too large may do less harm than coarse steps for all. */
static inline double pylm__short_error(const double *numbers, uint32_t n, double scale)
{
    double sum = 0;
    uint32_t i;
    for (i = 0; i < n; i++) {
        double wrong = numbers[i] - (double)pylm__topic_number(numbers[i] * scale, 1) / scale;
        sum += wrong * wrong;
    }
    return sum;
}

/* Two short numbers in a byte: see pylm__topic_numbers(). */
static inline uint8_t pylm__topic_pair(uint8_t low, uint8_t high)
{
    return (uint8_t)(low >> 4 | (high & 0xf0u));
}

#endif
