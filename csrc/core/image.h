/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * image.h: where everything lies in a model image, and views of its parts.
 *
 * This is FORMAT.md in C: the trainer writes with these offsets and the engine reads with them. All
 * numbers are little-endian; all positions count bytes from the start of the image. The parts:
 *
 *   header | tree headers, each followed by its template headers | everything they point to | slack
 *
 * Everything up to head_nbytes is covered by the head checksum and checked when an image is opened.
 */
#ifndef PYLM_CORE_IMAGE_H
#define PYLM_CORE_IMAGE_H

#include "../pylm.h"
#include "bits.h"
#include "limits.h"
#include "situation.h"

#define PYLM__MAGIC "\x93pylm\r\n\x1a" /* 8 bytes, broken by any transfer as text */

/* Header. */
enum {
    PYLM__H_MAGIC = 0,
    PYLM__H_VERSION = 8,          /* u32 format version */
    PYLM__H_HEAD_NBYTES = 12,     /* u32 header + tree and template headers */
    PYLM__H_IMAGE_NBYTES = 16,    /* u64 all, slack included */
    PYLM__H_IMAGE_CHECKSUM = 24,  /* u64 of the bytes from 32 to the end */
    PYLM__H_HEAD_CHECKSUM = 32,   /* u64 of the bytes from 40 to head_nbytes */
    PYLM__H_TOKENIZER = 40,       /* u32 enum pylm_tokenizer */
    PYLM__H_N_SYMBOLS = 44,       /* u32 */
    PYLM__H_UNKNOWN = 48,         /* u32 symbol or PYLM_NONE */
    PYLM__H_LINE_END = 52,        /* u32 symbol or PYLM_NONE */
    PYLM__H_N_TREES = 56,         /* u32 1 to PYLM__MAX_TREES */
    PYLM__H_VOCAB_POSITION_BITS = 60, /* u8 width of a position in the vocabulary text; 0 for bytes */
    PYLM__H_VOCAB_SLOT_BITS = 61,     /* u8 log2 of the number of slots */
    PYLM__H_PREDICTOR = 62,       /* u8 enum pylm_predictor */
    PYLM__H_IS_LAYER = 63,        /* u8 1: a layer, which has the vocabulary and the tree of the model that it lies on */
    PYLM__H_FACTS = 64,           /* u64 position of the training facts, JSON */
    PYLM__H_FACTS_NBYTES = 72,    /* u64 */
    PYLM__H_VOCAB_TEXT = 80,      /* u64 texts of all symbols, one behind the other */
    PYLM__H_BASE = 80,            /* u64 instead, of a layer: image checksum of the model that it lies on */
    PYLM__H_VOCAB_TEXT_NBYTES = 88, /* u64 */
    PYLM__H_VOCAB_POSITIONS = 96, /* u64 packed: n_symbols + 1 positions in the vocabulary text */
    PYLM__H_VOCAB_SLOTS = 104,    /* u64 packed hash table: symbol + 1, or 0 for an empty slot */
    PYLM__H_TOKENIZER_FILE = 112, /* u64 external: the tokenizer's own file; else 0 */
    PYLM__H_TOKENIZER_FILE_NBYTES = 120, /* u64 */
    PYLM__H_NBYTES = 128
};

/* Tree header. */
enum {
    PYLM__T_SHARE = 0,       /* u32 weight of this tree's probabilities, q16; they sum to 65536 */
    PYLM__T_N_TEMPLATES = 4, /* u32 1 to PYLM__MAX_TEMPLATES */
    PYLM__T_N_SUFFIX = 8,    /* u32 the first templates are the suffix orders 0, 1, 2, ... */
    PYLM__T_N_NODE_SETS = 12, /* u32 weight sets chosen by the node */
    PYLM__T_DEPTH = 16,      /* u32 nodes on the longest path, 0 to 255 */
    PYLM__T_SYMBOL_BITS = 20, /* u8 width of a leaf */
    PYLM__T_CLASS_BITS = 21, /* u8 width of a class */
    PYLM__T_COARSE_BITS = 22, /* u8 width of a coarse class */
    PYLM__T_SET_BITS = 23,   /* u8 width of a node's weight set */
    PYLM__T_PARTS = 24,      /* u64 positions of the parts: enum pylm__part */
    PYLM__T_NODES = 24,      /* u64 packed: n_symbols - 1 of (mid: symbol_bits, set: set_bits), preorder */
    PYLM__T_RANKS = 32,      /* u64 packed: the leaf of each symbol; 0: leaf = symbol */
    PYLM__T_CLASSES = 40,    /* u64 packed: (class, coarse class) of each leaf; 0: no classes */
    PYLM__T_CALIBRATION = 48, /* u64 i16[n_templates][PYLM__N_CALIBRATION], log-odds q10 */
    PYLM__T_WEIGHTS = 56,    /* u64 i16[sets][n_templates + 1], q13; see mix.h. Of a kernel: bandwidths; see kernel.h */
    PYLM__T_SYMBOLS = 64,    /* u64 packed: the symbol of each leaf; 0: symbol = leaf */
    PYLM__T_FINAL_WEIGHTS = 72, /* u64 i16[sets][PYLM__N_FINAL], q13; see mix.h */
    PYLM__T_PLAN = 80,       /* 16 bytes: what an overlay keeps; see overlay.h */
    PYLM__T_OVERLAY_CALIBRATION = 96, /* u64 i16[inputs of the overlay][PYLM__N_CALIBRATION] */
    PYLM__T_OVERLAY_WEIGHTS = 104, /* u64 i16[sets][PYLM__N_FINAL + inputs of the overlay], q13 */
    PYLM__T_N_PREVIOUS = 112, /* u32 weight sets chosen by the previous symbol: classes + 1, or 257 for bytes */
    PYLM__T_N_BEFORE = 116,  /* u32 ... by the symbol two back: coarse classes + 1, or 257 for bytes */
    PYLM__T_NBYTES = 120
};

