/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prepare.h: from the documents that were added to a corpus that can be counted.
 */
#ifndef PYLM_TRAIN_PREPARE_H
#define PYLM_TRAIN_PREPARE_H

#include "corpus.h"

/* Sorts the documents (documents.h) and settles the vocabulary. Symbols become ranks by frequency, most frequent first;
 * of equal ones the first to appear (external: the smaller id) comes first.
 *   Words: unless the text has "<unk>" itself, words that occur once are read as "<unk>".
 *   Pieces: n_pieces of them are learned (0: chosen by the length of the text), and the text is encoded. */
int pylm__corpus_prepare(struct pylm__corpus *corpus, uint32_t n_pieces, uint32_t n_threads, pylm_task *task);

#endif
