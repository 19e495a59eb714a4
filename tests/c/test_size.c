/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, models of a given size: they fit, and are the same for any number of threads. If nothing fits, the size
 * that is said to be the smallest does.
 */
#include "pylm_text.h"

#include "check.h"
#include "use_image.h"

enum { N_WORDS = 1500 };

static void set_kind(pylm_train_options *options, int kind)
{
    pylm_train_options_init(options);
    options->tokenizer = kind == KIND_PIECES ? PYLM_TOKENIZER_PIECES
                         : kind > KIND_BYTES ? PYLM_TOKENIZER_WORDS
                                             : PYLM_TOKENIZER_BYTES;
    options->n_trees = kind == KIND_TREES ? 2 : 1;
    options->n_pieces = 330;
    options->n_classes[0] = options->n_classes[1] = 20;
}

/* Trains; returns the status and, in *nbytes, the size of the image or the smallest possible. */
static int try_size(const char *text, size_t text_nbytes, const pylm_train_options *options, uint64_t *nbytes)
{
    pylm_trainer *trainer;
    const void *image;
    int status;
    REQUIRE(pylm_trainer_new(&trainer, options) == PYLM_OK);
    REQUIRE(pylm_trainer_add(trainer, text, text_nbytes, NULL) == PYLM_OK);
    status = pylm_trainer_build(trainer, NULL, &image, nbytes);
    pylm_trainer_free(trainer);
    return status;
}

/* The cost of a text, 1/65536 bit. */
static uint64_t cost_of(const struct image *image, const char *text, size_t nbytes)
{
    static uint32_t symbols[65536];
    pylm_model model;
    pylm_state state;
    void *work;
    uint64_t position = 0, n, sum = 0, total;
    REQUIRE(pylm_model_open(&model, image->data, image->nbytes) == PYLM_OK);
    CHECK(pylm_model_verify(&model) == PYLM_OK);
    work = allocate((size_t)pylm_work_nbytes(&model));
    pylm_state_init(&model, &state);
    while (position <= nbytes) {
        n = 65536;
        REQUIRE(pylm_encode(&model, text, nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) == PYLM_OK);
        REQUIRE(pylm_score(&model, &state, symbols, n, work, NULL, &total) == PYLM_OK);
        sum += total;
    }
    free(work);
    return sum;
}

static void test_fits(void)
{
    size_t nbytes, test_nbytes;
    char *text = make_text(N_WORDS, 1, &nbytes), *test = make_text(N_WORDS, 9, &test_nbytes);
    int kind, part;
    for (kind = 0; kind < KIND_SIZED; kind++) {
        pylm_train_options options;
        struct image whole, image;
        uint64_t cost, last;
        set_kind(&options, kind);
        whole = train(text, nbytes, &options);
        last = cost_of(&whole, test, test_nbytes);
        for (part = 1; part <= 4; part *= 2) {
            options.max_nbytes = whole.nbytes / (uint64_t)part;
            image = train(text, nbytes, &options);
            CHECK(image.nbytes <= options.max_nbytes);
            CHECK(use_image(image.data, image.nbytes));
            cost = cost_of(&image, test, test_nbytes);
            CHECK(cost > last - last / 33u); /* with so little text, a smaller model may be a little better by chance */
            last = cost;
            free(image.data);
        }
        free(whole.data);
    }
    free(text);
    free(test);
}

static void test_threads(void)
{
    size_t nbytes;
    char *text = make_text(N_WORDS, 2, &nbytes);
    int kind;
    for (kind = 0; kind < KIND_SIZED; kind++) {
        pylm_train_options options;
        struct image one, several;
        set_kind(&options, kind);
        options.max_nbytes = 40000;
        options.n_threads = 1;
        one = train(text, nbytes, &options);
        options.n_threads = 5;
        several = train(text, nbytes, &options);
        CHECK(one.nbytes == several.nbytes && memcmp(one.data, several.data, one.nbytes) == 0);
        free(one.data);
        free(several.data);
    }
    free(text);
}

static void test_smallest(void)
{
    static const char *const texts[] = {"a", "\xff b\n"};
    size_t nbytes, i;
    char *text = make_text(N_WORDS, 3, &nbytes);
    int kind;
    for (kind = 0; kind < KIND_SIZED; kind++)
        for (i = 0; i < 3u; i++) {
            const char *of = i < 2u ? texts[i] : text;
            size_t of_nbytes = i < 2u ? strlen(of) : nbytes;
            pylm_train_options options;
            uint64_t smallest = 0, got = 0;
            set_kind(&options, kind);
            options.max_nbytes = 1;
            CHECK(try_size(of, of_nbytes, &options, &smallest) == PYLM_ERR_BUDGET);
            options.max_nbytes = smallest;
            CHECK(try_size(of, of_nbytes, &options, &got) == PYLM_OK);
            CHECK(got > 1u && got <= smallest);
            options.max_nbytes = smallest - 1u;
            CHECK(try_size(of, of_nbytes, &options, &got) == PYLM_ERR_BUDGET && got == smallest);
        }
    free(text);
}

static void test_cancelling(void)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    pylm_task task;
    const void *image;
    uint64_t image_nbytes;
    size_t nbytes;
    char *text = make_text(N_WORDS, 2, &nbytes);
    memset(&task, 0, sizeof task);
    set_kind(&options, 1);
    options.max_nbytes = 40000;
    REQUIRE(pylm_trainer_new(&trainer, &options) == PYLM_OK);
    REQUIRE(pylm_trainer_add(trainer, text, nbytes, &task) == PYLM_OK);
    task.cancel = 1;
    CHECK(pylm_trainer_build(trainer, &task, &image, &image_nbytes) == PYLM_ERR_CANCELLED);
    pylm_trainer_free(trainer);
    free(text);
}

int main(void)
{
    test_fits();
    test_threads();
    test_smallest();
    test_cancelling();
    return finish();
}
