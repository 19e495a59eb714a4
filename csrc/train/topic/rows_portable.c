/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows_portable.c: see rows_portable.h.
 */
#include "rows_portable.h"

#include "rows_kernel.h"

const struct pylm__rows_kernel pylm__rows_portable = {rows_load, rows_multiply, rows_add, rows_squash, rows_curvature};
