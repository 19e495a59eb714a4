/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * training.h: a trainer, and the stages that it goes through.
 */
#ifndef PYLM_TRAIN_TRAINING_H
#define PYLM_TRAIN_TRAINING_H

#include "train/kernel/kernel.h"
#include "train/size/topic_share.h"
#include "train/topic/topics.h"
#include "train/write/image_writer.h"

struct pylm_trainer {
    struct pylm_train_options options;
    struct pylm__corpus corpus;
    struct pylm__trained_tree trees[PYLM_MAX_TREES];
    uint32_t n_trees; /* of a kernel, banks */
    struct pylm__kernel_training kernel;
    struct pylm__topic_vectors topics;
    struct pylm__topic_share topic_share; /* with max_nbytes */
    int used;                             /* 1: it has been trained, or tried to be */
    char *folder;                         /* where temporary files may lie; may be NULL */
    struct pylm__spill spill;             /* open if max_memory sends tables to a file */
    struct pylm_trainer *speller;         /* of a word model: it has the image that spells unknown words */
    struct pylm__spelling spelling;
    struct pylm__buffer image;
    char *facts;            /* with max_nbytes: those before training */
    uint64_t shared_nbytes; /* with max_nbytes: of the image without trees */
};

static inline int pylm__trains_kernel(const pylm_trainer *trainer)
{
    return trainer->options.predictor == PYLM_PREDICTOR_KERNEL;
}

/* Does all but the model that spells unknown words, and writing. If size or memory is too small, *nbytes becomes the
 * smallest that is possible. */
int pylm__train(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task);

/* Of that, counting and fitting, which can be done again. */
int pylm__train_trees(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task);

/* The parts of the image. `facts` have been written, or will be; there is room for PYLM__FACTS_NBYTES. */
struct pylm__image_parts pylm__trained_parts(pylm_trainer *trainer, const char *facts);
void pylm__trained_facts(const pylm_trainer *trainer, char *out);

#endif
