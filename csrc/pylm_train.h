/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_train.h: the public contract of the hosted part: training, scoring in bulk, and model files.
 *
 * Training counts a text once, calibrates and weighs the counts on blocks of that text whose own counts
 * are taken out, and writes a model image (see pylm.h). There is no learning rate and no seed: the same
 * text and options give the same bytes, whatever the number of threads.
 *
 *     pylm_trainer *trainer;
 *     pylm_train_options options;
 *     uint64_t nbytes;
 *
 *     pylm_train_options_init(&options);
 *     options.tokenizer = PYLM_TOKENIZER_WORDS;
 *     pylm_trainer_new(&trainer, &options);
 *     pylm_trainer_add(trainer, text, text_nbytes, NULL);      // once a document
 *     pylm_trainer_save(trainer, "text.pylm", NULL, &nbytes);  // or _build(): the image in memory
 *     pylm_trainer_free(trainer);
 *
 * These functions use the heap, files, OpenMP threads where the library has them, and double precision.
 * Errors are as in pylm.h. After an error a trainer can only be freed.
 *
 * Threads: a trainer belongs to one thread at a time, but for its pylm_task. In a process forked after
 * threads were used, the library goes on with one thread (OpenMP runtimes do not survive a fork). OpenMP's idle threads wait
 * in a loop; on a machine with other work, have OMP_WAIT_POLICY=passive in the environment when the program starts.
 */
#ifndef PYLM_TRAIN_H
#define PYLM_TRAIN_H

#include "pylm_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 if this library was built with OpenMP, 0 if it trains on one thread whatever is asked. */
PYLM_API int pylm_has_openmp(void);

/* ------------------------------------------------------------------ long calls */

/* Lets another thread or a signal handler watch a long call and end it. Set everything to 0 before the
 * call. The library writes stage, done and total as it goes; they may be read at any time, and are for
 * showing progress only. */
typedef struct pylm_task {
    volatile int cancel;     /* set to 1: the call returns PYLM_ERR_CANCELLED within about 0.1 s */
    volatile int stage;      /* enum pylm_stage */
    volatile uint32_t done;  /* steps of this stage that are done, 0 to total */
    volatile uint32_t total; /* steps of this stage */
} pylm_task;

enum pylm_stage {
    PYLM_STAGE_READ = 0,      /* text into symbols */
    PYLM_STAGE_PIECES = 5,    /* the vocabulary of pieces; comes second */
    PYLM_STAGE_CLUSTER = 1,   /* word classes and the symbol tree */
    PYLM_STAGE_COUNT = 2,     /* contexts, template by template */
    PYLM_STAGE_CHOOSE = 6,    /* with max_nbytes: what to leave out; then counting and fitting once more */
    PYLM_STAGE_FIT = 3,       /* mixing weights */
    PYLM_STAGE_WRITE = 4,     /* the image */
    PYLM_STAGE_SCORE = 7,     /* texts, scored or predicted */
    PYLM_STAGE_SOURCES = 8,   /* sorting the passages of the training text; comes before all but reading */
    PYLM_STAGE_TRACE = 9,     /* looking for passages of a text */
    PYLM_STAGE_DISTILL = 10,  /* finding the contexts that texts need */
    PYLM_STAGE_BASE = 11      /* of a layer: what its base says about the held-out text; comes before counting */
};

/* One word or two for a stage, in static memory. */
PYLM_API const char *pylm_stage_text(int stage);

/* ------------------------------------------------------------------ training */

#define PYLM_MAX_TREES 8

/* For pylm_train_options.tokenizer: bytes for short texts, pieces for longer ones (DESIGN.md says where and
 * why). */
#define PYLM_TOKENIZER_AUTO 255u

/* Which contexts a model looks at. */
enum pylm_profile {
    PYLM_PROFILE_BEST = 0, /* suffixes, and what lies behind gaps, classes, in bytes words */
    PYLM_PROFILE_FAST = 1  /* suffixes alone, as an n-gram model does, on words and pieces of three symbols at most:
                            * less than half the time; on words a fifth of the size and a seventh more perplexity */
};

