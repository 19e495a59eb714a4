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

/* A *layer* is what text of some domain adds to a model: contexts counted in that text, and by which weights they are best
 * mixed with what the model says. It is made for one model (pylm_train.h), has the vocabulary and the symbol tree of that, and
 * is opened on it. What comes out is a model like any other: all functions work on it, and another layer may lie on it.
 *
 *     pylm_model base, manual;
 *     if (pylm_model_open(&base, base_image, base_nbytes) != PYLM_OK) ...
 *     if (pylm_layer_open(&manual, &base, layer_image, layer_nbytes) != PYLM_OK) ...
 *     pylm_cost(&manual, &state, 'u', work, &cost);      // or &base: as if there were no layer
 *
 * It takes the time of both, and more working memory. States may be used with either, but an overlay belongs to one.
 *   base    stays in place and unchanged while the layer is used: it is not copied, as its image is not.
 * Checks what pylm_model_open() checks, and returns what that returns; PYLM_ERR_LAYER for an image that is no layer,
 * PYLM_ERR_BASE if it was made for another model, PYLM_ERR_LARGE on 7 other layers. */
PYLM_API int pylm_layer_open(pylm_model *layer, const pylm_model *base, const void *image, uint64_t image_nbytes);

enum pylm_tokenizer {
    PYLM_TOKENIZER_BYTES = 0, /* symbols are bytes; every input comes back from its symbols */
    PYLM_TOKENIZER_WORDS = 1, /* symbols are words between white space and line ends "</s>".
                               * Not kept: how many and which white space characters stood between
                               * two words, and words outside the vocabulary (read as "<unk>"). */
    PYLM_TOKENIZER_PIECES = 2, /* symbols are strings of 1 to 24 bytes, all single bytes among them; at
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

/* ------------------------------------------------------------------ kernel */

/* The predictor `kernel`: what followed at every position of the training text counts exp(-tau K), K being the distance
 * between the symbols before that position and those before the next symbol, place by place. A symbol's probability is
 * its share of all counts. To all of them is added one at the largest distance, even over the vocabulary, so
 * that no probability is 0.
 *     K = the sum, over the last `reach` places, of
 *             distance_q16[j]        the symbols j + 1 back differ,
 *             class_distance_q16[j]  they do, but their classes agree,
 *             0                      they are the same; before the start of a text there is a symbol of its own.
 * As tau grows, the nearest positions alone decide: a context that was seen gets back what followed it, exactly.
 * Every probability is right to 2^-26 of itself, a cost to 2 units; tau times a distance is rounded to 2^-21. tau is
 * taken for no more than makes the largest distance 1024. A context that was not seen is taken for one that was with a
 * probability of about 2^-40 for each that was. Nothing adapts, and explanations are of another kind:
 * pylm_explain_kernel(). */
#define PYLM_MAX_REACH 6
#define PYLM_MAX_DISTANCE_Q16 (UINT32_C(64) << 16)

typedef struct pylm_kernel {
    uint32_t reach;   /* of the model's tables, 1 to PYLM_MAX_REACH */
    uint32_t n_class; /* likewise: for the last so many symbols, there are classes */
    uint32_t tau_q16; /* 65536: 1 */
    uint32_t distance_q16[PYLM_MAX_REACH];       /* 1/65536, up to PYLM_MAX_DISTANCE_Q16 */
    uint32_t class_distance_q16[PYLM_MAX_REACH]; /* not above distance_q16; without effect from n_class on */
} pylm_kernel;

/* What the model goes by. Returns PYLM_ERR_ARGUMENT if its predictor is another. */
PYLM_API int pylm_model_kernel(const pylm_model *model, pylm_kernel *kernel);

/* Makes this view of a model go by other settings, which stay the caller's and in place while it is used; NULL: by those
 * of the image. To have several settings at once, copy the model. Not while another thread uses this view.
 * Returns PYLM_ERR_ARGUMENT if the predictor is another, reach and n_class are not the model's, or a rule is broken. */
PYLM_API int pylm_model_set_kernel(pylm_model *model, const pylm_kernel *kernel);

/* A library compiled with -DPYLM_KERNEL=0 has neither these functions nor pylm_nearest(), and refuses kernels:
 * PYLM_ERR_LARGE. */

/* ------------------------------------------------------------------ text */

/* What stands behind the last byte of the text given to pylm_encode(). */
enum pylm_text_end {
    PYLM_TEXT_OPEN = 0,  /* the line may go on (a prompt): no line end is added */
    PYLM_TEXT_CLOSED = 1 /* the text is complete: a last line without '\n' gets its line end too */
};

/* Turns text into symbols, as many as fit; call it again until the text is used up:
 *
 *     uint64_t position = 0, n;
 *     while (position <= text_nbytes) {
 *         pylm_encode(&model, text, text_nbytes, PYLM_TEXT_CLOSED, &position, symbols, 4096, &n);
 *         ... use n symbols ...
 *     }
 *
 *   text          any bytes at all, valid UTF-8 or not, NUL included; may be NULL if text_nbytes is 0.
 *   end           enum pylm_text_end.
 *   position      in: where to go on, 0 at first; out: where the next call goes on;
 *                 text_nbytes + 1 when everything is done.
 *   capacity      room in `symbols`; at least 1.
 *   n_ret         symbols written, 0 to capacity.
 * Words: white space is space, \t, \r, \v, \f; '\n' ends a line and becomes the line end symbol.
 * Returns PYLM_ERR_ARGUMENT if position > text_nbytes, if capacity is 0, and always for an external
 * tokenizer, whose own library encodes. */
PYLM_API int pylm_encode(const pylm_model *model, const void *text, uint64_t text_nbytes, int end,
                         uint64_t *position, uint32_t *symbols, uint64_t capacity, uint64_t *n_ret);

/* Finds the text of one symbol: `*text` points into the image and is not NUL-terminated. External: the
 * text that was given to the trainer for it, which may be empty.
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have. */
PYLM_API int pylm_symbol_text(const pylm_model *model, uint32_t symbol, const unsigned char **text,
                              uint32_t *text_nbytes);

/* Finds the symbol of a text, for example of one word; PYLM_NONE if it is not in the vocabulary. External:
 * the smallest symbol of that text; PYLM_NONE for the empty one. */
PYLM_API uint32_t pylm_symbol_find(const pylm_model *model, const void *text, uint64_t text_nbytes);

/* Writes symbols as text. External: the symbols' texts one behind the other, which is the text as well as it
 * can be known without the tokenizer's own library.
 *   previous      the symbol that stands before them, or PYLM_NONE: a word model puts a space between
 *                 two words on one line, and writes the line end as '\n'.
 *   capacity      room in `text`, bytes.
 *   nbytes_ret    bytes written; on PYLM_ERR_SPACE, the bytes that would be needed (nothing useful is
 *                 in `text` then). `text` may be NULL if capacity is 0.
 * Returns PYLM_ERR_ARGUMENT if a symbol is too large, PYLM_ERR_SPACE if the text does not fit. */
PYLM_API int pylm_decode(const pylm_model *model, uint32_t previous, const uint32_t *symbols, uint64_t n,
                         void *text, uint64_t capacity, uint64_t *nbytes_ret);

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

/* ------------------------------------------------------------------ adaptation */

/* A state can learn from what it reads, within memory of the caller's, the *overlay*: which symbols the text
 * prefers, what followed what, and by which weights such evidence is best mixed. From then on everything
 * below predicts with it, and every symbol pushed is learned, after it was scored. The model itself stays as
 * it is.
 *
 *     static unsigned char overlay[65536];
 *     pylm_overlay_init(&model, overlay, sizeof overlay);
 *     pylm_state_adapt(&model, &state, overlay, sizeof overlay);
 *     pylm_score(&model, &state, symbols, n, work, costs, NULL);     // learns as it goes
 *
 * An overlay is plain data without addresses: it may be copied, or written to a file and used again on
 * another machine, with the same model. It holds counts, symbols of the vocabulary and hashes of contexts.
 * 16 KB are useful; 1 MB is plenty for some 100,000 symbols. When it is full, what is used least makes room.
 * Weights are learned where a quarter of it has room for them: in 64 KB, mostly.
 * A state that adapts uses its overlay's memory: copy both, or two states will learn in one overlay. */

/* Makes `nbytes` of memory an overlay that has learned nothing, for a text that has not begun.
 * Returns PYLM_ERR_SPACE if it is too small (1 KB for each tree of the model is enough),
 * PYLM_ERR_ARGUMENT if the model was trained without adaptation. */
PYLM_API int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes);

