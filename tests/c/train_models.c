/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * train_models.c: trains the models of several tests, into the folder that PYLM_TEST_MODELS names. It runs before the
 * tests, so that the models are those of the present trainer.
 */
#include "check.h"

int main(void)
{
    int kind;
    REQUIRE(getenv("PYLM_TEST_MODELS") != NULL);
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image image = train_kind_anew(kind, N_SHARED_WORDS);
        char path[4096];
        shared_path(kind, path, sizeof path);
        REQUIRE(pylm_file_save(path, image.data, image.nbytes) == PYLM_OK);
        free(image.data);
    }
    return finish();
}
