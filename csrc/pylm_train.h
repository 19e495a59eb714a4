/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_train.h: the public contract of the hosted part: training, scoring in bulk, and model files.
 *
 * Training counts a text once. Then it calibrates and weighs the counts on blocks of the same text; while a block is
 * used, its own counts are taken out. The result is a model image (see pylm.h). There is no learning rate and no seed:
 * the same text and options give the same bytes, with any number of threads.
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
 * Unlike the engine, these functions use the heap, files, double precision, and OpenMP threads if the library was built
 * with them. Errors are as in pylm.h. After an error a trainer can only be freed.
 *
 * Threads: a trainer belongs to one thread at a time; only its pylm_task may be used by others. OpenMP's threads do not
 * survive a fork. So in a process that was forked after threads were used, the library works with one thread. Idle
 * OpenMP threads wait in a loop. If other programs need the processors, set OMP_WAIT_POLICY=passive in the environment
 * before the program starts.
 */
#ifndef PYLM_TRAIN_H
#define PYLM_TRAIN_H

#include "pylm_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 if this library was built with OpenMP. 0 if not: it always uses one thread then. */
PYLM_API int pylm_has_openmp(void);

/* ------------------------------------------------------------------ long calls */

/* With a task, another thread or a signal handler can watch a long call and end it. Set all members to 0 before the
 * call. The library writes stage, done and total as it goes. They may be read at any time; use them to show progress
 * only. */
typedef struct pylm_task {
    volatile int cancel;     /* set to 1: the call returns PYLM_ERR_CANCELLED within about 0.1 s */
    volatile int stage;      /* enum pylm_stage */
    volatile uint32_t done;  /* steps of this stage that are done, 0 to total */
    volatile uint32_t total; /* steps of this stage */
} pylm_task;

/* The stages of training are in the order in which they come. */
enum pylm_stage {
    PYLM_STAGE_READ = 0,    /* text into symbols */
    PYLM_STAGE_PIECES = 5,  /* tokenizer pieces: the vocabulary */
    PYLM_STAGE_CLUSTER = 1, /* word classes and the symbol tree */
    PYLM_STAGE_BASE = 11,   /* layers: what the base predicts in the held-out text */
    PYLM_STAGE_TOPICS = 12, /* what the text is about, and what that says */
    PYLM_STAGE_COUNT = 2,   /* contexts, template by template */
    PYLM_STAGE_CHOOSE = 6,  /* with max_nbytes: what to leave out; counting and fitting are repeated after it */
    PYLM_STAGE_FIT = 3,     /* mixing weights */
    PYLM_STAGE_WRITE = 4,   /* the image */
    PYLM_STAGE_SCORE = 7,   /* pylm_score_batch(), pylm_predict_batch(), pylm_score_texts() */
    PYLM_STAGE_SOURCES = 8, /* pylm_sources_writer_sort() */
    PYLM_STAGE_TRACE = 9,   /* pylm_sources_trace() */
    PYLM_STAGE_PRUNE = 10   /* pylm_prune(): which contexts a log needs */
};

/* A name for a stage, of one word or two, in static memory. */
PYLM_API const char *pylm_stage_text(int stage);

/* ------------------------------------------------------------------ training */

#define PYLM_MAX_TREES 8

/* For pylm_train_options.tokenizer: bytes for short texts, pieces for longer ones. DESIGN.md says where the limit is,
 * and why. */
#define PYLM_TOKENIZER_AUTO 255u

/* Which contexts a model counts, and in how many trees. */
enum pylm_profile {
    PYLM_PROFILE_STANDARD = 0, /* suffixes, contexts with gaps, classes; in models of bytes also words and layout */
    PYLM_PROFILE_FAST = 1,     /* suffixes only, as in an n-gram model; of words and pieces three symbols at most. Takes
                                * less than half the time. A model of words has a third of the size, and its perplexity
                                * is higher by an eighth */
    PYLM_PROFILE_BEST = 2      /* the contexts of the standard profile in two trees, unless n_trees says more. Twice the
                                * size and the time; perplexity is lower by a twentieth. The same as the standard
                                * profile for bytes, for layers, and with max_nbytes, where one tree is better */
};