/* Makes `state` one that learns in an overlay, and goes on in the text where pylm_state_keep() was called, or
 * else at its start. Any bytes are harmless as an overlay; wrong ones are refused or give wrong numbers.
 * Returns PYLM_ERR_FOREIGN if this is no overlay, PYLM_ERR_ARGUMENT if it belongs to another model,
 * PYLM_ERR_TRUNCATED if it was longer. */
PYLM_API int pylm_state_adapt(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes);

/* Whether what is pushed is learned (1, as after pylm_state_adapt()) or only read (0), for example while a
 * text is generated. Without an overlay nothing is. */
PYLM_API void pylm_state_learn(pylm_state *state, int learns);

/* A new text begins; what was learned stays. */
PYLM_API void pylm_state_restart(pylm_state *state);

/* Notes in the overlay where in the text the state is, before the overlay is saved. */
PYLM_API void pylm_state_keep(const pylm_state *state);

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
PYLM_API int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n,
                        void *work, uint32_t *costs_q16, uint64_t *total_q16);

/* The probability of every symbol coming next.
 *   q62           n_symbols probabilities in units of 2^-62; they sum to 2^62 exactly. A probability
 *                 below 2^-62 reads as 0; its cost, from pylm_cost(), stays finite. */
PYLM_API void pylm_distribution(const pylm_model *model, const pylm_state *state, void *work,
                                uint64_t *q62);

