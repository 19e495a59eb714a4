/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_sources.h: finding the passages of a text that stand in the training text, and where they stand there; counting
 * n-grams of it.
 *
 * A *sources file* holds the training text itself, the names of its documents, and a suffix array: the positions of all
 * words, sorted by the text that begins there. With it, all common passages are found in microseconds. The file belongs
 * to one model and lies beside it; the model does not need it. docs/sources.md describes its bytes.
 *
 * Two passages are the same if they have the same words. A word is what stands between white space (Unicode's
 * White_Space, in UTF-8). There are two exceptions. A NUL byte is a word by itself. So is every character of a script
 * that has no spaces between words: U+0E00 to U+109F, U+1780 to U+17FF, U+2E80 to U+9FFF, U+F900 to U+FAFF, U+20000 to
 * U+3FFFF. So the kind and amount of white space between words does not matter, and around such a character it does
 * not matter whether there is any. Every other byte does matter. No passage goes beyond the end of a document.
 *
 *     pylm_sources_writer *writer;
 *     pylm_sources_writer_new(&writer, "text.pylm.sources");
 *     pylm_sources_writer_add(writer, "a.txt", 5, text, text_nbytes, NULL);     // once a document
 *     pylm_sources_writer_sort(writer, NULL);
 *     pylm_sources_writer_save(writer, &model, NULL);
 *     pylm_sources_writer_free(writer);
 *
 * To trace another text:
 *
 *     pylm_sources sources;
 *     pylm_query query = {text, words, pylm_split_words(text, text_nbytes, words, capacity), 8, 0, 0};
 *     pylm_passage passages[64];
 *     pylm_place place;
 *     uint64_t n, m;
 *
 *     if (pylm_sources_open(&sources, file, file_nbytes) != PYLM_OK) ...
 *     do {
 *         pylm_sources_trace(&sources, &query, passages, 64, &n, NULL);
 *         for (i = 0; i < n; i++)
 *             pylm_sources_places(&sources, &passages[i], &place, 1, &m);       // where each stands first
 *     } while (query.next < query.n_words);
 *
 * Errors, tasks and threads are as in pylm_train.h.
 */
#ifndef PYLM_SOURCES_H
#define PYLM_SOURCES_H

#include "pylm_text.h"
#include "pylm_train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ writing */

typedef struct pylm_sources_writer pylm_sources_writer;

/* Begins a sources file. As with pylm_file_save(), it appears under its name when it is complete.
 * Returns PYLM_ERR_FILE (errno says why) or PYLM_ERR_MEMORY; `*writer` is NULL then. After an error of any of these
 * functions a writer can only be freed. */
PYLM_API int pylm_sources_writer_new(pylm_sources_writer **writer, const char *path);

/* Adds one document. Its bytes are written to the file at once.
 *   name   any bytes, for example the name of a file.
 *   task   cancelling, or NULL.
 * Documents stay in the order in which they are added. Returns PYLM_ERR_LARGE if the texts together, with one more byte
 * for each, reach 2^32 bytes; PYLM_ERR_FILE, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_sources_writer_add(pylm_sources_writer *writer, const void *name, uint64_t name_nbytes,
                                     const void *text, uint64_t text_nbytes, pylm_task *task);

/* Sorts the positions of all words, after the last document. The time is proportional to the length of the text,
 * whatever it contains: one second for some 20 MB. Memory while it runs: 8 bytes a word, some 60 bytes for each
 * different word, and the text, which is mapped from the file.
 * Returns PYLM_ERR_FILE, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_sources_writer_sort(pylm_sources_writer *writer, pylm_task *task);

/* Completes the file, after pylm_sources_writer_sort().
 *   model        the model that was trained on this text.
 *   nbytes_ret   length of the file, or NULL. */
PYLM_API int pylm_sources_writer_save(pylm_sources_writer *writer, const pylm_model *model, uint64_t *nbytes_ret);

