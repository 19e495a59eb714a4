/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_avx2.c: see tile_avx2.h.
 */
#include "tile_avx2.h"

#if PYLM__HAVE_AVX2
#include <string.h>

PYLM__AVX2_BEGIN

#include "tile_kernel.h"

const struct pylm__tile_kernel pylm__tile_avx2 = {tile_load, tile_load_rows, tile_weigh, tile_squash,
                                                  tile_add_gradient};

PYLM__AVX2_END
#else
typedef int pylm__tile_avx2_is_empty; /* C has no empty files */
#endif
