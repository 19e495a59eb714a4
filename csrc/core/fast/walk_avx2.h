/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * walk_avx2.h: pylm__walk() through eight nodes at once, with AVX2.
 */
#ifndef PYLM_FAST_WALK_AVX2_H
#define PYLM_FAST_WALK_AVX2_H

#include "core/visitor.h"
#include "core/work.h"

#if PYLM__HAVE_AVX2
/* Whether it can walk from a root whose frame is ready: not with an overlay, layers or coded lists. */
int pylm__walk_avx2_can(const struct pylm__work *work);

/* Visits the leaves, in any order. Uses what is behind the first frame of the working memory. */
void pylm__walk_avx2(struct pylm__work *work, uint64_t mass, struct pylm__visitor *visitor, pylm__visit *visit);
#endif

#endif