/* Who counts, if it is not this process: see pylm_count_job(). */
typedef struct pylm_elsewhere {
    const char *job; /* path of the file that the trainer writes: what is to be counted */
    /* Has all of it done: result i, for i below n_templates, is to be in the file JOB.i when this returns PYLM_OK. It
     * is called once for each tree, by the thread that trains; each time the job is another one. Returns PYLM_OK or an
     * error, which becomes that of the training. It should return PYLM_ERR_CANCELLED soon when task->cancel is set. */
    int (*count)(void *user, uint32_t n_templates, pylm_task *task);
    void *user; /* handed on to it */
} pylm_elsewhere;
#define PYLM_MAX_ORDER 12 /* symbols of a suffix context */

/* Set the defaults with pylm_train_options_init(), then change what you need. */
typedef struct pylm_train_options {
    uint32_t options_nbytes; /* sizeof(pylm_train_options); lets the structure grow */
    uint32_t tokenizer;      /* enum pylm_tokenizer, or PYLM_TOKENIZER_AUTO; default: bytes */
    uint32_t n_threads;      /* default 0: one per processor. Never changes the result */
    uint32_t min_count;      /* contexts of order 1 and up that occur less often are left out; default 2. With 1 all
                              * are kept, and all words: the model is larger and slightly better. A kernel keeps all
                              * contexts always */
    uint32_t min_counts[PYLM_MAX_ORDER]; /* likewise by order, from 1 on. 0: that of the order before; of order 1
                                          * min_count. Default: all 0. The order of a context is how many symbols,
                                          * classes or words it consists of: "1 2 3" has 3, "1 3" has 2 */
    uint32_t n_trees;                    /* all tokenizers but bytes: symbol trees, 1 (default) to PYLM_MAX_TREES. Their
                              * predictions are averaged: better, but slower and larger by that factor */
    uint32_t n_classes[PYLM_MAX_TREES];  /* all tokenizers but bytes: symbol classes of each tree, 2 to 1024; 0: the
                                         * default */
    uint32_t max_order;                  /* longest suffix context, 0 to 12; default PYLM_NONE: 8 for bytes, else 5 */
    uint32_t n_pieces;       /* pieces: size of the vocabulary, 256 to 2^20; default 0: chosen by the length of the
                              * text. A short text may give fewer */
    uint32_t profile;        /* enum pylm_profile; default: standard */
    uint32_t memory_is_wish; /* 1: if max_memory is too small, training takes the least that is possible. Default 0:
                              * then it fails */
    uint64_t max_nbytes;     /* largest size of the image. The contexts that help least are left out, so that it is
                              * the best model of this size. Training takes up to three times as long. Default 0: no
                              * limit */
    uint64_t max_memory;     /* bytes of memory that the process may have while it trains, about. If the work does not
                              * fit, it is done in parts, and the text, counts and tables go to temporary files. That
                              * changes no context; of topics see no_topics. Default 0: no limit */
    const pylm_model *base;  /* trains a layer for this model (pylm_layer_open() in pylm_adapt.h), with its vocabulary
                              * and its tree. tokenizer, n_classes and n_pieces are ignored then, and unknown words are
                              * read as "<unk>"; min_word_count and max_words must be 0. The base must have one tree,
                              * must not be a kernel, and may be a layer itself. It must stay in place until the layer
                              * is built. Default NULL: trains a model */
    uint32_t predictor;      /* enum pylm_predictor; default: mix. A layer must be a mix; a kernel has one tree,
                              * the standard profile, no max_nbytes and no max_order. What follows is for kernels
                              * only */
    uint32_t reach;          /* how many symbols back it looks, 1 to PYLM_MAX_REACH; default 0: 3 */
    uint32_t no_classes;     /* 1: symbols of one class are as far apart as others. Default 0, for all tokenizers but
                              * bytes: they are nearer, if they are among the last 1, 2, 3, 3, 1, 0 symbols of a reach
                              * of 1, 2, 3, 4, 5, 6 */
    uint32_t distance_q16[PYLM_MAX_REACH]; /* as in pylm_kernel. Default all 0: chosen on blocks of the text whose own
                                            * counts are taken out */
    uint32_t class_distance_q16[PYLM_MAX_REACH]; /* likewise; without classes the same as distance_q16 */
    uint32_t min_word_count; /* words: those that occur less often are read as "<unk>". Default 0: 2; and 1, which
                              * keeps all, if min_count is 1, or if the text has "<unk>" itself. Without words that
                              * are read as "<unk>", that has a small probability */
    uint32_t max_words;      /* words: size of the vocabulary at most, "</s>" and "<unk>" included: 3 to 2^24. The most
                              * frequent words stay; of equally frequent ones the first in the documents, in their
                              * order in the trainer. Default 0: no limit */
    uint32_t no_topics;      /* 1: contexts only. Default 0: what the text before is about says something, too, in
                              * words, pieces and ids; in bytes the vectors of the last words do. In texts of 50,000
                              * symbols and more, in no layer; with max_nbytes not in bytes, and else if it is worth its
                              * bytes. A small max_memory makes it look at less of the text, or leaves it out. An engine
                              * without it (PYLM_MODULE_TOPIC=0) needs models without, too */
    uint32_t no_voice;       /* 1: contexts speak one by one only. Default 0: what all suffix contexts, the last symbols
                              * without gaps, say together is one more input, but not with max_nbytes, nor in a layer
                              * whose base has none. An engine without it (PYLM_MODULE_VOICE=0) needs models without,
                              * too */
    uint32_t no_layout;      /* 1: no contexts by column, byte above and shape, for an engine without them
                              * (PYLM_MODULE_LAYOUT=0). Default 0: bytes have them, but not in the fast profile, nor in
                              * a layer whose base has none */
    uint32_t closed;         /* words: 1: a word that the vocabulary does not have is read as "<unk>", and costs no more
                              * than that. Default 0: it is spelled (pylm_spelling() in pylm_text.h), unless the text
                              * has "<unk>" itself, or max_nbytes is below 491,520. A layer does as its base */
    uint32_t endless;        /* 1: documents are parts of one text, so nothing ends them. Default 0: several documents
                              * end, with their line if all of them have one, else with a symbol of their own, the byte
                              * 0 (pylm_info.text_end). Documents that have that byte do not end. Ids end with the one
                              * that all documents end with, if it is nowhere else. A layer ends as its base does */
    const char *folder;      /* where temporary files may lie. Default NULL: beside the image, or if there is none yet
                              * in the system's folder for them. On POSIX, TMPDIR comes first if it is set */
    const pylm_elsewhere *elsewhere; /* others count the templates, see pylm_count_job(); it must stay in place. Not for
                              * kernels, layers and max_nbytes. Default NULL: this process does it */
} pylm_train_options;

