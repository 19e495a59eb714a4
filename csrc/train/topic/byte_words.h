/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * byte_words.h: a text of bytes as its words (core/words.h).
 */
#ifndef PYLM_TRAIN_BYTE_WORDS_H
#define PYLM_TRAIN_BYTE_WORDS_H

#include "pair_counts.h"
#include "readings.h"

struct pylm__byte_words {
    struct pylm__corpus corpus; /* by word: its number in the table, or `unknown`, which also ends documents */
    uint64_t bounds[PYLM__TOPIC_SECTIONS + 1u]; /* of the sections of the readings, in words */
    uint8_t *table;                             /* of the frequent words; as in core/hash_table.h */
    uint64_t table_nbytes;
};

/* Finds the words of a text. Positions of the readings with the same words before them share a row. For each position,
 * row_of becomes its row, and key_of its prefix. */
int pylm__byte_words_find(struct pylm__byte_words *words, const struct pylm__corpus *text,
                          struct pylm__readings *readings, const pylm_task *task);
void pylm__byte_words_free(struct pylm__byte_words *words);

#endif
