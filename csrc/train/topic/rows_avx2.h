/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows_avx2.h: rows.h for processors with AVX2.
 */
#ifndef PYLM_TRAIN_ROWS_AVX2_H
#define PYLM_TRAIN_ROWS_AVX2_H

#include "rows.h"

#if PYLM__HAVE_AVX2
extern const struct pylm__rows_kernel pylm__rows_avx2;
#endif

#endif
