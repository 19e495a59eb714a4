/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_kernel.h: the predictor `kernel`: its settings, its reach, its explanations.
 *
 * A build without this module, -DPYLM_MODULE_KERNEL=0, has none of these functions, and refuses kernels:
 * PYLM_ERR_LARGE.
 */
#ifndef PYLM_KERNEL_H
#define PYLM_KERNEL_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The predictor `kernel`: what followed at every position of the training text counts exp(-tau K), K being the distance
 * between the symbols before that position and those before the next symbol, place by place. A symbol's probability is
 * its share of all counts. To all of them is added one at the largest distance, even over the vocabulary, so
 * that no probability is 0.
 *     K = the sum, over the last `reach` places, of
 *             distance_q16[j]        the symbols j + 1 back differ,
 *             class_distance_q16[j]  they do, but their classes agree,
 *             0                      they are the same; before the start of a text there is a symbol of its own.
 * As tau grows, the nearest positions alone decide: a context that was seen gets back what followed it, exactly.
 * Every probability is right to 2^-26 of itself, a cost to 2 units; tau times a distance is rounded to 2^-21. tau is
 * taken for no more than makes the largest distance 1024. A context that was not seen is taken for one that was with a
 * probability of about 2^-40 for each that was. Nothing adapts, and explanations are of another kind:
 * pylm_explain_kernel(). */
#define PYLM_MAX_REACH 6
#define PYLM_MAX_DISTANCE_Q16 (UINT32_C(64) << 16)

typedef struct pylm_kernel {
    uint32_t reach;                              /* of the model's tables, 1 to PYLM_MAX_REACH */
    uint32_t n_class;                            /* likewise: for the last so many symbols, there are classes */
    uint32_t tau_q16;                            /* 65536: 1 */
    uint32_t distance_q16[PYLM_MAX_REACH];       /* 1/65536, up to PYLM_MAX_DISTANCE_Q16 */
    uint32_t class_distance_q16[PYLM_MAX_REACH]; /* not above distance_q16; without effect from n_class on */
} pylm_kernel;

/* What the model goes by. Returns PYLM_ERR_ARGUMENT if its predictor is another. */
PYLM_API int pylm_model_kernel(const pylm_model *model, pylm_kernel *kernel);

/* Makes this view of a model go by other settings, which stay the caller's and in place while it is used; NULL: by those
 * of the image. To have several settings at once, copy the model. Not while another thread uses this view.
 * Returns PYLM_ERR_ARGUMENT if the predictor is another, reach and n_class are not the model's, or a rule is broken. */
PYLM_API int pylm_model_set_kernel(pylm_model *model, const pylm_kernel *kernel);

/* Of a kernel: how near the training text comes to a state, for programs that would rather say that they do not know
 * than guess.
 *   work           as for pylm_cost()
 *   distance_q16   of the nearest positions, without tau
 *   n_ret          how many are as near as that
 * Returns PYLM_ERR_ARGUMENT if the predictor is another. */
PYLM_API int pylm_nearest(const pylm_model *model, const pylm_state *state, void *work, uint32_t *distance_q16,
                          uint32_t *n_ret);

/* What a symbol's probability is made of in a kernel. A pattern says of each of the last `reach` places whether the symbols
 * there agree with those before the next symbol, or only their classes do, or neither. Every position of the training
 * text has exactly one pattern. All positions of a pattern are equally far away, and each counts exp(-tau K). So
 *
 *     probability = sum over patterns of  n_symbol * exp(-tau K)  /  sum over patterns of  n_context * exp(-tau K).
 *
 * The last pattern is the one position that is added to all: nothing agrees there, and it counts for all symbols alike. */
typedef struct pylm_pattern {
    uint32_t number;           /* of the template with just that context, in tree 0; PYLM_NONE: the last pattern */
    uint32_t agrees;           /* two bits for each place, from the lowest on, the previous symbol first:
                                * PYLM_TEMPLATE_NOTHING, PYLM_TEMPLATE_SYMBOL, or PYLM_TEMPLATE_CLASS for the class only */
    uint32_t distance_q16;     /* K, 1/65536 */
    uint32_t n_context;        /* positions that agree in that, and in nothing more; the last pattern has 1 */
    uint32_t n_symbol;         /* of these, those that were followed by the symbol; the last pattern has 0 */
    uint32_t weight_share_q30; /* 1/2^30: what n_context * exp(-tau K) is of the sum over all patterns */
    uint32_t symbol_share_q30; /* 1/2^30: what n_symbol * exp(-tau K) is: this pattern's share of the probability */
} pylm_pattern;

/* Patterns that there are at most; 0 if the predictor is another. */
PYLM_API uint32_t pylm_n_patterns(const pylm_model *model);

/* What the probability of `symbol` coming next is made of.
 *   work      as for pylm_cost()
 *   patterns  room for pylm_n_patterns(); all of them, also those that no position has, by template
 * Both shares add up to 2^30 exactly. Each is right to one unit and to 2^-19 of itself (at tau = 1 much more: then nothing is
 * rounded but at the end); the largest has what rounding left, which is less than 2^-23 of the whole. Takes as long as
 * pylm_cost() and 10 to 20 microseconds more (27 and 48 patterns).
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, or if the predictor is another. */
PYLM_API int pylm_explain_kernel(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                                 pylm_pattern *patterns, uint32_t *n_ret);

#ifdef __cplusplus
}
#endif
#endif
