/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * rows_portable.h: rows.h for any processor.
 */
#ifndef PYLM_TRAIN_ROWS_PORTABLE_H
#define PYLM_TRAIN_ROWS_PORTABLE_H

#include "rows.h"

extern const struct pylm__rows_kernel pylm__rows_portable;

#endif
