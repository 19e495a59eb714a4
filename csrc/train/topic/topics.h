/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topics.h: what the text before says besides contexts: what it is about, or in bytes what its last words are.
 */
#ifndef PYLM_TRAIN_TOPICS_H
#define PYLM_TRAIN_TOPICS_H

#include "node_vectors.h"
#include "topic_vectors.h"

/* Makes both kinds of vectors, instead of what is there, by readings that are planned. There are none in a text of
 * bytes without frequent words. */
int pylm__topics_find(struct pylm__topic_vectors *symbols, struct pylm__node_vectors *nodes,
                      struct pylm__readings *readings, const struct pylm__topic_text *text, uint32_t n_threads,
                      pylm_task *task);

#endif
