/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * kernel.h: training of the predictor `kernel`: all contexts are counted, and distances are chosen.
 */
#ifndef PYLM_TRAIN_KERNEL_H
#define PYLM_TRAIN_KERNEL_H

#include "train/count/count.h"
#include "train/write/image_writer.h"

struct pylm__kernel_training {
    const pylm_train_options *options;
    const struct pylm__corpus *corpus;
    struct pylm__trained_tree *banks; /* the first has its tree; all get it, and their tables */
    uint32_t n_banks;                 /* out */
    struct pylm__spill *spill;        /* opened if tables have to go to a file */
    pylm_kernel kernel;               /* out */
    double bits;                      /* out: of a held-out symbol */
};

/* Trains a kernel.
 *   folder     where a temporary file may lie
 *   smallest   out: the smallest possible max_memory, if it is too small */
int pylm__kernel_train(struct pylm__kernel_training *training, const char *folder, uint64_t *smallest, pylm_task *task);

#endif