typedef struct pylm_candidate {
    uint32_t symbol;
    uint32_t cost_q16;
} pylm_candidate;

/* The k most probable next symbols, best first; of equally probable ones the smaller symbol first.
 * Exact, without looking at the improbable part of the vocabulary.
 *   best          room for k candidates; k may be more than n_symbols.
 *   n_ret         how many there are: the smaller of k and n_symbols. */
PYLM_API void pylm_top(const pylm_model *model, const pylm_state *state, uint32_t k, void *work,
                       pylm_candidate *best, uint32_t *n_ret);

/* The probabilities of some symbols only: the same numbers as pylm_distribution() has for them, without a look at
 * those parts of the vocabulary where none of them is.
 *   symbols       n different ones in ascending order.
 *   marks         scratch, a bit for every symbol: (n_symbols + 31) / 32 integers.
 *   q62           n probabilities in units of 2^-62.
 * Returns PYLM_ERR_ARGUMENT if the symbols are not in ascending order or the model does not have one. */
PYLM_API int pylm_distribution_of(const pylm_model *model, const pylm_state *state, const uint32_t *symbols,
                                  uint32_t n, void *work, uint32_t *marks, uint64_t *q62);

/* Candidates, where only some symbols are allowed: with what they cost if it is one of these, that is, the
 * probability of each divided by the sum of all.
 *   symbols       n different ones, and q62 their probabilities, as from pylm_distribution_of().
 *   may_end       1: the text may also end here, which is as probable as all other symbols together. Then nothing
 *                 has to be divided, and the end is one of the candidates, with PYLM_NONE as its symbol, unless it has no
 *                 probability. 0: it may not.
 *   candidates    room for n, and one more if may_end; best first, as from pylm_top().
 *   n_ret         how many there are.
 * What is less probable than 2^-62 counts as that. Returns PYLM_ERR_ARGUMENT if nothing is allowed, or if
 * the probabilities sum to more than one. */
