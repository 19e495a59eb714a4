/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_keyboard.h: suggestions while a person types, and counts of that person's texts, which can be taken back.
 *
 * Suggestions are whole words: words that complete the one that was begun, or that may come next. In a word model they
 * may be new words, if the model has been given a list of them (pylm_words_init() in pylm_text.h).
 *
 *     pylm_suggestion suggestions[3];
 *     uint32_t n = 3;
 *     void *work = malloc(pylm_suggest_nbytes(&model, 3));
 *
 *     pylm_state_init(&model, &state);                     // the start of a text
 *     pylm_suggest(&model, &state, "See you tom", 11, work, suggestions, &n);     // the first may be "tomorrow"
 *
 * A state that learns (pylm_adapt.h) makes suggestions that have learned. It cannot unlearn: its counts age, and old
 * ones make room. *Personal counts* can. They hold how often each symbol came in the texts that were added, and
 * how often it followed the contexts before it. Adding a text and removing it cancel out to the last byte, whatever was
 * added in between. They do not predict; an overlay is made from them:
 *
 *     pylm_personal_init(&model, personal, nbytes);        // or read a saved file, and pylm_personal_open()
 *     pylm_personal_apply(&model, personal, nbytes, overlay, sizeof overlay);
 *     pylm_state_attach(&model, &state, overlay, sizeof overlay);                 // suggests by them, and learns on
 *
 *     pylm_personal_add(&model, personal, nbytes, line, line_nbytes);             // a line was typed: to last,
 *     pylm_read_typed(&model, &state, line, line_nbytes);                         // and for now
 *
 *     fwrite(personal, 1, pylm_personal_seal(personal, nbytes), file);            // saves them
 *
 * After pylm_personal_remove() make the overlay anew, since it has learned the text too.
 *
 * Words used here
 *   typed text    text as people type it. The apostrophes ' and U+2019 are the same, and what was typed is kept.
 *                 Words and signs need no space between them. A word that the vocabulary of a word model has only in
 *                 another case, or with the other apostrophe, is read as that one.
 *   word          letters and digits, with apostrophes and hyphens inside.
 *   sign          anything else that can be seen: punctuation, brackets, dashes.
 *   case          upper or lower. It is known of ASCII and of U+00C0 to U+00FE.
 *   overlay       the memory in which a state learns; pylm_adapt.h.
 *
 * Errors, memory and threads are as in pylm.h. Personal counts belong to one thread at a time, as overlays do.
 *
 * Left out by -DPYLM_MODULE_KEYBOARD=0 (csrc/core/config.h). The module needs those of pylm_text.h and pylm_adapt.h.
 */
#ifndef PYLM_KEYBOARD_H
#define PYLM_KEYBOARD_H

#include "pylm_adapt.h"
#include "pylm_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ typed text */

/* Reads typed text. If the state learns, it learns from the text. In a word model, a contraction may be read as two
 * words of the vocabulary, such as "it" and "'s". Signs that the vocabulary does not have are passed over. Unknown
 * words are read as "<unk>".
 * Returns PYLM_ERR_ARGUMENT for an external tokenizer, whose own library encodes, unless nbytes is 0. */
PYLM_API int pylm_read_typed(const pylm_model *model, pylm_state *state, const void *text, uint64_t nbytes);

/* Finds the word that a text ends with, which a suggestion would replace. Returns where it begins, in bytes. Returns
 * nbytes if the text ends with a space or a sign, or is empty. */
PYLM_API uint64_t pylm_typed_word(const void *text, uint64_t nbytes);

/* Adds all words of a text to a list of new words (pylm_text.h) that are read as "<unk>", and have at most 48 bytes.
 * With pylm_personal_add(), a person's names and terms are learned as well: words of a model that has been given the
 * list are suggested. Returns PYLM_ERR_ARGUMENT as pylm_read_typed() does. */
PYLM_API int pylm_typed_words_add(const pylm_model *model, void *words, uint64_t nbytes, const void *text,
                                  uint64_t text_nbytes);

/* Takes out the words of a text that was added.
 * Returns PYLM_ERR_ARGUMENT, and changes nothing, if the text cannot have been added, which is only noticed while the
 * list is exact. Also returns it as pylm_read_typed() does. */
PYLM_API int pylm_typed_words_remove(const pylm_model *model, void *words, uint64_t nbytes, const void *text,
                                     uint64_t text_nbytes);

/* ------------------------------------------------------------------ suggestions */

#define PYLM_WORD_NBYTES 48 /* the longest word that is suggested */

