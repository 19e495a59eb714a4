/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * bases.h: which contexts those extend that were counted.
 */
#ifndef PYLM_TRAIN_BASES_H
#define PYLM_TRAIN_BASES_H

#include "counted.h"

/* Notes the hash of what each context extends, if they do not all extend the same.
 *   base   the template of those hashes */
int pylm__counted_find_bases(struct pylm__counted *counted, const struct pylm__contexts *contexts, uint32_t base,
                             const pylm_task *task);

#endif
