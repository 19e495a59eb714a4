/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_CALIBRATE_H
#define PYLM_TRAIN_CALIBRATE_H

#include "heldout.h"

/* Log-odds, q10, for every calibration index of one template: how often the symbol really was on the
 * right when the evidence was (n0, n1). No evidence gives 0.
 *   symmetric   left and right are arbitrary names (word trees): L(n0, n1) = -L(n1, n0), from both.
 *   ages        the indices are of ages (pylm__ages_index()), not of counts. */
void pylm__calibrate(const struct pylm__heldout *heldout, const uint16_t *indices, int symmetric, int ages,
                     int16_t *table);

/* The evidence level, as pylm__evidence_level() gives it, behind a calibration index. */
uint32_t pylm__index_level(uint32_t index);

/* Adds what template k knows at an event, a calibration index, to the situation there; in the order of templates. */
static inline void pylm__situation_add(struct pylm__situation *situation, const struct pylm__templates *templates,
                                       uint32_t k, uint32_t index)
{
    if (!index)
        return;
    situation->n_active++;
    situation->skips += templates->of[k].role == PYLM__ROLE_SKIP;
    if (k < templates->n_suffix) {
        situation->suffix = k;
        situation->hits = pylm__index_level(index);
    }
}

#endif
