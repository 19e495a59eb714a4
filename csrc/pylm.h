/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm.h: the engine: opening a model, reading symbols, and predicting the next one.
 *
 * A pylm model is one read-only block of bytes, the *image*. On a computer it is a file that is mapped into memory; on
 * a microcontroller it is a `const` array in flash. The code is freestanding C99: integers only, no heap, no stdio, no
 * global variables. It calls nothing but memcpy, memmove, memset and memcmp. The same image gives the same numbers on
 * every machine, to the last bit.
 *
 *     pylm_model model;                                 // a view of the image: 80 bytes, yours
 *     pylm_state state;                                 // what was read so far: 640 bytes, yours
 *     uint32_t cost;
 *
 *     if (pylm_model_open(&model, image, image_nbytes) == PYLM_OK) {
 *         void *work = malloc(pylm_work_nbytes(&model));
 *         pylm_state_init(&model, &state);
 *         pylm_state_push(&model, &state, 'q');         // a model of bytes: symbols are bytes
 *         pylm_cost(&model, &state, 'u', work, &cost);  // of 'u' after "q", in 1/65536 bit
 *         free(work);
 *     }
 *
 * Modules add to this. Each has its own header and its own switch (csrc/core/config.h), which leaves it out of a build:
 *
 *   pylm_text.h       text to symbols and back; constraints; choosing the next symbol
 *   pylm_lexicon.h    words that a model of words did not have when it was trained
 *   pylm_adapt.h      states that learn while they read; layers on a model
 *   pylm_decode.h     for decoders: hypotheses, and the best paths through lattices
 *   pylm_explain.h    what a cost is made of; what was counted in training
 *   pylm_kernel.h     the predictor `kernel`: settings, nearest positions, explanations
 *   pylm_keyboard.h   suggestions while a person types; counts of that person's texts, which can be taken back
 *   pylm_pack.h       short texts in few bytes, for both ends of a radio link
 *
 * The hosted part uses the heap, files and threads. A device does without it:
 *
 *   pylm_train.h      training; scoring many texts on several threads; files
 *   pylm_prune.h      making a model smaller by a log of its use
 *   pylm_sources.h    finding the passages of a text that stand in the training text
 *
 * Words used here
 *   symbol        an integer from 0 to n_symbols - 1. It stands for a byte, a word, a piece, or a token of a tokenizer
 *                 that is not pylm's.
 *   cost          -log2(probability), in units of 1/65536 bit ("q16"). 65536 is one bit.
 *   probability   a 64-bit integer in units of 2^-62 ("q62").
 *   context       a part of the past, for example the last two symbols. A *template* says which part it is.
 *   symbol tree   a binary tree with the symbols as leaves. A prediction is a walk down from its root.
 * docs/glossary.md has more of them.
 *
 * Order of arguments: the model, what is read or changed, inputs, working memory, outputs.
 *
 * Errors: a function that can fail returns PYLM_OK (0) or a negative pylm_status. pylm_status_text() puts it into
 * words. On failure no output is written unless a function says otherwise. Nothing prints, aborts or exits. Pointers
 * are not checked: NULL is allowed only where a function says so.
 *
 * Memory: the caller owns everything. A model points into its image. The image must stay in place and unchanged while
 * the model is used. It may lie at any address, even or odd.
 *
 * Threads: a pylm_model is not written after it was opened, and any number of threads may share it. (The exceptions are
 * what gives it something: pylm_model_set_kernel(), pylm_model_set_words() and pylm_model_set_lexicon().) A pylm_state
 * and a block of working memory belong to one thread at a time. Different threads may use different ones at once.
 *
 * Not promised: the layout of the opaque structures and of working memory. Another version of the *trainer* may make
 * another image of the same text. What an image means is fixed by its format version (FORMAT.md): two libraries that
 * accept an image agree on every number.
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
#define PYLM_FORMAT_VERSION 13

/* The version of the library that is linked. Compare it with the macros above, which are those of this header. */
PYLM_API const char *pylm_version(void);
PYLM_API uint32_t pylm_version_number(void);

/* ------------------------------------------------------------------ errors */

