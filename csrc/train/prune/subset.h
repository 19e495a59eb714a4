/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * subset.h: a model with a part of its contexts.
 */
#ifndef PYLM_TRAIN_SUBSET_H
#define PYLM_TRAIN_SUBSET_H

#include "core/image.h"
#include "train/base/buffer.h"

/* Which contexts of a model stay: for each record of a template's table a byte, not 0 if it stays. */
struct pylm__subset {
    const uint8_t *stays[PYLM__MAX_TREES][PYLM__MAX_TEMPLATES];
    const char *facts; /* training facts, JSON; NULL: those of the model */
    uint64_t facts_nbytes;
};

/* Writes an image with these contexts to an empty buffer. All else is as in the model, also how many bits of each
 * context's hash are kept. So a context is found if it was found before and stays. (If a context stays, the context
 * that it extends has to stay, too, where the engine looks that up first; FORMAT.md says where.) If all contexts stay,
 * with the facts of the model, the image is the same as that of the model, if this library trained it. Returns
 * PYLM_ERR_DAMAGED if a table contradicts itself, PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
int pylm__subset_build(const pylm_model *model, const struct pylm__subset *subset, const pylm_task *task,
                       struct pylm__buffer *built);

#endif