/* Frees a writer. An incomplete file is removed. NULL is allowed. */
PYLM_API void pylm_sources_writer_free(pylm_sources_writer *writer);

/* ------------------------------------------------------------------ reading */

/* A view of a sources file. Plain data, as pylm_model is: it may be copied and shared, and needs no closing. The bytes
 * of the file must stay in place and unchanged. The functions on it take no memory but what they are given. */
typedef struct pylm_sources {
    uint64_t opaque[12];
} pylm_sources;

/* Opens a sources file, for example one mapped by pylm_file_map(). Checks its head, and that all parts are within the
 * file. After that no file can do harm. Returns what pylm_model_open() returns. */
PYLM_API int pylm_sources_open(pylm_sources *sources, const void *file, uint64_t file_nbytes);

/* Reads the whole file and compares its checksum. Returns PYLM_OK or PYLM_ERR_DAMAGED. */
PYLM_API int pylm_sources_verify(const pylm_sources *sources);

/* 1 if the file was made for this model, by the checksum of its image; else 0. */
PYLM_API int pylm_sources_belong(const pylm_sources *sources, const pylm_model *model);

typedef struct pylm_sources_info {
    uint64_t file_nbytes;
    uint64_t n_documents;
    uint64_t n_words;     /* of all documents */
    uint64_t text_nbytes; /* of all documents, and one more for each */
} pylm_sources_info;

PYLM_API void pylm_sources_describe(const pylm_sources *sources, pylm_sources_info *info);

typedef struct pylm_document {
    const unsigned char *name, *text; /* in the file; do not rely on a NUL behind them */
    uint64_t name_nbytes, text_nbytes;
} pylm_document;

/* Finds a document by its number, 0 to n_documents - 1. Returns PYLM_ERR_ARGUMENT for other numbers. */
PYLM_API int pylm_sources_document(const pylm_sources *sources, uint64_t number, pylm_document *document);

/* ------------------------------------------------------------------ tracing */

/* Finds the words of a text. Returns how many there are. The first `capacity` of them are written to `words`. */
PYLM_API uint64_t pylm_split_words(const void *text, uint64_t text_nbytes, pylm_span *words, uint64_t capacity);

/* A text to be traced, and how far that has come. The words may be any words of the text, as long as they are in
 * order. */
typedef struct pylm_query {
    const void *text;
    const pylm_span *words; /* by pylm_split_words() */
    uint64_t n_words;
    uint64_t min_words;     /* shortest passage to be found; at least 1 */
    uint64_t next, reached; /* set to 0 first; kept from call to call: the next word, and where the last passage ended.
                             * When next is n_words, all is done */
} pylm_query;

/* A passage of a text that stands in the training text. */
typedef struct pylm_passage {
    uint64_t first_word, n_words; /* of the query */
    uint64_t n_places;            /* how often it stands in the training text, at least 1 */
    uint64_t rank;                /* of the first place in the suffix array; for pylm_sources_places() */
} pylm_passage;

/* Finds the passages of a text that stand in the training text, have at least query->min_words words, and are not part
 * of a longer one. They may overlap; each begins and ends later than the one before it. Any query->min_words words in a
 * row that stand in the training text are within one of the passages.
 *   passages   out: room for `capacity` passages, at least 1. Call again until query->next is query->n_words.
 *   n_ret      out: how many were found.
 *   task       progress and cancelling, or NULL.
 * Takes half a microsecond a word if nothing is found in 20 MB. Returns PYLM_ERR_ARGUMENT if min_words or capacity is
 * 0, or PYLM_ERR_CANCELLED: then the passages of this call are lost. */
PYLM_API int pylm_sources_trace(const pylm_sources *sources, pylm_query *query, pylm_passage *passages,
                                uint64_t capacity, uint64_t *n_ret, pylm_task *task);

/* Where a passage stands. */
typedef struct pylm_place {
    uint64_t document; /* its number */
    uint64_t offset;   /* bytes from its beginning */
    uint64_t line;     /* 1 for the first; lines end with '\n' */
} pylm_place;