/* Template header. */
enum {
    PYLM__C_BASE = 0,        /* u8 the template whose context this one extends, or 255 */
    PYLM__C_KIND = 1,        /* u8 enum pylm__kind: what is added to it */
    PYLM__C_LAG = 2,         /* u8 how far back; 1 is the previous symbol */
    PYLM__C_ROLE = 3,        /* u8 enum pylm__role: what it does in choosing weights */
    PYLM__C_BUCKET_BITS = 4, /* u8 log2 of the number of buckets */
    PYLM__C_CHECK_BITS = 5,  /* u8 width of a context's fingerprint */
    PYLM__C_COUNT_BITS = 6,  /* u8 width of an inline count */
    PYLM__C_PAYLOAD_BITS = 7, /* u8 width of what follows fingerprint and kind in a record */
    PYLM__C_INDEX_BITS = 8,  /* u8 width of a bucket's start */
    PYLM__C_LIST_FORM = 9,   /* u8 enum pylm__list_form; see evidence.h */
    PYLM__C_N_RECORDS = 12,  /* u32 contexts */
    PYLM__C_INDEX = 16,      /* u64 packed: 2^bucket_bits + 1 record numbers */
    PYLM__C_RECORDS = 24,    /* u64 packed records */
    PYLM__C_LISTS = 32,      /* u64 successor lists */
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
    PYLM__P_FINAL_WEIGHTS = 6,
    PYLM__P_OVERLAY_CALIBRATION = 9, /* behind the plan, which has the place of two */
    PYLM__P_OVERLAY_WEIGHTS = 10,
    PYLM__N_PARTS = 11
};

/* Lists are quick to walk, or small. */
enum pylm__list_form { PYLM__LIST_SPLITS = 0, PYLM__LIST_CODED = 1, PYLM__N_LIST_FORMS = 2 };

/* Bytes of n packed fields of `width` bits: n below 2^41, width below 2^7. */
static inline uint64_t pylm__packed_nbytes(uint64_t n, uint32_t width)
{
    return (n * width + 7u) / 8u;
}

#define PYLM__MAX_DEPTH 255u
#define PYLM__MAX_SYMBOLS (UINT32_C(1) << 24)
#define PYLM__MAX_LAG 16u
#define PYLM__HASH_BITS 40u /* of a context's hash that are kept: bucket_bits + check_bits at most */

/* The parts of an open model that every call needs. Lives in pylm_model. */
struct pylm__model {
    const uint8_t *image;
    pylm__offset image_nbytes;
    uint32_t n_symbols;
    uint32_t tokenizer;
    uint32_t n_trees;     /* whose predictions are averaged */
    uint32_t line_end;
    uint32_t depth;       /* largest of all trees */
    uint32_t n_templates; /* largest of all trees, and of all models below */
    uint16_t adapts;      /* whether all trees have what an overlay needs */
    uint16_t n_banks;     /* of a kernel, whose trees are banks of one; 0: the predictor is mix */
    uint32_t n_below;     /* models that it lies on, one on the other */
    const pylm_kernel *kernel; /* the caller's settings; NULL: those of the image */
    const struct pylm__model *below; /* the uppermost of those that it lies on; NULL: none */
};

struct pylm__tree {
    const uint8_t *head; /* the tree's header */
    const uint8_t *parts[PYLM__N_PARTS]; /* what the header points to; NULL: not there */
    uint32_t share, n_templates, n_suffix, n_node_sets, n_previous, n_before, depth, n_symbols;
    int is_layer;
    uint8_t symbol_bits, class_bits, coarse_bits, set_bits;
};

/* A device with models of bytes has no code for other symbols: 256, each its own leaf, without classes. */
static inline uint32_t pylm__n_symbols(const struct pylm__model *model)
{
    return PYLM_BYTES ? 256u : model->n_symbols;
}

static inline uint32_t pylm__n_leaves(const struct pylm__tree *tree)
{
    return PYLM_BYTES ? 256u : tree->n_symbols;
}

