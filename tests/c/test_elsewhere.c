/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Templates that others count: the same image, whatever the memory; jobs and results that are damaged or of something
 * else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pylm_train.h"

#define JOB "elsewhere.job"

/* What a caller does in between. */
struct doing {
    uint32_t n_calls, n_templates;
    int sparing;    /* with as little memory as possible: keys go to runs */
    int break_what; /* enum breaking */
};

enum breaking { NOTHING, LEAVE_OUT, SWAP, CUT, CHANGE, FAIL };

static void path_of(uint32_t number, char *path)
{
    (void)sprintf(path, JOB ".%u", (unsigned)number);
}

static void change_byte(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    int byte;
    REQUIRE(file && fseek(file, at, SEEK_SET) == 0);
    byte = fgetc(file);
    REQUIRE(fseek(file, at, SEEK_SET) == 0 && fputc(byte ^ 1, file) >= 0 && fclose(file) == 0);
}

static void cut(const char *path)
{
    const void *data;
    uint64_t nbytes;
    uint8_t *copy;
    REQUIRE(pylm_file_map(path, &data, &nbytes) == PYLM_OK);
    copy = allocate((size_t)nbytes);
    memcpy(copy, data, (size_t)nbytes);
    pylm_file_unmap(data, nbytes);
    REQUIRE(pylm_file_save(path, copy, nbytes - 1u) == PYLM_OK);
    free(copy);
}

static int count_all(void *user, uint32_t n_templates, pylm_task *task)
{
    struct doing *doing = user;
    char path[64], other[64];
    uint64_t nbytes;
    uint32_t i;
    (void)task;
    doing->n_calls++;
    doing->n_templates = n_templates;
    if (doing->break_what == FAIL)
        return PYLM_ERR_FILE;
    for (i = 0; i < n_templates; i++) {
        uint64_t max_memory = 0;
        path_of(i, path);
        if (doing->sparing)
            CHECK(pylm_count_job(JOB, i, 1, NULL, path, NULL, &max_memory) == PYLM_ERR_MEMORY && max_memory > 1000u);
        REQUIRE(pylm_count_job(JOB, i, max_memory, NULL, path, NULL, &nbytes) == PYLM_OK);
    }
    CHECK(pylm_count_job(JOB, n_templates, 0, NULL, path, NULL, &nbytes) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_count_job(path, 0, 0, NULL, "elsewhere.none", NULL, &nbytes) == PYLM_ERR_FOREIGN);
    path_of(1, path);
    path_of(2, other);
    if (doing->break_what == LEAVE_OUT)
        remove(path);
    else if (doing->break_what == SWAP)
        REQUIRE(remove(path) == 0 && rename(other, path) == 0);
    else if (doing->break_what == CUT)
        cut(path);
    else if (doing->break_what == CHANGE)
        change_byte(path, 300);
    return PYLM_OK;
}

static void remove_files(void)
{
    char path[64];
    uint32_t i;
    remove(JOB);
    for (i = 0; i < 31u; i++) {
        path_of(i, path);
        remove(path);
    }
}

/* Trains on a text in several documents. Returns the status. */
static int train_once(const char *text, size_t nbytes, const pylm_train_options *options, struct image *image)
{
    pylm_trainer *trainer;
    const void *built;
    uint64_t built_nbytes;
    size_t part, end;
    int status;
    REQUIRE(pylm_trainer_new(&trainer, options) == PYLM_OK);
    for (part = 0; part < nbytes; part = end) {
        end = nbytes - part < 50000u ? nbytes : part + 50000u;
        REQUIRE(pylm_trainer_add(trainer, text + part, end - part, NULL) == PYLM_OK);
    }
    status = pylm_trainer_build(trainer, NULL, &built, &built_nbytes);
    if (status == PYLM_OK) {
        image->nbytes = (size_t)built_nbytes;
        image->data = allocate(image->nbytes);
        memcpy(image->data, built, image->nbytes);
    }
    pylm_trainer_free(trainer);
    return status;
}

