/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_portable.c: see tile_portable.h.
 */
#include "tile_portable.h"

#include "tile_kernel.h"

const struct pylm__tile_kernel pylm__tile_portable = {tile_load, tile_load_rows, tile_weigh, tile_squash,
                                                      tile_add_gradient};
