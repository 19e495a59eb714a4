/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_decode.h: for decoders: hypotheses that go on from states, drafts for large models, and the best paths through a
 * lattice.
 *
 * The problem: who recognises speech or handwriting, corrects spelling, or restores accents, has several readings of
 * every place, and asks which of them make the most probable text. What others do: every tool has its own decoder, and
 * asks the language model one word at a time. What we do: both. A decoder of others takes steps (below). Who has none
 * hands over a *lattice*:
 *
 *            recognise            speech
 *        0 -------------> 1 ------------------> 3
 *        0 -----> 2 -----------> 1' -> ...              arcs: from, to, their own cost, and their symbols
 *          wreck      a nice
 */
#ifndef PYLM_DECODE_H
#define PYLM_DECODE_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ steps */

/* Scores a symbol at a state, and makes a state that has read it. Nothing is learned, even if the state learns: the new
 * one uses the same memory, which is only read. So a hypothesis costs a copy of sizeof(pylm_state), however much has
 * been learned. It is valid as long as that memory stays as it is.
 *   next          out; it may be `state` itself.
 *   cost_q16      out: 1/65536 bit.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have; nothing is written then. */
PYLM_API int pylm_step(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work, pylm_state *next,
                       uint32_t *cost_q16);

/* How many of the last symbols a model's contexts have in a row at most: the order of an n-gram model, less one. */
PYLM_API uint32_t pylm_reach(const pylm_model *model);

/* A number for the last n symbols that a state has read, 0 to 16: the same for the same ones, and another for others,
 * but once in 2^64. Two hypotheses with the same number for n = pylm_reach() may be merged: the better one stays. What
 * the text was about, and contexts with gaps, may differ still; so this is an approximation, as in every decoder that
 * merges hypotheses of a model that looks further back. */
PYLM_API uint64_t pylm_state_key(const pylm_state *state, uint32_t n);

/* ------------------------------------------------------------------ many at once */

/* A decoder holds hundreds of hypotheses, a server has many users. To ask for all of them at once takes less time than
 * one by one: while the numbers of one state come from memory, those of others are worked on.
 *
 * Here are n texts in symbols, one behind the other; the i-th ends at ends[i], none before the one before it. A text
 * may be empty: its cost is 0.
 *   work          pylm_work_nbytes() bytes.
 *   costs_q16     out: what each text costs, n sums, 1/65536 bit. They are exactly those of one by one. */

/* pylm_score() of n states, each of which reads its own text. Those that learn do so, and are read one by one.
 *   states        n of them, all different, and those that learn each in memory of its own.
 * Returns PYLM_ERR_ARGUMENT, and nothing has been read, for a symbol that the model does not have, and if `ends` are
 * not in order. */
PYLM_API int pylm_score_many(const pylm_model *model, pylm_state *const *states, const uint32_t *symbols,
                             const uint64_t *ends, uint32_t n, void *work, uint64_t *costs_q16);

/* n texts that may follow a state, which stays where it is. Nothing is learned, even if the state learns: it is as if
 * each text were read by steps (above).
 * Returns PYLM_ERR_ARGUMENT as pylm_score_many() does. */
PYLM_API int pylm_cost_many(const pylm_model *model, const pylm_state *state, const uint32_t *symbols,
                            const uint64_t *ends, uint32_t n, void *work, uint64_t *costs_q16);

/* pylm_top() of n states, one by one: it spares calls, which take long in some languages.
 *   best          out: the candidates of the first state, then those of the second, and so on: of each as many as the
 *                 smaller of k and n_symbols. */
PYLM_API void pylm_top_many(const pylm_model *model, pylm_state *const *states, uint32_t n, uint32_t k, void *work,
                            pylm_candidate *best);

/* Reads n symbols, as pylm_state_read() does each: nothing is scored or learned.
 * Returns PYLM_ERR_ARGUMENT at the first symbol that the model does not have; those before it have been read. */
PYLM_API int pylm_state_read_many(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n);

/* ------------------------------------------------------------------ drafts */

