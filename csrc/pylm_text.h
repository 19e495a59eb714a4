/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_text.h: text to symbols and back, and choosing what comes next.
 *
 * The engine (pylm.h) knows symbols only. This module reads the vocabulary in the image, which has their texts. It also
 * chooses a next symbol at random, with the usual settings. If only some symbols are allowed next, it gives their
 * probabilities.
 *
 *     pylm_sampler sampler = {{52429, 40, 65536, 0, 65536, 1}, NULL, 0, 1};   // temperature 0.8, the 40 best; seed 1
 *     pylm_candidate candidates[41];
 *     uint32_t symbols[64], symbol, last;
 *     uint64_t position = 0, n = 64, nbytes;
 *     unsigned char out[256];
 *
 *     pylm_encode(&model, "once upon", 9, PYLM_TEXT_OPEN, &position, symbols, &n);
 *     pylm_score(&model, &state, symbols, n, work, NULL, NULL);            // the state reads the prompt
 *     last = pylm_state_recent(&state, 1);
 *     pylm_sample(&model, &state, &sampler, work, candidates, 41, &symbol);
 *     pylm_state_push(&model, &state, symbol);
 *     pylm_decode(&model, last, &symbol, 1, out, sizeof out, &nbytes);     // its text, with a space if one is needed
 *
 * Words used here
 *   text          any bytes, valid UTF-8 or not, NUL included. Texts have a length and no NUL at their end.
 *   line end      in a word model the symbol "</s>". In a text it is '\n'.
 *   external      a model whose symbols are the ids of a tokenizer that is not pylm's (PYLM_TOKENIZER_EXTERNAL).
 *   candidate     a symbol that may come next, with its cost.
 *
 * In a layer (pylm_adapt.h) the vocabulary is that of the lowest model.
 *
 * Errors, memory and threads are as in pylm.h. Nothing is kept between calls but what the caller holds: a position, a
 * sampler. A sampler belongs to one thread at a time.
 *
 * Left out by -DPYLM_MODULE_TEXT=0 (csrc/core/config.h). pylm_keyboard.h needs this module.
 */
#ifndef PYLM_TEXT_H
#define PYLM_TEXT_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ text to symbols and back */

/* Whether the text given to pylm_encode() goes on behind its last byte. That makes a difference in models of words, and
 * of texts that end with their line (pylm_info.text_end is line_end). */
enum pylm_text_end {
    PYLM_TEXT_OPEN = 0,  /* the last line may go on, as in a prompt: no line end is added */
    PYLM_TEXT_CLOSED = 1 /* the text is complete: a last line without '\n' gets its line end too */
};

/* Encodes text: writes its symbols, as many as fit. Call it again until the text is used up:
 *
 *     uint64_t position = 0, n;
 *     while (position <= text_nbytes) {
 *         n = 4096;
 *         if (pylm_encode(&model, text, text_nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) != PYLM_OK)
 *             break;
 *         pylm_score(&model, &state, symbols, n, work, NULL, NULL);
 *     }
 *
 *   text          may be NULL if text_nbytes is 0.
 *   end           enum pylm_text_end.
 *   position      in: where to go on; 0 at first. Out: where the next call goes on; text_nbytes + 1 at the end.
 *   n             in: room in `symbols`, at least 1. Out: how many were written; it may be 0.
 * A text has at most as many symbols as bytes, and one line end more. In word models, white space is Unicode's
 * White_Space in UTF-8. '\n' ends a line and becomes the line end symbol. The word "</s>" ends a line as well, together
 * with a '\n' behind it, and the word "<s>" is left out. Words outside the vocabulary become "<unk>".
 * Returns PYLM_ERR_ARGUMENT if position > text_nbytes, if there is no room, and always for an external model: its own
 * library encodes. */
PYLM_API int pylm_encode(const pylm_model *model, const void *text, uint64_t text_nbytes, int end, uint64_t *position,
                         uint32_t *symbols, uint64_t *n);

/* Decodes symbols: writes their text.
 *   previous      the symbol before them, or PYLM_NONE. A word model writes a space between two words on one line, also
 *                 between `previous` and the first of the symbols. It writes the line end as '\n'.
 *   capacity      room in `text`, bytes. If it is 0, `text` may be NULL.
 *   nbytes_ret    out: bytes written. After PYLM_ERR_SPACE: bytes needed.
 * External: the symbols' texts one behind the other. Only the tokenizer's own library knows the exact text.
 * Returns PYLM_ERR_SPACE if the text does not fit, PYLM_ERR_ARGUMENT for a symbol that the model does not have. After
 * an error the bytes in `text` mean nothing. */
