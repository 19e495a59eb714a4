/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * A fuzzer of the image reader. With clang it is a libFuzzer target; with any compiler and
 * -DPYLM_FUZZ_MAIN a program that changes the given images at random. See README.md here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../c/use_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

/* The head is signed before it is opened, as an enemy would. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    uint8_t *image = malloc(nbytes ? nbytes : 1u);
    if (!image)
        return 0;
    memcpy(image, data, nbytes);
    sign_head(image, nbytes);
    (void)use_image(image, nbytes);
    free(image);
    return 0;
}

#ifdef PYLM_FUZZ_MAIN

static uint64_t random_number(uint64_t *seed)
{
    uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint8_t *read_file(const char *path, size_t *nbytes)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(1u << 24);
    *nbytes = file && data ? fread(data, 1, 1u << 24, file) : 0;
    if (file)
        (void)fclose(file);
    return data;
}

static void run(const uint8_t *seed_image, size_t nbytes, long n_runs, uint64_t seed)
{
    uint8_t *image = malloc(nbytes);
    long i;
    for (i = 0; image && i < n_runs; i++) {
        uint64_t changes = 1u + random_number(&seed) % 20u;
        memcpy(image, seed_image, nbytes);
        while (changes--) { /* half of the changes go to the head */
            uint64_t r = random_number(&seed), range = r & 1u && nbytes > 1500u ? 1500u : nbytes;
            image[(r >> 1) % range] = (uint8_t)(random_number(&seed) >> 16);
        }
        (void)LLVMFuzzerTestOneInput(image, nbytes);
    }
    free(image);
}

int main(int argc, char **argv)
{
    int i;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: %s RUNS IMAGE...\n", argv[0]);
        return 2;
    }
    for (i = 2; i < argc; i++) {
        size_t nbytes;
        uint8_t *image = read_file(argv[i], &nbytes);
        if (nbytes)
            run(image, nbytes, atol(argv[1]), (uint64_t)i);
        else
            (void)fprintf(stderr, "%s: cannot be read\n", argv[i]);
        free(image);
    }
    return 0;
}

#endif