PYLM_API int pylm_restrict(const uint32_t *symbols, const uint64_t *q62, uint32_t n, int may_end,
                           pylm_candidate *candidates, uint32_t *n_ret);

/* Of a kernel: how near the training text comes to a state, for programs that would rather say that they do not know
 * than guess.
 *   work           as for pylm_cost()
 *   distance_q16   of the nearest positions, without tau
 *   n_ret          how many are as near as that
 * Returns PYLM_ERR_ARGUMENT if the predictor is another. */
PYLM_API int pylm_nearest(const pylm_model *model, const pylm_state *state, void *work, uint32_t *distance_q16,
                          uint32_t *n_ret);

/* ------------------------------------------------------------------ explanation */

/* What a symbol's cost is made of: parts that add up to it, exactly.
 *
 *     pylm_part parts[100];                               // pylm_n_parts(&model) are enough
 *     uint32_t n;
 *     pylm_explain(&model, &state, 'u', work, parts, &n); // the sum of cost_q16 is what pylm_cost() gives
 *
 * A symbol is found by decisions, each between two sets of symbols. To begin with, all are even and cost one bit
 * each. Then everything that is known moves them, and has its share in what that saves or costs: in proportion to
 * its weighted log-odds at the decision. */
enum pylm_part_kind {
    PYLM_PART_EVEN = 0,       /* the decisions, if all were even; the first part of every tree */
    PYLM_PART_CONTEXT = 1,    /* what was counted of a context in training; `number` is its template */
    PYLM_PART_MEAN = 2,       /* the plain mean of how frequent the symbols are in all contexts that are known */
    PYLM_PART_CONSTANT = 3,   /* what decisions are like whatever is known */
    /* Only of states that adapt: what the text read so far adds. */
    PYLM_PART_COUNTS = 4,     /* which way the same decisions lately went */
    PYLM_PART_AGES = 5,       /* how long ago they last went each way */
    PYLM_PART_RECALL = 6,     /* what lately followed a context; `number` is its template */
    PYLM_PART_INDIRECT = 7,   /* what followed wherever the same had followed a context; `number` is its template */
    PYLM_PART_REPETITION = 8, /* a repetition; of `number` symbols at least, 0: there is none */
    /* Only of models with several trees: */
    PYLM_PART_AVERAGE = 9,    /* averaging their probabilities; each tree has part by its share in the symbol's */
    /* Only of layers: */
    PYLM_PART_BELOW = 10      /* what the model below says, all in one; PYLM_PART_MEAN stands before it */
};

/* Log-odds and weights are of natural logarithms. Sums over the decisions are in favour of the symbol. */
typedef struct pylm_part {
    uint32_t kind;        /* enum pylm_part_kind */
    uint32_t tree;        /* which, from 0 */
    uint32_t number;      /* see the kinds */
    uint32_t n_symbol;    /* occurrences of the symbol in the context. COUNTS, of the last decision for it. AGES, at
                           * least so many symbols ago, 0: never. REPETITION, 1: it goes on with the symbol. */
    uint32_t n_context;   /* of all symbols, 0: the context is not known. EVEN, how many decisions. REPETITION, how
                           * many symbols in a row such contexts have been right */
    int32_t cost_q16;     /* the part, 1/65536 bit; negative if it makes the symbol more probable */
    int32_t log_odds_q10; /* sum of the calibrated log-odds, 1/1024 */
    int32_t weight_q13;   /* mean of their weights, 1/8192, each counted as much as it had to weigh */
} pylm_part;

/* Parts that there are at most. */
PYLM_API uint32_t pylm_n_parts(const pylm_model *model);

/* What the cost of `symbol` coming next is made of. Takes about twice as long as pylm_cost(), and 6 KB of stack.
 *   work    as for pylm_cost()
 *   parts   room for pylm_n_parts(); tree by tree, all contexts of each, known or not, by template
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, and for a kernel. */
PYLM_API int pylm_explain(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                          pylm_part *parts, uint32_t *n_ret);

