/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_rows.h: what the text before its positions is about.
 */
#ifndef PYLM_TRAIN_TOPIC_ROWS_H
#define PYLM_TRAIN_TOPIC_ROWS_H

#include "core/topic.h"
#include "readings.h"
#include "word_vectors.h"

/* Where the symbols' records for a part are, which know nothing of it. */
static inline uint8_t *pylm__topic_part_symbols(const struct pylm__readings *readings, uint32_t n_symbols,
                                                uint32_t part)
{
    return readings->symbols + (size_t)part * n_symbols * (PYLM__TOPIC_DIMS + 1u);
}

/* Finds how large the sums are, by which they become bytes: the scales of the part of an image with the symbols'
 * vectors, of which all else is there. */
void pylm__topic_scales_find(uint8_t *part, const struct pylm__corpus *corpus);

/* Writes the rows of all readings that are wanted; rows that were there are gone. They are made with vectors that know
 * nothing of their part. So they are like those of a new text. The result does not depend on n_threads. */
int pylm__topic_rows_write(struct pylm__readings *readings, const uint8_t *part, const struct pylm__corpus *corpus,
                           uint32_t n_threads, const pylm_task *task);

#endif
