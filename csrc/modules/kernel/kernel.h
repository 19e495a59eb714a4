/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * kernel.h: the predictor `kernel`. Every position of the training text is the centre b of a radial basis function of
 * the last n symbols; what followed there has a weight that falls with the distance of what stands before:
 *
 *     f(x) = sum over centres of f(b) exp(-tau K(x, b)),     K = sum over positions of t_j if the symbols there differ,
 *                                                                u_j <= t_j if their classes agree, 0 if they agree
 *
 * A position contributes the factor e^-t + (e^-u - e^-t) [classes agree] + (1 - e^-u) [symbols agree], tau being in t
 * and u. Multiplied out, the sum over all centres is one over ways to agree: a template each, that says of every position
 * whether symbol, class or nothing has to agree there. So
 *
 *     f(x) = sum over templates S of c_S N_S(x_S),     c_S = product of these factors' coefficients,
 *
 * where N_S are the successor counts of a context, found by one look-up however many centres there are. All terms are
 * positive: nothing cancels. One further occurrence of nothing known, even over all symbols, makes every probability
 * positive; it counts as an occurrence of the empty context does.
 *
 * The weight of a subtree is the sum over its leaves, so a symbol's probability is its leaf's weight divided by the
 * root's: the tree is only the way there. The templates stand in banks of up to PYLM__MAX_TEMPLATES: in an
 * image each is a tree of its own with the same nodes. Weights of a bank's templates come from those of their bases.
 */
#ifndef PYLM_KERNEL_KERNEL_H
#define PYLM_KERNEL_KERNEL_H

#include "core/work.h"
#include "pylm_kernel.h"
#include "scaled.h"

/* Whether what a bank has in place of calibration and weights lies inside the image. */
int pylm__kernel_check(const struct pylm__model *model, const struct pylm__tree *bank);

/* The bandwidths that the model goes by: its image's, or the caller's. */
void pylm__kernel_settings(const struct pylm__model *model, pylm_kernel *kernel);

/* What an occurrence counts in the empty context; and by what factor more where something agrees at a place. */
struct pylm__factors {
    struct pylm__scaled nothing;
    struct pylm__scaled symbol[PYLM_MAX_REACH], class[PYLM_MAX_REACH];
    struct pylm__scaled other[PYLM_MAX_REACH],
        similar[PYLM_MAX_REACH]; /* e^-t and e^-u: where a centre differs there */
    struct pylm__scaled leaf;    /* of the background, at each leaf */
};
void pylm__kernel_factors(const struct pylm__model *model, struct pylm__factors *factors);

/* Finds the evidence of a bank's contexts, and reads all there is to know at the root. Returns which have any. */
uint32_t pylm__kernel_look_up(const struct pylm__model *model, const struct pylm__tree *bank,
                              const struct pylm__state *state, struct pylm__lookup *lookup, struct pylm__evidence *e,
                              struct pylm__slices *s);

/* Goes down a bank's tree to a leaf. Returns which contexts have evidence there. */
uint32_t pylm__kernel_go_down(const struct pylm__tree *tree, const struct pylm__evidence *e, struct pylm__slices *s,
                              uint32_t active, uint32_t leaf);

/* Bytes of working memory for walks. */
size_t pylm__kernel_walk_nbytes(const struct pylm__model *model);

/* Bytes of a frame of a walk. */
size_t pylm__kernel_frame_nbytes(const struct pylm__model *model);

/* Looks up the evidence of all banks for the next symbol; the first frame becomes the root. */
void pylm__kernel_root(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work);

/* What a node hands to its children: of its mass and of its probability. */
void pylm__kernel_split(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                        struct pylm__node node, uint64_t *masses, struct pylm__small *p);

/* Narrows what a frame has of all banks to one child of a node. */
void pylm__kernel_narrow(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                         uint32_t mid, int side);

/* The probabilities of n symbols, as pylm__probabilities(). `work` is that of a single path. */
void pylm__kernel_probabilities(const struct pylm__model *model, const struct pylm__state *states,
                                const uint32_t *symbols, uint32_t n, struct pylm__work *work,
                                struct pylm__small *probabilities);

#endif
