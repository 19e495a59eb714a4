/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_kernel.h: the predictor `kernel`: its settings, its distance from a text, its explanations.
 *
 * A kernel predicts by likeness. It compares the symbols before the next one with the symbols before every position of
 * the training text. What followed at a position has the weight exp(-tau K), where K is the distance between the two:
 *
 *     K = sum over the last `reach` places of
 *             0                       if the symbols there are the same,
 *             class_distance_q16[j]   if they differ and their classes are the same,
 *             distance_q16[j]         if their classes differ too;         j = 0 is the place of the previous symbol
 *
 * The probability of a symbol is its share of all weights. One position is added at the largest distance; it counts for
 * all symbols alike, so no probability is 0. Before the start of a text there is a symbol of its own.
 *
 * With tau = 0 the past does not matter. As tau grows, the nearest positions alone decide. Then a context that was seen
 * gives back exactly what followed it. Tau and distances may be changed at any time:
 *
 *     pylm_kernel settings;
 *     uint32_t distance, n;
 *
 *     pylm_model_kernel(&model, &settings);
 *     settings.tau_q16 = 4 * 65536;
 *     pylm_model_set_kernel(&model, &settings);                       // `settings` stays in place
 *     pylm_nearest(&model, &state, work, &distance, &n);
 *     if (distance == 0)
 *         pylm_top(&model, &state, 1, work, &best, &n);               // it has seen this context: it answers
 *
 * All of pylm.h and pylm_text.h works with a kernel, and so do suggestions (pylm_keyboard.h). States do not learn on
 * it, and no layer lies on it (pylm_adapt.h). Its explanations are below, in place of those of pylm_explain.h.
 *
 * Precision: a probability is right to 2^-26 of itself, a cost to 2 units. Tau times a distance is rounded to 2^-21. It
 * is at most 1024: a tau that would lead further is lowered. A context that was not seen may be taken for one that was
 * seen, with a probability of about 2^-40 for each of these.
 *
 * Errors, memory and threads are as in pylm.h; `work` is pylm_work_nbytes() bytes. If the model has another predictor,
 * all functions here that return a status return PYLM_ERR_ARGUMENT.
 *
 * Left out by -DPYLM_MODULE_KERNEL=0 (csrc/core/config.h). Images with this predictor are refused then: PYLM_ERR_LARGE.
 */
#ifndef PYLM_KERNEL_H
#define PYLM_KERNEL_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ settings */

#define PYLM_MAX_REACH 6
#define PYLM_MAX_DISTANCE_Q16 (UINT32_C(64) << 16)

typedef struct pylm_kernel {
    uint32_t reach;   /* how many places are compared, 1 to PYLM_MAX_REACH; fixed by the model's tables */
    uint32_t n_class; /* at how many of them, from the previous symbol on, classes are compared too; fixed likewise */
    uint32_t tau_q16; /* 65536 is 1 */
    uint32_t distance_q16[PYLM_MAX_REACH];       /* 1/65536; at most PYLM_MAX_DISTANCE_Q16 */
    uint32_t class_distance_q16[PYLM_MAX_REACH]; /* at most distance_q16; ignored from place n_class on */
} pylm_kernel;

/* The settings that the model uses now. */
PYLM_API int pylm_model_kernel(const pylm_model *model, pylm_kernel *kernel);

/* Makes this view of a model use other settings.
 *   kernel   not copied: it must stay in place while the view is used. NULL: the settings of the image again.
 * To have several settings at once, copy the pylm_model. No other thread may use this view during the call.
 * Also returns PYLM_ERR_ARGUMENT if reach or n_class are not the model's, or a distance breaks its rule. */
PYLM_API int pylm_model_set_kernel(pylm_model *model, const pylm_kernel *kernel);

/* ------------------------------------------------------------------ nearest positions */

/* Finds how near the training text comes to a state. So a program can say that it does not know, rather than guess.
 *   distance_q16   out: K of the nearest positions, 1/65536; tau does not count.
 *   n_ret          out: how many positions are as near as that. */
PYLM_API int pylm_nearest(const pylm_model *model, const pylm_state *state, void *work, uint32_t *distance_q16,
                          uint32_t *n_ret);

/* ------------------------------------------------------------------ explanation */

/* A pattern says for each of the last `reach` places what agrees there with the text before the next symbol: the
 * symbol, only its class, or neither. Every position of the training text has exactly one pattern. All positions of a
 * pattern have the same distance K and the same weight exp(-tau K). So
 *
 *     probability = sum over patterns of  n_symbol * exp(-tau K)  /  sum over patterns of  n_context * exp(-tau K).
 *
 * The last pattern is the position that is added. Nothing agrees there, and it counts for all symbols alike. */
typedef struct pylm_pattern {
    uint32_t number; /* of the template with just this context, in tree 0 (pylm_model_template() in pylm_explain.h);
                      * PYLM_NONE: the last pattern */
    uint32_t agrees; /* two bits for each place, the previous symbol in the lowest: PYLM_TEMPLATE_SYMBOL,
                      * PYLM_TEMPLATE_CLASS (only the class), or PYLM_TEMPLATE_NOTHING (pylm_explain.h) */
    uint32_t distance_q16;     /* K, 1/65536 */
    uint32_t n_context;        /* positions that agree in this and in nothing more; 1 in the last pattern */
    uint32_t n_symbol;         /* of them, positions that were followed by the symbol; 0 in the last pattern */
    uint32_t weight_share_q30; /* 1/2^30: n_context * exp(-tau K) as a share of the sum over all patterns */
    uint32_t symbol_share_q30; /* 1/2^30: n_symbol * exp(-tau K) as a share of its sum: of the probability */
} pylm_pattern;

/* The most patterns that there can be; 0 if the predictor is another. */
PYLM_API uint32_t pylm_n_patterns(const pylm_model *model);

/* Explains the probability of `symbol` coming next.
 *   patterns  out: room for pylm_n_patterns(). All patterns, also those without a position, in the order of templates.
 *   n_ret     out: how many there are.
 * Both kinds of shares add up to 2^30 exactly. Each is right to one unit and to 2^-19 of itself. (With tau = 1 it is
 * much more exact: only the result is rounded.) The largest share takes what rounding left, which is less than 2^-23 of
 * the whole. Takes 10 to 20 microseconds more than pylm_cost() (27 and 48 patterns).
 * Also returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_explain_kernel(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                                 pylm_pattern *patterns, uint32_t *n_ret);

#ifdef __cplusplus
}
#endif
#endif