static inline unsigned pylm__symbol_bits(const struct pylm__tree *tree)
{
    return PYLM_BYTES ? 8u : tree->symbol_bits;
}

static inline int pylm__has_classes(const struct pylm__tree *tree)
{
    return !PYLM_BYTES && tree->parts[PYLM__P_CLASSES];
}

/* A device with one tree has no code for several. */
static inline uint32_t pylm__n_trees(const struct pylm__model *model)
{
    return PYLM__MOST_TREES > 1u ? model->n_trees : 1u;
}

static inline int pylm__is_kernel(const struct pylm__model *model)
{
    return PYLM__HAVE_KERNEL && model->n_banks > 0u;
}

/* Nor has one without layers code for these. */
static inline uint32_t pylm__n_below(const struct pylm__model *model)
{
    return PYLM__MOST_LAYERS ? model->n_below : 0u;
}

/* The model that lies i below, i at most n_below. */
static inline const struct pylm__model *pylm__nth_below(const struct pylm__model *model, uint32_t i)
{
    for (; i; i--)
        model = model->below;
    return model;
}

/* The one that has the vocabulary and the symbol tree of all: the lowest. */
static inline const struct pylm__model *pylm__root_model(const struct pylm__model *model)
{
    return pylm__nth_below(model, pylm__n_below(model));
}

static inline const struct pylm__model *pylm__model_view(const pylm_model *model)
{
    return (const struct pylm__model *)(const void *)model;
}

/* Trees of the image. */
static inline uint32_t pylm__n_banks(const struct pylm__model *model)
{
    return pylm__is_kernel(model) ? model->n_banks : pylm__n_trees(model);
}

/* The tree behind `previous`, or the first for NULL. The caller knows how many there are. */
void pylm__tree_view(const struct pylm__model *model, const struct pylm__tree *previous,
                     struct pylm__tree *tree);

/* Makes a view of the tree of a number. Returns 0 if the model does not have it. */
int pylm__tree_find(const struct pylm__model *model, uint32_t number, struct pylm__tree *tree);

/* pylm_model_open() for a model, `below` being NULL, or for a layer on another. */
int pylm__image_open(pylm_model *model, const pylm_model *below, const void *image, uint64_t image_nbytes);

static inline const uint8_t *pylm__template_head(const struct pylm__tree *tree, uint32_t k)
{
    return tree->head + PYLM__T_NBYTES + (size_t)k * PYLM__C_NBYTES;
}

static inline struct pylm__shape pylm__tree_shape(const struct pylm__tree *tree)
{
    struct pylm__shape shape;
    shape.n_suffix = tree->n_suffix;
    shape.n_templates = tree->n_templates;
    shape.n_node_sets = tree->n_node_sets;
    shape.n_previous = tree->n_previous;
    shape.n_before = tree->n_before;
    return shape;
}

static inline uint32_t pylm__tree_leaf(const struct pylm__tree *tree, uint32_t symbol)
{
    uint32_t leaf = symbol;
    if (!PYLM_BYTES && tree->parts[PYLM__P_RANKS])
        leaf = pylm__bits(tree->parts[PYLM__P_RANKS], (pylm__bit)symbol * tree->symbol_bits, tree->symbol_bits);
    return PYLM__DAMAGED(leaf >= pylm__n_leaves(tree)) ? 0u : leaf;
}

static inline uint32_t pylm__tree_symbol(const struct pylm__tree *tree, uint32_t leaf)
{
    uint32_t symbol = leaf;
    if (!PYLM_BYTES && tree->parts[PYLM__P_SYMBOLS])
        symbol = pylm__bits(tree->parts[PYLM__P_SYMBOLS], (pylm__bit)leaf * tree->symbol_bits, tree->symbol_bits);
    return PYLM__DAMAGED(symbol >= pylm__n_leaves(tree)) ? 0u : symbol;
}

/* An inner node and how it splits its leaves. */
struct pylm__node {
    uint32_t number, mid, set;
};

/* The inner node with this number, over the leaves [lo, hi) splits them; lo < mid < hi even in a
 * damaged image. Its left child is number + 1, its right child number + mid - lo: preorder. */
static inline struct pylm__node pylm__tree_node(const struct pylm__tree *tree, uint32_t number, uint32_t lo,
                                                uint32_t hi)
{
    unsigned leaf = pylm__symbol_bits(tree), width = leaf + tree->set_bits; /* 48 at most */
    struct pylm__pair fields = pylm__pair(tree->parts[PYLM__P_NODES], (pylm__bit)number * width, leaf, tree->set_bits);
    struct pylm__node node = {number, fields.first, fields.second};
    if (PYLM__DAMAGED(node.mid <= lo || node.mid >= hi))
        node.mid = lo + 1u;
    if (PYLM__DAMAGED(node.set >= tree->n_node_sets))
        node.set = 0;
    return node;
}

#endif
