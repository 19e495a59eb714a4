/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * prepare.h: from the documents that were added to a corpus that can be counted.
 */
#ifndef PYLM_TRAIN_PREPARE_H
#define PYLM_TRAIN_PREPARE_H

#include "corpus.h"

/* How large a vocabulary is to be. */
struct pylm__vocabulary_limits {
    uint32_t n_pieces;       /* 0: chosen by the length of the text */
    uint32_t min_word_count; /* 0: 2, or 1 if the text has "<unk>" itself */
    uint32_t max_words;      /* "</s>" and "<unk>" included; 0: no limit */
    int closed;              /* unknown words are not spelled */
};

/* Sorts the documents (documents.h) and settles the vocabulary. Symbols become ranks by frequency, most frequent first;
 * of equal ones the first to appear (external: the smaller id) comes first.
 *   Words: those of corpus->given; without them, those that are frequent enough. The others are read as "<unk>".
 *   Pieces: they are learned, and the text is encoded. */
int pylm__corpus_prepare(struct pylm__corpus *corpus, const struct pylm__vocabulary_limits *limits, uint32_t n_threads,
                         pylm_task *task);

#endif