/* Fills in the defaults. */
PYLM_API void pylm_train_options_init(pylm_train_options *options);

typedef struct pylm_trainer pylm_trainer;

/* Makes a trainer. `options` is copied; NULL means the defaults.
 * Returns PYLM_ERR_ARGUMENT or PYLM_ERR_MEMORY; `*trainer` is NULL then. */
PYLM_API int pylm_trainer_new(pylm_trainer **trainer, const pylm_train_options *options);

/* Frees a trainer and the image that it built; NULL is allowed. */
PYLM_API void pylm_trainer_free(pylm_trainer *trainer);

/* Adds one document. The contexts at its start do not reach back into another document. The order in which documents
 * are added does not matter: the trainer sorts them by a hash of their content, so the same documents always give the
 * same model.
 * A document that is added several times weighs as much as its copies, unless these seem to be there by accident: then
 * they are left out (DESIGN.md, "Fitting on held-out text").
 *   text      any bytes; not needed after the call.
 *   task      progress and cancelling, or NULL.
 * Memory: one byte for each byte of text; for words and ids 4 bytes each; with max_memory an eighth of it at most, and
 * the rest in a temporary file. There may be any number of bytes, words or ids (fewer than 2^40). Returns PYLM_ERR_FILE
 * (errno says why), PYLM_ERR_MEMORY, PYLM_ERR_LARGE or PYLM_ERR_CANCELLED, and PYLM_ERR_ARGUMENT for an external
 * tokenizer. */
PYLM_API int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, pylm_task *task);

/* Adds a part of a document, for documents that are not in memory as a whole. All parts together are the document,
 * which ends with the part for which is_last is 1. Then it is as if it had been added at once.
 * Words: each part but the last ends with a line end (byte 10). Not for ids, nor for layers. The rest as above; also
 * PYLM_ERR_ARGUMENT for any other way of adding, and for training, while a document has not ended. */
PYLM_API int pylm_trainer_add_part(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, int is_last,
                                   pylm_task *task);

