/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, model files. What a full disk does is tested from Python.
 */
#include "check.h"

#include <errno.h>

#define PATH "test_file.tmp.pylm"

static void check_content(const char *path, const char *expected, size_t expected_nbytes)
{
    const void *data;
    uint64_t nbytes;
    REQUIRE(pylm_file_map(path, &data, &nbytes) == PYLM_OK);
    CHECK(data != NULL && nbytes == expected_nbytes && memcmp(data, expected, expected_nbytes) == 0);
    pylm_file_unmap(data, nbytes);
}

int main(void)
{
    const void *data, *old;
    uint64_t nbytes, old_nbytes;
    CHECK(pylm_file_save(PATH, "first", 5) == PYLM_OK);
    check_content(PATH, "first", 5);
#ifndef _WIN32 /* where a file that is mapped cannot be replaced */
    REQUIRE(pylm_file_map(PATH, &old, &old_nbytes) == PYLM_OK);
    CHECK(pylm_file_save(PATH, "second one", 10) == PYLM_OK);
    CHECK(memcmp(old, "first", 5) == 0); /* the old file stays as it is while it is mapped */
    pylm_file_unmap(old, old_nbytes);
    check_content(PATH, "second one", 10);
    CHECK(pylm_file_save("/dev/null", "text", 4) == PYLM_OK);
#else
    (void)old, (void)old_nbytes;
#endif
    CHECK(pylm_file_save(PATH, NULL, 0) == PYLM_OK);
    check_content(PATH, "", 0);
    CHECK(remove(PATH) == 0);
    errno = 0;
    CHECK(pylm_file_map(PATH, &data, &nbytes) == PYLM_ERR_FILE && errno == ENOENT);
    CHECK(pylm_file_save("no such folder/model", "text", 4) == PYLM_ERR_FILE && errno == ENOENT);
    pylm_file_unmap(NULL, 0);
    return finish();
}
