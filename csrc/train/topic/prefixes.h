/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prefixes.h: bytes: behind which letters of a word which nodes have vectors of their own (core/words.h).
 */
#ifndef PYLM_TRAIN_PREFIXES_H
#define PYLM_TRAIN_PREFIXES_H

#include "readings.h"
#include "train/tree/symbol_tree.h"

/* Chooses them by how often they come at the readings' positions. Of a prefix in key_of, its hash becomes its number
 * plus one, or 0. */
int pylm__prefixes_find(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                        const struct pylm__symbol_tree *tree, const pylm_task *task);

#endif
