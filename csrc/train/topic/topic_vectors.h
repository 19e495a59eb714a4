/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_vectors.h: the symbols' topic vectors as they are in an image (core/topic.h), and what they say along the text.
 */
#ifndef PYLM_TRAIN_TOPIC_VECTORS_H
#define PYLM_TRAIN_TOPIC_VECTORS_H

#include "core/topic.h"
#include "train/count/heldout.h"
#include "word_vectors.h"

struct pylm__topic_vectors {
    uint8_t *part; /* as in an image: PYLM__TOPIC_NBYTES, then a record for each symbol; NULL: there are none */
    uint64_t part_nbytes;
};

/* The parts of a text: those that are held out are in two groups, the others stand between them. So the events without
 * either group stand together. */
enum { PYLM__TOPIC_SECOND, PYLM__TOPIC_COMMON, PYLM__TOPIC_FIRST, PYLM__TOPIC_GROUPS };

/* Readings along the text: of each of its PYLM__TOPIC_PARTS parts, as many as are begun with. */
struct pylm__readings {
    uint64_t n_rows;
    uint32_t n;                                                  /* numbers of one */
    uint64_t begins[PYLM__TOPIC_PARTS], ends[PYLM__TOPIC_PARTS]; /* positions, by part */
    uint64_t first_row[PYLM__TOPIC_PARTS];                       /* by part */
    uint64_t first_bit[PYLM__TOPIC_PARTS];                       /* by part, in `wanted` */
    uint64_t *wanted;                                            /* by position, a bit: it has a row */
    uint8_t group[PYLM__TOPIC_PARTS];                            /* by part */
    int has_second;                                              /* some part is in the second group */
    int8_t *rows;                                                /* before each position: n numbers */
};

/* Whether a corpus gets vectors: it is large enough. If so, finds the parts' readings
 * that fit into so many bytes, with all else that is needed meanwhile; 0: no limit. */
int pylm__topic_plan(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                     const struct pylm__heldout *heldout, uint64_t max_nbytes);

/* Whether a position of a part has a row. */
static inline int pylm__reading_is_wanted(const struct pylm__readings *readings, uint32_t part, uint64_t position)
{
    uint64_t bit = readings->first_bit[part] + (position - readings->begins[part]);
    return !readings->wanted || readings->wanted[bit / 64u] >> bit % 64u & 1u;
}

/* Makes the vectors, instead of what is there, and the planned readings that are wanted. The subspace comes from the
 * text that is not held out.
 * The readings of a part are made with vectors that know nothing of that part. So they are like those of a new text. */
int pylm__topic_vectors_find(struct pylm__topic_vectors *out, struct pylm__readings *readings,
                             const struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task);
void pylm__topic_vectors_free(struct pylm__topic_vectors *vectors);
void pylm__readings_free(struct pylm__readings *readings);

#endif