/* The predictor of a model is enum pylm_predictor, see pylm.h. A kernel keeps every context, whatever min_count is. It has
 * one tree and one profile; max_nbytes and max_order are not for it. */
typedef struct pylm_train_options {
    uint32_t options_nbytes;  /* sizeof(pylm_train_options); lets the structure grow */
    uint32_t tokenizer;       /* enum pylm_tokenizer, or PYLM_TOKENIZER_AUTO; default: bytes */
    uint32_t n_threads;       /* 0 (default): one a processor. Never changes the result */
    uint32_t min_count;       /* contexts of order 1 and up seen less often are left out; default 2;
                               * 1 keeps all: a larger, slightly better model */
    uint32_t n_trees;         /* all but bytes: symbol trees, 1 (default) to PYLM_MAX_TREES. Their
                               * predictions are averaged: better, slower, larger by that factor */
    uint32_t n_classes[PYLM_MAX_TREES]; /* all but bytes: classes of symbols of each tree, 2 to 1024; 0: the
                               * default */
    uint32_t max_order;       /* longest suffix context, 0 to 12; PYLM_NONE (default): 8 for bytes, else 5 */
    uint32_t n_pieces;        /* pieces: size of the vocabulary, 256 to 2^20; 0 (default): chosen by the
                               * length of the text. Fewer come out of a text that does not give more */
    uint32_t profile;         /* enum pylm_profile; default: best */
    uint32_t memory_is_wish;  /* 1: if max_memory is too small, as little as possible is taken; 0 (default): that
                               * is an error */
    uint64_t max_nbytes;      /* the image has at most so many bytes, the best that fit: what tells least is
                               * left out. Training takes about five times as long. 0 (default): no limit */
    uint64_t max_memory;      /* bytes of memory that the process has at most, about, while it trains; what does
                               * not fit is done in parts and kept in a temporary file. Never changes the
                               * result. 0 (default): no limit */
    const pylm_model *base;   /* trains a layer for this model (pylm_layer_open()), with its vocabulary and tree: tokenizer,
                               * n_classes and n_pieces mean nothing then, and words that it does not know are "<unk>". It
                               * has one tree, is no kernel, may be a layer itself, and stays in place until the layer is
                               * built. NULL (default): a model */
    uint32_t predictor;       /* enum pylm_predictor; default: mix, as layers need. The following is for kernel only */
    uint32_t reach;           /* symbols that it looks back, 1 to PYLM_MAX_REACH; 0 (default): 3 */
    uint32_t no_classes;      /* 1: symbols of the same class are as far apart as others. 0 (default), all but bytes: they are
                               * nearer, of a reach of 1 to 6 for the last 1, 2, 3, 3, 1, 0 symbols */
    uint32_t distance_q16[PYLM_MAX_REACH]; /* as in pylm_kernel; all 0 (default): chosen by blocks of the text whose */
    uint32_t class_distance_q16[PYLM_MAX_REACH]; /* own counts are taken out. Without classes, both are the same */
} pylm_train_options;

/* Fills in the defaults. */
PYLM_API void pylm_train_options_init(pylm_train_options *options);

typedef struct pylm_trainer pylm_trainer;

/* Makes a trainer. `options` is copied; NULL means the defaults.
 * Returns PYLM_ERR_ARGUMENT or PYLM_ERR_MEMORY; `*trainer` is NULL then. */
PYLM_API int pylm_trainer_new(pylm_trainer **trainer, const pylm_train_options *options);

/* Frees a trainer and the image that it built; NULL is allowed. */
PYLM_API void pylm_trainer_free(pylm_trainer *trainer);

/* Adds one document. The contexts at its start do not look back into the document before it. In which order
 * documents are added does not matter: they are put into the order of a hash of their content, so that whoever
 * has the same documents gets the same model.
 *   text      any bytes; not needed after the call.
 *   task      progress and cancelling, or NULL.
 * Memory: a byte for each of the text is kept; words and ids take 4 each. Returns PYLM_ERR_MEMORY, PYLM_ERR_LARGE or PYLM_ERR_CANCELLED, and
 * PYLM_ERR_ARGUMENT for an external tokenizer. */
