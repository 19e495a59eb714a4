/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm.h: the public contract of the inference engine.
 *
 * A pylm model is one read-only block of bytes, the *image*: a memory-mapped file on a computer, a
 * `const` array in flash on a microcontroller. This header is all that is needed to use it. The code
 * behind it is freestanding C99: integers only, no heap, no stdio, no global variables; it calls
 * nothing but memcpy, memmove, memset and memcmp. The same image gives the same numbers, to the last bit, on every
 * machine.
 *
 *     pylm_model model;                                  // a view of the image; 64 bytes, yours
 *     pylm_state state;                                  // what was read so far; 128 bytes, yours
 *     void *work = ...;                                  // pylm_work_nbytes(&model) bytes, yours
 *     uint32_t cost;
 *
 *     if (pylm_model_open(&model, image, image_nbytes) != PYLM_OK) ...
 *     pylm_state_init(&state);
 *     pylm_state_push(&model, &state, 'q');
 *     pylm_cost(&model, &state, 'u', work, &cost);       // cost of 'u' after "q", 1/65536 bit
 *
 * Words used here
 *   symbol        an integer from 0 to n_symbols - 1: a byte, a word or a piece of the vocabulary, or the
 *                 id of a token of somebody else's tokenizer.
 *   cost          -log2(probability) in units of 1/65536 bit ("q16"). 65536 is one bit.
 *   probability   a 64-bit integer in units of 2^-62 ("q62").
 *
 * Order of arguments: the model, what is read or changed, inputs, working memory, outputs.
 *
 * Errors: every function that can fail returns PYLM_OK (0) or a negative pylm_status;
 * pylm_status_text() puts it into words. On failure no output is written unless a function says
 * otherwise. Nothing prints, aborts or exits.
 *
 * Memory: the caller owns everything. A model points into its image, which must stay in place and
 * unchanged while the model is used; the image may lie at any address, even or odd.
 *
 * Threads: a pylm_model is never written after pylm_model_open() and may be shared by any number of
 * threads. A pylm_state and a block of working memory belong to one thread at a time. Different
 * threads may use different ones at once.
 *
 * Not promised: the layout of the opaque structures and of working memory; that a model image built
 * by another version of the *trainer* from the same text is the same. What an image means is fixed by
 * its format version (FORMAT.md): two libraries that accept an image agree on every number.
 */
#ifndef PYLM_H
#define PYLM_H

#include <stddef.h>
#include <stdint.h>

#if defined(PYLM_SHARED) && defined(_WIN32)
#ifdef PYLM_BUILD
#define PYLM_API __declspec(dllexport)
#else
#define PYLM_API __declspec(dllimport)
#endif
#elif defined(__GNUC__) && !defined(_WIN32)
#define PYLM_API __attribute__((visibility("default")))
#else
#define PYLM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ versions */

/* Version of the library. The number is major * 10000 + minor * 100 + patch. */
#define PYLM_VERSION "0.1.0"
#define PYLM_VERSION_NUMBER 100

/* Version of the image format that this library reads and writes; see FORMAT.md. */
#define PYLM_FORMAT_VERSION 4

/* What the linked library was compiled as, to be compared with the macros above. Never fail. */
PYLM_API const char *pylm_version(void);
PYLM_API uint32_t pylm_version_number(void);

/* ------------------------------------------------------------------ errors */

