/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * subset.h: the same model with fewer contexts.
 */
#ifndef PYLM_TRAIN_SUBSET_H
#define PYLM_TRAIN_SUBSET_H

#include "buffer.h"

#include "core/image.h"

/* Which contexts of a model stay: for each record of a template's table a byte, not 0 if it stays. */
struct pylm__subset {
    const uint8_t *stays[PYLM__MAX_TREES][PYLM__MAX_TEMPLATES];
    const char *facts; /* to be carried along; NULL: those of the model */
    uint64_t facts_nbytes;
};

/* Writes an image with these contexts to an empty buffer. Everything else is the model's own, and as many bits
 * of each context's hash are kept as the model has: so a context is found exactly if it was and stays. (For that the base of one
 * that stays has to stay, too, where the model asks for it; FORMAT.md says where.) With all of them, and its own facts,
 * the image is that of the model, if this library's trainer wrote it.
 * Returns PYLM_ERR_DAMAGED if a table contradicts itself, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
int pylm__subset_build(const pylm_model *model, const struct pylm__subset *subset, const pylm_task *task,
                       struct pylm__buffer *built);

#endif