PYLM_API int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes,
                              pylm_task *task);

/* PYLM_TOKENIZER_EXTERNAL: instead of texts the trainer is given ids, and before them, once, what they are:
 *
 *     options.tokenizer = PYLM_TOKENIZER_EXTERNAL;
 *     pylm_trainer_new(&trainer, &options);
 *     pylm_trainer_vocabulary(trainer, n_symbols, texts, text_ends, file, file_nbytes);
 *     pylm_trainer_add_ids(trainer, ids, n, 0, NULL);          // once a document
 *     pylm_trainer_build(trainer, NULL, &image, &nbytes);
 *
 * The ids are the model's symbols. Those that no document has are symbols too, of small probability; each
 * costs some 20 bytes of the image and its text.
 *   n_symbols     ids are 0 to n_symbols - 1; at most 2^24.
 *   texts         the text of every id, one behind the other: what pylm_symbol_text() and pylm_decode() are
 *                 to give back. A text may be empty, and stand for several ids. NULL if all are empty.
 *   text_ends     where the text of each id ends in `texts`: n_symbols numbers, none less than the one before.
 *   file          what a reader of the model needs to encode, for example a tokenizer.json: carried along,
 *                 not looked at. NULL if file_nbytes is 0.
 * Everything is copied. Returns PYLM_ERR_ARGUMENT if the tokenizer is another one, if there is a vocabulary
 * already, if n_symbols is 0 or a rule for text_ends is broken; PYLM_ERR_LARGE; PYLM_ERR_MEMORY. */
PYLM_API int pylm_trainer_vocabulary(pylm_trainer *trainer, uint32_t n_symbols, const void *texts,
                                     const uint64_t *text_ends, const void *file, uint64_t file_nbytes);

/* Adds one document of n ids, as pylm_trainer_add() does.
 *   text_nbytes   length of the text that the ids stand for; for the training facts only. 0: that of the
 *                 ids' own texts together.
 * Also returns PYLM_ERR_ARGUMENT if there is no vocabulary yet, or an id is not in it. */
PYLM_API int pylm_trainer_add_ids(pylm_trainer *trainer, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                                  pylm_task *task);

/* Trains on the documents added and builds the image. A trainer trains once.
 *   image_ret         the image, owned by the trainer, valid until it is freed.
 * Memory while it runs: 1, 2 or 4 bytes a symbol, as numbers up to the size of the vocabulary need, and 16 for
 * each thread (with max_nbytes 44); the image; for the fit, some 60 bytes for each of the up to 6 million
 * decisions in held-out text (bytes: 8 million), so up to 500 MB. With max_memory the 16 become less, and tables go to a
 * temporary file, of the size of the image, in the folder that the environment's TMPDIR names (else /tmp).
 * Returns PYLM_ERR_EMPTY if the documents hold no symbol; PYLM_ERR_BUDGET if no image is as small as
 * max_nbytes, and sets *image_nbytes_ret to the smallest that is possible; PYLM_ERR_MEMORY, and sets
 * *image_nbytes_ret to the smallest max_memory that is possible, or to 0 if the system has no more;
 * PYLM_ERR_FILE for the temporary file (errno says why), PYLM_ERR_LARGE or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_trainer_build(pylm_trainer *trainer, pylm_task *task, const void **image_ret,
                                uint64_t *image_nbytes_ret);

/* Trains as pylm_trainer_build() does, and writes the image to a file as pylm_file_save() does, without ever
 * having all of it in memory. A temporary file lies next to that one, unless TMPDIR is set.
 *   nbytes_ret   length of the image; after an error, as above. */
PYLM_API int pylm_trainer_save(pylm_trainer *trainer, const char *path, pylm_task *task, uint64_t *nbytes_ret);

/* ------------------------------------------------------------------ scoring in bulk */

