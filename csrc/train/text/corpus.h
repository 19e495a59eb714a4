/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * corpus.h: the training text as symbols, document by document, and its vocabulary.
 *
 * Documents are added first (corpus.c). Then the corpus is prepared (prepare.c): documents get their order, the
 * vocabulary is settled, and symbols become ranks. After that it can be counted.
 */
#ifndef PYLM_TRAIN_CORPUS_H
#define PYLM_TRAIN_CORPUS_H

#include "string_table.h"
#include "train/base/store.h"

/* Words whose numbers are fixed while documents are added: "</s>", "<unk>", and the byte 0. */
enum { FIRST_LINE_END = 0, FIRST_UNKNOWN = 1, FIRST_TEXT_END = 2, N_FIRST = 3 };

/* What ends documents: nothing, the line end, or the byte 0. */
enum pylm__ends { PYLM__ENDS_NOTHING = 0, PYLM__ENDS_LINE = 1, PYLM__ENDS_OWN = 2 };

/* Held-out blocks that keep their own counts, a bit each: see struct pylm__heldout. */
#define PYLM__ALL_KEEP_OWN UINT32_MAX /* for lists that are to be known by heart */
/* and for short texts in which nothing comes where it was seen, as few as will do: */
#define PYLM__ONE_KEEPS_OWN UINT32_C(1)
#define PYLM__HALF_KEEP_OWN UINT32_C(0x55555555)

/* A checksum of bytes that come in parts; the same as pylm__checksum() of all together. */
struct pylm__digest {
    uint64_t hash, n; /* of so many bytes */
    uint8_t rest[8];  /* those behind the last eight */
};

struct pylm__corpus {
    const pylm_model *base;     /* layers: the model that has the vocabulary; else NULL, and it is found or given */
    uint32_t tokenizer;         /* may be PYLM_TOKENIZER_AUTO until the corpus is prepared */
    struct pylm__store symbols; /* read by pylm__symbol() */
    unsigned width;             /* bytes a symbol takes: 1, 2 or 4 */
    uint64_t n;
    uint64_t *document_ends;   /* in symbols */
    uint64_t *document_hashes; /* of their content, while they are added */
    uint64_t n_documents, documents_capacity;
    int in_document;             /* 1: the last one has not ended; its parts so far: */
    struct pylm__digest digest;  /* of its content */
    uint64_t n_copies, n_copied; /* documents left out when it was prepared, and their symbols, which lie behind n */
    uint32_t keeps_own;          /* see struct pylm__heldout */
    int spells;                  /* its documents are words, and a model of them only spells */
    uint64_t n_bytes;            /* of all documents that were added */
    uint8_t factor[8];           /* of the model's hashes; known when the corpus is prepared, or its base's */
    uint32_t n_symbols;          /* size of the vocabulary; known when the corpus is prepared */
    uint32_t n_seen;             /* symbols from here on do not occur in the text: external ids, given words */
    uint32_t unknown, line_end, text_end; /* symbols or PYLM_NONE */
    enum pylm__ends ends;
    int endless;                     /* documents do not end */
    int closed_vocabulary;           /* unknown words are not spelled, for example since the text has "<unk>" itself */
    uint32_t min_word_count;         /* words: the fewest occurrences of one that was kept; 0 if they were given */
    uint32_t n_left_out;             /* words: different ones that are read as "<unk>" */
    struct pylm__strings given;      /* words: the only ones to keep; empty: found in the text */
    struct pylm__strings rare;       /* words: what unknown ones are like; known when the corpus is prepared,
                                      * if they are spelled */
    struct pylm__strings vocabulary; /* while documents are added: by number; then by symbol; external: by id */
    uint32_t *ids;                   /* external: the id of each symbol, once the corpus is prepared */
    uint8_t *file;                   /* external: the tokenizer's own */
    uint64_t file_nbytes;
};

int pylm__corpus_init(struct pylm__corpus *corpus, uint32_t tokenizer);
void pylm__corpus_free(struct pylm__corpus *corpus);

static inline uint32_t pylm__symbol(const struct pylm__corpus *corpus, uint64_t position)
{
    return corpus->width == 1u   ? ((const uint8_t *)corpus->symbols.data)[position]
           : corpus->width == 2u ? ((const uint16_t *)corpus->symbols.data)[position]
                                 : ((const uint32_t *)corpus->symbols.data)[position];
}

/* The bytes that a symbol takes. */
static inline unsigned pylm__symbol_width(uint32_t n_symbols)
{
    return n_symbols <= 256u ? 1u : n_symbols <= UINT16_MAX + 1u ? 2u : 4u;
}

/* For symbols that fit the width. */
static inline void pylm__set_symbol(struct pylm__corpus *corpus, uint64_t position, uint32_t symbol)
{
    if (corpus->width == 1u)
        ((uint8_t *)corpus->symbols.data)[position] = (uint8_t)symbol;
    else if (corpus->width == 2u)
        ((uint16_t *)corpus->symbols.data)[position] = (uint16_t)symbol;
    else
        ((uint32_t *)corpus->symbols.data)[position] = symbol;
}

/* Adds a document; see pylm_trainer_add(). */
int pylm__corpus_add(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, pylm_task *task);
int pylm__corpus_add_part(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes, int is_last,
                          pylm_task *task);

/* Sets the vocabulary, then adds documents; see pylm_trainer_vocabulary() and pylm_trainer_add_ids(). */
int pylm__corpus_vocabulary(struct pylm__corpus *corpus, uint32_t n_symbols, const uint8_t *texts,
                            const uint64_t *text_ends, const uint8_t *file, uint64_t file_nbytes);
int pylm__corpus_add_ids(struct pylm__corpus *corpus, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                         pylm_task *task);

/* Makes room for n more symbols. */
int pylm__corpus_reserve(struct pylm__corpus *corpus, uint64_t n);

/* Stores all symbols in as few bytes as numbers below n_symbols need. */
void pylm__corpus_narrow(struct pylm__corpus *corpus, uint32_t n_symbols);

/* Renumbers all symbols: s becomes new_symbol[s]. */
int pylm__corpus_renumber(struct pylm__corpus *corpus, const uint32_t *new_symbol);

/* The number of the document that has a position, n_documents behind the last; and where a document begins. */
uint64_t pylm__corpus_document(const struct pylm__corpus *corpus, uint64_t position);
static inline uint64_t pylm__corpus_document_begin(const struct pylm__corpus *corpus, uint64_t document)
{
    return document ? corpus->document_ends[document - 1u] : 0u;
}

/* Whether a document starts at this position. */
int pylm__corpus_starts_document(const struct pylm__corpus *corpus, uint64_t position);

/* The state at the start of a document: as pylm_state_init() makes it. */
void pylm__corpus_begin(const struct pylm__corpus *corpus, pylm_state *state);

/* Called by whoever goes through the symbols, at each position: what is passed needs no memory any more if it lies in a
 * file. */
#define PYLM__PASSED 2097152u /* symbols */
static inline void pylm__corpus_passed(const struct pylm__corpus *corpus, uint64_t position)
{
    if (position % PYLM__PASSED == 0)
        pylm__store_rest(&corpus->symbols);
}

/* Frees the symbols; the vocabulary and all numbers stay. */
void pylm__corpus_free_symbols(struct pylm__corpus *corpus);

#endif
