/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_ENCODE_H
#define PYLM_TRAIN_ENCODE_H

#include "corpus.h"

/* Replaces the bytes of a corpus by the longest pieces that fit, document by document, as core/vocab.c does.
 * Pieces are the corpus's words; the first 256 are the bytes. */
int pylm__corpus_encode(struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task);

#endif