/* Scores many texts on several threads. Each symbol's cost is what pylm_score() gives; long texts are cut among the
 * threads, too.
 *   context       the state before each text; NULL: the start of a text. Nothing is learned, whether it adapts or not,
 *                 and it does not change.
 *   symbols       of all texts, one behind the other.
 *   ends          where the symbols of each text end: n_texts numbers, none less than the one before. A text may be
 *                 empty.
 *   n_threads     0: one a processor.
 *   costs_q16     a cost for every symbol, or NULL.
 *   totals_q16    a sum for every text, or NULL.
 *   task          progress and cancelling, or NULL.
 * Memory: for each thread pylm_work_nbytes(), and some 300 bytes for every 2,048 symbols.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, or if a rule for ends is broken; PYLM_ERR_MEMORY,
 * PYLM_ERR_LARGE or PYLM_ERR_CANCELLED. Costs and totals mean nothing then. */
PYLM_API int pylm_score_batch(const pylm_model *model, const pylm_state *context, const uint32_t *symbols,
                              const uint64_t *ends, uint64_t n_texts, uint32_t n_threads, uint32_t *costs_q16,
                              uint64_t *totals_q16, pylm_task *task);

/* The most probable symbol at the place of every symbol of many texts, on several threads: how often a model is right is
 * how often that is the symbol itself.
 *   best   as many symbols as the texts have; of equally probable ones the smallest.
 * All else is as for pylm_score_batch(); takes about ten times as long. */
PYLM_API int pylm_predict_batch(const pylm_model *model, const pylm_state *context, const uint32_t *symbols,
                                const uint64_t *ends, uint64_t n_texts, uint32_t n_threads, uint32_t *best,
                                pylm_task *task);

/* ------------------------------------------------------------------ distillation */

/* Makes a model smaller for what it is used for: contexts that its use, a log of texts, does not need are dropped.
 *
 * At each place of a text, before every symbol and at the end, some contexts are known to the model, and all of these
 * have a part in what it predicts there: the place needs them. With keep_ppm = 1,000,000 all that any place needs stays.
 * With less, so many places may be given up: those that have most contexts which no other place needs, of several the
 * first ones. What only they need goes too. At all other places of the log every probability is, to the last bit, what it was.
 * What the smaller model says of other texts is worse, the more they differ from the log.
 *
 *     pylm_distilled small;
 *     if (pylm_distill(&model, symbols, ends, n_texts, 999000, NULL, 0, NULL, &small) == PYLM_OK) {
 *         pylm_file_save("small.pylm", small.image, small.image_nbytes);
 *         pylm_distilled_free(&small);
 *     }
 *
 * Vocabulary, trees, calibration and weights stay as they are, and nothing is fitted anew. It is another model: what
 * belongs to the large one, such as its overlays, personal counts and sources, does not belong to it. */

typedef struct pylm_distilled {
    void *image;         /* of the smaller model; to be freed by pylm_distilled_free() */
    uint64_t image_nbytes;
    uint64_t n_places;   /* of the log: its symbols, and the ends of its texts */
    uint64_t n_given_up; /* of them, those where probabilities may have changed */
} pylm_distilled;

/* Distils a model.
 *   symbols, ends   the log, as for pylm_score_batch(); every text begins anew.
 *   keep_ppm        millionths of the log's places that are kept at least, 1 to 1,000,000.
 *   facts           training facts to put into the new image, JSON; NULL: those of the model.
 *   task            progress and cancelling, or NULL.
 *   distilled       after an error, empty.
 * The same log and model give the same bytes. Takes some microseconds a symbol, on one thread. Memory: the new image, a byte for each
 * context of the model, and one for each symbol of the log.
 * Returns PYLM_ERR_LAYER for a layer, PYLM_ERR_ARGUMENT for a kernel, for a symbol that the model does not have, and if a rule for ends or keep_ppm is broken; PYLM_ERR_EMPTY if the log
 * has no symbol; PYLM_ERR_DAMAGED, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_distill(const pylm_model *model, const uint32_t *symbols, const uint64_t *ends, uint64_t n_texts,
                          uint32_t keep_ppm, const void *facts, uint64_t facts_nbytes, pylm_task *task,
                          pylm_distilled *distilled);

/* Frees the image, and empties the structure; NULL is allowed. */
PYLM_API void pylm_distilled_free(pylm_distilled *distilled);

