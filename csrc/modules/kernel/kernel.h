/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * kernel.h: the predictor `kernel`. Every position of the training text is the centre b of a radial basis function of
 * the last n symbols. The value of the symbol that followed there falls with the distance K between the symbols before
 * it, x_b, and the present ones, x:
 *
 *     f(x) = sum over centres of f(b) exp(-tau K(x, b)),
 *     K = sum over places j of   t_j          if the symbols differ,
 *                                u_j <= t_j   if only their classes agree,
 *                                0            if the symbols agree.
 *
 * With tau in t and u, a place contributes the factor e^-t + (e^-u - e^-t) [classes agree] + (1 - e^-u) [symbols
 * agree]. The product of these factors, multiplied out, is a sum over ways to agree. Each way is a template: it says of
 * every place whether the symbol, the class or nothing has to agree. So
 *
 *     f(x) = sum over templates S of c_S N_S(x_S),     c_S = product of the coefficients of these factors,
 *
 * where N_S are the successor counts of a context. One look-up finds them, however many centres there are. All terms
 * are positive, so nothing cancels. One more occurrence of the empty context is added, spread evenly over all symbols:
 * the background. It makes every probability positive.
 *
 * The value of a subtree is the sum over its leaves. A symbol's probability is the value of its leaf divided by that of
 * the root, so the tree is only the way there. The templates stand in banks of up to PYLM__MAX_TEMPLATES. In an image
 * each bank is a tree of its own, all with the same nodes. A template's coefficient is made from that of its base.
 */
#ifndef PYLM_KERNEL_KERNEL_H
#define PYLM_KERNEL_KERNEL_H

#include "core/work.h"
#include "pylm_kernel.h"
#include "scaled.h"

/* What an image has in place of a tree's calibration and weights: u32 numbers. */
enum {
    PYLM__K_REACH = 0,                                 /* 1 to PYLM_MAX_REACH */
    PYLM__K_N_CLASS = 4,                               /* positions with classes, from the first on */
    PYLM__K_TAU = 8,                                   /* q16 */
    PYLM__K_DISTANCES = 12,                            /* PYLM_MAX_REACH, q16 nats: nothing agrees */
    PYLM__K_CLASS_DISTANCES = 12 + 4 * PYLM_MAX_REACH, /* as many: only the class agrees */
    PYLM__K_NBYTES = 12 + 8 * PYLM_MAX_REACH
};

/* Whether a bank's bandwidths, which stand in place of weights, lie inside the image. */
int pylm__kernel_check(const struct pylm__model *model, const struct pylm__tree *bank);

/* The settings of the model: its image's, or the caller's. */
void pylm__kernel_settings(const struct pylm__model *model, pylm_kernel *kernel);

/* The coefficient of the empty context; and the factors of a symbol or a class that agrees at a place. */
struct pylm__factors {
    struct pylm__scaled nothing;
    struct pylm__scaled symbol[PYLM_MAX_REACH], class[PYLM_MAX_REACH];
    struct pylm__scaled other[PYLM_MAX_REACH];   /* e^-t: where the symbols differ */
    struct pylm__scaled similar[PYLM_MAX_REACH]; /* e^-u: where only their classes agree */
    struct pylm__scaled leaf;                    /* the background at each leaf */
};
void pylm__kernel_factors(const struct pylm__model *model, struct pylm__factors *factors);

/* Finds the evidence of a bank's contexts and looks at it at the root. Returns which templates have any. */
uint32_t pylm__kernel_look_up(const struct pylm__model *model, const struct pylm__tree *bank,
                              const struct pylm__state *state, struct pylm__lookup *lookup, struct pylm__evidence *e,
                              struct pylm__slices *s);

/* Goes down a bank's tree to a leaf. Returns which templates have evidence there. */
uint32_t pylm__kernel_go_down(const struct pylm__tree *tree, const struct pylm__evidence *e, struct pylm__slices *s,
                              uint32_t active, uint32_t leaf);

/* Bytes of working memory for walks. */
size_t pylm__kernel_walk_nbytes(const struct pylm__model *model);

/* Bytes of a frame of a walk. */
size_t pylm__kernel_frame_nbytes(const struct pylm__model *model);

/* Looks up the evidence of all banks for the next symbol; the first frame becomes the root. */
void pylm__kernel_root(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work);

/* Splits a node's mass among its two children, and finds their probabilities. */
void pylm__kernel_split(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                        struct pylm__node node, uint64_t *masses, struct pylm__small *p);

/* Narrows a frame's slices of all banks to one child of a node. */
void pylm__kernel_narrow(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                         uint32_t mid, int side);

/* The probabilities of n symbols, as pylm__probabilities() gives them. `work` is for a single path. */
void pylm__kernel_probabilities(const struct pylm__model *model, const struct pylm__state *states,
                                const uint32_t *symbols, uint32_t n, struct pylm__work *work,
                                struct pylm__small *probabilities);

#endif
