/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Lists of more than 4 GiB: the position of a list in a record has more than 32 bits. No text here is that long. So the
 * lists of a small model are moved up by 4 GiB, behind zeros that take no memory, and it has to score the same.
 */
#include "check.h"
#include "core/image.h"
#include "train/base/buffer.h"
#include "train/count/pack.h"
#include "use_image.h"

#define HOLE (UINT64_C(1) << 32)
#define SLACK 64u

/* Packs the records of a template anew, with positions that are HOLE larger. */
static void move_records(const uint8_t *image, uint8_t *head, struct pylm__buffer *out)
{
    const uint8_t *records = image + pylm__load64(head + PYLM__C_RECORDS);
    unsigned check_bits = head[PYLM__C_CHECK_BITS], old_bits = head[PYLM__C_PAYLOAD_BITS], new_bits;
    uint64_t lists_nbytes = pylm__load64(head + PYLM__C_LISTS_NBYTES) + HOLE, bit = 0;
    uint32_t n = pylm__load32(head + PYLM__C_N_RECORDS), i;
    new_bits = pylm__width64(lists_nbytes);
    for (i = 0; i < n; i++, bit += check_bits + 1u + old_bits) {
        uint32_t is_list = pylm__bits(records, bit + check_bits, 1);
        uint64_t payload = pylm__bits(records, bit + check_bits + 1u, old_bits);
        pylm__buffer_bits(out, pylm__bits(records, bit, check_bits), check_bits);
        pylm__buffer_bits(out, is_list, 1);
        pylm__buffer_bits64(out, is_list ? payload + HOLE : payload, new_bits);
    }
    pylm__buffer_flush(out);
    head[PYLM__C_PAYLOAD_BITS] = (uint8_t)new_bits;
    pylm__store64(head + PYLM__C_LISTS_NBYTES, lists_nbytes);
}

/* Moves the lists of template k. Returns the larger image; NULL if there is no room for it. */
static uint8_t *move_lists(struct image image, uint32_t k, uint64_t *nbytes)
{
    uint64_t at = PYLM__H_NBYTES + PYLM__T_NBYTES + k * PYLM__C_NBYTES, records, lists, lists_nbytes;
    const uint8_t *old = image.data + at;
    struct pylm__buffer packed;
    uint8_t *moved;
    memset(&packed, 0, sizeof packed);
    lists_nbytes = pylm__load64(old + PYLM__C_LISTS_NBYTES);
    records = (image.nbytes + 7u) / 8u * 8u;
    moved = calloc((size_t)(records + image.nbytes * 2u + HOLE + lists_nbytes), 1);
    if (!moved)
        return NULL;
    memcpy(moved, image.data, image.nbytes);
    move_records(image.data, moved + at, &packed);
    REQUIRE(packed.status == PYLM_OK && packed.n < image.nbytes * 2u);
    memcpy(moved + records, packed.data, (size_t)packed.n);
    lists = (records + packed.n + 7u) / 8u * 8u;
    memcpy(moved + (size_t)(lists + HOLE), image.data + (size_t)pylm__load64(old + PYLM__C_LISTS),
           (size_t)lists_nbytes);
    pylm__store64(moved + at + PYLM__C_RECORDS, records);
    pylm__store64(moved + at + PYLM__C_LISTS, lists);
    *nbytes = lists + HOLE + lists_nbytes + SLACK;
    pylm__store64(moved + PYLM__H_IMAGE_NBYTES, *nbytes);
    sign_head(moved, *nbytes);
    pylm__buffer_free(&packed);
    return moved;
}

static uint64_t score(const void *image, uint64_t nbytes, const uint32_t *symbols, uint64_t n)
{
    pylm_model model;
    pylm_state state;
    uint64_t cost = 0;
    void *work;
    REQUIRE(pylm_model_open(&model, image, nbytes) == PYLM_OK);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm_state_init(&model, &state);
    REQUIRE(pylm_score(&model, &state, symbols, n, work, NULL, &cost) == PYLM_OK);
    free(work);
    return cost;
}

static void test_scores(int kind)
{
    struct image image = train_kind(kind, N_SHARED_WORDS);
    uint32_t k, symbols[500];
    uint64_t i, nbytes;
    pylm_model model;
    pylm_info info;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    for (i = 0; i < 500u; i++)
        symbols[i] = (uint32_t)(i * i % 31u % info.n_symbols);
    for (k = 1; k < 3u; k++) {
        uint8_t *moved = move_lists(image, k, &nbytes);
        if (!moved)
            break;
        CHECK(score(moved, nbytes, symbols, 500) == score(image.data, image.nbytes, symbols, 500));
        free(moved);
    }
    free(image.data);
}

int main(void)
{
    CHECK(pylm__table_fits(UINT32_MAX, (UINT64_C(1) << PYLM__MAX_LIST_BITS) - 1u));
    CHECK(!pylm__table_fits(UINT64_C(1) << 32, 1));
    CHECK(!pylm__table_fits(1, UINT64_C(1) << PYLM__MAX_LIST_BITS));
    if (sizeof(size_t) > 4u) {
        test_scores(KIND_WORDS);
        test_scores(KIND_SIZED);
    }
    return finish();
}
