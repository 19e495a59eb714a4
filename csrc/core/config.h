/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * config.h: what a device may leave out.
 *
 * A device that has one image may be compiled for what that needs: it takes less working memory, stack, code and time,
 * computes the same numbers, and refuses larger images (PYLM_ERR_LARGE).
 *
 *     -DPYLM_MOST_TREES=1         trees of a model, 1 to 8
 *     -DPYLM_MOST_TEMPLATES=12    templates of a tree, 1 to 31
 *     -DPYLM_MOST_LAYERS=0        layers on a model, one on the other, 0 to 7
 *     -DPYLM_MOST_MB=511          MB (2^20 bytes) of an image; up to 511, the positions of bits have 32 bits
 *     -DPYLM_ALIGNED=1            image at an even address, and so its weights, as the trainer writes them: one at an odd
 *                                 address is refused with PYLM_ERR_ARGUMENT. Quicker where no others can be read at once
 *
 * And without what it does not do:
 *
 *     -DPYLM_BYTES=1              only models of bytes (--tokenizer bytes)
 *     -DPYLM_CODED=1              only images with coded lists, which models of a given size have (--size)
 *     -DPYLM_KERNEL=0             only the predictor `mix`
 *     -DPYLM_LEARNS=0             states do not learn; pylm_overlay_init() and pylm_state_adapt() return PYLM_ERR_ARGUMENT
 *     -DPYLM_TRUSTS=1             images are trusted once they have the right checksum, as damaged ones have not. So opening
 *                                 one reads all of it, as pylm_model_verify() does. For images that nobody else can put
 *                                 there, such as those in a firmware: without this, one that was made to do harm does none
 */
#ifndef PYLM_CORE_CONFIG_H
#define PYLM_CORE_CONFIG_H

#include <stdint.h>

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
#ifndef PYLM_MOST_MB
#define PYLM_MOST_MB 0 /* no limit */
#endif
#ifndef PYLM_ALIGNED
#define PYLM_ALIGNED 0
#endif
#ifndef PYLM_BYTES
#define PYLM_BYTES 0
#endif
#ifndef PYLM_CODED
#define PYLM_CODED 0
#endif
#ifndef PYLM_LEARNS
#define PYLM_LEARNS 1
#endif
#ifndef PYLM_TRUSTS
#define PYLM_TRUSTS 0
#endif
#if PYLM_MOST_TREES < 1 || PYLM_MOST_TREES > 8 || PYLM_MOST_TEMPLATES < 1 || PYLM_MOST_TEMPLATES > 31
#error "PYLM_MOST_TREES is 1 to 8, PYLM_MOST_TEMPLATES is 1 to 31"
#endif
/* What no image has that is not damaged or made to do harm. */
#define PYLM__DAMAGED(condition) (!PYLM_TRUSTS && (condition))
#define PYLM__MOST_TREES ((unsigned)PYLM_MOST_TREES)
#define PYLM__MOST_TEMPLATES ((unsigned)PYLM_MOST_TEMPLATES)
#define PYLM__MOST_LAYERS ((unsigned)PYLM_MOST_LAYERS)
#define PYLM__MOST_NBYTES (PYLM_MOST_MB > 0 ? (uint64_t)PYLM_MOST_MB << 20 : UINT64_MAX)

/* How many bits something lies behind the beginning of a part, and how many bytes behind that of an image. */
#if PYLM_MOST_MB > 0 && PYLM_MOST_MB < 512
typedef uint32_t pylm__bit;
typedef uint32_t pylm__offset;
#else
typedef uint64_t pylm__bit;
typedef uint64_t pylm__offset;
#endif

#ifndef PYLM_KERNEL
#define PYLM_KERNEL 1
#endif
#define PYLM__HAVE_KERNEL (PYLM_KERNEL != 0)

/* Templates that are looked at together, where there may be instructions for it: arrays are as long as a multiple. */
#if defined(__x86_64__)
#define PYLM__LANES 8u
#else
#define PYLM__LANES 1u
#endif

/* How many symbols of a text are scored abreast, so that their cache misses overlap. Never changes a result. */
#if UINTPTR_MAX > 0xffffffffu
#ifndef PYLM__ABREAST
#define PYLM__ABREAST 6
#endif
#else
#define PYLM__ABREAST 1 /* where memory is short, and no cache to wait for */
#endif

/* Templates and one more, rounded up. */
#define PYLM__STRIDE(n_templates) (((n_templates) + PYLM__LANES) & ~(PYLM__LANES - 1u))

#endif
