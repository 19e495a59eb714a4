/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_lexicon.h: words that a word model did not have when it was trained, as symbols of the model. No training.
 *
 * The problem: a name that the model does not know is "<unk>" to it. Training again takes the old text and time. What
 * others do: they let new words into the vocabulary, each with some part of the probability of "<unk>". What we do: a
 * new word *stands in the place of* another symbol. "Quxford" is said to be like "London". Then it comes where "London"
 * would come, and is read as if "London" had come. A word without an example stands in the place of "<unk>".
 *
 *                    "in"                      P(London | in)  = 1/2 of what it was
 *                   /    \                     P(Quxford | in) = 1/2 of what London's was
 *                ...      London's place
 *                         /          \
 *                     London      Quxford, symbol n_symbols + 0
 *
 * A lexicon is a small block of bytes beside the image, plain data without addresses:
 *
 *     pylm_new_words words = {"Quxfordzorkmid", ends, like, counts, 2, u}; // ends {7, 14}, like {london, PYLM_NONE}
 *     pylm_lexicon_make(&model, &words, lexicon, &nbytes);                // or read a saved one
 *     pylm_model_set_lexicon(&model, lexicon, nbytes);                    // now the model has two symbols more
 *
 * From then on the i-th word is the symbol n_symbols + i, where n_symbols is what the model had without the lexicon.
 * pylm_info.n_symbols has both. All functions of all headers take and give these symbols: text is encoded to them, they
 * are scored, read, found, sampled, allowed, suggested. What is scored or read costs a search in the lexicon more: a
 * few comparisons. Without a lexicon, nothing changes.
 *
 * How much each has. In a known symbol's place half stays with that symbol, and the new words there share the other
 * half by their counts. In that of "<unk>", a word that came c times has c / (N + U + 1), where N is the sum of the
 * counts there, and U says how often "<unk>" came in training: a word that came once is then as probable as any that
 * came once there. The rest stays with "<unk>", for words that the lexicon does not have either. So all probabilities
 * still sum to one. */
#ifndef PYLM_LEXICON_H
#define PYLM_LEXICON_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PYLM_MOST_NEW_WORDS 1000000u /* of a lexicon */
#define PYLM_MOST_NEW_WORD_COUNT 65535u

/* Words for a lexicon, in any order. */
typedef struct pylm_new_words {
    const void *texts;         /* one behind the other; each 1 to 255 bytes that the model reads as one unknown word */
    const uint32_t *text_ends; /* n numbers: where each ends in `texts` */
    const uint32_t *like;      /* n symbols, in whose places they stand; PYLM_NONE: that of "<unk>". NULL: all there */
    const uint32_t *counts;    /* n numbers, 1 to 65,535: how often each came. NULL: each 1 */
    uint32_t n;
    uint32_t n_unknown; /* U: how often "<unk>" came in training; the facts of a model that spells have it as
                                * "words_left_out" */
} pylm_new_words;

/* How many bytes the lexicon of some words has at most. */
PYLM_API uint64_t pylm_lexicon_nbytes(const pylm_new_words *words);

/* Makes a lexicon. The bytes may be saved; they are the same on every machine.
 *   lexicon      out: room for pylm_lexicon_nbytes() bytes, at any address. Anyone who has them can read the words.
 *   nbytes_ret   out: how many there are.
 * Takes n log n steps. Returns PYLM_ERR_ARGUMENT if the model is not one of words; for a word that it does not read as
 * one unknown word (it has the word, or the word has white space), that is too long, or that comes twice; for an
 * example that the model does not have, or that is a line end; for a count out of bounds. PYLM_ERR_LARGE for more than
 * a million words, or if model and words had more than 2^24 symbols together. */
PYLM_API int pylm_lexicon_make(const pylm_model *model, const pylm_new_words *words, void *lexicon,
                               uint64_t *nbytes_ret);

/* Gives a model a lexicon, which must stay in place and unchanged; NULL: takes it away. Not while other threads use
 * this view of the model; a copy of the view may have another lexicon. States keep their meaning. Any bytes are
 * harmless: all are checked first, which takes about a microsecond a word.
 * Returns PYLM_ERR_FOREIGN if these are no lexicon, PYLM_ERR_ARGUMENT if it was made for another model,
 * PYLM_ERR_TRUNCATED if its end is missing, PYLM_ERR_DAMAGED if it contradicts itself or its checksum. The model is
 * unchanged then. */
PYLM_API int pylm_model_set_lexicon(pylm_model *model, const void *lexicon, uint64_t nbytes);

/* The symbol in whose place a symbol stands: of a new word that of its example, or of "<unk>"; of any other, itself.
 *   share_q30     out: what part of the place's probability the symbol has, in units of 2^-30; NULL: not wanted.
 * Returns PYLM_NONE for a symbol that the model does not have. */
PYLM_API uint32_t pylm_symbol_place(const pylm_model *model, uint32_t symbol, uint32_t *share_q30);

#ifdef __cplusplus
}
#endif
#endif