enum pylm_status {
    PYLM_OK = 0,
    PYLM_ERR_ARGUMENT = -1,  /* an argument breaks its rule, for example a symbol that is too large */
    PYLM_ERR_FOREIGN = -2,   /* the bytes are not a pylm image at all */
    PYLM_ERR_VERSION = -3,   /* an image of another format version: it needs another pylm */
    PYLM_ERR_TRUNCATED = -4, /* the image is longer than the bytes given: its end is missing */
    PYLM_ERR_DAMAGED = -5,   /* the image contradicts itself or its checksum */
    PYLM_ERR_SPACE = -6,     /* the caller's buffer is too small */
    /* Only from functions of pylm_train.h: */
    PYLM_ERR_MEMORY = -7,    /* the system has no more memory */
    PYLM_ERR_FILE = -8,      /* the system refused a file operation; errno says why */
    PYLM_ERR_CANCELLED = -9, /* the caller asked for an end by pylm_task.cancel */
    PYLM_ERR_EMPTY = -10,    /* there is nothing to train on */
    PYLM_ERR_BUDGET = -12,   /* no model is as small as that */
    PYLM_ERR_LAYER = -13,    /* a layer where a model is asked for, or a model where a layer is */
    PYLM_ERR_BASE = -14,     /* a layer that was made for another model than the one it is opened on */
    PYLM_ERR_LARGE = -11     /* more than the format can hold, for example 2^24 different words; when a model is opened:
                              * more, or more layers, than the library was compiled for, see core/config.h */
};

/* One sentence for a status, in static memory; "unknown status" for other numbers. */
PYLM_API const char *pylm_status_text(int status);

/* ------------------------------------------------------------------ model */

/* A view of an image. Plain data: may be copied, needs no closing. */
typedef struct pylm_model {
    uint64_t opaque[8];
} pylm_model;

/* Looks at an image and makes `model` a view of it.
 *   image         address of the first byte; any alignment.
 *   image_nbytes  bytes that may be read there; bytes after the image's own end are ignored.
 * Checks the header, its checksum and that every part lies inside the image, which is enough to make
 * any image harmless: whatever it holds, no function reads outside it or runs for ever. Does not read
 * the tables, so that a large file opens at once; pylm_model_verify() does.
 * A library that was compiled for less (core/config.h) may want an even address, else PYLM_ERR_ARGUMENT; and it may
 * read the whole image once, for its checksum, and then believe it.
 * Returns PYLM_ERR_FOREIGN, PYLM_ERR_VERSION, PYLM_ERR_TRUNCATED, PYLM_ERR_DAMAGED, PYLM_ERR_LARGE, or PYLM_ERR_LAYER for a
 * layer, which needs its base. */
PYLM_API int pylm_model_open(pylm_model *model, const void *image, uint64_t image_nbytes);

/* Reads the whole image and compares its checksum: PYLM_OK or PYLM_ERR_DAMAGED. About 0.3 ms a MB. */
PYLM_API int pylm_model_verify(const pylm_model *model);

enum pylm_tokenizer {
    PYLM_TOKENIZER_BYTES = 0,   /* symbols are bytes; every input comes back from its symbols */
    PYLM_TOKENIZER_WORDS = 1,   /* symbols are words between white space and line ends "</s>".
                               * Not kept: how many and which white space characters stood between
                               * two words, and words outside the vocabulary (read as "<unk>"). */
    PYLM_TOKENIZER_PIECES = 2,  /* symbols are strings of 1 to 24 bytes, all single bytes among them; at
                               * every point of a text the longest that fits. Every input comes back.
                               * A prompt that ends within a word is encoded as if the word ended. */
    PYLM_TOKENIZER_EXTERNAL = 3 /* symbols are the ids of somebody else's tokenizer, whose file may travel
                               * in the image (pylm_info). This library does not encode; everything that
                               * is done with symbols is the same. */
};

/* How a model makes probabilities of its counts. */
enum pylm_predictor {
    PYLM_PREDICTOR_MIX = 0,   /* calibrated and weighted: the best probabilities */
    PYLM_PREDICTOR_KERNEL = 1 /* radial basis functions around every position of the training text, in closed form */
};

/* No such symbol: only a word model has an unknown word and a line end. */
#define PYLM_NONE UINT32_MAX

