/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_places.h: bytes: the vectors of words as they are in an image (core/words.h), and what they say along the text.
 */
#ifndef PYLM_TRAIN_WORD_PLACES_H
#define PYLM_TRAIN_WORD_PLACES_H

#include "byte_words.h"
#include "topic_vectors.h"

/* Makes the vectors, instead of what is there, and the readings' rows. Those of a part are made with vectors that know
 * nothing of that part. There has to be a frequent word. */
int pylm__word_places_find(struct pylm__topic_vectors *out, struct pylm__readings *readings,
                           const struct pylm__byte_words *words, uint32_t n_threads, pylm_task *task);

#endif
