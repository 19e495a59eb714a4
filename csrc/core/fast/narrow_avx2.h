/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow_avx2.h: narrow.h for eight templates at once.
 */
#ifndef PYLM_FAST_NARROW_AVX2_H
#define PYLM_FAST_NARROW_AVX2_H

#include "core/narrow.h"

#if PYLM__HAVE_AVX2
/* The same, where no template of the set is rare. Nothing is ever stale. */
void pylm__gather_avx2(const struct pylm__evidence *e, struct pylm__slices *s, const struct pylm__sets *sets,
                       uint32_t mid, struct pylm__gathered *gathered);
void pylm__narrow_avx2(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets, uint32_t mid,
                       int side);
#endif

#endif
