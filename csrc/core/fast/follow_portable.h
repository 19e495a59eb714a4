/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * follow_portable.h: paths down a tree, for any processor.
 */
#ifndef PYLM_FAST_FOLLOW_PORTABLE_H
#define PYLM_FAST_FOLLOW_PORTABLE_H

#include "path.h"

/* Follows those of n paths of one tree, at most PYLM__ABREAST, whose mixers do not say that AVX2 is used, to their
 * ends. */
void pylm__follow_portable(struct pylm__path *paths, uint32_t n);

#endif
