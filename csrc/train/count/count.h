/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * count.h: the templates of a tree counted, packed and calibrated.
 */
#ifndef PYLM_TRAIN_COUNT_H
#define PYLM_TRAIN_COUNT_H

#include "train/write/image_writer.h"

struct pylm__counting {
    const struct pylm__corpus *corpus;
    const struct pylm__heldout *heldout;
    struct pylm__trained_tree *trained; /* out: packed, calibration */
    uint32_t min_count;
    uint32_t n_threads;        /* templates counted at once */
    uint64_t max_keys;         /* of a range of hashes, about: a template with more keys is counted range by range,
                                  which goes through the text again for each */
    uint32_t n_abreast;        /* ranges that threads make ready at once; 1 if there is more than one template */
    struct pylm__spill *spill; /* where tables go; NULL: they stay in memory */
    int for_kernel;            /* exact tables, hits instead of indices, and no calibration */
    struct pylm__wanted wanted[PYLM__MAX_TEMPLATES]; /* out: by template, what held-out text has */
};

/* Memory: for each template counted at once PYLM__KEY_NBYTES a key, and what pylm__count_nbytes() says. */
#define PYLM__KEY_NBYTES 16u
uint64_t pylm__count_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout);

/* All that is `wanted` is to be freed, also after a failure. */
int pylm__count(struct pylm__counting *counting, pylm_task *task);

#endif