/* Sets the vocabulary of a trainer, once, before the first document.
 *
 * With PYLM_TOKENIZER_WORDS it is optional. The given words, "</s>" and "<unk>" are the vocabulary then, whatever the
 * documents have. All others are read as "<unk>". A word that is in no document has a small probability.
 *   n_symbols     how many words; equal ones count once.
 *   texts         their texts, concatenated. Each must be one word as pylm_encode() reads it, without white space.
 *   text_ends     where each ends in `texts`: n_symbols numbers, none less than the one before.
 *   file          NULL, and file_nbytes 0.
 *
 * With PYLM_TOKENIZER_EXTERNAL it is needed. Such a trainer is given ids instead of texts, and before them the meaning
 * of the ids:
 *
 *     options.tokenizer = PYLM_TOKENIZER_EXTERNAL;
 *     pylm_trainer_new(&trainer, &options);
 *     pylm_trainer_vocabulary(trainer, n_symbols, texts, text_ends, file, file_nbytes);
 *     pylm_trainer_add_ids(trainer, ids, n, 0, NULL);          // once a document
 *     pylm_trainer_build(trainer, NULL, &image, &nbytes);
 *
 * The ids are the symbols of the model. Ids that occur in no document are symbols too, and have a small probability;
 * each takes some 20 bytes of the image and its text.
 *   n_symbols     ids are 0 to n_symbols - 1; at most 2^24.
 *   texts         the texts of all ids, concatenated: what pylm_symbol_text() and pylm_decode() will return. A text may
 *                 be empty, and several ids may have the same. NULL if all are empty.
 *   text_ends     where the text of each id ends in `texts`: n_symbols numbers, none less than the one before.
 *   file          what a reader of the model needs to encode texts, for example a tokenizer.json. It is stored in the
 *                 image as it is. NULL if file_nbytes is 0.
 * Everything is copied. Returns PYLM_ERR_ARGUMENT if the tokenizer is another one, if the vocabulary was set before, if
 * n_symbols is 0, if text_ends are not in order, and, for words, if one is none, after the first document, and with
 * min_word_count or max_words; PYLM_ERR_LARGE; PYLM_ERR_MEMORY. */
PYLM_API int pylm_trainer_vocabulary(pylm_trainer *trainer, uint32_t n_symbols, const void *texts,
                                     const uint64_t *text_ends, const void *file, uint64_t file_nbytes);

/* Adds one document of n ids, as pylm_trainer_add() does.
 *   text_nbytes   length of the text that the ids stand for; only written into the training facts. 0: the sum of the
 *                 lengths of the ids' texts.
 * Also returns PYLM_ERR_ARGUMENT if the vocabulary has not been set, or an id is not in it. */
PYLM_API int pylm_trainer_add_ids(pylm_trainer *trainer, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                                  pylm_task *task);

/* Trains on the documents that were added, and builds the image. A trainer trains once.
 *   image_ret         the image. The trainer owns it; it is valid until the trainer is freed.
 * Memory while it runs: 1, 2 or 4 bytes a symbol, by the size of the vocabulary; 16 bytes a symbol for each thread;
 * the image, with max_nbytes eight times that and 32 MB; up to 500 MB for the fit: some 60 bytes for each of at most 6
 * million decisions in held-out text (bytes: 8 million). With max_memory, what does not fit goes to temporary files:
 * the text, sorted counts (some 5 bytes a symbol for each thread), tables of the size of the image. options.folder says
 * where they lie.
 * Returns
 *   PYLM_ERR_EMPTY       the documents have no symbol;
 *   PYLM_ERR_BUDGET      no image is as small as max_nbytes; *image_nbytes_ret is the smallest possible size;
 *   PYLM_ERR_MEMORY      *image_nbytes_ret is the smallest possible max_memory, or 0 if the system has no more memory;
 *   PYLM_ERR_FILE        the temporary file failed; errno says why;
 *   PYLM_ERR_LARGE or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_trainer_build(pylm_trainer *trainer, pylm_task *task, const void **image_ret,
                                uint64_t *image_nbytes_ret);

/* Trains as pylm_trainer_build() does, and writes the image to a file as pylm_file_save() does. The image is never in
 * memory as a whole. A temporary file lies in the same folder, unless TMPDIR is set.
 *   nbytes_ret   length of the image; after an error as in pylm_trainer_build(). */