typedef struct pylm_suggestion {
    uint32_t cost_q16; /* -log2 of its probability, given what was typed, 1/65536 bit */
    uint32_t nbytes;
    unsigned char text[PYLM_WORD_NBYTES]; /* the whole word, with what was typed of it; not NUL-terminated */
} pylm_suggestion;

/* How many bytes of working memory pylm_suggest() needs for k suggestions. It begins at an address divisible by 8. It
 * takes pylm_work_nbytes(), a bit for every symbol, and 3 to 4 KB (11 to 12 KB where words have several symbols). */
PYLM_API uint64_t pylm_suggest_nbytes(const pylm_model *model, uint32_t k);

/* Suggests the most probable words. If the text ends with a word, they begin with it; the word itself may be among
 * them. Else they are the most probable next words. They are never signs, white space or "<unk>".
 *   state         what was read before the text. It does not change and learns nothing.
 *   text          what was typed since. For an external tokenizer: at most a space and a begun word.
 *   suggestions   out: best first.
 *   n             in: how many are wanted, and room for. Out: how many there are; 0 after an error.
 *
 * Case: if two or more letters were typed, all in upper case, the whole word is in upper case. Else, if only the first
 * letter was typed so, or the word begins a sentence, it has a capital. Else it has the case in which it is most
 * probable.
 *
 * Word models: the result is exact. Words begin as typed, in any case. Up to three forms that differ only in case count
 * as one word: lower case, with a capital, upper case. If a word was begun, each probability is divided by the sum over
 * all words that begin so. Else it is that of the word coming next.
 *
 * Other models: a word may have several symbols. A search keeps the most probable beginnings, and in practice finds the
 * best words. It adds up their probabilities as far as it has seen them. Words begin exactly as typed.
 *
 * Returns PYLM_ERR_ARGUMENT as pylm_read_typed() does. */
PYLM_API int pylm_suggest(const pylm_model *model, const pylm_state *state, const void *text, uint64_t nbytes,
                          void *work, pylm_suggestion *suggestions, uint32_t *n);

/* ------------------------------------------------------------------ personal counts */

/* Personal counts are plain data without addresses: symbols, hashes of contexts, counts. They may lie at any address.
 * Anyone who has them and the model can tell much of what was written.
 *
 * Size: an entry takes 10 bytes. A word adds up to three entries, in all some 20 bytes a word; in a model of bytes a
 * symbol adds up to six. When the memory is full, the rarest entries go, until at least a quarter of it is free. A
 * count stops at 65,535. After either, pylm_personal_is_exact() is 0: removing a text still leaves nothing of it, but
 * may take away what other texts had in common with it. */

/* Makes `nbytes` of memory, at least 128, counts of nothing. Returns PYLM_ERR_SPACE if it is too small. */
PYLM_API int pylm_personal_init(const pylm_model *model, void *personal, uint64_t nbytes);

/* Makes saved bytes counts again. Any bytes are harmless.
 *   personal   memory that begins with the saved bytes.
 *   nbytes     its length, which may be more than was saved.
 * Returns PYLM_ERR_FOREIGN if these are no such counts, PYLM_ERR_ARGUMENT if they belong to another model,
 * PYLM_ERR_TRUNCATED if their end is missing, PYLM_ERR_DAMAGED if they contradict themselves or their checksum. */
PYLM_API int pylm_personal_open(const pylm_model *model, void *personal, uint64_t nbytes);

/* Makes counts ready to be saved. Returns how many bytes to save, from their start on. */
PYLM_API uint64_t pylm_personal_seal(void *personal, uint64_t nbytes);

/* Counts a text. It is read as pylm_read_typed() reads it in a state that has read nothing. Words outside the
 * vocabulary are not counted. Returns PYLM_ERR_ARGUMENT as pylm_read_typed() does. */
PYLM_API int pylm_personal_add(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                               uint64_t text_nbytes);

/* Takes out a text that was added.
 * Returns PYLM_ERR_ARGUMENT, and changes nothing, if the text cannot have been added, which is only noticed while the
 * counts are exact. Also returns it as pylm_read_typed() does. */
PYLM_API int pylm_personal_remove(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                                  uint64_t text_nbytes);

/* 1 as long as removing is exact: no entry had to go, and no count reached its limit. Else 0. */
PYLM_API int pylm_personal_is_exact(const void *personal);

/* Makes an overlay that has learned what the counts say, in no particular order. It is at the start of a text.
 *   overlay   any memory; what was in it is lost.
 * Takes as long as reading some thousand symbols. Returns as pylm_overlay_init() does. */
PYLM_API int pylm_personal_apply(const pylm_model *model, const void *personal, uint64_t nbytes, void *overlay,
                                 uint64_t overlay_nbytes);

#ifdef __cplusplus
}
#endif
#endif