/* Finds the first places of a passage, up to `capacity`, in the order of documents and offsets; *n_ret is how many.
 * Looks at all places of the passage, one nanosecond each. Returns PYLM_ERR_ARGUMENT for a passage of other sources. */
PYLM_API int pylm_sources_places(const pylm_sources *sources, const pylm_passage *passage, pylm_place *places,
                                 uint64_t capacity, uint64_t *n_ret);

/* ------------------------------------------------------------------ n-grams */

/* An n-gram is any number of words in a row, by pylm_split_words(); no number is too large. The empty one stands at
 * every word. All counts are exact.
 *
 *     pylm_span words[64];
 *     uint64_t n = pylm_split_words(text, text_nbytes, words, 64);     // 64 or less, else give the last ones only
 *     pylm_passage suffix;
 *     pylm_follower followers[5];
 *
 *     pylm_sources_longest_suffix(&sources, text, words, n, 1, &suffix);
 *     pylm_sources_followers(&sources, &suffix, followers, 5, &n);
 */

/* Counts how often words stand in a row in the training text.
 *   text, words, n_words   what is asked about; `words` may be NULL if n_words is 0.
 *   passage                out: first_word 0, n_words, n_places (0: nowhere) and rank; for pylm_sources_places() and
 *                          pylm_sources_followers().
 * Takes two binary searches: 2 log2(n_words of the sources) comparisons at most, of n_words words each. Returns
 * PYLM_OK. */
PYLM_API int pylm_sources_count(const pylm_sources *sources, const void *text, const pylm_span *words, uint64_t n_words,
                                pylm_passage *passage);

/* Finds the longest suffix of a context, its last words, that stands in the training text.
 *   min_places   how often it must stand there, at least 1.
 *   suffix       out: of the context; n_words is 0 if its last word stands too rarely. Then n_places is the number of
 *                all words, even if that is less than min_places.
 * Takes 2 log2(suffix->n_words + 1) + 4 searches at most. Returns PYLM_ERR_ARGUMENT if min_places is 0. */
PYLM_API int pylm_sources_longest_suffix(const pylm_sources *sources, const void *text, const pylm_span *words,
                                         uint64_t n_words, uint64_t min_places, pylm_passage *suffix);

/* A word that follows a passage in the training text. */
typedef struct pylm_follower {
    const unsigned char *word; /* in the file; do not rely on a NUL behind it */
    uint64_t nbytes;           /* of the word; 0: the document ends behind the passage */
    uint64_t space_nbytes;     /* of the white space in front of it, at the first of its places */
    uint64_t n_places;         /* how often it follows, at least 1 */
    uint64_t rank;             /* with n_places, those of the passage that is longer by this word */
} pylm_follower;

/* Finds what follows a passage most often.
 *   followers   out: room for `capacity`. The most frequent come first; equally frequent ones in the order of their
 *               bytes, the end of the document before them.
 *   n_ret       out: how many were found.
 * Looks at few places if few words follow often, and at no more than passage->n_places; takes no memory. The
 * counts of all followers of a passage add up to its n_places. Returns PYLM_ERR_ARGUMENT for a passage of other
 * sources. */
PYLM_API int pylm_sources_followers(const pylm_sources *sources, const pylm_passage *passage, pylm_follower *followers,
                                    uint64_t capacity, uint64_t *n_ret);

/* What follows a passage at one of its places, the number-th of passage->n_places in the order of ranks. A number drawn
 * at random draws a follower by its frequency. follower->n_places is 1. Returns PYLM_ERR_ARGUMENT for a passage of
 * other sources, or a number that is too large. */
PYLM_API int pylm_sources_follower_at(const pylm_sources *sources, const pylm_passage *passage, uint64_t number,
                                      pylm_follower *follower);

#ifdef __cplusplus
}
#endif
#endif