/* ------------------------------------------------------------------ sources */

/* A *sources file* holds the training text itself, the names of its documents, and the places of all words in the
 * order of what follows them; so every passage of another text that stands in the training text is found, in
 * microseconds. It belongs to one model, and lies beside it; the model is as good without it. Its bytes are described in
 * docs/sources.md.
 *
 * Two passages are the same if their words are. A word is what stands between white space (Unicode's White_Space, in
 * UTF-8), but a character of a script that has none between words, and a NUL byte, is a word by itself: U+0E00 to
 * U+109F, U+1780 to U+17FF, U+2E80 to U+9FFF, U+F900 to U+FAFF, U+20000 to U+3FFFF. So it does not matter which white
 * space there is between words, nor if there is any around such a character; every other byte does matter. No passage
 * goes beyond a document.
 *
 *     pylm_sources_writer *writer;
 *     pylm_sources_writer_new(&writer, "text.pylm.sources");
 *     pylm_sources_writer_add(writer, "a.txt", 5, text, text_nbytes, NULL);     // once a document
 *     pylm_sources_writer_sort(writer, NULL);
 *     pylm_sources_writer_save(writer, &model, NULL);
 *     pylm_sources_writer_free(writer);
 *
 * and, to find out what of a text is in it:
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
 */

typedef struct pylm_sources_writer pylm_sources_writer;

/* Begins a sources file. It is written as pylm_file_save() does: it appears under its name when it is saved.
 * Returns PYLM_ERR_FILE (errno says why) or PYLM_ERR_MEMORY; `*writer` is NULL then. After an error of any of these
 * functions a writer can only be freed. */
PYLM_API int pylm_sources_writer_new(pylm_sources_writer **writer, const char *path);

/* Adds one document: its bytes go to the file at once.
 *   name   any bytes, for example the name of a file.
 *   task   cancelling, or NULL.
 * Documents stay in the order in which they are added. All together, with a byte more for each, are below 2^32 bytes:
 * else PYLM_ERR_LARGE. Also returns PYLM_ERR_FILE, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_sources_writer_add(pylm_sources_writer *writer, const void *name, uint64_t name_nbytes,
                                     const void *text, uint64_t text_nbytes, pylm_task *task);

/* Sorts the passages, after the last document. Time is in proportion to the text, whatever it says: a second for some
 * 20 MB. Memory while it runs: 8 bytes a word, some 60 for each different word, and the text, which is mapped from the
 * file.
 * Returns PYLM_ERR_FILE, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_sources_writer_sort(pylm_sources_writer *writer, pylm_task *task);

/* Completes the file of a model whose passages have been sorted.
 *   nbytes_ret   its length, or NULL. */
PYLM_API int pylm_sources_writer_save(pylm_sources_writer *writer, const pylm_model *model, uint64_t *nbytes_ret);

/* Frees a writer; what was not saved is gone. NULL is allowed. */
PYLM_API void pylm_sources_writer_free(pylm_sources_writer *writer);

/* A view of a sources file. Plain data, as pylm_model is: may be copied and shared, needs no closing; the file's
 * bytes must stay in place and unchanged. The functions on it take no other memory than what they are given. */
typedef struct pylm_sources {
    uint64_t opaque[12];
} pylm_sources;

/* Looks at a sources file, for example one mapped by pylm_file_map(). Checks its head and that all parts are there,
 * which is enough to make any file harmless, as for pylm_model_open(), and returns what that returns. */
PYLM_API int pylm_sources_open(pylm_sources *sources, const void *file, uint64_t file_nbytes);

/* Reads all of it and compares its checksum: PYLM_OK or PYLM_ERR_DAMAGED. */
PYLM_API int pylm_sources_verify(const pylm_sources *sources);

/* 1 if these are the sources of a model, as their checksums say, else 0. */
PYLM_API int pylm_sources_belong(const pylm_sources *sources, const pylm_model *model);

typedef struct pylm_sources_info {
    uint64_t file_nbytes;
    uint64_t n_documents;
    uint64_t n_words;     /* of all documents */
    uint64_t text_nbytes; /* of all documents, and one more for each */
} pylm_sources_info;