PYLM_API int pylm_decode(const pylm_model *model, uint32_t previous, const uint32_t *symbols, uint64_t n, void *text,
                         uint64_t capacity, uint64_t *nbytes_ret);

/* Finds the text of one symbol. `*text` points into the image and is not NUL-terminated. External: the text that the
 * trainer was given for the symbol; it may be empty.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_symbol_text(const pylm_model *model, uint32_t symbol, const unsigned char **text,
                              uint32_t *text_nbytes);

/* Finds the symbol that has this text, for example one word. Returns PYLM_NONE if no symbol has it. External: the
 * smallest symbol that has it; PYLM_NONE for the empty text. */
PYLM_API uint32_t pylm_symbol_find(const pylm_model *model, const void *text, uint64_t text_nbytes);

/* ------------------------------------------------------------------ words that the vocabulary does not have */

/* A word model has the words of its training text that were frequent enough. Any other is read as "<unk>", and
 * *spelled*: its probability is that of "<unk>" in its place, times that of its letters. These come from a model of
 * bytes in the image, which was trained on the rarest words, each once. So every text has one probability, but for its
 * white space, and models of different vocabularies can be compared.
 *
 *     pylm_model spelling;
 *     uint32_t saves, cost;
 *     uint64_t spelled, position = 0, n = 1;
 *     pylm_span word;
 *
 *     pylm_spelling(&model, &spelling, &saves);                                 // once
 *     pylm_unknown_words(&model, "the zorkmid", 11, &position, &word, &n);      // n is 1: word is "zorkmid"
 *     pylm_cost(&model, &state, info.unknown, work, &cost);
 *     pylm_spelling_cost(&spelling, saves, "zorkmid", 7, spelling_work, &spelled);  // all in all cost + spelled
 *
 * A model has no spelling if it was told to be closed (pylm_train_options.closed), if its training text has the word
 * "<unk>" itself, or if it is too small (pylm_train_options.max_nbytes). In a model that spells, the word "<unk>" in a
 * text is an unknown word of five letters. */

/* Opens the model that spells. It lies in the image of `model`; of a layer, in that of the lowest model. All functions
 * of pylm.h work on it. Words end with pylm_info.text_end.
 *   saves_q16     out: the cost by which a spelling is cheaper than the model of bytes says. The model gives some
 *                 probability to words of the vocabulary, which are never spelled; that is shared out among the others.
 * Returns PYLM_ERR_ARGUMENT if there is none; PYLM_ERR_DAMAGED. */
PYLM_API int pylm_spelling(const pylm_model *model, pylm_model *spelling, uint32_t *saves_q16);

/* The cost of an unknown word's letters, given that it is unknown.
 *   spelling, saves_q16   from pylm_spelling().
 *   word                  at least 1 byte, no white space.
 *   work                  pylm_work_nbytes(spelling) bytes.
 *   cost_q16              out: 1/65536 bit. A long word costs more than 32 bits can hold.
 * Of a word that the vocabulary has, it means nothing. Takes as long as scoring its bytes. */
PYLM_API void pylm_spelling_cost(const pylm_model *spelling, uint32_t saves_q16, const void *word, uint64_t word_nbytes,
                                 void *work, uint64_t *cost_q16);

/* A part of a text: its bytes from `begin` to before `end`. */
typedef struct pylm_span {
    uint64_t begin, end;
} pylm_span;

/* Finds the words of a text that are read as "<unk>" and have to be spelled, in their order. Called again and again, as
 * pylm_encode() is.
 *   position      in: where to go on; 0 at first. Out: where the next call goes on; text_nbytes + 1 at the end.
 *   n             in: room in `words`, at least 1. Out: how many were found; it may be 0.
 * A call looks at some 65,536 words at most. Without a spelling, and in models of other tokenizers, there are none.
 * Returns PYLM_ERR_ARGUMENT if position > text_nbytes, or if there is no room. */
PYLM_API int pylm_unknown_words(const pylm_model *model, const void *text, uint64_t text_nbytes, uint64_t *position,
                                pylm_span *words, uint64_t *n);

/* ------------------------------------------------------------------ new words */

/* A list of new words: those of a person, of a place, of a subject, which a word model did not have when it was
 * trained, with how often each came. It lies in the caller's memory, of any size, and is plain data without addresses.
 * Adding a word and taking it out again cancel out to the last byte. Anyone who has the list can read the words.
 *
 *     pylm_words_init(&model, words, nbytes);                      // or read a saved file, and pylm_words_open()
 *     pylm_words_add(&model, words, nbytes, "zorkmid", 7, 1);
 *     pylm_model_set_words(&model, words, nbytes);                 // suggestions (pylm_keyboard.h) have them now
 *     fwrite(words, 1, pylm_words_seal(words, nbytes), file);      // saves them
 *
 * New words have a part of what "<unk>" has in its place, by how often they came: a word that came c times in a list of
 * N in all, of T different ones, has c / (N + T + 1) of it.
 *
 * An entry takes 7 bytes and the word. When the memory is full, the rarest words go, until at least a quarter of it is
 * free; a count stops at 65,535. After either, pylm_words_is_exact() is 0. A word is found by halving; a new one moves
 * those behind it. A list belongs to one thread at a time. */

