/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_avx2.h: tile.h for processors with AVX2.
 */
#ifndef PYLM_TRAIN_TILE_AVX2_H
#define PYLM_TRAIN_TILE_AVX2_H

#include "tile.h"

#if PYLM__HAVE_AVX2
extern const struct pylm__tile_kernel pylm__tile_avx2;
#endif

#endif
