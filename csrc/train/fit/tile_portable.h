/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_portable.h: tile.h for any processor.
 */
#ifndef PYLM_TRAIN_TILE_PORTABLE_H
#define PYLM_TRAIN_TILE_PORTABLE_H

#include "tile.h"

extern const struct pylm__tile_kernel pylm__tile_portable;

#endif
