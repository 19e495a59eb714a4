/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows_avx2.c: see rows_avx2.h.
 */
#include "rows_avx2.h"

#if PYLM__HAVE_AVX2
#include <string.h>

PYLM__AVX2_BEGIN

#include "rows_kernel.h"

const struct pylm__rows_kernel pylm__rows_avx2 = {rows_load, rows_multiply, rows_add, rows_squash, rows_curvature};

PYLM__AVX2_END
#else
typedef int pylm__rows_avx2_is_empty; /* C has no empty files */
#endif
