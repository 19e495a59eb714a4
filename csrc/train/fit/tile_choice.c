/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_choice.c: see tile_choice.h.
 */
#include "tile_choice.h"

#include "tile_avx2.h"
#include "tile_kernel.h"

static const struct pylm__tile_kernel portable = {tile_load, tile_load_rows, tile_weigh, tile_squash,
                                                  tile_add_gradient};

const struct pylm__tile_kernel *pylm__tile_kernel(void)
{
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2())
        return &pylm__tile_avx2;
#endif
    return &portable;
}
