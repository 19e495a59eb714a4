/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * image_writer.h: a model image of trained trees.
 */
#ifndef PYLM_TRAIN_IMAGE_WRITER_H
#define PYLM_TRAIN_IMAGE_WRITER_H

#include "train/count/pack.h"
#include "train/fit/stages.h"
#include "train/topic/node_vectors.h"
#include "train/topic/topic_vectors.h"
#include "train/write/spelling.h"

/* A tree of a model, and all that belongs to it. */
struct pylm__trained_tree {
    struct pylm__symbol_tree tree;
    struct pylm__templates templates;
    struct pylm__packed packed[PYLM__MAX_TEMPLATES];
    int16_t *calibration; /* n_templates * PYLM__N_CALIBRATION */
    struct pylm__stages stages;
    struct pylm__node_vectors node_topics;
};

/* The parts of an image. */
struct pylm__image_parts {
    const struct pylm__corpus *corpus;
    struct pylm__trained_tree *trees;
    uint32_t n_trees;
    const char *facts;                        /* training facts, JSON */
    const struct pylm__topic_vectors *topics; /* NULL: none */
    const struct pylm__spelling *spelling;    /* NULL: none */
    const pylm_kernel *kernel;                /* of a kernel: the trees are its banks; NULL: they are averaged */
};

/* Finds the size of an image. */
int pylm__image_nbytes(const struct pylm__image_parts *parts, uint64_t *nbytes);

/* Writes an image to an empty buffer. The tables of all templates are freed on the way. */
int pylm__image_build(const struct pylm__image_parts *parts, struct pylm__buffer *built);

/* Writes an image to a file, as pylm_file_save() does. */
int pylm__image_save(const struct pylm__image_parts *parts, const char *path, uint64_t *nbytes, pylm_task *task);

#endif
