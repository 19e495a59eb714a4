/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * kernel.h: training of the predictor `kernel`: everything is counted, and distances are chosen.
 */
#ifndef PYLM_TRAIN_KERNEL_H
#define PYLM_TRAIN_KERNEL_H

#include "train/count/count.h"

struct pylm__kernel_training {
    const pylm_train_options *options;
    const struct pylm__corpus *corpus;
    struct pylm__trained_tree *banks; /* the first has its tree already, the others get it; out: tables */
    uint32_t n_banks;                 /* out */
    struct pylm__spill *spill;        /* opened if tables have to go to a file */
    pylm_kernel kernel;               /* out */
    double bits;                      /* out: of a held-out symbol */
};

/* `folder` is where a temporary file may be; *smallest becomes the least max_memory if that is too small. */
int pylm__kernel_train(struct pylm__kernel_training *training, const char *folder, uint64_t *smallest,
                       pylm_task *task);

#endif
