/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * open.h: opening an image.
 */
#ifndef PYLM_CORE_OPEN_H
#define PYLM_CORE_OPEN_H

#include "image.h"

/* pylm_model_open() for a model, `below` being NULL, or for a layer on another. */
int pylm__open(pylm_model *model, const pylm_model *below, const void *image, uint64_t image_nbytes);

#endif
