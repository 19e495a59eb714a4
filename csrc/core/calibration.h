/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * calibration.h: which entry of a calibration belongs to evidence.
 *
 * A context's evidence at a node is two counts: n0 to the left and n1 to the right. Calibration gives them log-odds:
 * those that were right on held-out text. It is a table, by n0 and n1 up to a total of 8, by octave and ratio above
 * (format.h).
 */
#ifndef PYLM_CORE_CALIBRATION_H
#define PYLM_CORE_CALIBRATION_H

#include "fixed.h"
#include "format.h"

/* The octave of a sum above PYLM__EXACT_TOTAL. */
static inline uint32_t pylm__calibration_octave(uint32_t total)
{
    uint32_t octave = pylm__ilog2(total - 1u) - 3u;
    return octave < PYLM__N_OCTAVES ? octave : PYLM__N_OCTAVES - 1u;
}

/* The index for a sum above PYLM__EXACT_TOTAL and a ratio: log2(n1 / n0) in 1/16 bit. */
static inline uint32_t pylm__calibration_ratio(uint32_t total, int32_t log2_ratio)
{
    int32_t step = log2_ratio + PYLM__RATIO_OFFSET; /* moved to begin at 0, and rounded to steps of 1/2 bit */
    step = step < 0 ? 0 : step >> PYLM__RATIO_SHIFT;
    return PYLM__N_EXACT + pylm__calibration_octave(total) * PYLM__N_RATIOS +
           (step < (int32_t)PYLM__N_RATIOS ? (uint32_t)step : PYLM__N_RATIOS - 1u);
}

/* Counts from here on are taken for this; contexts with more are `rare`. */
#define PYLM__LARGE_COUNT ((UINT32_C(1) << 29) - 1u)
static inline uint32_t pylm__clamp_count(uint32_t n)
{
    return n < PYLM__LARGE_COUNT ? n : PYLM__LARGE_COUNT;
}

static inline uint32_t pylm__calibration_index(uint32_t n0, uint32_t n1)
{
    uint32_t total = n0 + n1;
    if (total <= PYLM__EXACT_TOTAL)
        return total * (total + 1u) / 2u + n1;
    if (total > PYLM__LARGE_COUNT) {
        n0 = pylm__clamp_count(n0);
        n1 = pylm__clamp_count(n1);
    }
    return pylm__calibration_ratio(total, (int32_t)pylm__log2_of_count(n1) - (int32_t)pylm__log2_of_count(n0));
}

/* The same for several successors that all lie on the left (0) or right (1): log2_of_count(0) is 0. */
static inline uint32_t pylm__calibration_one_sided(uint32_t total, int side)
{
    int32_t ratio;
    if (total <= PYLM__EXACT_TOTAL)
        return total * (total + 1u) / 2u + (side ? total : 0u);
    ratio = (int32_t)pylm__log2_of_count(pylm__clamp_count(total));
    return pylm__calibration_ratio(total, side ? ratio : -ratio);
}

/* The index for one successor, seen `total` times, on the left (0) or right (1). */
static inline uint32_t pylm__calibration_single(uint32_t total, int side)
{
    uint32_t step = total <= PYLM__EXACT_TOTAL ? total - 1u : PYLM__EXACT_TOTAL + pylm__calibration_octave(total);
    return PYLM__N_PAIRED + 2u * step + (uint32_t)side;
}

#endif
