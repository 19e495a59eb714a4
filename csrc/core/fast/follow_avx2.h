/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * follow_avx2.h: the way down to symbols for eight templates at once.
 */
#ifndef PYLM_FAST_FOLLOW_AVX2_H
#define PYLM_FAST_FOLLOW_AVX2_H

#include "core/platform.h"

struct pylm__path;

#if PYLM__HAVE_AVX2
/* Follows those of n paths of one tree, at most PYLM__ABREAST, whose mixers say so to their ends. */
void pylm__follow_avx2(struct pylm__path *paths, uint32_t n);
#endif

#endif
