/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * calibrate.h: from evidence to log-odds, learned on held-out text.
 */
#ifndef PYLM_TRAIN_CALIBRATE_H
#define PYLM_TRAIN_CALIBRATE_H

#include "heldout.h"

/* Finds the log-odds, q10, of every calibration index of one template: how often the symbol was on the right when the
 * evidence was (n0, n1). No evidence gives 0.
 *   symmetric   left and right mean nothing (trees over classes): L(n0, n1) = -L(n1, n0) is learned from both
 *   ages        the indices are of ages (pylm__ages_index()), not of counts */
void pylm__calibrate(const struct pylm__heldout *heldout, const uint16_t *indices, int symmetric, int ages,
                     int16_t *table);

/* The same from how often the symbol was on the left, and on the right, at events with each index. */
void pylm__calibrate_seen(uint64_t (*seen)[2], int symmetric, int ages, int16_t *table);

/* The evidence level (pylm__evidence_level()) of a calibration index. */
uint32_t pylm__index_level(uint32_t index);

/* Adds the calibration index that template k has at an event to the situation there. Templates come in their order. */
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
