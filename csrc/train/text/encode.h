/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * encode.h: a text of bytes to pieces.
 */
#ifndef PYLM_TRAIN_ENCODE_H
#define PYLM_TRAIN_ENCODE_H

#include "corpus.h"

/* Replaces the bytes of a corpus by the longest pieces that fit, document by document, as pylm_encode() does. The
 * vocabulary of the corpus has the pieces; the first 256 are the bytes. */
int pylm__corpus_encode(struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task);

#endif
