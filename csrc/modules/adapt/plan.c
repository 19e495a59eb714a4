/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * plan.c: reads and checks plans. See plan.h.
 */
#include "plan.h"

#include <string.h>

#if PYLM_MODULE_ADAPT

void pylm__plan_read(const struct pylm__tree *tree, struct pylm__plan *plan)
{
    memcpy(plan, tree->head + PYLM__T_PLAN, PYLM__PLAN_NBYTES);
    if (PYLM__DAMAGED(plan->n_recalled > PYLM__MAX_RECALLED))
        plan->n_recalled = PYLM__MAX_RECALLED;
    if (PYLM__DAMAGED(plan->n_long > PYLM__MAX_LONG))
        plan->n_long = PYLM__MAX_LONG;
}

int pylm__plan_check(const struct pylm__model *m, const struct pylm__tree *tree)
{
    struct pylm__plan plan;
    uint32_t i;
    pylm__plan_read(tree, &plan);
    if (!pylm__load64(tree->head + PYLM__T_OVERLAY_WEIGHTS))
        return !plan.n_recalled && !plan.n_long;
    for (i = 0; i < plan.n_recalled; i++)
        if (plan.recalled[i] < PYLM__INDIRECT ? plan.recalled[i] >= tree->n_templates
                                              : plan.recalled[i] - PYLM__INDIRECT >= i)
            return 0;
    for (i = 0; i < plan.n_long; i++)
        if (plan.lengths[i] < 1u || plan.lengths[i] > PYLM__MAX_LAG || (i && plan.lengths[i] < plan.lengths[i - 1u]))
            return 0;
    return pylm__numbers_inside(m, pylm__load64(tree->head + PYLM__T_OVERLAY_CALIBRATION),
                                (uint64_t)pylm__plan_inputs(&plan) * PYLM__N_CALIBRATION) &&
           pylm__numbers_inside(m, pylm__load64(tree->head + PYLM__T_OVERLAY_WEIGHTS),
                                pylm__n_overlay_weights(tree, &plan));
}

#endif