PYLM_API void pylm_sources_describe(const pylm_sources *sources, pylm_sources_info *info);

typedef struct pylm_document {
    const unsigned char *name, *text; /* in the file; neither ends with a NUL that belongs to it */
    uint64_t name_nbytes, text_nbytes;
} pylm_document;

/* The document of a number, 0 to n_documents - 1; else PYLM_ERR_ARGUMENT. */
PYLM_API int pylm_sources_document(const pylm_sources *sources, uint64_t number, pylm_document *document);

typedef struct pylm_span {
    uint64_t begin, end; /* bytes of a text */
} pylm_span;

/* Finds the words of a text. Returns how many there are; the first `capacity` of them are written to `words`. */
PYLM_API uint64_t pylm_split_words(const void *text, uint64_t text_nbytes, pylm_span *words, uint64_t capacity);

/* What is to be traced, and how far that has come. Any words of any text will do, as long as they are in order. */
typedef struct pylm_query {
    const void *text;
    const pylm_span *words; /* by pylm_split_words() */
    uint64_t n_words;
    uint64_t least;         /* shortest passage looked for, in words; at least 1 */
    uint64_t next, reached; /* 0 to begin with. From one call to the next: the word to go on with, and where the
                             * last passage ended. next = n_words: done */
} pylm_query;

/* A passage of a text that stands in the training text. */
typedef struct pylm_passage {
    uint64_t first_word, n_words; /* of the query */
    uint64_t n_places;            /* how often it stands in the training text, at least 1 */
    uint64_t rank;                /* for pylm_sources_places() */
} pylm_passage;

/* Finds the passages of a text that stand in the training text, have at least query->least words, and are not a part
 * of a longer one. They may overlap; each begins and ends behind the one before it. So whatever run of query->least
 * words stands in the training text is within a passage.
 *   passages   as many as fit, 1 at least; call it again until query->next is query->n_words.
 *   n_ret      how many they are.
 *   task       progress and cancelling, or NULL.
 * Takes half a microsecond a word where nothing is found in 20 MB. Returns PYLM_ERR_ARGUMENT for least or capacity 0,
 * or PYLM_ERR_CANCELLED; what was found by the call is lost then. */
PYLM_API int pylm_sources_trace(const pylm_sources *sources, pylm_query *query, pylm_passage *passages,
                                uint64_t capacity, uint64_t *n_ret, pylm_task *task);

/* Where a passage stands. */
typedef struct pylm_place {
    uint64_t document; /* its number */
    uint64_t offset;   /* bytes from its beginning */
    uint64_t line;     /* 1 for the first; lines end with '\n' */
} pylm_place;

/* The first places of a passage, up to `capacity`, in the order of documents and offsets; *n_ret says how many.
 * Looks at all of its places, a nanosecond for each. Returns PYLM_ERR_ARGUMENT for a passage of other sources. */
PYLM_API int pylm_sources_places(const pylm_sources *sources, const pylm_passage *passage, pylm_place *places,
                                 uint64_t capacity, uint64_t *n_ret);

/* ------------------------------------------------------------------ files */

/* Writes a file so that a reader never sees half of it: under a temporary name in the same folder, then
 * flushed to the disk and renamed. On failure the old file, if any, is still there, unchanged. What is no
 * file, such as /dev/stdout, is written to.
 * Returns PYLM_ERR_FILE (errno says why) or PYLM_ERR_MEMORY. */
PYLM_API int pylm_file_save(const char *path, const void *data, uint64_t nbytes);

/* Maps a file into memory, read-only. An empty file gives a non-NULL address and 0 bytes.
 * Returns PYLM_ERR_FILE (errno says why). */
PYLM_API int pylm_file_map(const char *path, const void **data_ret, uint64_t *nbytes_ret);

/* Undoes pylm_file_map(); (NULL, 0) is allowed. */
PYLM_API void pylm_file_unmap(const void *data, uint64_t nbytes);

#ifdef __cplusplus
}
#endif
#endif
