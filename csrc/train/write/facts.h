/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * facts.h: what a model says about its training.
 */
#ifndef PYLM_TRAIN_FACTS_H
#define PYLM_TRAIN_FACTS_H

#include "train/write/image_writer.h"

#define PYLM__FACTS_NBYTES (512u + PYLM_MAX_TREES * (256u + PYLM__MAX_TEMPLATES * 64u)) /* the most */

struct pylm__facts {
    const pylm_train_options *options;
    const struct pylm__corpus *corpus;
    const struct pylm__trained_tree *trees;
    uint32_t n_trees;          /* of a kernel, banks: all have the tree of the first */
    const double *kernel_bits; /* of a kernel, the cost of a held-out symbol; else NULL */
};

/* Writes them to `out`, which has PYLM__FACTS_NBYTES: a JSON object. All numbers are integers, so that every machine
 * writes the same. */
void pylm__facts_write(const struct pylm__facts *facts, char *out);

#endif
