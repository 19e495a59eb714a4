/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_explain.h: what a cost is made of, and what was counted in training.
 *
 * pylm_explain() takes the cost of a symbol apart. Its parts add up to what pylm_cost() gives, exactly:
 *
 *     uint32_t i, n;
 *     int32_t sum = 0;
 *     pylm_part *parts = malloc(pylm_n_parts(&model) * sizeof *parts);
 *
 *     if (pylm_explain(&model, &state, symbol, work, parts, &n) == PYLM_OK)
 *         for (i = 0; i < n; i++)
 *             sum += parts[i].cost_q16;                                 // in the end, the cost of `symbol`
 *
 * pylm_successors() gives the bare counts. These symbols followed the last two symbols that a state has read:
 *
 *     pylm_successor successors[256];
 *     uint32_t n = 256;
 *     pylm_successors(&model, &state, 0, 2, work, successors, &n);      // tree 0, template 2, if it has that order
 *
 * Words used here
 *   decision      a symbol is found by a walk down the symbol tree. Every node is a decision between two sets of
 *                 symbols.
 *   log-odds      ln(p / (1 - p)) of a decision, here always in favour of the symbol.
 *   template      says which part of the past is a context. A template extends the context of another one, its *base*.
 *                 Each tree numbers its templates from 0. The first are the last 0, 1, 2, ... symbols, as many as the
 *                 model was trained with. pylm_model_template() describes each.
 *   class         words that occur in like places. A coarse class joins several classes. Bytes have none.
 *   successor     a symbol that followed a context.
 *
 * A kernel is explained in another way: pylm_explain_kernel() in pylm_kernel.h.
 *
 * Errors, memory and threads are as in pylm.h; `work` is pylm_work_nbytes() bytes.
 *
 * Left out by -DPYLM_MODULE_EXPLAIN=0 (csrc/core/config.h).
 */
#ifndef PYLM_EXPLAIN_H
#define PYLM_EXPLAIN_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ explanation */

/* What a part of a cost is. At first every decision is taken for even and costs one bit. Then each thing that is known
 * moves the decisions. A decision's saving or loss is divided among these things in proportion to their weighted
 * log-odds. */
enum pylm_part_kind {
    PYLM_PART_EVEN = 0,     /* the decisions, if all were even; the first part of every tree */
    PYLM_PART_CONTEXT = 1,  /* what was counted of a context in training; `number` is its template */
    PYLM_PART_MEAN = 2,     /* the plain mean of the relative frequencies in all contexts that are known */
    PYLM_PART_CONSTANT = 3, /* what decisions are like, whatever is known; the last part of every tree */
    /* Only of states with an overlay (pylm_adapt.h): what the text read so far adds. */
    PYLM_PART_COUNTS = 4,     /* which way the same decisions lately went */
    PYLM_PART_AGES = 5,       /* how long ago they last went each way */
    PYLM_PART_RECALL = 6,     /* what lately followed a context; `number` is its template */
    PYLM_PART_INDIRECT = 7,   /* what lately followed an indirect context: the two symbols that last followed another
                               * context, and the previous symbol; `number` is the template of that other one */
    PYLM_PART_REPETITION = 8, /* the text repeats itself, by at least `number` symbols; 0: it does not */
    /* Only of models with several trees: averaging them. It stands behind all trees. Before it, the parts of each tree
     * count by the tree's share in the symbol's probability. */
    PYLM_PART_AVERAGE = 9,
    /* Only of layers (pylm_adapt.h): */
    PYLM_PART_BELOW = 10, /* all that the model below says; it stands behind PYLM_PART_MEAN */
    /* Of a model with vectors, behind its contexts: */
    PYLM_PART_TOPIC = 11, /* what the hundreds of symbols before were about, in bytes what the last words were;
                             pylm_explain_topic() says which */
    /* Of a model with a lexicon (pylm_lexicon.h), the last part of all: */
    PYLM_PART_PLACE = 12, /* that the symbol has only a part of its place, which is that of the symbol `number`; 0 if it
                            shares it with none */
    /* Of most models, behind the contexts and PYLM_PART_TOPIC: */
    PYLM_PART_VOICE = 13 /* what all suffix contexts, the last symbols without gaps, say together: each longer one adds
                            its counts to what the shorter ones expect */
};

