/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_PIECES_H
#define PYLM_TRAIN_PIECES_H

#include "corpus.h"

/* Learns a vocabulary of pieces from a corpus whose symbols are still bytes: all 256 bytes, then up to
 * n_pieces - 256 longer ones. `pieces` comes initialised and empty. */
int pylm__pieces_learn(struct pylm__words *pieces, const struct pylm__corpus *corpus, uint32_t n_pieces,
                       pylm_task *task);

/* The vocabulary size for a text of so many bytes, if none is asked for. */
uint32_t pylm__pieces_default(uint64_t n_bytes);

#endif
