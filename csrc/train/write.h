/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * write.h: trained parts to a model image.
 */
#ifndef PYLM_TRAIN_WRITE_H
#define PYLM_TRAIN_WRITE_H

#include "pack.h"
#include "stages.h"

/* Everything that one tree of a model consists of. */
struct pylm__trained_tree {
    struct pylm__symbol_tree tree;
    struct pylm__templates templates;
    struct pylm__packed packed[PYLM__MAX_TEMPLATES];
    int16_t *calibration; /* n_templates * PYLM__N_CALIBRATION */
    struct pylm__stages stages;
};

/* Writes an image of n_trees trees, which share the weight equally, to an empty buffer.
 *   facts    JSON to be carried along. */
int pylm__write_image(struct pylm__buffer *image, const struct pylm__corpus *corpus,
                      const struct pylm__trained_tree *trees, uint32_t n_trees, const char *facts);

#endif