PYLM_API int pylm_trainer_save(pylm_trainer *trainer, const char *path, pylm_task *task, uint64_t *nbytes_ret);

/* ------------------------------------------------------------------ counting elsewhere */

/* Counting takes most of the time of a long training, and each template (each kind of context: some 15) is counted on
 * its own. So other processes can do it, also on other computers. With pylm_train_options.elsewhere the trainer writes
 * a job file: the text in symbols, 1, 2 or 4 bytes each, and the symbol tree. Then it waits for a result file of each
 * template. How the files come there and back is the caller's matter. The image is the same, to the last byte.
 *
 * Files are read by the same version of pylm on the same kind of processor; they are no format to keep. Whoever reads
 * one trusts who wrote it, as far as a checksum does not tell.
 *
 * Counts a template of a job.
 *   number        of the template
 *   max_memory    bytes that the process may have meanwhile, about; 0: no limit. What does not fit goes to a file
 *   folder        where temporary files may lie, as pylm_train_options.folder
 *   result        path of the result, which is written as by pylm_file_save()
 *   nbytes_ret    out: after PYLM_ERR_MEMORY the smallest possible max_memory, or 0
 * Returns PYLM_ERR_FOREIGN, PYLM_ERR_VERSION or PYLM_ERR_DAMAGED for a job that cannot be used; PYLM_ERR_ARGUMENT if it
 * has no such template; PYLM_ERR_FILE (errno says why), PYLM_ERR_MEMORY, PYLM_ERR_LARGE, PYLM_ERR_CANCELLED. */
PYLM_API int pylm_count_job(const char *job, uint32_t number, uint64_t max_memory, const char *folder,
                            const char *result, pylm_task *task, uint64_t *nbytes_ret);

/* ------------------------------------------------------------------ scoring in bulk */

/* Texts in symbols, concatenated. A text may be empty. */
typedef struct pylm_texts {
    const uint32_t *symbols; /* of all texts */
    const uint64_t *ends;    /* where each text ends in `symbols`: n_texts numbers, none less than the one before */
    uint64_t n_texts;
} pylm_texts;

/* Scores many texts on several threads. The cost of each symbol is what pylm_score() gives. Long texts are cut, so that
 * threads can share them.
 *   context       the state before each text; NULL: the start of a text. It does not change, and nothing is learned,
 *                 even if it is a state that learns.
 *   n_threads     0: one per processor.
 *   costs_q16     out: a cost for every symbol; NULL: not wanted.
 *   totals_q16    out: a sum for every text; NULL: not wanted.
 *   task          progress and cancelling, or NULL.
 * Memory: pylm_work_nbytes() for each thread, and some 300 bytes for every 2,048 symbols.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, and if `ends` are not in order; PYLM_ERR_MEMORY,
 * PYLM_ERR_LARGE or PYLM_ERR_CANCELLED. After an error, costs and totals mean nothing. */
PYLM_API int pylm_score_batch(const pylm_model *model, const pylm_state *context, const pylm_texts *texts,
                              uint32_t n_threads, uint32_t *costs_q16, uint64_t *totals_q16, pylm_task *task);

/* Finds the most probable symbol at the position of every symbol of many texts, on several threads. Compared with the
 * texts, it says how often the model is right.
 *   best   out: as many symbols as the texts have. Of equally probable symbols the smallest.
 * All else is as in pylm_score_batch(). Takes about ten times as long. */
PYLM_API int pylm_predict_batch(const pylm_model *model, const pylm_state *context, const pylm_texts *texts,
                                uint32_t n_threads, uint32_t *best, pylm_task *task);

/* ------------------------------------------------------------------ texts in bulk */

/* Finds the pieces of texts some twenty times as quickly as pylm_encode() does, by a table of the vocabulary: some 25
 * bytes a piece, made in milliseconds. It never changes, so threads may share it. */
typedef struct pylm_encoder pylm_encoder;

/* Makes the encoder for a model, which has to stay where it is. Of words and bytes it has no table. Returns
 * PYLM_ERR_MEMORY, and PYLM_ERR_ARGUMENT for an external model; `*encoder` is NULL then. */
PYLM_API int pylm_encoder_new(pylm_encoder **encoder, const pylm_model *model);

/* Frees an encoder; NULL is allowed. */
PYLM_API void pylm_encoder_free(pylm_encoder *encoder);

