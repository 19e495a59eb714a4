/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows_portable.c: see rows.h.
 */
#include "rows_avx2.h"
#include "rows_kernel.h"

static const struct pylm__rows_kernel portable = {rows_load, rows_multiply, rows_add, rows_squash, rows_measure};

const struct pylm__rows_kernel *pylm__rows_kernel(void)
{
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2())
        return &pylm__rows_avx2;
#endif
    return &portable;
}
