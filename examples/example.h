/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * example.h: what the examples share: opening a model, turning text into symbols, and giving up.
 */
#ifndef PYLM_EXAMPLE_H
#define PYLM_EXAMPLE_H

#include <errno.h>
#include <pylm_text.h>
#include <pylm_train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For any negative status. */
static inline void must(int status, const char *what)
{
    if (status < 0) {
        (void)fprintf(stderr, "%s: %s\n", what, status == PYLM_ERR_FILE ? strerror(errno) : pylm_status_text(status));
        exit(EXIT_FAILURE);
    }
}

static inline void *allocate(uint64_t nbytes)
{
    void *memory = nbytes <= SIZE_MAX ? malloc((size_t)nbytes) : NULL;
    must(memory ? PYLM_OK : PYLM_ERR_MEMORY, "memory");
    return memory;
}

/* A model file stays mapped to the end. On a device, the image is an array in flash instead. */
static inline pylm_model open_model(const char *path)
{
    const void *image;
    uint64_t nbytes;
    pylm_model model;
    must(pylm_file_map(path, &image, &nbytes), path);
    must(pylm_model_open(&model, image, nbytes), path);
    return model;
}

/* All symbols of a text; the caller frees them. */
static inline uint32_t *encode(const pylm_model *model, const void *text, uint64_t nbytes, int end, uint64_t *n_ret)
{
    uint32_t *symbols = allocate((nbytes + 1u) * sizeof *symbols); /* never more than bytes, and a line end */
    uint64_t position = 0;
    *n_ret = nbytes + 1u;
    must(pylm_encode(model, text, nbytes, end, &position, symbols, n_ret), "text");
    return symbols;
}

/* Prints one symbol as text. */
static inline void print_symbol(const pylm_model *model, uint32_t previous, uint32_t symbol)
{
    char text[4096];
    uint64_t nbytes;
    must(pylm_decode(model, previous, &symbol, 1, text, sizeof text, &nbytes), "symbol");
    (void)fwrite(text, 1, (size_t)nbytes, stdout);
}

#endif
