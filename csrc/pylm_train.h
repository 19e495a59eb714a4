/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_train.h: the public contract of the hosted part: training, and model files.
 *
 * Training counts a text once, calibrates and weighs the counts on blocks of that text whose own counts
 * are taken out, and writes a model image (see pylm.h). There is no learning rate and no seed: the same
 * text and options give the same bytes, whatever the number of threads.
 *
 *     pylm_trainer *trainer;
 *     pylm_train_options options;
 *     const void *image; uint64_t nbytes;
 *
 *     pylm_train_options_init(&options);
 *     options.tokenizer = PYLM_TOKENIZER_WORDS;
 *     pylm_trainer_new(&trainer, &options);
 *     pylm_trainer_add(trainer, text, text_nbytes, NULL);      // once a document
 *     pylm_trainer_build(trainer, NULL, &image, &nbytes);
 *     pylm_file_save("text.pylm", image, nbytes);
 *     pylm_trainer_free(trainer);
 *
 * These functions use the heap, files, OpenMP threads where the library has them, and double precision.
 * Errors are as in pylm.h. After an error a trainer can only be freed.
 *
 * Threads: a trainer belongs to one thread at a time, but for its pylm_task. In a process forked after
 * threads were used, the library goes on with one thread (OpenMP runtimes do not survive a fork).
 */
#ifndef PYLM_TRAIN_H
#define PYLM_TRAIN_H

#include "pylm.h"

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
    PYLM_STAGE_WRITE = 4      /* the image */
};

/* One word or two for a stage, in static memory. */
PYLM_API const char *pylm_stage_text(int stage);

/* ------------------------------------------------------------------ training */

#define PYLM_MAX_TREES 8

/* For pylm_train_options.tokenizer: bytes for short texts, pieces for longer ones (DESIGN.md says where and
 * why). */
#define PYLM_TOKENIZER_AUTO 255u

typedef struct pylm_train_options {
    uint32_t options_nbytes;  /* sizeof(pylm_train_options); lets the structure grow */
    uint32_t tokenizer;       /* enum pylm_tokenizer, or PYLM_TOKENIZER_AUTO; default: bytes */
    uint32_t n_threads;       /* 0 (default): one a processor. Never changes the result */
    uint32_t min_count;       /* contexts of order 1 and up seen less often are left out; default 2;
                               * 1 keeps all: a larger, slightly better model */
    uint32_t n_trees;         /* words and pieces: symbol trees, 1 (default) to PYLM_MAX_TREES. Their
                               * predictions are averaged: better, slower, larger by that factor */
    uint32_t n_classes[PYLM_MAX_TREES]; /* classes of words or pieces of each tree, 2 to 1024; 0: the default */
    uint32_t max_order;       /* longest suffix context, 0 to 12; PYLM_NONE (default): 5 for words
                               * and pieces, 8 for bytes */
    uint32_t n_pieces;        /* pieces: size of the vocabulary, 256 to 2^20; 0 (default): chosen by the
                               * length of the text. Fewer come out of a text that does not give more */
    uint64_t max_nbytes;      /* the image has at most so many bytes, the best that fit: what tells least is
                               * left out. Training takes about four times as long. 0 (default): no limit */
} pylm_train_options;

/* Fills in the defaults. */
PYLM_API void pylm_train_options_init(pylm_train_options *options);

typedef struct pylm_trainer pylm_trainer;

/* Makes a trainer. `options` is copied; NULL means the defaults.
 * Returns PYLM_ERR_ARGUMENT or PYLM_ERR_MEMORY; `*trainer` is NULL then. */
PYLM_API int pylm_trainer_new(pylm_trainer **trainer, const pylm_train_options *options);

/* Frees a trainer and the image that it built; NULL is allowed. */
PYLM_API void pylm_trainer_free(pylm_trainer *trainer);

/* Adds one document. The contexts at its start do not look back into the document before it.
 *   text      any bytes; not needed after the call.
 *   task      progress and cancelling, or NULL.
 * Memory: 4 bytes a symbol are kept. Returns PYLM_ERR_MEMORY, PYLM_ERR_LARGE or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes,
                              pylm_task *task);

/* Trains on the documents added and builds the image. To be called once.
 *   image_ret         the image, owned by the trainer, valid until it is freed.
 * Memory while it runs: 4 bytes a symbol, and 16 for each thread; three times the image; some 150 MB, less
 * for texts below a million symbols.
 * Returns PYLM_ERR_EMPTY if the documents hold no symbol; PYLM_ERR_BUDGET if no image is as small as
 * max_nbytes, and sets *image_nbytes_ret to the smallest that is possible; PYLM_ERR_MEMORY, PYLM_ERR_LARGE or
 * PYLM_ERR_CANCELLED. */
PYLM_API int pylm_trainer_build(pylm_trainer *trainer, pylm_task *task, const void **image_ret,
                                uint64_t *image_nbytes_ret);

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
