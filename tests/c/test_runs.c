/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * What counting in little memory is made of: sorted runs and their merge, buffers that are read again, large arrays in
 * files.
 */
#include "check.h"
#include "train/base/runs.h"
#include "train/base/sort.h"
#include "train/base/store.h"

static uint64_t seed = 7;

/* Merges n keys in runs of at most `length`, and compares with all of them sorted at once. */
static void check_merge(uint64_t n, uint64_t length, uint64_t mask)
{
    struct pylm__spill spill = {NULL, 0};
    struct pylm__runs runs;
    struct pylm__merge *merge;
    uint64_t *keys = allocate((size_t)(n + 1u) * sizeof *keys), *all = allocate((size_t)(n + 1u) * sizeof *all), i, j;
    uint64_t key;
    uint64_t count;
    REQUIRE(pylm__spill_open(&spill, NULL) == PYLM_OK);
    pylm__runs_init(&runs, &spill);
    for (i = 0; i < n; i++)
        keys[i] = all[i] = random_number(&seed) & mask;
    for (i = 0; i < n; i += length) {
        uint64_t here = n - i < length ? n - i : length;
        REQUIRE(pylm__sort_alone(keys + i, here, NULL) == PYLM_OK);
        REQUIRE(pylm__runs_add(&runs, keys + i, here, NULL) == PYLM_OK);
    }
    REQUIRE(pylm__sort_alone(all, n, NULL) == PYLM_OK);
    merge = pylm__merge_new(&runs);
    REQUIRE(merge != NULL);
    for (i = 0; i < n; i = j) {
        for (j = i; j < n && all[j] == all[i]; j++)
            continue;
        REQUIRE(pylm__merge_next(merge, &key, &count));
        CHECK(key == all[i] && count == j - i);
    }
    CHECK(!pylm__merge_next(merge, &key, &count));
    CHECK(pylm__merge_status(merge) == PYLM_OK);
    pylm__merge_free(merge);
    pylm__runs_free(&runs);
    pylm__spill_close(&spill);
    free(keys);
    free(all);
}

static void test_too_many_runs(void)
{
    struct pylm__spill spill = {NULL, 0};
    struct pylm__runs runs;
    const uint64_t key = 5;
    uint32_t i;
    REQUIRE(pylm__spill_open(&spill, NULL) == PYLM_OK);
    pylm__runs_init(&runs, &spill);
    for (i = 0; i < PYLM__MAX_RUNS_MERGED; i++)
        REQUIRE(pylm__runs_add(&runs, &key, 1, NULL) == PYLM_OK);
    CHECK(pylm__runs_add(&runs, &key, 1, NULL) == PYLM_ERR_LARGE);
    pylm__runs_free(&runs);
    pylm__spill_close(&spill);
}

/* A buffer is read again as it was written, from memory and from a file, in pieces of any size. */
static void check_reader(int spills, uint64_t n, uint64_t block)
{
    struct pylm__spill spill = {NULL, 0};
    struct pylm__buffer buffer, other;
    struct pylm__reader reader;
    uint64_t i;
    memset(&buffer, 0, sizeof buffer);
    memset(&other, 0, sizeof other);
    REQUIRE(pylm__spill_open(&spill, NULL) == PYLM_OK);
    if (spills) {
        pylm__buffer_spill(&buffer, &spill);
        pylm__buffer_spill(&other, &spill);
    }
    for (i = 0; i < n; i++) {
        pylm__buffer_bits64(&buffer, i * UINT64_C(0x123456789), 40);
        pylm__buffer_bits(&other, (uint32_t)i, 32); /* lies between them in the file */
    }
    pylm__buffer_drain(&buffer);
    pylm__buffer_drain(&other);
    REQUIRE(buffer.status == PYLM_OK && pylm__reader_begin(&reader, &buffer, block) == PYLM_OK);
    for (i = 0; i < n; i++) {
        REQUIRE(pylm__reader_need(&reader, 5) >= 5u);
        CHECK((pylm__load32(reader.data) | (uint64_t)reader.data[4] << 32) ==
              (i * UINT64_C(0x123456789) & ((UINT64_C(1) << 40) - 1u)));
        pylm__reader_skip(&reader, 5);
    }
    CHECK(pylm__reader_need(&reader, 1) == 0u);
    CHECK(pylm__reader_end(&reader, PYLM_OK) == PYLM_OK);
    pylm__buffer_free(&buffer);
    pylm__buffer_free(&other);
    pylm__spill_close(&spill);
}

/* An array that grows from memory into a file keeps what is in it, also when its memory was given back. */
static void check_store(uint64_t most_in_memory)
{
    struct pylm__store store = {NULL, 0, 0, 0, NULL, NULL}, like;
    uint64_t i, n = 100000;
    store.most_in_memory = most_in_memory;
    for (i = 0; i < n; i++) {
        REQUIRE(pylm__store_grow(&store, 8u * (i + 1u)) == PYLM_OK);
        ((uint64_t *)store.data)[i] = i * i;
        if (i % 10007u == 0)
            pylm__store_rest(&store);
    }
    CHECK((store.file != NULL) == (most_in_memory > 0));
    pylm__store_rest(&store);
    pylm__store_shrink(&store, 8u * n);
    for (i = 0; i < n; i++)
        CHECK(((uint64_t *)store.data)[i] == i * i);
    like = pylm__store_like(&store);
    CHECK(!like.data && like.most_in_memory == most_in_memory);
    pylm__store_free(&store);
    CHECK(!store.data && !store.file);
}

static void test_no_folder(void)
{
    struct pylm__store store = {NULL, 0, 10, 0, "no such folder", NULL};
    if (getenv("TMPDIR"))
        return;
    REQUIRE(pylm__store_grow(&store, 8) == PYLM_OK);
    *(uint64_t *)store.data = 77;
    CHECK(pylm__store_grow(&store, 100) == PYLM_ERR_FILE);
    CHECK(*(uint64_t *)store.data == 77u && !store.file);
    store.may_stay = 1;
    CHECK(pylm__store_grow(&store, 100) == PYLM_OK);
    CHECK(*(uint64_t *)store.data == 77u && !store.file && store.nbytes >= 100u);
    pylm__store_free(&store);
}

int main(void)
{
    check_merge(0, 10, UINT64_MAX);
    check_merge(1, 10, UINT64_MAX);
    check_merge(100000, 100000, UINT64_MAX);
    check_merge(100000, 3777, UINT64_MAX >> 1);
    check_merge(100000, 1000, 0xfff);                      /* keys that occur in all runs */
    check_merge(300000, 150000, 0x1);                      /* large numbers of occurrences */
    check_merge(20000, 100, UINT64_C(0xffffffff00000000)); /* differences of all sizes */
    test_too_many_runs();
    check_reader(0, 1000, 64);
    check_reader(1, 200000, 64);
    check_reader(1, 200000, 1 << 20);
    check_store(0);
    check_store(1000);
    test_no_folder();
    return finish();
}