/* What a template adds to the context of another, its base. */
enum pylm_template_kind {
    PYLM_TEMPLATE_NOTHING = 0, /* the empty context */
    PYLM_TEMPLATE_SYMBOL = 1,  /* the symbol `lag` back; 1 is the previous one */
    PYLM_TEMPLATE_CLASS = 2,   /* its class */
    PYLM_TEMPLATE_COARSE = 3,  /* the coarse classes of the last `lag` symbols */
    PYLM_TEMPLATE_WORD = 4     /* bytes: of the word `lag` back the letters, in lower case; 0 is the word so far */
};

typedef struct pylm_template {
    uint32_t base;       /* number of the template that it extends, smaller than its own; PYLM_NONE: none */
    uint32_t kind;       /* enum pylm_template_kind */
    uint32_t lag;
    uint32_t n_contexts; /* stored; none, if it is only a base */
    uint64_t nbytes;     /* that they take in the image */
} pylm_template;

/* A template of a tree. Returns PYLM_ERR_ARGUMENT for a tree or number that the model does not have. */
PYLM_API int pylm_model_template(const pylm_model *model, uint32_t tree, uint32_t number, pylm_template *found);

/* What a symbol's probability is made of in a kernel. A pattern says of each of the last `reach` places whether the symbols
 * there agree with those before the next symbol, or only their classes do, or neither. Every position of the training
 * text has exactly one pattern. All positions of a pattern are equally far away, and each counts exp(-tau K). So
 *
 *     probability = sum over patterns of  n_symbol * exp(-tau K)  /  sum over patterns of  n_context * exp(-tau K).
 *
 * The last pattern is the one position that is added to all: nothing agrees there, and it counts for all symbols alike. */
typedef struct pylm_pattern {
    uint32_t number;           /* of the template with just that context, in tree 0; PYLM_NONE: the last pattern */
    uint32_t agrees;           /* two bits for each place, from the lowest on, the previous symbol first:
                                * PYLM_TEMPLATE_NOTHING, PYLM_TEMPLATE_SYMBOL, or PYLM_TEMPLATE_CLASS for the class only */
    uint32_t distance_q16;     /* K, 1/65536 */
    uint32_t n_context;        /* positions that agree in that, and in nothing more; the last pattern has 1 */
    uint32_t n_symbol;         /* of these, those that were followed by the symbol; the last pattern has 0 */
    uint32_t weight_share_q30; /* 1/2^30: what n_context * exp(-tau K) is of the sum over all patterns */
    uint32_t symbol_share_q30; /* 1/2^30: what n_symbol * exp(-tau K) is: this pattern's share of the probability */
} pylm_pattern;

/* Patterns that there are at most; 0 if the predictor is another. */
PYLM_API uint32_t pylm_n_patterns(const pylm_model *model);

/* What the probability of `symbol` coming next is made of.
 *   work      as for pylm_cost()
 *   patterns  room for pylm_n_patterns(); all of them, also those that no position has, by template
 * Both shares add up to 2^30 exactly. Each is right to one unit and to 2^-19 of itself (at tau = 1 much more: then nothing is
 * rounded but at the end); the largest has what rounding left, which is less than 2^-23 of the whole. Takes as long as
 * pylm_cost() and 10 to 20 microseconds more (27 and 48 patterns).
 * Returns PYLM_ERR_ARGUMENT for a symbol that the model does not have, or if the predictor is another. */
PYLM_API int pylm_explain_kernel(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                                 pylm_pattern *patterns, uint32_t *n_ret);

/* The class of a symbol in a tree, and the coarse class that this belongs to: numbers, PYLM_NONE in models of bytes.
 * Returns PYLM_ERR_ARGUMENT for a tree or symbol that the model does not have. */