/* A large model takes nearly as long for eight symbols at once as for one. So a small one drafts what it may say, it
 * looks at the draft, and keeps what it would have said itself, up to its first own choice: speculative decoding. Both
 * need the same symbols: ids of the large model's tokenizer. Here the draft is the most probable symbol, again and
 * again. If the state learns (pylm_adapt.h), from the prompt and from what the large model has said, it repeats what
 * was said before, and knows more than repetitions.
 *
 *     pylm_draft(&model, &state, 8, 20000, work, draft, &n);    // 20000: right three times in ten
 *     kept = ...                                                // the large model's choices
 *     pylm_score(&model, &state, kept, n_kept, work, NULL, NULL);
 *
 *   state         what was read. It is not changed, and nothing is learned; what it has learned is only read.
 *   most          symbols of the draft at most.
 *   least_q16     the draft ends before the symbol with which the probability of all of it would fall below this,
 *                 1/65536; 0: it has `most` symbols.
 *   work          pylm_work_nbytes() bytes.
 *   symbols       out: room for `most`.
 *   n_ret         out: how many there are. */
PYLM_API void pylm_draft(const pylm_model *model, const pylm_state *state, uint32_t most, uint32_t least_q16,
                         void *work, uint32_t *symbols, uint32_t *n_ret);

/* ------------------------------------------------------------------ lattices */

/* A reading of a part of what is to be decoded. */
typedef struct pylm_arc {
    uint32_t from, to;   /* nodes, from < to */
    int32_t cost_q16;    /* its own cost, 1/65536 bit: for example what the sound says against it. Below 0: for it */
    uint32_t begin, end; /* its symbols are symbols[begin] to symbols[end - 1]; it may have none */
} pylm_arc;

/* What is looked for, and among what. */
typedef struct pylm_lattice {
    const pylm_arc *arcs;    /* n_arcs, ascending by `from` */
    const uint32_t *symbols; /* n_symbols, of all arcs */
    uint32_t n_arcs, n_symbols;
    uint32_t n_nodes;    /* paths lead from node 0 to node n_nodes - 1; 2 and more */
    uint32_t beam;       /* hypotheses that are kept at a node, 1 to 4096. If there are never more, the result is exact,
                          * merging aside */
    uint32_t merge;      /* hypotheses at a node that agree in so many last symbols are merged, 0 to 16; see
                          * pylm_state_key() */
    uint32_t weight_q16; /* so many times the model's costs count, up to 2^24; 65536: as the arcs' own */
    uint32_t n_best;     /* paths that are wanted, 1 to 65536 */
} pylm_lattice;

/* Checks a lattice, and says how much memory the search needs: for each node and hypothesis some 40 bytes, for each arc
 * and hypothesis as many if several paths are wanted, and a pylm_state for each hypothesis at nodes that are open at
 * the same time. It is to begin at an address divisible by 8.
 * Returns PYLM_ERR_ARGUMENT if a number is out of its bounds, arcs are not in order or lead outside or backwards, or a
 * symbol is unknown to the model; PYLM_ERR_LARGE if it would need more than 2^40 bytes, or 2^32 hypotheses. */
PYLM_API int pylm_lattice_nbytes(const pylm_model *model, const pylm_lattice *lattice, uint64_t *nbytes);

/* Looks for the best paths, a slice of the work at each call, so that the caller may show progress or give up: some 5
 * ms, or one arc with all its hypotheses.
 *   lattice       was checked by pylm_lattice_nbytes().
 *   state         what was read before. It is not changed, and nothing is learned.
 *   memory        pylm_lattice_nbytes() bytes. The same at each call, which begins where the last one ended.
 *   work          pylm_work_nbytes() bytes.
 *   arc           in: 0 at first. Out: where the next call goes on; n_arcs at the end. */
PYLM_API void pylm_lattice_search(const pylm_model *model, const pylm_lattice *lattice, const pylm_state *state,
                                  void *memory, void *work, uint32_t *arc);

/* A path that was found. */
typedef struct pylm_path {
    const uint32_t *arcs; /* numbers of its arcs, from node 0 on; in `memory`, until the next call */
    uint32_t n_arcs;
    int64_t cost_q16; /* of all of it: the model's, weighted, and the arcs' own */
} pylm_path;

/* The next best path after a search: at the first call the best one. Returns 1, or 0 if there are no more: n_best were
 * returned, or no others reached the end, or none at all did. */
PYLM_API int pylm_lattice_path(const pylm_lattice *lattice, void *memory, pylm_path *path);

#ifdef __cplusplus
}
#endif
#endif
