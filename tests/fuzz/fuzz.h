/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * fuzz.h: what the fuzzers share: the golden models, which a hostile file is used with, and promises that stop them.
 */
#ifndef PYLM_TESTS_FUZZ_H
#define PYLM_TESTS_FUZZ_H

#include "../c/use_image.h"
#include "pylm_train.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

#define PROMISE(condition) ((condition) ? (void)0 : __builtin_trap())
#define N_GOLDEN 7u
#define KERNEL 6u /* the last one */

/* Golden model number i modulo N_GOLDEN. The files are mapped at the first call. */
static inline const pylm_model *golden(uint32_t i)
{
    static const char *const names[N_GOLDEN] = {"words", "bytes", "pieces", "external", "sized", "trees", "kernel"};
    static pylm_model models[N_GOLDEN];
    static int are_open;
    uint32_t k;
    for (k = 0; !are_open && k < N_GOLDEN; k++) {
        char path[1024] = PYLM_TEST_DATA "/";
        const void *data;
        uint64_t nbytes;
        strcat(strcat(path, names[k]), ".pylm");
        PROMISE(pylm_file_map(path, &data, &nbytes) == PYLM_OK);
        PROMISE(pylm_model_open(&models[k], data, nbytes) == PYLM_OK);
    }
    are_open = 1;
    return &models[i % N_GOLDEN];
}

/* A copy in a block of exactly its size, so that a sanitizer sees every byte read behind it. */
static inline uint8_t *copy_of(const uint8_t *data, size_t nbytes)
{
    uint8_t *copy = malloc(nbytes ? nbytes : 1u);
    PROMISE(copy != NULL);
    if (nbytes)
        memcpy(copy, data, nbytes);
    return copy;
}

/* A hash of the input, by which one thing of all is done with it: the same each time, and several times as quick.
 * Mutations come to the others. */
static inline uint32_t choice(const uint8_t *data, size_t nbytes)
{
    uint32_t hash = 2166136261u;
    size_t i, step = nbytes / 4096u + 1u;
    for (i = 0; i < nbytes; i += step)
        hash = (hash ^ data[i]) * 16777619u;
    return hash;
}

/* Lets use_model() do one thing of all. */
static inline void choose_parts(const uint8_t *data, size_t nbytes)
{
    uint32_t hash = choice(data, nbytes);
    use.parts = 1u << (hash >> 8) % N_PARTS;
    use.most_symbols = 8;
    use.turn = hash >> 20;
}

/* Probabilities add up to 1 to the last bit, and none is 0. */
static inline void promise_sum(const pylm_model *model, const pylm_state *state, void *work)
{
    pylm_info info;
    uint64_t sum = 0, *q62;
    uint32_t i;
    pylm_model_info(model, &info);
    q62 = malloc(info.n_symbols * sizeof *q62);
    PROMISE(q62 != NULL);
    pylm_distribution(model, state, work, q62);
    for (i = 0; i < info.n_symbols; i++) {
        PROMISE(q62[i] > 0);
        sum += q62[i];
    }
    PROMISE(sum == UINT64_C(1) << 62);
    free(q62);
}

#endif