PYLM_API int pylm_symbol_class(const pylm_model *model, uint32_t tree, uint32_t symbol, uint32_t *class_ret,
                               uint32_t *coarse_ret);

/* The symbol that was read `lag` symbols ago, 1 to 16; PYLM_NONE for others and before the start of the text. */
PYLM_API uint32_t pylm_state_recent(const pylm_state *state, uint32_t lag);

/* ------------------------------------------------------------------ counts */

/* What was counted in training. Contexts that came less than min_count times (2, unless the trainer was told
 * otherwise) are not there, and where several agree in their hash only one is; models of a given size have rounded
 * counts, and leave out much. What an overlay has learned is not in these counts. Not of kernels: PYLM_ERR_ARGUMENT.
 *
 *     pylm_successor next[256];
 *     uint32_t n;
 *     pylm_successors(&model, &state, 0, 2, work, next, 256, &n);   // of the last two symbols that the state has read */

typedef struct pylm_successor {
    uint32_t symbol;
    uint32_t count; /* how often it followed the context */
} pylm_successor;

/* What followed the context of a template, as it is in a state.
 *   tree, number  the template, as for pylm_model_template(). The first templates of every tree are the last 0, 1, 2, ...
 *                 symbols.
 *   work          as for pylm_cost().
 *   successors    room for `capacity`; n_symbols are always enough. No order is promised. NULL if capacity is 0.
 *   n_ret         how many there are; 0: the context is not known.
 * Takes a microsecond and a few nanoseconds a successor, and 4 KB of stack.
 * Returns PYLM_ERR_ARGUMENT for a template that the model does not have; PYLM_ERR_SPACE if there are more than
 * `capacity`: *n_ret says how many, and none are written. */
PYLM_API int pylm_successors(const pylm_model *model, const pylm_state *state, uint32_t tree, uint32_t number,
                             void *work, pylm_successor *successors, uint32_t capacity, uint32_t *n_ret);

/* The other way round: how often a symbol came behind each symbol of the vocabulary, at the distance of a template
 * whose context is one single symbol: of kind PYLM_TEMPLATE_SYMBOL, with no base or the empty context as base.
 *   counts        n_symbols numbers: counts[s] says how often `symbol` came `lag` symbols after s.
 * Looks every symbol of the vocabulary up, which takes about half a microsecond for each.
 * Returns PYLM_ERR_ARGUMENT for a symbol or template that the model does not have, and for other templates. */
PYLM_API int pylm_predecessors(const pylm_model *model, uint32_t symbol, uint32_t tree, uint32_t number, void *work,
                               uint32_t *counts);

/* ------------------------------------------------------------------ decoding */

/* How to choose the next symbol, in this order (as other tools do): repetition penalty, temperature,
 * top_k, top_p, min_p. Fractions are in units of 1/65536. */
typedef struct pylm_sampling {
    uint32_t temperature_q16; /* 0: always the most probable symbol; 65536: as the model says */
    uint32_t top_k;           /* only the k most probable symbols; 0: no limit */
    uint32_t top_p_q16;       /* the most probable ones that together reach p; 65536: no limit */
    uint32_t min_p_q16;       /* only those with at least this share of the best one; 0: no limit */
    uint32_t penalty_q16;     /* multiplies the cost of symbols in `recent`; 65536: none; >= 65536 */
} pylm_sampling;

/* Chooses a next symbol. Does not push it.
 *   recent        n_recent symbols that the repetition penalty applies to, for example the last 64.
 *   random        the generator's memory: any number as a seed at first; the same seed, model and
 *                 settings give the same symbols on every machine.
 *   candidates    scratch for n_candidates entries. n_symbols entries are always enough; with top_k
 *                 (or temperature 0, as if top_k were 1), top_k + n_recent are. With fewer, the choice
 *                 is made among as many of the most probable symbols as there is room for.
 * Returns PYLM_ERR_ARGUMENT if a setting breaks its rule or n_candidates is 0. */
