/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * format.h: FORMAT.md in C: where everything lies in a model image, and how much of everything there is. What opens an
 * image needs no more than this; what the numbers mean for a prediction is said where they are used.
 *
 * This is FORMAT.md in C: the trainer writes with these offsets and the engine reads with them. All
 * numbers are little-endian; all positions count bytes from the start of the image. The parts:
 *
 *   header | tree headers, each followed by its template headers | everything they point to | slack
 *
 * Everything up to head_nbytes is covered by the head checksum and checked when an image is opened.
 */
#ifndef PYLM_CORE_FORMAT_H
#define PYLM_CORE_FORMAT_H

#include "bits.h"
#include "pylm.h"
#include "weight_sets.h"

#define PYLM__MAGIC "\x93pylm\r\n\x1a" /* 8 bytes, broken by any transfer as text */

/* Header. */
enum {
    PYLM__H_MAGIC = 0,
    PYLM__H_VERSION = 8,              /* u32 format version */
    PYLM__H_HEAD_NBYTES = 12,         /* u32 header + tree and template headers */
    PYLM__H_IMAGE_NBYTES = 16,        /* u64 all, slack included */
    PYLM__H_IMAGE_CHECKSUM = 24,      /* u64 of the bytes from 32 to the end */
    PYLM__H_HEAD_CHECKSUM = 32,       /* u64 of the bytes from 40 to head_nbytes */
    PYLM__H_TOKENIZER = 40,           /* u32 enum pylm_tokenizer */
    PYLM__H_N_SYMBOLS = 44,           /* u32 */
    PYLM__H_UNKNOWN = 48,             /* u32 symbol or PYLM_NONE */
    PYLM__H_LINE_END = 52,            /* u32 symbol or PYLM_NONE */
    PYLM__H_TEXT_END = 56,            /* u32 symbol or PYLM_NONE */
    PYLM__H_N_TREES = 60,             /* u32 1 to PYLM__MAX_TREES */
    PYLM__H_VOCAB_POSITION_BITS = 64, /* u8 width of a position in the vocabulary text; 0 for bytes */
    PYLM__H_VOCAB_SLOT_BITS = 65,     /* u8 log2 of the number of slots */
    PYLM__H_PREDICTOR = 66,           /* u8 enum pylm_predictor */
    PYLM__H_VOICE = 67,               /* u8 1: the first stage has an input for the voice, voice.h; 0: it has not */
    PYLM__H_IS_LAYER = 68,     /* u8 1: a layer, which has the vocabulary and the tree of the model that it lies on */
    PYLM__H_FACTS = 72,        /* u64 position of the training facts, JSON */
    PYLM__H_FACTS_NBYTES = 80, /* u64 */
    PYLM__H_VOCAB_TEXT = 88,   /* u64 texts of all symbols, one behind the other */
    PYLM__H_BASE = 88,         /* u64 instead, of a layer: image checksum of the model that it lies on */
    PYLM__H_VOCAB_TEXT_NBYTES = 96,      /* u64 */
    PYLM__H_VOCAB_POSITIONS = 104,       /* u64 packed: n_symbols + 1 positions in the vocabulary text */
    PYLM__H_VOCAB_SLOTS = 112,           /* u64 packed hash table: symbol + 1, or 0 for an empty slot */
    PYLM__H_TOKENIZER_FILE = 120,        /* u64 external: the tokenizer's own file; else 0 */
    PYLM__H_TOKENIZER_FILE_NBYTES = 128, /* u64 */
    PYLM__H_TOPIC = 136,           /* u64 vectors of the symbols, in bytes of words; 0: none. See topic.h and words.h */
    PYLM__H_SPELLING = 144,        /* u64 words: the image of bytes that spells unknown ones; 0: none */
    PYLM__H_SPELLING_NBYTES = 152, /* u64 */
    PYLM__H_SPELLING_SAVES = 160,  /* u32 q16: by how much a spelling is cheaper, since no known word is unknown */
    PYLM__H_FACTOR = 168,          /* u64 odd: what the hashes of this model multiply by; see hash.h */
    PYLM__H_NBYTES = 176
};

/* What the vectors of the symbols begin with. Behind it each symbol has a shift (u8) and n numbers (i8, or 4 bits). */
enum {
    PYLM__TOPIC_N = 0,      /* u8 numbers of a vector: a multiple of 8, up to 64 */
    PYLM__TOPIC_FADES = 1,  /* u8 by sum: with each symbol it loses 2^-fade of itself, 1 to 10 */
    PYLM__TOPIC_SCALES = 3, /* u8 by sum: log2 of what a byte of a reading stands for, up to 24 */
    PYLM__TOPIC_SHORT = 5,  /* u8 1: numbers have only their upper 4 bits; 0: all 8 */
    PYLM__TOPIC_NBYTES = 8
};