enum pylm_status {
    PYLM_OK = 0,
    PYLM_ERR_ARGUMENT = -1,  /* an argument breaks its rule, for example a symbol that is too large */
    PYLM_ERR_FOREIGN = -2,   /* the bytes are not a pylm image at all */
    PYLM_ERR_VERSION = -3,   /* the image has another format version: it needs another pylm */
    PYLM_ERR_TRUNCATED = -4, /* the image is longer than the bytes given: its end is missing */
    PYLM_ERR_DAMAGED = -5,   /* the image contradicts itself or its checksum */
    PYLM_ERR_SPACE = -6,     /* the caller's buffer is too small */
    PYLM_ERR_LARGE = -11,    /* more than the format can hold, for example 2^24 different words; or more than this
                              * library was compiled for (csrc/core/config.h) */
    PYLM_ERR_LAYER = -13,    /* a layer where a model is wanted, or a model where a layer is wanted */
    PYLM_ERR_BASE = -14,     /* the layer was made for another model than the one below it */
    /* Only from pylm_train.h, pylm_prune.h and pylm_sources.h: */
    PYLM_ERR_MEMORY = -7,    /* the system has no more memory */
    PYLM_ERR_FILE = -8,      /* the system refused a file operation; errno says why */
    PYLM_ERR_CANCELLED = -9, /* the caller asked for an end with pylm_task.cancel */
    PYLM_ERR_EMPTY = -10,    /* there is nothing to train on */
    PYLM_ERR_BUDGET = -12    /* no model is as small as that */
};

/* One sentence for a status, in static memory; "unknown status" for other numbers. */
PYLM_API const char *pylm_status_text(int status);

/* ------------------------------------------------------------------ model */

/* A view of an image. Plain data: it may be copied, and needs no closing. */
typedef struct pylm_model {
    uint64_t opaque[10];
} pylm_model;

/* Makes `model` a view of an image.
 *   image         address of the first byte.
 *   image_nbytes  bytes that may be read there. Bytes after the image's own end are ignored.
 * The function checks the header, the checksum of the header, and that every part lies inside the image. After that no
 * image can do harm: whatever it holds, no function reads outside it or runs for ever. The tables are not read, so a
 * large file opens at once. pylm_model_verify() reads them.
 * A library compiled for less (csrc/core/config.h) may differ. With PYLM_ALIGNED, it wants an even address. With
 * PYLM_TRUSTS, it reads the whole image once, compares its checksum, and trusts it from then on.
 * Returns PYLM_ERR_FOREIGN, PYLM_ERR_VERSION, PYLM_ERR_TRUNCATED, PYLM_ERR_DAMAGED or PYLM_ERR_LARGE; PYLM_ERR_LAYER
 * for a layer, which is opened by pylm_layer_open() (pylm_adapt.h); PYLM_ERR_ARGUMENT for an odd address with
 * PYLM_ALIGNED. */
PYLM_API int pylm_model_open(pylm_model *model, const void *image, uint64_t image_nbytes);

/* Reads the whole image and compares its checksum; about 0.3 ms a MB. Returns PYLM_OK or PYLM_ERR_DAMAGED. */
PYLM_API int pylm_model_verify(const pylm_model *model);

/* What the symbols of a model are. */
enum pylm_tokenizer {
    /* Bytes. Every text comes back from its symbols. */
    PYLM_TOKENIZER_BYTES = 0,
    /* Words between white space, and line ends "</s>". Which white space stood between two words is lost. Words outside
     * the vocabulary are read as "<unk>"; pylm_text.h says what their letters cost. */
    PYLM_TOKENIZER_WORDS = 1,
    /* Strings of 1 to 24 bytes, all single bytes among them. At every point of a text the longest string that fits is
     * taken. Every text comes back. A prompt that ends within a word is encoded as if the word ended there. */
    PYLM_TOKENIZER_PIECES = 2,
    /* Ids of a tokenizer that is not pylm's. Its file may be in the image (pylm_info). This library does not encode
     * then. All functions on symbols work as always. */
    PYLM_TOKENIZER_EXTERNAL = 3
};

/* How a model makes probabilities from its counts. */
enum pylm_predictor {
    PYLM_PREDICTOR_MIX = 0,   /* calibrates and weighs them: the best probabilities */
    PYLM_PREDICTOR_KERNEL = 1 /* radial basis functions around every position of the training text; pylm_kernel.h */
};

/* No symbol, where there may be one. Only a word model has an unknown word. */
#define PYLM_NONE UINT32_MAX

typedef struct pylm_info {
    uint32_t format_version;
    uint32_t tokenizer;        /* enum pylm_tokenizer */
    uint32_t n_symbols;        /* size of the vocabulary, words of a lexicon (pylm_lexicon.h) included */
    uint32_t unknown;          /* symbol of "<unk>", or PYLM_NONE */
    uint32_t line_end;         /* symbol that ends a line: "</s>" of words, else "\n"; a text begins behind one.
                                * PYLM_NONE: an external vocabulary has none */
    uint32_t text_end;         /* symbol that ends a text: line_end if all documents of training had one line, else one
                                * that is nowhere else, the byte 0. PYLM_NONE: training had one running text, or
                                * documents without such a symbol */
    uint32_t n_trees;          /* symbol trees; their predictions are averaged */
    uint32_t n_templates;      /* context templates of all trees */
    uint32_t depth;            /* longest path of any tree, in nodes */
    uint64_t n_contexts;       /* stored contexts of all templates */
    uint64_t image_nbytes;     /* the image's own length */
    uint64_t facts_offset;     /* where the training facts begin in the image: one JSON object, UTF-8 */
    uint64_t facts_nbytes;     /* their length */
    uint64_t tokenizer_offset; /* where the file of an external tokenizer begins in the image */
    uint64_t tokenizer_nbytes; /* its length; 0: there is none */
    uint64_t spelling_offset;  /* where the image begins that spells unknown words (pylm_text.h) */
    uint64_t spelling_nbytes;  /* its length; 0: there is none */
    uint32_t predictor;        /* enum pylm_predictor */
    uint32_t n_below;          /* of a layer: how many models lie below it; else 0 */
} pylm_info;

