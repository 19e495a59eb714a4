/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pieces.h: learning a vocabulary of pieces.
 */
#ifndef PYLM_TRAIN_PIECES_H
#define PYLM_TRAIN_PIECES_H

#include "corpus.h"

/* Learns pieces from a corpus whose symbols are still bytes: all 256 bytes, then up to n_pieces - 256 longer ones.
 * `pieces` is initialised and empty before. They do not depend on n_threads. */
int pylm__pieces_learn(struct pylm__strings *pieces, const struct pylm__corpus *corpus, uint32_t n_pieces,
                       uint32_t n_threads, pylm_task *task);

/* The default size of the vocabulary for such a corpus. */
uint32_t pylm__pieces_default(const struct pylm__corpus *corpus);

#endif