/* One part. Log-odds and weights use natural logarithms. */
typedef struct pylm_part {
    uint32_t kind;   /* enum pylm_part_kind */
    uint32_t tree;   /* which tree, from 0 */
    uint32_t number; /* see the kinds; else 0 */
    /* CONTEXT: how often the symbol followed the context in training; RECALL, INDIRECT: lately. COUNTS: how often the
     * last decision lately went the symbol's way. AGES: it last did so at least this many symbols ago; 0: never.
     * REPETITION: 1 if the repetition goes on with the symbol. */
    uint32_t n_symbol;
    /* CONTEXT, RECALL, INDIRECT: the same count of all symbols together; 0: the context is not known. COUNTS: how often
     * the last decision was taken lately. EVEN: how many decisions there are. REPETITION: for how many symbols in a row
     * repetitions have been right. */
    uint32_t n_context;
    int32_t cost_q16;     /* the part, in 1/65536 bit; negative if it makes the symbol more probable */
    int32_t log_odds_q10; /* sum of its calibrated log-odds over all decisions, 1/1024 */
    int32_t weight_q13;   /* mean of its weights, 1/8192, each weighted by the magnitude of its log-odds */
} pylm_part;

/* The most parts that a cost can have in this model: at most 47 with one tree. */
PYLM_API uint32_t pylm_n_parts(const pylm_model *model);

/* Explains the cost of `symbol` coming next.
 *   parts    out: room for pylm_n_parts(). They stand tree by tree. In each tree all templates have a part, in order,
 *            whether their context is known or not.
 *   n_ret    out: how many there are.
 * Takes about twice as long as pylm_cost(), and 6 KB of stack.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, and for a kernel. */
PYLM_API int pylm_explain(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                          pylm_part *parts, uint32_t *n_ret);

/* How much of the topic's part each symbol made that was read. What a text is about is a sum over its symbols, and the
 * further back one is, the less is left of it. In a model of bytes it is the last words, up to eight; the share of a
 * word is that of the byte with which it ends. So the part can be divided in proportion:
 *
 *     cost_q16 = the sum of shares_q16 + offset_q16 + rest_q16,     exactly
 *
 * Costs are in 1/65536 bit, as those of parts: negative if something makes the symbol more probable. */
typedef struct pylm_topic {
    const uint32_t *symbols; /* in: the last symbols that the state has read, oldest first. Those that stand before the
                              * last end of a text (pylm_info.text_end) get nothing */
    uint64_t n;              /* in: how many; after 2,000 hardly anything is left of one */
    int32_t *shares_q16;     /* out: room for n. What each symbol has made, within +-2^30 */
    int32_t cost_q16;        /* out: all parts of the kind PYLM_PART_TOPIC; 0: there are none */
    int32_t offset_q16;      /* out: what the decisions have of their own, whatever was read */
    int32_t rest_q16;        /* out: what was read before them, the line end too that a text begins behind, and what
                              * rounding left */
} pylm_topic;

/* Explains as pylm_explain() does, with the same `parts` and `n_ret`, and divides the topic's part.
 *   topic    in: symbols, n, and where shares_q16 are; out: all else.
 * With several trees, their topics are divided together. In a layer all of this is 0: what the model below makes of its
 * topic is in PYLM_PART_BELOW. It is 0 in models without vectors, too.
 * Takes as long as pylm_explain(), and 0.1 microseconds for each decision and each of the n symbols; 8 KB of stack.
 * Returns PYLM_ERR_ARGUMENT as pylm_explain(), and if one of the symbols is too large. */
PYLM_API int pylm_explain_topic(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                                pylm_part *parts, uint32_t *n_ret, pylm_topic *topic);

/* ------------------------------------------------------------------ templates and classes */

/* What a template adds to the context of its base. */
enum pylm_template_kind {
    PYLM_TEMPLATE_NOTHING = 0, /* the empty context */
    PYLM_TEMPLATE_SYMBOL = 1,  /* the symbol `lag` back; 1 is the previous one */
    PYLM_TEMPLATE_CLASS = 2,   /* the class of that symbol */
    PYLM_TEMPLATE_COARSE = 3,  /* the coarse classes of the last `lag` symbols */
    PYLM_TEMPLATE_WORD = 4,    /* bytes only: the letters of the word `lag` back, in lower case; 0 is the word so far */
    PYLM_TEMPLATE_ABOVE = 5,   /* bytes only: the column and the byte above (pylm_layout); `lag` is 0 */
    PYLM_TEMPLATE_SHAPE = 6,   /* bytes only: the kinds of the last `lag` runs of bytes (pylm_layout) */
    PYLM_TEMPLATE_LINE = 7     /* bytes only: the words in the line, and those of the last two runs; `lag` is 0 */
};

