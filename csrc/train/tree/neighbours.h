/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * neighbours.h: which symbols stand beside which, and how often.
 */
#ifndef PYLM_TRAIN_NEIGHBOURS_H
#define PYLM_TRAIN_NEIGHBOURS_H

#include "train/text/corpus.h"
#include "train/text/sample.h"

/* The neighbours of all symbols on one side: those of symbol s are starts[s] to starts[s + 1] - 1, in ascending order.
 */
struct pylm__neighbours {
    uint64_t *starts; /* n_symbols + 1 */
    uint32_t *symbols, *counts;
};

/* Finds the neighbours of the symbols that occur in a sample of a corpus, within documents.
 *   frequency   how often each symbol occurs in the sample
 *   before      1: of those before a symbol; 0: of those after it */
int pylm__neighbours_find(struct pylm__neighbours *side, const struct pylm__corpus *corpus,
                          const struct pylm__sample *sample, const uint64_t *frequency, int before,
                          const pylm_task *task);

/* Also after pylm__neighbours_find() failed, and of zeros. */
void pylm__neighbours_free(struct pylm__neighbours *side);

#endif
