/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * limits.h: how many trees and templates an image may have, and how many layers may lie on a model.
 *
 * A device that has one image may be compiled for what that needs, -DPYLM_MOST_TREES=1 -DPYLM_MOST_TEMPLATES=12
 * -DPYLM_MOST_LAYERS=0: it takes less working memory, stack and code, computes the same numbers, and refuses larger images.
 */
#ifndef PYLM_CORE_LIMITS_H
#define PYLM_CORE_LIMITS_H

/* What the format allows. */
#define PYLM__MAX_TREES 8u
#define PYLM__MAX_TEMPLATES 31u /* one less than bits of a set */

/* What this library is compiled for. */
#ifndef PYLM_MOST_TREES
#define PYLM_MOST_TREES 8
#endif
#ifndef PYLM_MOST_TEMPLATES
#define PYLM_MOST_TEMPLATES 31
#endif
#ifndef PYLM_MOST_LAYERS
#define PYLM_MOST_LAYERS 7
#endif
#if PYLM_MOST_TREES < 1 || PYLM_MOST_TREES > 8 || PYLM_MOST_TEMPLATES < 1 || PYLM_MOST_TEMPLATES > 31
#error "PYLM_MOST_TREES is 1 to 8, PYLM_MOST_TEMPLATES is 1 to 31"
#endif
#define PYLM__MOST_TREES ((unsigned)PYLM_MOST_TREES)
#define PYLM__MOST_TEMPLATES ((unsigned)PYLM_MOST_TEMPLATES)
#define PYLM__MOST_LAYERS ((unsigned)PYLM_MOST_LAYERS)

/* Templates that are looked at together, where there may be instructions for it: arrays are as long as a multiple. */
#if defined(__x86_64__)
#define PYLM__LANES 8u
#else
#define PYLM__LANES 1u
#endif

/* Templates and one more, rounded up. */
#define PYLM__STRIDE(n_templates) (((n_templates) + PYLM__LANES) & ~(PYLM__LANES - 1u))

#endif
