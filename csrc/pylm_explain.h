/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_explain.h: what a cost is made of, and what was counted.
 *
 * A build without this module: -DPYLM_MODULE_EXPLAIN=0.
 */
#ifndef PYLM_EXPLAIN_H
#define PYLM_EXPLAIN_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ explanation */

/* What a symbol's cost is made of: parts that add up to it, exactly.
 *
 *     pylm_part parts[100];                               // pylm_n_parts(&model) are enough
 *     uint32_t n;
 *     pylm_explain(&model, &state, 'u', work, parts, &n); // the sum of cost_q16 is what pylm_cost() gives
 *
 * A symbol is found by decisions, each between two sets of symbols. To begin with, all are even and cost one bit
 * each. Then everything that is known moves them, and has its share in what that saves or costs: in proportion to
 * its weighted log-odds at the decision. */
enum pylm_part_kind {
    PYLM_PART_EVEN = 0,     /* the decisions, if all were even; the first part of every tree */
    PYLM_PART_CONTEXT = 1,  /* what was counted of a context in training; `number` is its template */
    PYLM_PART_MEAN = 2,     /* the plain mean of how frequent the symbols are in all contexts that are known */
    PYLM_PART_CONSTANT = 3, /* what decisions are like whatever is known */
    /* Only of states that adapt: what the text read so far adds. */
    PYLM_PART_COUNTS = 4,     /* which way the same decisions lately went */
    PYLM_PART_AGES = 5,       /* how long ago they last went each way */
    PYLM_PART_RECALL = 6,     /* what lately followed a context; `number` is its template */
    PYLM_PART_INDIRECT = 7,   /* what followed wherever the same had followed a context; `number` is its template */
    PYLM_PART_REPETITION = 8, /* a repetition; of `number` symbols at least, 0: there is none */
    /* Only of models with several trees: */
    PYLM_PART_AVERAGE = 9, /* averaging their probabilities; each tree has part by its share in the symbol's */
    /* Only of layers: */
    PYLM_PART_BELOW = 10 /* what the model below says, all in one; PYLM_PART_MEAN stands before it */
};

/* Log-odds and weights are of natural logarithms. Sums over the decisions are in favour of the symbol. */
typedef struct pylm_part {
    uint32_t kind;        /* enum pylm_part_kind */
    uint32_t tree;        /* which, from 0 */
    uint32_t number;      /* see the kinds */
    uint32_t n_symbol;    /* occurrences of the symbol in the context. COUNTS, of the last decision for it. AGES, at
                           * least so many symbols ago, 0: never. REPETITION, 1: it goes on with the symbol. */
    uint32_t n_context;   /* of all symbols, 0: the context is not known. EVEN, how many decisions. REPETITION, how
                           * many symbols in a row such contexts have been right */
    int32_t cost_q16;     /* the part, 1/65536 bit; negative if it makes the symbol more probable */
    int32_t log_odds_q10; /* sum of the calibrated log-odds, 1/1024 */
    int32_t weight_q13;   /* mean of their weights, 1/8192, each counted as much as it had to weigh */
} pylm_part;

/* Parts that there are at most. */
PYLM_API uint32_t pylm_n_parts(const pylm_model *model);

/* What the cost of `symbol` coming next is made of. Takes about twice as long as pylm_cost(), and 6 KB of stack.
 *   work    as for pylm_cost()
 *   parts   room for pylm_n_parts(); tree by tree, all contexts of each, known or not, by template
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, and for a kernel. */
PYLM_API int pylm_explain(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                          pylm_part *parts, uint32_t *n_ret);

/* What a template adds to the context of another, its base. */
enum pylm_template_kind {
    PYLM_TEMPLATE_NOTHING = 0, /* the empty context */
    PYLM_TEMPLATE_SYMBOL = 1,  /* the symbol `lag` back; 1 is the previous one */
    PYLM_TEMPLATE_CLASS = 2,   /* its class */
    PYLM_TEMPLATE_COARSE = 3,  /* the coarse classes of the last `lag` symbols */
    PYLM_TEMPLATE_WORD = 4     /* bytes: of the word `lag` back the letters, in lower case; 0 is the word so far */
};

typedef struct pylm_template {
    uint32_t base; /* number of the template that it extends, smaller than its own; PYLM_NONE: none */
    uint32_t kind; /* enum pylm_template_kind */
    uint32_t lag;
    uint32_t n_contexts; /* stored; none, if it is only a base */
    uint64_t nbytes;     /* that they take in the image */
} pylm_template;

/* A template of a tree. Returns PYLM_ERR_ARGUMENT for a tree or number that the model does not have. */
PYLM_API int pylm_model_template(const pylm_model *model, uint32_t tree, uint32_t number, pylm_template *found);

/* The class of a symbol in a tree, and the coarse class that this belongs to: numbers, PYLM_NONE in models of bytes.
 * Returns PYLM_ERR_ARGUMENT for a tree or symbol that the model does not have. */
PYLM_API int pylm_symbol_class(const pylm_model *model, uint32_t tree, uint32_t symbol, uint32_t *class_ret,
                               uint32_t *coarse_ret);

/* ------------------------------------------------------------------ counts */

/* What was counted in training. Contexts that came less than min_count times (2, unless the trainer was told
 * otherwise) are not there, and where several agree in their hash only one is; models of a given size have rounded
 * counts, and leave out much. What an overlay has learned is not in these counts. Not of kernels: PYLM_ERR_ARGUMENT.
 *
 *     pylm_successor next[256];
 *     uint32_t n = 256;
 *     pylm_successors(&model, &state, 0, 2, work, next, &n);   // of the last two symbols that the state has read */

typedef struct pylm_successor {
    uint32_t symbol;
    uint32_t count; /* how often it followed the context */
} pylm_successor;

/* What followed the context of a template, as it is in a state.
 *   tree, number  the template, as for pylm_model_template(). The first templates of every tree are the last 0, 1, 2, ...
 *                 symbols.
 *   work          as for pylm_cost().
 *   successors    no order is promised. NULL if there is no room.
 *   n             in: room in `successors`; n_symbols are always enough. Out: how many there are; 0: the context is not
 *                 known.
 * Takes a microsecond and a few nanoseconds a successor, and 4 KB of stack.
 * Returns PYLM_ERR_ARGUMENT for a template that the model does not have; PYLM_ERR_SPACE if there is not room for all:
 * *n says how many there are, and none are written. */
PYLM_API int pylm_successors(const pylm_model *model, const pylm_state *state, uint32_t tree, uint32_t number,
                             void *work, pylm_successor *successors, uint32_t *n);

/* The other way round: how often a symbol came behind each symbol of the vocabulary, at the distance of a template
 * whose context is one single symbol: of kind PYLM_TEMPLATE_SYMBOL, with no base or the empty context as base.
 *   counts        n_symbols numbers: counts[s] says how often `symbol` came `lag` symbols after s.
 * Looks every symbol of the vocabulary up, which takes about half a microsecond for each.
 * Returns PYLM_ERR_ARGUMENT for a symbol or template that the model does not have, and for other templates. */
PYLM_API int pylm_predecessors(const pylm_model *model, uint32_t symbol, uint32_t tree, uint32_t number, void *work,
                               uint32_t *counts);

#ifdef __cplusplus
}
#endif
#endif