static void compare(const char *text, size_t nbytes, pylm_train_options options, int sparing)
{
    struct doing doing = {0, 0, sparing, NOTHING};
    pylm_elsewhere elsewhere = {JOB, count_all, &doing};
    struct image here, there;
    REQUIRE(train_once(text, nbytes, &options, &here) == PYLM_OK);
    options.elsewhere = &elsewhere;
    REQUIRE(train_once(text, nbytes, &options, &there) == PYLM_OK);
    CHECK(here.nbytes == there.nbytes && memcmp(here.data, there.data, here.nbytes) == 0);
    CHECK(doing.n_templates > 1u && doing.n_calls >= (options.n_trees ? options.n_trees : 1u));
    free(here.data);
    free(there.data);
    remove_files();
}

static void test_broken(const char *text, size_t nbytes)
{
    static const int expected[] = {PYLM_OK,          PYLM_ERR_FILE,    PYLM_ERR_DAMAGED,
                                   PYLM_ERR_DAMAGED, PYLM_ERR_DAMAGED, PYLM_ERR_FILE};
    struct doing doing = {0, 0, 0, NOTHING};
    pylm_elsewhere elsewhere = {JOB, count_all, &doing};
    pylm_train_options options;
    uint64_t n;
    pylm_train_options_init(&options);
    options.max_order = 2;
    options.elsewhere = &elsewhere;
    for (doing.break_what = LEAVE_OUT; doing.break_what <= FAIL; doing.break_what++) {
        struct image image;
        CHECK(train_once(text, nbytes, &options, &image) == expected[doing.break_what]);
    }
    doing.break_what = NOTHING;
    REQUIRE(pylm_file_save(JOB, text, 100) == PYLM_OK);
    CHECK(pylm_count_job(JOB, 0, 0, NULL, JOB ".0", NULL, &n) == PYLM_ERR_FOREIGN);
    remove_files();
    CHECK(pylm_count_job(JOB, 0, 0, NULL, JOB ".0", NULL, &n) == PYLM_ERR_FILE);
}

/* A job in which any byte of the head or the text has changed is refused. */
static int count_damaged(void *user, uint32_t n_templates, pylm_task *task)
{
    long at;
    uint64_t n;
    (void)task;
    (void)n_templates;
    for (at = 0; at < 400; at += 3) {
        change_byte(JOB, at);
        CHECK(pylm_count_job(JOB, 0, 0, NULL, JOB ".0", NULL, &n) != PYLM_OK);
        change_byte(JOB, at);
    }
    cut(JOB);
    CHECK(pylm_count_job(JOB, 0, 0, NULL, JOB ".0", NULL, &n) == PYLM_ERR_DAMAGED);
    *(int *)user = 1;
    return PYLM_ERR_CANCELLED;
}

static void test_damaged_job(const char *text, size_t nbytes)
{
    int called = 0;
    pylm_elsewhere elsewhere = {JOB, count_damaged, &called};
    pylm_train_options options;
    struct image image;
    pylm_train_options_init(&options);
    options.max_order = 1;
    options.elsewhere = &elsewhere;
    CHECK(train_once(text, nbytes, &options, &image) == PYLM_ERR_CANCELLED && called);
    remove_files();
}

static void test_refused_options(void)
{
    pylm_elsewhere elsewhere = {JOB, count_all, NULL};
    pylm_train_options options;
    pylm_trainer *trainer;
    pylm_train_options_init(&options);
    options.elsewhere = &elsewhere;
    options.max_nbytes = 100000;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    options.max_nbytes = 0;
    options.predictor = PYLM_PREDICTOR_KERNEL;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    options.predictor = PYLM_PREDICTOR_MIX;
    elsewhere.count = NULL;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
}

int main(void)
{
    size_t nbytes;
    char *text = make_text(25000, 2, &nbytes);
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.no_topics = 1;
    options.max_order = 2;
    compare(text, nbytes, options, 1); /* a text for more than one run, see elsewhere.c */
    nbytes /= 5u;
    options.max_order = PYLM_NONE;
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.n_trees = 2;
    compare(text, nbytes, options, 0);
    options.n_trees = 1;
    options.tokenizer = PYLM_TOKENIZER_PIECES;
    options.n_pieces = 600;
    options.profile = PYLM_PROFILE_FAST;
    compare(text, nbytes, options, 0);
    test_broken(text, nbytes / 2u);
    test_damaged_job(text, nbytes / 2u);
    test_refused_options();
    free(text);
    return finish();
}