/* Where the next byte stands on the page, and what the last ones look like. */
typedef struct pylm_layout {
    uint32_t column; /* bytes in the line so far; 255: so many or more */
    uint32_t above; /* the byte that stands there in the line above; PYLM_NONE: none, or that line is longer than 254 */
    uint32_t n_words; /* that began in this line; 255: so many or more */
    uint32_t runs; /* the last ten runs of bytes of a kind, three bits each, the last one lowest: 1 lower case, 2 upper
                       * case, 3 digits, 4 spaces, 5 line ends, 6 other ASCII, 7 beyond ASCII; 0 before the text */
} pylm_layout;

/* Of a state of a model of bytes. Without such contexts in the library (PYLM_MODULE_LAYOUT=0): zeros and PYLM_NONE. */
PYLM_API void pylm_state_layout(const pylm_state *state, pylm_layout *layout);

typedef struct pylm_template {
    uint32_t base;       /* number of the template that it extends, smaller than its own; PYLM_NONE: none */
    uint32_t kind;       /* enum pylm_template_kind */
    uint32_t lag;        /* see the kinds */
    uint32_t n_contexts; /* stored contexts; 0 if the template is only a base */
    uint64_t nbytes;     /* of the image: what its contexts take */
} pylm_template;

/* Describes a template of a tree. In a kernel all templates are of tree 0.
 * Returns PYLM_ERR_ARGUMENT for a tree or number that the model does not have. */
PYLM_API int pylm_model_template(const pylm_model *model, uint32_t tree, uint32_t number, pylm_template *found);

/* Finds the class of a symbol in a tree, and the coarse class that the class belongs to. Classes are numbers; both are
 * PYLM_NONE if the model has no classes.
 * Returns PYLM_ERR_ARGUMENT for a tree or symbol that the model does not have. */
PYLM_API int pylm_symbol_class(const pylm_model *model, uint32_t tree, uint32_t symbol, uint32_t *class_ret,
                               uint32_t *coarse_ret);

/* ------------------------------------------------------------------ counts */

/* Counts are those of the training text, as the image has them. They are not complete:
 *   Contexts that occurred less than min_count times (by default 2; pylm_train_options) are not there.
 *   Of contexts that agree in their hash, only one is there.
 *   A model of a given size (max_nbytes) has rounded counts, and leaves out many contexts.
 * What an overlay has learned is not in them. A kernel does not give them: PYLM_ERR_ARGUMENT. */

typedef struct pylm_successor {
    uint32_t symbol;
    uint32_t count; /* how often it followed the context */
} pylm_successor;

/* Finds what followed the context of a template, as the state has that context now.
 *   tree, number  the template, as for pylm_model_template().
 *   successors    out: in no particular order. May be NULL if there is no room.
 *   n             in: room in `successors`; n_symbols are always enough. Out: how many there are; 0: the context is not
 *                 known.
 * Takes a microsecond, a few nanoseconds for each successor, and 4 KB of stack.
 * Returns PYLM_ERR_ARGUMENT for a template that the model does not have; PYLM_ERR_SPACE if not all of them fit: then *n
 * says how many there are, and none is written. */
PYLM_API int pylm_successors(const pylm_model *model, const pylm_state *state, uint32_t tree, uint32_t number,
                             void *work, pylm_successor *successors, uint32_t *n);

/* How far back the training text agrees: finds the longest run of the last symbols, without gaps, that is a context of
 * the model and that `symbol` followed.
 *   symbol        PYLM_NONE: whatever followed it.
 *   matched_ret   out: how many symbols that are. 0: none, or only the empty context.
 * An n-gram model would call this the order of the n-gram, less one. Contexts with gaps and of classes do not count. Of
 * several trees the first one is asked; of a layer only its own counts, so ask the model below as well. Takes less time
 * than pylm_cost(), and 4 KB of stack.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, and for a kernel. */
PYLM_API int pylm_matched(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                          uint32_t *matched_ret);

/* The other way round: how often a symbol came behind each symbol of the vocabulary.
 *   tree, number  a template whose context is a single symbol, `lag` back: its kind is PYLM_TEMPLATE_SYMBOL, and its
 *                 base is PYLM_NONE or the empty context.
 *   counts        out: n_symbols numbers. counts[s] says how often `symbol` came `lag` symbols after s.
 * Looks up every symbol of the vocabulary, about half a microsecond for each.
 * Returns PYLM_ERR_ARGUMENT for a symbol or template that the model does not have, and for other templates. */
PYLM_API int pylm_predecessors(const pylm_model *model, uint32_t symbol, uint32_t tree, uint32_t number, void *work,
                               uint32_t *counts);

#ifdef __cplusplus
}
#endif
#endif