/* Tree header. */
enum {
    PYLM__T_SHARE = 0,           /* u32 weight of this tree's probabilities, q16; they sum to 65536 */
    PYLM__T_N_TEMPLATES = 4,     /* u32 1 to PYLM__MAX_TEMPLATES */
    PYLM__T_N_SUFFIX = 8,        /* u32 the first templates are the suffix orders 0, 1, 2, ... */
    PYLM__T_N_NODE_SETS = 12,    /* u32 weight sets chosen by the node */
    PYLM__T_DEPTH = 16,          /* u32 nodes on the longest path, 0 to 255 */
    PYLM__T_SYMBOL_BITS = 20,    /* u8 width of a leaf */
    PYLM__T_CLASS_BITS = 21,     /* u8 width of a class */
    PYLM__T_COARSE_BITS = 22,    /* u8 width of a coarse class */
    PYLM__T_SET_BITS = 23,       /* u8 width of a node's weight set */
    PYLM__T_PARTS = 24,          /* u64 positions of the parts: enum pylm__part */
    PYLM__T_NODES = 24,          /* u64 packed: n_symbols - 1 of (mid: symbol_bits, set: set_bits), preorder */
    PYLM__T_RANKS = 32,          /* u64 packed: the leaf of each symbol; 0: leaf = symbol */
    PYLM__T_CLASSES = 40,        /* u64 packed: (class, coarse class) of each leaf; 0: no classes */
    PYLM__T_CALIBRATION = 48,    /* u64 i16[n_templates][PYLM__N_CALIBRATION], log-odds q10 */
    PYLM__T_WEIGHTS = 56,        /* u64 i16[sets][inputs], q13; see stage1.h. Of a kernel: bandwidths; see kernel.h */
    PYLM__T_SYMBOLS = 64,        /* u64 packed: the symbol of each leaf; 0: symbol = leaf */
    PYLM__T_STAGE2_WEIGHTS = 72, /* u64 i16[sets][PYLM__N_STAGE2], q13; see stage1.h */
    PYLM__T_PLAN = 80,           /* 16 bytes: what an overlay keeps; see overlay.h */
    PYLM__T_OVERLAY_CALIBRATION = 96, /* u64 i16[inputs of the overlay][PYLM__N_CALIBRATION] */
    PYLM__T_OVERLAY_WEIGHTS = 104,    /* u64 i16[sets][PYLM__N_STAGE2 + inputs of the overlay], q13 */
    PYLM__T_TOPIC = 112, /* u64 vectors of the nodes, topic.h, words.h; 0: none. With them there is one more input */
    PYLM__T_N_PREVIOUS = 120, /* u32 weight sets chosen by the previous symbol: classes + 1, or 257 for bytes */
    PYLM__T_N_BEFORE = 124,   /* u32 ... by the symbol two back: coarse classes + 1, or 257 for bytes */
    PYLM__T_NBYTES = 128
};

/* Template header. */
enum {
    PYLM__C_BASE = 0,          /* u8 the template whose context this one extends, or 255 */
    PYLM__C_KIND = 1,          /* u8 enum pylm__kind: what is added to it */
    PYLM__C_LAG = 2,           /* u8 how far back; 1 is the previous symbol */
    PYLM__C_ROLE = 3,          /* u8 enum pylm__role: what it does in choosing weights */
    PYLM__C_BUCKET_BITS = 4,   /* u8 log2 of the number of buckets */
    PYLM__C_CHECK_BITS = 5,    /* u8 width of a context's fingerprint */
    PYLM__C_COUNT_BITS = 6,    /* u8 width of an inline count */
    PYLM__C_PAYLOAD_BITS = 7,  /* u8 width of what follows fingerprint and kind in a record */
    PYLM__C_INDEX_BITS = 8,    /* u8 width of a bucket's start */
    PYLM__C_LIST_FORM = 9,     /* u8 enum pylm__list_form, the same for all of a tree; see evidence.h */
    PYLM__C_N_RECORDS = 12,    /* u32 contexts */
    PYLM__C_INDEX = 16,        /* u64 packed: 2^bucket_bits + 1 record numbers */
    PYLM__C_RECORDS = 24,      /* u64 packed records */
    PYLM__C_LISTS = 32,        /* u64 successor lists */
    PYLM__C_LISTS_NBYTES = 40, /* u64 */
    PYLM__C_NBYTES = 48
};

