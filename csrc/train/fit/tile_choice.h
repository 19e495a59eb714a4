/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_choice.h: the functions of tile.h, for this processor.
 */
#ifndef PYLM_TRAIN_TILE_CHOICE_H
#define PYLM_TRAIN_TILE_CHOICE_H

#include "tile.h"

/* The fastest kernel for this processor. */
const struct pylm__tile_kernel *pylm__tile_kernel(void);

#endif
