/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * corpus.h: the training text as symbols, document by document, and the vocabulary found in it or given.
 */
#ifndef PYLM_TRAIN_CORPUS_H
#define PYLM_TRAIN_CORPUS_H

#include "common.h"

/* The text of every word seen, one behind the other, and a hash table over them. */
struct pylm__words {
    uint8_t *text;
    uint64_t text_nbytes, text_capacity;
    uint64_t *ends; /* where word i ends in `text` */
    uint32_t n, capacity;
    uint32_t *slots; /* word + 1, or 0 */
    uint32_t n_slots; /* a power of two */
};

struct pylm__corpus {
    uint32_t tokenizer; /* may be PYLM_TOKENIZER_AUTO until pylm__corpus_close() */
    uint32_t *symbols;
    uint64_t n, capacity;
    uint64_t *document_ends; /* in symbols */
    uint64_t n_documents, documents_capacity;
    uint64_t n_bytes;
    uint32_t n_symbols; /* size of the vocabulary, after pylm__corpus_close() */
    uint32_t n_seen;    /* symbols from here on do not occur in the text; only external ones, else n_symbols */
    uint32_t unknown, line_end;
    int closed_vocabulary; /* the text brought its own "<unk>" */
    struct pylm__words words; /* by symbol, after pylm__corpus_close(); external: by id */
    uint32_t *ids;      /* external: the id of each symbol, from pylm__corpus_close() on */
    uint8_t *file;      /* external: the tokenizer's own */
    uint64_t file_nbytes;
};

int pylm__corpus_init(struct pylm__corpus *corpus, uint32_t tokenizer);
void pylm__corpus_free(struct pylm__corpus *corpus);
int pylm__corpus_add(struct pylm__corpus *corpus, const uint8_t *text, uint64_t nbytes,
                     pylm_task *task);

/* External: the vocabulary, once; then documents. As pylm_train.h says. */
int pylm__corpus_vocabulary(struct pylm__corpus *corpus, uint32_t n_symbols, const uint8_t *texts,
                            const uint64_t *text_ends, const uint8_t *file, uint64_t file_nbytes);
int pylm__corpus_add_ids(struct pylm__corpus *corpus, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                         pylm_task *task);

/* Settles the vocabulary: symbols become ranks by frequency, most frequent first, ties by first
 * appearance (external: by id). Words: unless the text has "<unk>" itself, words seen once are read as
 * "<unk>". Pieces are learned, n_pieces of them (0: as the text's length suggests), and the text is
 * encoded. */
int pylm__corpus_close(struct pylm__corpus *corpus, uint32_t n_pieces, pylm_task *task);

/* Renames all symbols: s becomes new_symbol[s]. */
int pylm__corpus_rename(struct pylm__corpus *corpus, const uint32_t *new_symbol);

/* Whether a document starts at this position. */
int pylm__corpus_starts_document(const struct pylm__corpus *corpus, uint64_t position);

/* The text of a word. */
const uint8_t *pylm__word_text(const struct pylm__words *words, uint32_t word, uint64_t *nbytes);

#endif