typedef struct pylm_info {
    uint32_t format_version;
    uint32_t tokenizer;    /* enum pylm_tokenizer */
    uint32_t n_symbols;    /* size of the vocabulary */
    uint32_t unknown;      /* symbol of "<unk>", or PYLM_NONE */
    uint32_t line_end;     /* symbol of "</s>", or PYLM_NONE */
    uint32_t n_trees;      /* symbol trees whose predictions are averaged */
    uint32_t n_templates;  /* context templates, of all trees */
    uint32_t depth;        /* longest path of any tree, in nodes */
    uint64_t n_contexts;   /* contexts stored, of all templates */
    uint64_t image_nbytes; /* the image's own length */
    uint64_t facts_offset; /* where the training facts lie in the image: UTF-8 JSON, one object */
    uint64_t facts_nbytes;
    uint64_t tokenizer_offset; /* where an external tokenizer's own file lies, as the trainer was given it */
    uint64_t tokenizer_nbytes; /* 0: there is none */
    uint32_t predictor;        /* enum pylm_predictor */
    uint32_t n_below;          /* of a layer: on how many models it lies */
} pylm_info;

/* Fills `info`. Never fails on an opened model. */
PYLM_API void pylm_model_info(const pylm_model *model, pylm_info *info);

/* ------------------------------------------------------------------ state */

/* What was read so far, as far as the model looks back. Plain data of fixed size: copy it to keep it. */
typedef struct pylm_state {
    uint64_t opaque[16];
} pylm_state;

/* The state at the start of a text. */
PYLM_API void pylm_state_init(pylm_state *state);

/* Reads one symbol. Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. A state that learns
 * (see below) scores the symbol to learn from it, which takes as long again as pylm_cost() and some 8 KB of
 * stack; pylm_score() does both at once, in working memory: on a small device use that. */
PYLM_API int pylm_state_push(const pylm_model *model, pylm_state *state, uint32_t symbol);

/* Reads one symbol, and learns nothing from it even if the state learns: for symbols that are tried and not
 * meant, on a copy of the state. Quick, and all but free of stack.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_state_read(const pylm_model *model, pylm_state *state, uint32_t symbol);

/* The symbol that was read `lag` symbols ago, 1 to 16; PYLM_NONE for others and before the start of the text. */
PYLM_API uint32_t pylm_state_recent(const pylm_state *state, uint32_t lag);

/* ------------------------------------------------------------------ prediction */

/* Bytes of working memory that the functions below need, beginning at an address divisible by 8. They
 * keep nothing in it between calls. 15 to 40 KB; where addresses have 32 bits, some 8 KB for bytes. */
PYLM_API uint64_t pylm_work_nbytes(const pylm_model *model);

/* Cost of `symbol` coming next, 1/65536 bit.
 * Agrees with pylm_distribution() to about 1/65536 bit for every node on the symbol's path.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                       uint32_t *cost_q16);

/* Reads n symbols, each scored before it is pushed.
 *   costs_q16     n costs, or NULL if only the sum is wanted.
 *   total_q16     their sum, or NULL.
 * Returns PYLM_ERR_ARGUMENT at the first symbol that the model does not have; the state has then read
 * the symbols before it. */
PYLM_API int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
                        uint32_t *costs_q16, uint64_t *total_q16);

/* The probability of every symbol coming next.
 *   q62           n_symbols probabilities in units of 2^-62; they sum to 2^62 exactly. A probability
 *                 below 2^-62 reads as 0; its cost, from pylm_cost(), stays finite. */
PYLM_API void pylm_distribution(const pylm_model *model, const pylm_state *state, void *work, uint64_t *q62);

typedef struct pylm_candidate {
    uint32_t symbol;
    uint32_t cost_q16;
} pylm_candidate;

/* The k most probable next symbols, best first; of equally probable ones the smaller symbol first.
 * Exact, without looking at the improbable part of the vocabulary.
 *   best          room for k candidates; k may be more than n_symbols.
 *   n_ret         how many there are: the smaller of k and n_symbols. */
PYLM_API void pylm_top(const pylm_model *model, const pylm_state *state, uint32_t k, void *work, pylm_candidate *best,
                       uint32_t *n_ret);
#ifdef __cplusplus
}
#endif
#endif
