/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_keyboard.h: what a keyboard needs: suggestions, and counts of one person's texts that can be taken back.
 *
 * Needs the modules text and adapt. A build without this module: -DPYLM_MODULE_KEYBOARD=0.
 */
#ifndef PYLM_KEYBOARD_H
#define PYLM_KEYBOARD_H

#include "pylm_adapt.h"
#include "pylm_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ suggestions */

/* What a keyboard needs: words that complete the one that was begun, or that may come next.
 *
 *     pylm_suggestion s[3];
 *     uint32_t n = 3;
 *     void *work = ...;                          // pylm_suggest_nbytes(&model, 3) bytes, yours
 *     pylm_state_init(&state);                   // has read nothing: the text is all there is
 *     pylm_suggest(&model, &state, "See you tom", 11, work, s, &n);   // s[0] may be "tomorrow"
 *
 * Text here is what people type: words and signs need no space between them, and a word that the vocabulary of a word
 * model has in another case only is read as that one. Case is known of ASCII and of U+00C0 to U+00FE.
 * A state that learns (see above) makes suggestions that have learned. */

#define PYLM_WORD_NBYTES 48 /* the longest word that is suggested */

typedef struct pylm_suggestion {
    uint32_t cost_q16; /* -log2 of its probability, given what was typed, 1/65536 bit */
    uint32_t nbytes;
    unsigned char text[PYLM_WORD_NBYTES]; /* the whole word, also what was typed of it; not NUL-terminated */
} pylm_suggestion;

/* Reads a text that was typed. A state that has read nothing reads a line end first, since that is where people begin. The
 * state learns from the text if it is one that learns. Of a word model, signs that the
 * vocabulary does not have are passed over, and other words are read as "<unk>".
 * Returns PYLM_ERR_ARGUMENT for an external tokenizer, whose own library encodes, unless nbytes is 0. */
PYLM_API int pylm_read_typed(const pylm_model *model, pylm_state *state, const void *text, uint64_t nbytes);

/* Where in a text the word begins that it ends with, and that a suggestion would take the place of; nbytes if it ends
 * with a space, a sign or nothing at all. */
PYLM_API uint64_t pylm_typed_word(const void *text, uint64_t nbytes);

/* Bytes of working memory for pylm_suggest(), beginning at an address divisible by 8: pylm_work_nbytes() and some
 * 6 KB, with words of several symbols 14 KB, and a bit for every symbol. */
PYLM_API uint64_t pylm_suggest_nbytes(const pylm_model *model, uint32_t k);

/* The most probable words that begin with the word that the text ends with, that word itself among them; if it ends
 * with none, the most probable next words. Never signs, white space or "<unk>".
 *   state         what was read before the text; stays as it is and learns nothing.
 *   text          what was typed since. For an external tokenizer there may be a space and a begun word, not more.
 *   suggestions   best first.
 *   n             in: how many are wanted, and room for; out: how many there are.
 * A suggestion that begins a sentence, or whose first letter was typed so, has a capital; all of it is
 * in upper case if two or more letters were typed so; else it has the case in which the word is most probable.
 * Word models: exact. Words begin as typed but for case; those that differ in case only count as one: the
 * lower case form, the one with a capital and the upper case one. With a prefix, probabilities are divided by their
 * sum over all words that begin with it; without, they are those of the word coming next.
 * Other models: words of several symbols are looked for by a search that keeps the most probable beginnings, which finds the
 * best words in practice, and adds up their probabilities as far as it has seen them. Words begin exactly as typed.
 * Returns PYLM_ERR_ARGUMENT as pylm_read_typed() does. */
PYLM_API int pylm_suggest(const pylm_model *model, const pylm_state *state, const void *text, uint64_t nbytes,
                          void *work, pylm_suggestion *suggestions, uint32_t *n);

/* ------------------------------------------------------------------ personal counts */

/* What a state has learned cannot be taken back: its counts age, and what is used least makes room. Personal counts can:
 * how often each symbol came in the texts added, and how often it followed the contexts before it. Adding
 * a text and removing it cancel out to the last byte, whatever was added in between. An overlay can be made from them.
 *
 *     pylm_personal_init(&model, personal, nbytes);                         // or read a file, and _open()
 *     pylm_personal_apply(&model, personal, nbytes, overlay, sizeof overlay);
 *     pylm_state_attach(&model, &state, overlay, sizeof overlay);            // suggests by them, and goes on learning
 *     ...
 *     pylm_personal_add(&model, personal, nbytes, line, line_nbytes);       // to last; and
 *     pylm_read_typed(&model, &state, line, line_nbytes);                         // for now
 *     write(file, personal, pylm_personal_seal(personal, nbytes));
 *
 * After pylm_personal_remove(), make the overlay anew: it has learned the text, too.
 * Counts are plain data without addresses: symbols of the vocabulary, hashes of contexts, counts. Who has them and the
 * model can tell much of what was written. An entry takes 10 bytes; there are up to three for
 * each word, some 20 bytes a word in all. When they are full, the rarest entries go, a quarter or more; from then on, removing a text still leaves
 * nothing of it, but may take away what others had in common with it. */

/* Makes `nbytes` of memory, 128 at least, counts of nothing. Returns PYLM_ERR_SPACE if it is too small. */
PYLM_API int pylm_personal_init(const pylm_model *model, void *personal, uint64_t nbytes);

/* Makes bytes that were saved counts again, in memory of nbytes, which may be more than was saved; any bytes are harmless.
 * Returns PYLM_ERR_FOREIGN if these are no such counts, PYLM_ERR_ARGUMENT if they belong to another model,
 * PYLM_ERR_TRUNCATED if their end is missing, PYLM_ERR_DAMAGED. */
PYLM_API int pylm_personal_open(const pylm_model *model, void *personal, uint64_t nbytes);

/* Makes counts ready to be saved, and says how many bytes from their start on have to be. */
PYLM_API uint64_t pylm_personal_seal(void *personal, uint64_t nbytes);

/* Counts a text, as pylm_read_typed() reads it. It stands alone: begins at the start of a text. Words outside the vocabulary are not
 * counted. Returns PYLM_ERR_ARGUMENT as pylm_read_typed() does. */
PYLM_API int pylm_personal_add(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                               uint64_t text_nbytes);

/* Takes a text out that was added. Returns PYLM_ERR_ARGUMENT, and changes nothing, if it cannot have been (which is not
 * known any more once entries had to go). */
PYLM_API int pylm_personal_remove(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                                  uint64_t text_nbytes);

/* 1 as long as no entry had to go, so that removing is exact; else 0. */
PYLM_API int pylm_personal_is_exact(const void *personal);

/* Makes an overlay, of memory that may hold anything, one that has learned what the counts say, without any order: at a
 * place in the text that has not begun. Returns as pylm_overlay_init() does. Takes as long as reading some thousand
 * symbols. */
PYLM_API int pylm_personal_apply(const pylm_model *model, const void *personal, uint64_t nbytes, void *overlay,
                                 uint64_t overlay_nbytes);

#ifdef __cplusplus
}
#endif
#endif
