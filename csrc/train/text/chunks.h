/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * chunks.h: the different chunks of a text and how often each comes.
 *
 * A chunk is a run of characters of one script (scripts.h): of letters, of digits, of signs, of white space and so on.
 * A single space belongs to the chunk that follows it. What ends a document is a chunk of its own. No chunk cuts a
 * character.
 */
#ifndef PYLM_TRAIN_CHUNKS_H
#define PYLM_TRAIN_CHUNKS_H

#include "corpus.h"

struct pylm__chunks {
    struct pylm__strings strings; /* numbered as they come first in the text */
    uint64_t *counts, capacity;   /* by number */
};

#define PYLM__CHUNKS_ENOUGH (UINT64_C(1) << 29) /* bytes: with more, the pieces hardly change (docs/ablations.md) */

/* Counts the chunks of a corpus of bytes, of a longer one those of a sample. To be freed, also after a failure. Numbers
 * and counts do not depend on n_threads. */
int pylm__chunks_count(struct pylm__chunks *chunks, const struct pylm__corpus *corpus, uint32_t n_threads,
                       const pylm_task *task);
void pylm__chunks_free(struct pylm__chunks *chunks);

#endif