/* What a tree header points to, in the order in which it does. */
enum pylm__part {
    PYLM__P_NODES = 0,
    PYLM__P_RANKS = 1,
    PYLM__P_CLASSES = 2,
    PYLM__P_CALIBRATION = 3,
    PYLM__P_WEIGHTS = 4,
    PYLM__P_SYMBOLS = 5,
    PYLM__P_STAGE2_WEIGHTS = 6,
    PYLM__P_OVERLAY_CALIBRATION = 9, /* behind the plan, which has the place of two */
    PYLM__P_OVERLAY_WEIGHTS = 10,
    PYLM__P_TOPIC = 11,
    PYLM__N_PARTS = 12
};

/* Lists are quick to walk, or small. */
enum pylm__list_form { PYLM__LIST_SPLITS = 0, PYLM__LIST_CODED = 1, PYLM__N_LIST_FORMS = 2 };

/* Bytes of n packed fields of `width` bits: n below 2^41, width below 2^7. */
static inline uint64_t pylm__packed_nbytes(uint64_t n, uint32_t width)
{
    return (n * width + 7u) / 8u;
}

#define PYLM__MAX_TREES 8u
#define PYLM__MAX_TEMPLATES 31u /* one less than bits of a set */
#define PYLM__MAX_DEPTH 255u
#define PYLM__MAX_SYMBOLS (UINT32_C(1) << 24)
#define PYLM__MAX_LAG 16u
#define PYLM__HASH_BITS 48u     /* of a context's hash that are kept: bucket_bits + check_bits at most */
#define PYLM__MAX_LIST_BITS 40u /* of a list's position: all lists of a template are below a terabyte */

/* ---- templates */

enum pylm__kind {
    PYLM__KIND_NOTHING = 0, /* the empty context */
    PYLM__KIND_SYMBOL = 1,  /* the symbol `lag` back, 1 to PYLM__MAX_LAG */
    PYLM__KIND_CLASS = 2,   /* its class */
    PYLM__KIND_COARSE = 3,  /* the coarse classes of the last `lag` symbols */
    PYLM__KIND_WORD = 4,    /* bytes: 0 the letters of the word so far, 1 to 3 a word before it */
    PYLM__KIND_ABOVE = 5,   /* bytes: the column, and the byte above; `lag` is 0. See layout.h */
    PYLM__KIND_SHAPE = 6,   /* bytes: the kinds of the last `lag` runs, 1 to PYLM__MAX_RUNS */
    PYLM__KIND_LINE = 7,    /* bytes: the words in the line and the kinds of the last two runs; `lag` is 0 */
    PYLM__N_KINDS = 8
};

#define PYLM__NO_BASE 255u
#define PYLM__N_WORDS 4u

/* ---- topics */

#define PYLM__N_FADES 2u
#define PYLM__MAX_TOPIC 64u                                 /* numbers of a symbol's vector */
#define PYLM__MAX_READING (PYLM__N_FADES * PYLM__MAX_TOPIC) /* numbers of a node's */
#define PYLM__MAX_PLACES 8u                                 /* bytes: words that a reading is made of */

/* ---- calibration */

/* Calibrated log-odds are looked up by (n0, n1): exactly for n0 + n1 <= 8, beyond that by the octave of
 * the sum (9-16, 17-32, ... 4097 and more) and by log2(n1 / n0) in steps of 1/2 bit. Evidence that is one
 * and the same successor has entries of its own: it is surer than several that lie on one side. */
#define PYLM__EXACT_TOTAL 8u
#define PYLM__N_EXACT 45u /* pairs with n0 + n1 <= 8 */
#define PYLM__N_OCTAVES 10u
#define PYLM__N_RATIOS 41u
#define PYLM__RATIO_SHIFT 3 /* 1/16 bit to steps of 1/2 */
#define PYLM__RATIO_OFFSET (8 * (int32_t)(PYLM__N_RATIOS / 2u) + 4)
#define PYLM__N_PAIRED (PYLM__N_EXACT + PYLM__N_OCTAVES * PYLM__N_RATIOS)
#define PYLM__N_CALIBRATION (PYLM__N_PAIRED + 2u * (PYLM__EXACT_TOTAL + PYLM__N_OCTAVES))

/* ---- the second stage */

enum {
    PYLM__STAGE2_MIXED = 0,
    PYLM__STAGE2_MEAN = 1,
    PYLM__STAGE2_CONSTANT = 2,
    PYLM__N_STAGE2 = 3,
    PYLM__STAGE2_BELOW = 3
};

#endif
