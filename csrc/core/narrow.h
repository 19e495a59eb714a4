/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * narrow.h: what the contexts say at one node of a tree, and how they narrow to one of its children. This is where
 * the time goes: a few look-ups for every context that has evidence, at every node.
 *
 * narrow.c has it in portable C, fast/lanes_avx2.h for eight templates at once. Both give the same to the last bit: a
 * test compares them.
 */
#ifndef PYLM_CORE_NARROW_H
#define PYLM_CORE_NARROW_H

#include "core/fast/dot.h"
#include "evidence.h"
#include "voice.h"

#define PYLM__CONSTANT_Q10 256 /* the constant input, 1/4 nat */

/* What is gathered at a node. */
struct pylm__gathered {
    int16_t inputs[PYLM__DOT_MAX]; /* calibrated log-odds by template, 0 without evidence; then the constant; then 0 up
                                      to a multiple of PYLM__DOT_STEP */
    uint32_t left, all;            /* sums of n0 / N and of n / N, in 2^-PYLM__UNIT_BITS */
#if PYLM_MODULE_VOICE
    struct pylm__voice voice; /* of all suffix contexts; at 1/2 each if the tree has none */
#endif
};

/* Two sets of templates, a bit each. */
struct pylm__sets {
    uint32_t active; /* those that have evidence */
    uint32_t stale;  /* of these, the ones whose slices are new: what they say has still to be read */
};

/* Reads what is stale, and what the slices say at the node that parts its leaves at `mid`. */
void pylm__gather_portable(const struct pylm__evidence *e, struct pylm__slices *s, const struct pylm__sets *sets,
                           uint32_t mid, struct pylm__gathered *gathered);

/* Narrows those active to the left (0) or right (1) child, after pylm__gather() at the same node. What will be read
 * there is fetched, but not waited for. */
void pylm__narrow_portable(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets,
                           uint32_t mid, int side);

/* Both in one, where the way is known. */
void pylm__descend_portable(const struct pylm__evidence *e, struct pylm__slices *s, struct pylm__sets *sets,
                            uint32_t mid, int side, struct pylm__gathered *gathered);

#endif