/* As pylm_encode(): all but the encoder, which stands for its model, is the same. */
PYLM_API int pylm_encoder_encode(const pylm_encoder *encoder, const void *text, uint64_t text_nbytes, int end,
                                 uint64_t *position, uint32_t *symbols, uint64_t *n);

/* Texts in bytes, concatenated. A text may be empty. */
typedef struct pylm_strings {
    const void *bytes;    /* of all texts */
    const uint64_t *ends; /* where each text ends in `bytes`: n_texts numbers, none less than the one before */
    uint64_t n_texts;
    int end; /* enum pylm_text_end, of each; if it is closed, an empty text is an empty line, and has its line end */
} pylm_strings;

/* What a text costs; 1/65536 bit. */
typedef struct pylm_text_score {
    uint64_t n_symbols;
    uint64_t n_unknown;   /* of these, "<unk>" */
    uint64_t cost_q16;    /* of all symbols */
    uint64_t unknown_q16; /* what of it is of "<unk>" */
    uint64_t letters_q16; /* what the letters of unknown words cost besides; see pylm_spelling() in pylm_text.h */
} pylm_text_score;

/* Encodes and scores many texts on several threads; each gets what pylm_encode(), pylm_score() and pylm_spelling_cost()
 * give one after the other. Texts above 64 KB are cut, so that threads can share them.
 *   encoder   NULL: pylm_encode() does it, which is quicker for a few short texts than making one.
 *   model     as that of the encoder, or with other settings or words; not external.
 *   context   the state before each text, as in pylm_score_batch().
 *   scores    out: n_texts of them.
 *   task      progress, in units of 1,024 bytes, and cancelling, or NULL.
 * Memory: for each thread pylm_work_nbytes() and up to 1.1 MB; 1.2 MB more if there is a text above 64 KB.
 * Returns PYLM_ERR_ARGUMENT if `ends` are not in order; PYLM_ERR_DAMAGED if what spells unknown words is;
 * PYLM_ERR_MEMORY, PYLM_ERR_LARGE or PYLM_ERR_CANCELLED. After an error, the scores mean nothing. */
PYLM_API int pylm_score_texts(const pylm_encoder *encoder, const pylm_model *model, const pylm_state *context,
                              const pylm_strings *texts, uint32_t n_threads, pylm_text_score *scores, pylm_task *task);

/* ------------------------------------------------------------------ files */

/* Writes a file so that no reader sees half of it: under a temporary name in the same folder, then flushed to the disk
 * and renamed; then the folder is flushed. After an error the old file, if there was one, is unchanged. A link is
 * followed, and what it leads to is replaced. What is not a regular file, such as /dev/null, and what the process has
 * open, such as /dev/stdout, is written to directly. Temporary files that processes left behind when they died are
 * removed.
 * Returns PYLM_ERR_FILE (errno says why) or PYLM_ERR_MEMORY. */
PYLM_API int pylm_file_save(const char *path, const void *data, uint64_t nbytes);

/* A name for a file that is to be renamed to `path` later, in the same folder: PATH.HOST-PROCESS-NUMBER.tmp. As in
 * pylm_file_save(), files under such names that were left behind are removed.
 *   number     from 0 on: of several at once.
 *   name       out: `capacity` bytes, 64 more than `path` has. */
PYLM_API void pylm_file_temporary(const char *path, int number, char *name, uint64_t capacity);

/* Maps a file into memory, read-only. An empty file gives a non-NULL address and 0 bytes.
 * Returns PYLM_ERR_FILE (errno says why). */
PYLM_API int pylm_file_map(const char *path, const void **data_ret, uint64_t *nbytes_ret);

/* Maps a model or layer file likewise. What pylm_model_open() checks is copied, some 40 KB: so a file that somebody
 * writes into meanwhile makes wrong numbers, never a wrong access. But on POSIX systems a file that becomes shorter
 * ends the process with SIGBUS where a part is read that is gone: files that are open have to be replaced by renaming,
 * as pylm_file_save() does it; or read them into memory instead.
 * Returns PYLM_ERR_FILE (errno says why). */
PYLM_API int pylm_model_map(const char *path, const void **data_ret, uint64_t *nbytes_ret);

/* Undoes pylm_file_map() and pylm_model_map(); (NULL, 0) is allowed. */
PYLM_API void pylm_file_unmap(const void *data, uint64_t nbytes);

#ifdef __cplusplus
}
#endif
#endif
