/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Layers: the first byte chooses the model below. What says that they belong together is made right.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    const pylm_model *base;
    pylm_model layer;
    pylm_info info;
    uint8_t *image;
    if (nbytes <= 1u + PYLM__H_NBYTES)
        return 0;
    base = golden(data[0] % KERNEL);
    image = copy_of(data + 1, nbytes - 1u);
    memcpy(image, pylm__model_view(base)->image, 12); /* magic and version */
    memcpy(image + PYLM__H_BASE, pylm__model_view(base)->image + PYLM__H_IMAGE_CHECKSUM, 8);
    sign_head(image, nbytes - 1u);
    choose_parts(data, nbytes);
    if (pylm_layer_open(&layer, base, image, nbytes - 1u) == PYLM_OK) {
        pylm_model_info(&layer, &info);
        use_model(&layer, &info);
    }
    free(image);
    return 0;
}