#define PYLM_NEW_WORD_NBYTES 255 /* the longest new word */

/* Makes `nbytes` of memory, at least 128, a list without words. Returns PYLM_ERR_SPACE if it is too small or above 4
 * GB, PYLM_ERR_ARGUMENT if the model is not one of words. */
PYLM_API int pylm_words_init(const pylm_model *model, void *words, uint64_t nbytes);

/* Makes saved bytes a list again. Any bytes are harmless.
 *   words    memory that begins with the saved bytes.
 *   nbytes   its length, which may be more than was saved.
 * Returns PYLM_ERR_FOREIGN if these are no list, PYLM_ERR_ARGUMENT if it belongs to another model, PYLM_ERR_TRUNCATED
 * if the end is missing, PYLM_ERR_DAMAGED if it contradicts itself or its checksum. */
PYLM_API int pylm_words_open(const pylm_model *model, void *words, uint64_t nbytes);

/* Makes a list ready to be saved. Returns how many bytes to save, from its start on. */
PYLM_API uint64_t pylm_words_seal(void *words, uint64_t nbytes);

/* Adds that a word came `count` times, at least 1. Returns PYLM_ERR_ARGUMENT if it is none that the model reads as one
 * unknown word: it has white space, 0 or more than 255 bytes, or the vocabulary has it. */
PYLM_API int pylm_words_add(const pylm_model *model, void *words, uint64_t nbytes, const void *word,
                            uint64_t word_nbytes, uint32_t count);

/* Takes out that it came `count` times. Returns PYLM_ERR_ARGUMENT, and changes nothing, if it did not come so often,
 * which is only noticed while the list is exact; then a word that came less often goes as a whole. */
PYLM_API int pylm_words_remove(const pylm_model *model, void *words, uint64_t nbytes, const void *word,
                               uint64_t word_nbytes, uint32_t count);

/* What being in the list is worth to a word that is read as "<unk>", 1/65536 bit. Returns 1 if the list has it: then
 * its letters are known, and cost only this. Else 0: then its letters cost what pylm_spelling_cost() says, and this as
 * well, which is for its being new. So all words that are read as "<unk>" still have a probability of 1 together. */
PYLM_API int pylm_words_cost(const void *words, const void *word, uint64_t word_nbytes, uint32_t *cost_q16);

/* How many different words there are. */
PYLM_API uint32_t pylm_words_n(const void *words);

/* The i-th word, in the order of their bytes; it points into the list. Returns how often it came; 0 if there are not so
 * many. */
PYLM_API uint32_t pylm_words_get(const void *words, uint32_t i, const unsigned char **word, uint32_t *word_nbytes);

/* 1 as long as taking words out is exact. Else 0. */
PYLM_API int pylm_words_is_exact(const void *words);

/* Gives a model a list, which must stay in place; NULL: takes it away. Not while other threads use this view of the
 * model. Returns as pylm_words_open() does, but for the checksum, which is not compared. */
PYLM_API int pylm_model_set_words(pylm_model *model, const void *words, uint64_t nbytes);

/* ------------------------------------------------------------------ choosing the next symbol */

/* How to choose. The settings apply in the usual order: repetition penalty, temperature, top_k, top_p, min_p. Fractions
 * are in units of 1/65536. */
typedef struct pylm_sampling {
    uint32_t temperature_q16; /* 65536: as the model says; less: more often the probable symbols; 0: always the best */
    uint32_t top_k;           /* only the k most probable symbols; 0: no limit */
    uint32_t top_p_q16;       /* only the most probable symbols that together reach p; 65536: no limit; <= 65536 */
    uint32_t min_p_q16;       /* only symbols with at least this share of the best one's probability; 0: no limit;
                               * <= 65536 */
    uint32_t penalty_q16;     /* the cost of symbols in `recent` is multiplied by it; 65536: no penalty; >= 65536 */
    uint32_t known_only;      /* not 0: pylm_sample() never chooses "<unk>", if the model has it and anything else. The
                               * probabilities of the other symbols are divided by their sum */
} pylm_sampling;

/* The settings, and what changes from symbol to symbol. The same seed, model and settings give the same symbols on
 * every machine. */
