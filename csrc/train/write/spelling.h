/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spelling.h: the model in a word model that spells unknown words.
 *
 * It is trained by the same trainer on the words that are rare, each a document. So words end as documents do. They are
 * types and not tokens: a new word is like other rare words, however often those came.
 */
#ifndef PYLM_TRAIN_SPELLING_H
#define PYLM_TRAIN_SPELLING_H

#include "train/text/corpus.h"

/* It, in the image of a word model. */
struct pylm__spelling {
    const void *image; /* NULL: there is none */
    uint64_t nbytes;
    uint32_t saves_q16; /* see pylm_spelling() */
};

/* Finds by how much spellings are cheaper, since no word of the vocabulary is spelled, nor the empty one. */
int pylm__spelling_saves(struct pylm__spelling *spelling, const struct pylm__corpus *corpus, uint32_t n_threads,
                         pylm_task *task);

#endif