PYLM_API int pylm_sample(const pylm_model *model, const pylm_state *state, const pylm_sampling *sampling,
                         const uint32_t *recent, uint32_t n_recent, uint64_t *random, void *work,
                         pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol);

/* The same choice, made among candidates that the caller has found, for example by pylm_restrict().
 *   candidates    n of them, best first; what they are afterwards is not promised.
 * Returns PYLM_ERR_ARGUMENT if a setting breaks its rule or n is 0. */
PYLM_API int pylm_choose(const pylm_sampling *sampling, const uint32_t *recent, uint32_t n_recent, uint64_t *random,
                         pylm_candidate *candidates, uint32_t n, uint32_t *symbol);

/* Looks for a stop string while text is written piece by piece.
 *   text          what was written so far and not yet handed on, the newest piece at its end.
 *   stop          a stop string of stop_nbytes bytes, at least 1.
 *   found_ret     1 if the stop string stands in the text, else 0.
 * Returns how many bytes from the start of `text` can be handed on: up to the stop string if it was
 * found, else up to where a beginning of it stands at the very end of the text. With several stop
 * strings, ask for each and take the smallest. */
PYLM_API uint64_t pylm_stop_search(const void *text, uint64_t text_nbytes, const void *stop,
                                   uint64_t stop_nbytes, int *found_ret);

/* ------------------------------------------------------------------ suggestions */

/* What a keyboard needs: words that complete the one that was begun, or that may come next.
 *
 *     pylm_suggestion s[3];
 *     uint32_t n;
 *     void *work = ...;                          // pylm_suggest_nbytes(&model, 3) bytes, yours
 *     pylm_state_init(&state);                   // has read nothing: the text is all there is
 *     pylm_suggest(&model, &state, "See you tom", 11, 3, work, s, &n);   // s[0] may be "tomorrow"
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
PYLM_API int pylm_read(const pylm_model *model, pylm_state *state, const void *text, uint64_t nbytes);

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
 *   k             how many are wanted.
 *   suggestions   room for k, best first.
 *   n_ret         how many there are.
 * A suggestion that begins a sentence, or whose first letter was typed so, has a capital; all of it is
 * in upper case if two or more letters were typed so; else it has the case in which the word is most probable.
 * Word models: exact. Words begin as typed but for case; those that differ in case only count as one: the
 * lower case form, the one with a capital and the upper case one. With a prefix, probabilities are divided by their
 * sum over all words that begin with it; without, they are those of the word coming next.
 * Other models: words of several symbols are looked for by a search that keeps the most probable beginnings, which finds the
 * best words in practice, and adds up their probabilities as far as it has seen them. Words begin exactly as typed.
 * Returns PYLM_ERR_ARGUMENT as pylm_read() does. */
PYLM_API int pylm_suggest(const pylm_model *model, const pylm_state *state, const void *text, uint64_t nbytes,
                          uint32_t k, void *work, pylm_suggestion *suggestions, uint32_t *n_ret);

/* ------------------------------------------------------------------ personal counts */

/* What a state has learned cannot be taken back: its counts age, and what is used least makes room. Personal counts can:
 * how often each symbol came in the texts added, and how often it followed the contexts before it. Adding
 * a text and removing it cancel out to the last byte, whatever was added in between. An overlay can be made from them.
 *
 *     pylm_personal_init(&model, personal, nbytes);                         // or read a file, and _open()
 *     pylm_personal_apply(&model, personal, nbytes, overlay, sizeof overlay);
 *     pylm_state_adapt(&model, &state, overlay, sizeof overlay);            // suggests by them, and goes on learning
 *     ...
 *     pylm_personal_add(&model, personal, nbytes, line, line_nbytes);       // to last; and
 *     pylm_read(&model, &state, line, line_nbytes);                         // for now
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

/* Counts a text, as pylm_read() reads it. It stands alone: begins at the start of a text. Words outside the vocabulary are not
 * counted. Returns PYLM_ERR_ARGUMENT as pylm_read() does. */
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
