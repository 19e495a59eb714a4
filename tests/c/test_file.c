/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, model files. What a full disk does is tested from Python.
 */
#ifndef _WIN32
#define _XOPEN_SOURCE 700
#endif
#include "check.h"
#include "platform/platform.h"

#include <errno.h>
#ifndef _WIN32
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#define PATH "test_file.tmp.pylm"

static void check_content(const char *path, const char *expected, size_t expected_nbytes)
{
    const void *data;
    uint64_t nbytes;
    REQUIRE(pylm_file_map(path, &data, &nbytes) == PYLM_OK);
    CHECK(data != NULL && nbytes == expected_nbytes && memcmp(data, expected, expected_nbytes) == 0);
    pylm_file_unmap(data, nbytes);
}

#ifndef _WIN32
#define LINK "test_file.link"

/* A link stays, and so does one to it; what they lead to need not be there yet. */
static void test_links(void)
{
    struct stat info;
    (void)remove(LINK), (void)remove(LINK "2"), (void)remove(PATH);
    REQUIRE(symlink(PATH, LINK) == 0 && symlink(LINK, LINK "2") == 0);
    CHECK(pylm_file_save(LINK, "first", 5) == PYLM_OK);
    check_content(PATH, "first", 5);
    CHECK(pylm_file_save(LINK "2", "second", 6) == PYLM_OK);
    check_content(PATH, "second", 6);
    CHECK(lstat(LINK, &info) == 0 && S_ISLNK(info.st_mode) && lstat(LINK "2", &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(remove(LINK) == 0 && symlink(LINK "2", LINK) == 0); /* a circle */
    errno = 0;
    CHECK(pylm_file_save(LINK, "text", 4) == PYLM_ERR_FILE && errno == ELOOP);
    CHECK(remove(LINK) == 0 && remove(LINK "2") == 0 && remove(PATH) == 0);
}

/* What a process left behind when it died goes; what another one writes stays. */
static void test_stale_files(void)
{
    char stale[128], ours[128];
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    (void)snprintf(stale, sizeof stale, PATH ".%08lx-%ld-0.tmp", (unsigned long)pylm__os_host_id(), (long)child);
    pylm__os_temporary_name(PATH, 7, ours, sizeof ours);
    fclose(fopen(stale, "wb"));
    fclose(fopen(ours, "wb"));
    fclose(fopen(PATH ".00000000-1-0.tmp.txt", "wb"));
    CHECK(pylm_file_save(PATH, "text", 4) == PYLM_OK);
    CHECK(access(stale, F_OK) != 0 && access(ours, F_OK) == 0);
    CHECK(remove(ours) == 0 && remove(PATH ".00000000-1-0.tmp.txt") == 0 && remove(PATH) == 0);
}
#endif

#ifndef _WIN32
/* What was checked of a mapped model stays what it was when the file is written into. */
static void test_model_map(void)
{
    static const char other[4096];
    const void *golden, *data;
    uint64_t golden_nbytes, nbytes, done;
    pylm_model model, again;
    FILE *file;
    REQUIRE(pylm_file_map(PYLM_TEST_DATA "/words.pylm", &golden, &golden_nbytes) == PYLM_OK);
    REQUIRE(pylm_file_save(PATH, golden, golden_nbytes) == PYLM_OK);
    REQUIRE(pylm_model_map(PATH, &data, &nbytes) == PYLM_OK);
    CHECK(nbytes == golden_nbytes && memcmp(data, golden, (size_t)nbytes) == 0);
    CHECK(pylm_model_open(&model, data, nbytes) == PYLM_OK);
    file = fopen(PATH, "r+b");
    REQUIRE(file != NULL);
    for (done = 0; done < nbytes; done += sizeof other)
        CHECK(fwrite(other, 1, sizeof other, file) == sizeof other);
    REQUIRE(fclose(file) == 0);
    CHECK(memcmp(data, golden, 512) == 0 && pylm_model_open(&again, data, nbytes) == PYLM_OK);
    CHECK(memcmp((const char *)data + nbytes / 2u, golden, 512) != 0); /* the rest is the file */
    pylm_file_unmap(data, nbytes);
    CHECK(pylm_file_save(PATH, golden, 100) == PYLM_OK && pylm_model_map(PATH, &data, &nbytes) == PYLM_OK);
    CHECK(nbytes == 100 && memcmp(data, golden, 100) == 0);
    pylm_file_unmap(data, nbytes);
    pylm_file_unmap(golden, golden_nbytes);
    CHECK(remove(PATH) == 0 && pylm_model_map(PATH, &data, &nbytes) == PYLM_ERR_FILE);
}

/* As many threads as fit, and never none. */
static void test_startable(void)
{
    CHECK(pylm__os_startable(0) == 1 && pylm__os_startable(1) == 1);
    CHECK(pylm__os_startable(2) <= 2 && pylm__os_startable(1000) <= 1000);
}
#endif

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
#ifndef _WIN32
    test_links();
    test_stale_files();
    test_model_map();
    test_startable();
#endif
    return finish();
}
