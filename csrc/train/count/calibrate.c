/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * calibrate.c: see calibrate.h. This is where discounts are learned: Kneser-Ney smoothing has constants for them; here
 * they are the frequency of what followed.
 */
#include "calibrate.h"

#include <math.h>
#include <string.h>

#include "core/stage1.h"

#define PRIOR_WEIGHT 2.0 /* observations that the prior counts for */
#define PRIOR_COUNT 0.3  /* added to n0 and n1 by it */
#define HALF_RATIOS (PYLM__N_RATIOS / 2u)

/* The total n0 + n1 of an index, or the middle of its octave. */
static uint32_t exact_total(uint32_t index)
{
    uint32_t total = 0;
    while ((total + 1u) * (total + 2u) / 2u <= index)
        total++;
    return total;
}

static uint32_t octave_total(uint32_t octave)
{
    return 12u << octave;
}

static uint32_t single_total(uint32_t index)
{
    uint32_t step = (index - PYLM__N_PAIRED) / 2u;
    return step < PYLM__EXACT_TOTAL ? step + 1u : octave_total(step - PYLM__EXACT_TOTAL);
}

static uint32_t index_total(uint32_t index)
{
    if (index >= PYLM__N_PAIRED)
        return single_total(index);
    return index < PYLM__N_EXACT ? exact_total(index) : octave_total((index - PYLM__N_EXACT) / PYLM__N_RATIOS);
}

/* The counts n0 and n1 that an index stands for, up to the width of its interval. */
static void typical_counts(uint32_t index, double *n0, double *n1)
{
    uint32_t total = index_total(index);
    if (index >= PYLM__N_PAIRED) {
        *n1 = (index - PYLM__N_PAIRED) & 1u ? total : 0u;
    } else if (index < PYLM__N_EXACT) {
        *n1 = index - total * (total + 1u) / 2u;
    } else {
        uint32_t step = (index - PYLM__N_EXACT) % PYLM__N_RATIOS;
        double odds = pow(2.0, ((double)step - HALF_RATIOS) / 2.0);
        *n1 = total * odds / (1.0 + odds);
    }
    *n0 = total - *n1;
}

/* The index for (n1, n0). */
static uint32_t mirrored(uint32_t index)
{
    uint32_t total = index_total(index), step;
    if (index >= PYLM__N_PAIRED)
        return PYLM__N_PAIRED + ((index - PYLM__N_PAIRED) ^ 1u);
    if (index < PYLM__N_EXACT) {
        step = index - total * (total + 1u) / 2u;
        return index - step + (total - step);
    }
    step = (index - PYLM__N_EXACT) % PYLM__N_RATIOS;
    return index - step + (PYLM__N_RATIOS - 1u - step);
}

uint32_t pylm__index_level(uint32_t index)
{
    return pylm__evidence_level(index_total(index));
}

/* The index for ages (b, a), which stand for (a, b). */
static uint32_t mirrored_ages(uint32_t index)
{
    return index < PYLM__N_AGES * PYLM__N_AGES ? index % PYLM__N_AGES * PYLM__N_AGES + index / PYLM__N_AGES : index;
}

void pylm__calibrate_seen(uint64_t (*seen)[2], int symmetric, int ages, int16_t *table)
{
    uint32_t i, m;
    table[0] = 0;
    for (i = 1; i < PYLM__N_CALIBRATION; i++) {
        double n0, n1, prior, left, right, log_odds;
        left = (double)seen[i][0];
        right = (double)seen[i][1];
        if (symmetric) {
            m = ages ? mirrored_ages(i) : mirrored(i);
            left += (double)seen[m][1];
            right += (double)seen[m][0];
        }
        n0 = n1 = 0;
        if (!ages)
            typical_counts(i, &n0, &n1);
        prior = (n1 + PRIOR_COUNT) / (n0 + n1 + 2 * PRIOR_COUNT);
        log_odds = log((right + PRIOR_WEIGHT * prior) / (left + PRIOR_WEIGHT * (1 - prior)));
        log_odds = floor(log_odds * 1024.0 + 0.5);
        log_odds = fmin(fmax(log_odds, -PYLM__MAX_LOG_ODDS_Q10), PYLM__MAX_LOG_ODDS_Q10);
        table[i] = (int16_t)log_odds;
    }
}

void pylm__calibrate(const struct pylm__heldout *heldout, const uint16_t *indices, int symmetric, int ages,
                     int16_t *table)
{
    uint64_t seen[PYLM__N_CALIBRATION][2], e;
    memset(seen, 0, sizeof seen);
    for (e = 0; e < heldout->n_events; e++)
        seen[indices[e]][heldout->side[e]]++;
    pylm__calibrate_seen(seen, symmetric, ages, table);
}
