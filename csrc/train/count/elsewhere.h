/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * elsewhere.h: templates that others count, in other processes or on other computers: struct pylm_elsewhere.
 */
#ifndef PYLM_TRAIN_ELSEWHERE_H
#define PYLM_TRAIN_ELSEWHERE_H

#include "count.h"

/* What pylm__count() does in this process: writes the job, has it done by counting->elsewhere, takes the results. */
int pylm__count_elsewhere(struct pylm__counting *counting, pylm_task *task);

#endif
