/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.c: opening a layer. Everything else that is done with models is done with layers by the same functions: a layer
 * is a model whose second stage of mixing has one more input, what the model below says. See extended.h.
 */
#include "core/open.h"
#include "pylm_adapt.h"

#if PYLM_MODULE_ADAPT

int pylm_layer_open(pylm_model *layer, const pylm_model *base, const void *image, uint64_t image_nbytes)
{
    return pylm__open(layer, base, image, image_nbytes);
}

#endif