typedef struct pylm_sampler {
    pylm_sampling settings;
    const uint32_t *recent; /* n_recent symbols that the penalty applies to, for example the last 64; yours */
    uint32_t n_recent;
    uint64_t random; /* the generator's memory: at first any number, the seed */
} pylm_sampler;

/* Chooses a next symbol. The state does not read it. If it is pylm_info.text_end, the text ends here.
 *   candidates    scratch for n_candidates entries. n_symbols entries are always enough. With top_k, so are
 *                 top_k + n_recent + 1. Temperature 0 counts as top_k = 1. If there are fewer, the choice is among as
 *                 many of the most probable symbols as there is room for.
 *   symbol        out: the choice.
 * Without top_k and top_p, a temperature of at most 1 takes no list: going down the tree once, it costs about as much
 * as scoring a symbol. A temperature below 1, min_p and the penalty reject some symbols drawn so, and min_p with a
 * penalty takes a list. Without top_k but with top_p the list is as long as it has to be, at temperature 1 without a
 * penalty; else it has all symbols that there is room for, which takes long in a large vocabulary.
 * Returns PYLM_ERR_ARGUMENT if a setting breaks its rule or n_candidates is 0. */
PYLM_API int pylm_sample(const pylm_model *model, const pylm_state *state, pylm_sampler *sampler, void *work,
                         pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol);

/* Chooses among candidates that the caller has, for example from pylm_restrict().
 *   candidates    n of them, best first. Their contents mean nothing afterwards.
 *   symbol        out: the choice. PYLM_NONE is the end of the text, if that was a candidate.
 * Returns PYLM_ERR_ARGUMENT if a setting breaks its rule or n is 0. */
PYLM_API int pylm_choose(pylm_sampler *sampler, pylm_candidate *candidates, uint32_t n, uint32_t *symbol);

/* ------------------------------------------------------------------ constraints */

/* Where a text has to keep to a rule, only some symbols are allowed at each step. The caller knows which:
 *
 *     pylm_distribution_of(&model, &state, allowed, n_allowed, work, marks, q62);
 *     pylm_restrict(allowed, q62, n_allowed, 0, candidates, &n);
 *     pylm_choose(&sampler, candidates, n, &symbol);
 */

/* The probabilities of some symbols only: the numbers that pylm_distribution() has for them. The time depends on how
 * many they are, and hardly on the size of the vocabulary.
 *   symbols       n different symbols in ascending order.
 *   marks         scratch, one bit for each symbol of the model: (n_symbols + 31) / 32 numbers.
 *   q62           out: n probabilities in units of 2^-62; none is 0, as in pylm_distribution().
 * Returns PYLM_ERR_ARGUMENT if the symbols are not in ascending order, or the model does not have one of them. */
PYLM_API int pylm_distribution_of(const pylm_model *model, const pylm_state *state, const uint32_t *symbols, uint32_t n,
                                  void *work, uint32_t *marks, uint64_t *q62);

/* Makes candidates of the allowed symbols. The cost of each is its cost given that one of the candidates comes.
 *   symbols       n different symbols.
 *   q62           their probabilities, as from pylm_distribution_of(). 0 counts as 2^-62.
 *   may_end       0: one of the symbols must come. Each probability is divided by the sum of all of them.
 *                 1: the text may also end here. The end takes the probability of all symbols that are not allowed, so
 *                 nothing is divided. It is a candidate with the symbol PYLM_NONE, unless its probability is 0. In a
 *                 model that knows what ends a text (pylm_info.text_end), rather allow that symbol, with 0 here.
 *   candidates    out: room for n, and for one more with may_end. Best first, as from pylm_top().
 *   n_ret         out: how many there are.
 * Returns PYLM_ERR_ARGUMENT if n is 0 without may_end, or if the probabilities sum to more than 1. */
PYLM_API int pylm_restrict(const uint32_t *symbols, const uint64_t *q62, uint32_t n, int may_end,
                           pylm_candidate *candidates, uint32_t *n_ret);

/* ------------------------------------------------------------------ stop strings */

/* Looks for a stop string while text is generated piece by piece.
 *   text          what was generated and is not handed on yet, the newest piece at its end.
 *   stop          the stop string, at least 1 byte.
 *   found_ret     out: 1 if the whole stop string is in the text, else 0.
 * Returns how many bytes of `text` can be handed on. If the stop string was found, these are the bytes before it. Else
 * they are all bytes, but for an end of the text that may be the beginning of the stop string. With several stop
 * strings, ask for each and take the smallest number. */
PYLM_API uint64_t pylm_stop_search(const void *text, uint64_t text_nbytes, const void *stop, uint64_t stop_nbytes,
                                   int *found_ret);

#ifdef __cplusplus
}
#endif
#endif