/* Describes an opened model. Cannot fail. A layer has the vocabulary and the tree of its base; all else is the layer's
 * own. In a layer the offsets and lengths of tokenizer and spelling are 0: they are in the lowest model. */
PYLM_API void pylm_model_info(const pylm_model *model, pylm_info *info);

/* ------------------------------------------------------------------ state */

/* Where a reader is in a text: the last symbols, as far back as any context goes, and what the hundreds before them
 * were about (core/topic.h). Plain data. A copy of a state goes on from the same place; of a state that learns, see
 * pylm_adapt.h. Without topics (-DPYLM_MODULE_TOPIC=0, for the library and for what includes this header) it has 432
 * bytes, without layout (-DPYLM_MODULE_LAYOUT=0) as well 128. */
typedef struct pylm_state {
#if !defined(PYLM_MODULE_TOPIC) || PYLM_MODULE_TOPIC
    uint64_t opaque[80];
#elif !defined(PYLM_MODULE_LAYOUT) || PYLM_MODULE_LAYOUT
    uint64_t opaque[54];
#else
    uint64_t opaque[16];
#endif
} pylm_state;

/* Makes `state` the start of a text: it has read a line end, since that is where lines begin. In a model without a
 * symbol for that (pylm_info.line_end), it has read nothing. */
PYLM_API void pylm_state_init(const pylm_model *model, pylm_state *state);

/* Reads one symbol. A state that learns (pylm_adapt.h) also learns from it. For that it scores the symbol, which takes
 * as long as pylm_cost() and up to 10 KB of stack. pylm_score() scores and reads at once, in working memory: a small
 * device should use that.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_state_push(const pylm_model *model, pylm_state *state, uint32_t symbol);

/* Reads one symbol without learning from it, even if the state learns. It is for symbols that are only tried, on a copy
 * of the state. Quick; needs hardly any stack.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_state_read(const pylm_model *model, pylm_state *state, uint32_t symbol);

/* The symbol that was read `lag` symbols ago; 1 is the last one. PYLM_NONE if lag is not 1 to 16, or the text is not
 * that long. */
PYLM_API uint32_t pylm_state_recent(const pylm_state *state, uint32_t lag);

/* ------------------------------------------------------------------ prediction */

/* How many bytes of working memory the functions below need. It begins at an address divisible by 8. They keep nothing
 * in it between calls. Usually 15 to 40 KB; layers, and kernels with a long reach, take more. Where addresses have 32
 * bits, a model of bytes takes some 8 KB. */
PYLM_API uint64_t pylm_work_nbytes(const pylm_model *model);

/* The cost of `symbol` coming next, in 1/65536 bit. It agrees with pylm_distribution() to about one unit for every node
 * on the symbol's path.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                       uint32_t *cost_q16);

/* Scores and reads n symbols: each is scored before it is read.
 *   costs_q16     out: n costs; NULL: not wanted.
 *   total_q16     out: their sum; NULL: not wanted.
 * Returns PYLM_ERR_ARGUMENT at the first symbol that the model does not have. The symbols before it have been scored
 * and read by then; total_q16 is their sum. */
PYLM_API int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n, void *work,
                        uint32_t *costs_q16, uint64_t *total_q16);

/* The probability of every symbol coming next.
 *   q62           out: n_symbols probabilities in units of 2^-62. They sum to 2^62 exactly, and none is 0: a
 *                 probability below 2^-62 is written as 1, and what that adds is taken from the largest. pylm_cost()
 *                 says what such a symbol costs. */
PYLM_API void pylm_distribution(const pylm_model *model, const pylm_state *state, void *work, uint64_t *q62);

typedef struct pylm_candidate {
    uint32_t symbol;
    uint32_t cost_q16; /* 1/65536 bit */
} pylm_candidate;

/* The k most probable next symbols, best first. Of equally probable symbols the smaller one comes first. The result is
 * exact, though improbable parts of the vocabulary are not looked at.
 *   best          out: room for k candidates. k may be more than n_symbols.
 *   n_ret         out: how many there are, the smaller of k and n_symbols. */
PYLM_API void pylm_top(const pylm_model *model, const pylm_state *state, uint32_t k, void *work, pylm_candidate *best,
                       uint32_t *n_ret);

#ifdef __cplusplus
}
#endif
#endif
