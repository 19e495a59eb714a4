/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Core: what happens to an image that is truncated, damaged, moved, or of another version.
 */
#include "check.h"

static uint32_t cost_of(const void *data, size_t nbytes, uint32_t symbol)
{
    pylm_model model;
    pylm_state state;
    uint32_t cost = 0;
    void *work;
    REQUIRE(pylm_model_open(&model, data, nbytes) == PYLM_OK);
    CHECK(pylm_model_verify(&model) == PYLM_OK);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm_state_init(&state);
    CHECK(pylm_state_push(&model, &state, symbol / 2u) == PYLM_OK);
    CHECK(pylm_cost(&model, &state, symbol, work, &cost) == PYLM_OK);
    free(work);
    return cost;
}

static void test_addresses(const struct image *image)
{
    uint8_t *block = allocate(image->nbytes + 16u);
    uint32_t symbol, offset;
    for (symbol = 0; symbol < 30u; symbol += 7u)
        for (offset = 0; offset < 9u; offset++) {
            memcpy(block + offset, image->data, image->nbytes);
            CHECK(cost_of(block + offset, image->nbytes + 7u, symbol) == cost_of(image->data, image->nbytes, symbol));
        }
    free(block);
}

static void test_truncation(const struct image *image)
{
    pylm_model model;
    size_t n;
    for (n = 0; n < image->nbytes; n += n < 2000u ? 1u : 97u) {
        uint8_t *shorter = allocate(n);
        memcpy(shorter, image->data, n);
        CHECK(pylm_model_open(&model, shorter, n) == (n < 8u ? PYLM_ERR_FOREIGN : PYLM_ERR_TRUNCATED));
        free(shorter);
    }
}

static void test_flipped_bits(const struct image *image)
{
    pylm_model model;
    uint64_t seed = 3;
    size_t n;
    for (n = 0; n < image->nbytes; n += n < 2000u ? 1u : 31u) {
        uint8_t bit = (uint8_t)(1u << random_number(&seed) % 8u);
        int status;
        image->data[n] ^= bit;
        status = pylm_model_open(&model, image->data, image->nbytes);
        CHECK(status == (n < 8u ? PYLM_ERR_FOREIGN : n < 12u ? PYLM_ERR_VERSION : status));
        CHECK(status != PYLM_OK || pylm_model_verify(&model) == PYLM_ERR_DAMAGED);
        image->data[n] ^= bit;
    }
}

int main(void)
{
    int kind;
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image image = train_kind(kind, N_SHARED_WORDS);
        test_addresses(&image);
        test_truncation(&image);
        test_flipped_bits(&image);
        free(image.data);
    }
    return finish();
}
