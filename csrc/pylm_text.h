/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_text.h: from text to symbols and back, and what may be said next.
 *
 * The engine itself knows symbols only. This module has the vocabulary that lies in an image, and constraints: which
 * symbols are allowed where a text has to keep to a rule. A build without it: -DPYLM_MODULE_TEXT=0.
 */
#ifndef PYLM_TEXT_H
#define PYLM_TEXT_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ text */

/* What stands behind the last byte of the text given to pylm_encode(). */
enum pylm_text_end {
    PYLM_TEXT_OPEN = 0,  /* the line may go on (a prompt): no line end is added */
    PYLM_TEXT_CLOSED = 1 /* the text is complete: a last line without '\n' gets its line end too */
};

/* Turns text into symbols, as many as fit. Call it again until the text is used up:
 *
 *     uint64_t position = 0, n;
 *     while (position <= text_nbytes) {
 *         n = 4096;
 *         pylm_encode(&model, text, text_nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n);
 *         ... use n symbols ...
 *     }
 *
 *   text          any bytes at all, valid UTF-8 or not, NUL included; may be NULL if text_nbytes is 0.
 *   end           enum pylm_text_end.
 *   position      in: where to go on, 0 at first; out: where the next call goes on; text_nbytes + 1 at the end.
 *   n             in: room in `symbols`, 1 at least; out: how many were written, 0 and more.
 * Words: white space is space, \t, \r, \v, \f; '\n' ends a line and becomes the line end symbol.
 * Returns PYLM_ERR_ARGUMENT if position > text_nbytes, if there is no room, and always for an external tokenizer: its own
 * library encodes. */
PYLM_API int pylm_encode(const pylm_model *model, const void *text, uint64_t text_nbytes, int end, uint64_t *position,
                         uint32_t *symbols, uint64_t *n);

/* Finds the text of one symbol: `*text` points into the image and is not NUL-terminated. External: the
 * text that was given to the trainer for it, which may be empty.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_symbol_text(const pylm_model *model, uint32_t symbol, const unsigned char **text,
                              uint32_t *text_nbytes);

/* Finds the symbol of a text, for example of one word; PYLM_NONE if it is not in the vocabulary. External:
 * the smallest symbol of that text; PYLM_NONE for the empty one. */
PYLM_API uint32_t pylm_symbol_find(const pylm_model *model, const void *text, uint64_t text_nbytes);

/* Writes symbols as text. External: the symbols' texts one behind the other, which is the text as well as it
 * can be known without the tokenizer's own library.
 *   previous      the symbol that stands before them, or PYLM_NONE: a word model puts a space between
 *                 two words on one line, and writes the line end as '\n'.
 *   capacity      room in `text`, bytes.
 *   nbytes_ret    bytes written; on PYLM_ERR_SPACE, the bytes that would be needed (nothing useful is
 *                 in `text` then). `text` may be NULL if capacity is 0.
 * Returns PYLM_ERR_ARGUMENT if a symbol is too large, PYLM_ERR_SPACE if the text does not fit. */
PYLM_API int pylm_decode(const pylm_model *model, uint32_t previous, const uint32_t *symbols, uint64_t n, void *text,
                         uint64_t capacity, uint64_t *nbytes_ret);

/* The probabilities of some symbols only: the same numbers as pylm_distribution() has for them, without a look at
 * those parts of the vocabulary where none of them is.
 *   symbols       n different ones in ascending order.
 *   marks         scratch, a bit for every symbol: (n_symbols + 31) / 32 integers.
 *   q62           n probabilities in units of 2^-62.
 * Returns PYLM_ERR_ARGUMENT if the symbols are not in ascending order or the model does not have one. */
PYLM_API int pylm_distribution_of(const pylm_model *model, const pylm_state *state, const uint32_t *symbols, uint32_t n,
                                  void *work, uint32_t *marks, uint64_t *q62);

/* Candidates, where only some symbols are allowed: with what they cost if it is one of these, that is, the
 * probability of each divided by the sum of all.
 *   symbols       n different ones, and q62 their probabilities, as from pylm_distribution_of().
 *   may_end       1: the text may also end here, which is as probable as all other symbols together. Then nothing
 *                 has to be divided, and the end is one of the candidates, with PYLM_NONE as its symbol, unless it has no
 *                 probability. 0: it may not.
 *   candidates    room for n, and one more if may_end; best first, as from pylm_top().
 *   n_ret         how many there are.
 * What is less probable than 2^-62 counts as that. Returns PYLM_ERR_ARGUMENT if nothing is allowed, or if
 * the probabilities sum to more than one. */
PYLM_API int pylm_restrict(const uint32_t *symbols, const uint64_t *q62, uint32_t n, int may_end,
                           pylm_candidate *candidates, uint32_t *n_ret);

/* ------------------------------------------------------------------ choosing what comes next */

/* How to choose the next symbol. The settings apply in this order, as in other tools: repetition penalty, temperature,
 * top_k, top_p, min_p. Fractions are in units of 1/65536. */
typedef struct pylm_sampling {
    uint32_t temperature_q16; /* 0: always the most probable symbol; 65536: as the model says */
    uint32_t top_k;           /* only the k most probable symbols; 0: no limit */
    uint32_t top_p_q16;       /* the most probable ones that together reach p; 65536: no limit */
    uint32_t min_p_q16;       /* only those with at least this share of the best one; 0: no limit */
    uint32_t penalty_q16;     /* multiplies the cost of symbols in `recent`; 65536: none; >= 65536 */
} pylm_sampling;

/* The settings, and what changes from symbol to symbol. The same seed, model and settings give the same symbols on
 * every machine. */
typedef struct pylm_sampler {
    pylm_sampling settings;
    const uint32_t *recent; /* n_recent symbols that the repetition penalty applies to, for example the last 64 */
    uint32_t n_recent;
    uint64_t random; /* the generator's memory: any number as a seed at first */
} pylm_sampler;

/* Chooses a next symbol. Does not push it.
 *   candidates    scratch for n_candidates entries. n_symbols entries are always enough. With top_k (or temperature 0,
 *                 as if top_k were 1), top_k + n_recent are. With fewer, the choice is made among as many of the most
 *                 probable symbols as there is room for.
 * Returns PYLM_ERR_ARGUMENT if a setting breaks its rule or n_candidates is 0. */
PYLM_API int pylm_sample(const pylm_model *model, const pylm_state *state, pylm_sampler *sampler, void *work,
                         pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol);

/* The same choice, among candidates that the caller has found, for example by pylm_restrict().
 *   candidates    n of them, best first. The function changes them.
 * Returns PYLM_ERR_ARGUMENT if a setting breaks its rule or n is 0. */
PYLM_API int pylm_choose(pylm_sampler *sampler, pylm_candidate *candidates, uint32_t n, uint32_t *symbol);

/* Looks for a stop string while text is written piece by piece.
 *   text          what was written so far and not yet handed on, the newest piece at its end.
 *   stop          a stop string of stop_nbytes bytes, at least 1.
 *   found_ret     1 if the stop string stands in the text, else 0.
 * Returns how many bytes from the start of `text` can be handed on: up to the stop string if it was
 * found, else up to where a beginning of it stands at the very end of the text. With several stop
 * strings, ask for each and take the smallest. */
PYLM_API uint64_t pylm_stop_search(const void *text, uint64_t text_nbytes, const void *stop, uint64_t stop_nbytes,
                                   int *found_ret);

#ifdef __cplusplus
}
#endif
#endif
