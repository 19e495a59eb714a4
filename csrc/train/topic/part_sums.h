/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * part_sums.h: sums of vectors by symbol, over the parts of a text. Those of a part can be taken off, so that what is
 * made for it knows nothing of it.
 */
#ifndef PYLM_TRAIN_PART_SUMS_H
#define PYLM_TRAIN_PART_SUMS_H

#include "pair_counts.h"

struct pylm__sums {
    float *vectors, *n; /* by symbol: the sum, and how many there are */
};

/* What a thread works with. */
struct pylm__part_work {
    struct pylm__sums part;
    uint8_t *records; /* by symbol, as in an image */
};

struct pylm__part_sums {
    struct pylm__sums all;
    uint64_t n_vectors, n_counts; /* numbers of both arrays */
    struct pylm__part_work *work; /* by thread */
    uint32_t n_threads;
};

/* Makes sums of zeros.
 *   n_numbers       of a symbol's vector
 *   n_counts        of a symbol
 *   record_nbytes   of a symbol; 0: no records are wanted
 * To be freed, also after a failure, and of zeros. */
int pylm__part_sums_new(struct pylm__part_sums *sums, uint32_t n_symbols, uint32_t n_numbers, uint32_t n_counts,
                        uint32_t record_nbytes);
void pylm__part_sums_free(struct pylm__part_sums *sums);

/* Adds up a part into sums that are zeros. */
typedef void pylm__add_part(const void *user, uint32_t part, struct pylm__sums *sums);

/* Adds up all parts, in their order. */
int pylm__part_sums_add(struct pylm__part_sums *sums, pylm__add_part *add, const void *user, const pylm_task *task);

/* For each part: adds it up again, and calls `visit` with what it has. */
typedef void pylm__visit_part(const void *user, uint32_t part, struct pylm__part_work *work);
int pylm__part_sums_visit(struct pylm__part_sums *sums, pylm__add_part *add, pylm__visit_part *visit, const void *user,
                          const pylm_task *task);

#endif
