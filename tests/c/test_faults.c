/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Memory that is not there: of everything that allocates, each allocation fails once, and once all from there on. It
 * then says so or does without, leaks nothing, and does the same as ever when there is memory again. The linker leads
 * the library's calls here (--wrap).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pylm_sources.h"
#include "pylm_text.h"

void *__real_malloc(size_t nbytes);
void *__real_calloc(size_t n, size_t nbytes);
void *__real_realloc(void *memory, size_t nbytes);
void *__wrap_malloc(size_t nbytes);
void *__wrap_calloc(size_t n, size_t nbytes);
void *__wrap_realloc(void *memory, size_t nbytes);

static struct {
    int is_on, is_sticky;
    uint64_t n, failing; /* allocations so far; the one that fails; 0: none */
} fault;

static int fails(void)
{
    if (!fault.is_on)
        return 0;
    fault.n++;
    if (!fault.failing || (fault.is_sticky ? fault.n < fault.failing : fault.n != fault.failing))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *__wrap_malloc(size_t nbytes)
{
    return fails() ? NULL : __real_malloc(nbytes);
}

void *__wrap_calloc(size_t n, size_t nbytes)
{
    return fails() ? NULL : __real_calloc(n, nbytes);
}

void *__wrap_realloc(void *memory, size_t nbytes)
{
    return fails() ? NULL : __real_realloc(memory, nbytes);
}

/* ---- what is done; each returns a status, and a number for its result ---- */

static char *text;
static size_t text_nbytes;
static struct image words; /* a model that others are made of */
static pylm_model model;

static uint64_t sum_of(const void *data, uint64_t nbytes)
{
    const uint8_t *bytes = data;
    uint64_t sum = nbytes, i;
    for (i = 0; i < nbytes; i++)
        sum = sum * 31u + bytes[i];
    return sum;
}

static int train_with(const pylm_train_options *options, uint64_t *sum)
{
    pylm_trainer *trainer;
    const void *image;
    uint64_t nbytes;
    int status = pylm_trainer_new(&trainer, options);
    if (status != PYLM_OK)
        return status;
    status = pylm_trainer_add(trainer, text, text_nbytes / 2u, NULL);
    if (status == PYLM_OK)
        status = pylm_trainer_add(trainer, text + text_nbytes / 2u, text_nbytes - text_nbytes / 2u, NULL);
    if (status == PYLM_OK)
        status = pylm_trainer_build(trainer, NULL, &image, &nbytes);
    if (status == PYLM_OK)
        *sum = sum_of(image, nbytes);
    pylm_trainer_free(trainer);
    return status;
}

static pylm_train_options small(uint32_t tokenizer)
{
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.tokenizer = tokenizer;
    options.n_threads = 1;
    options.max_order = 2;
    return options;
}

static int train_words(uint64_t *sum)
{
    pylm_train_options options = small(PYLM_TOKENIZER_WORDS);
    return train_with(&options, sum);
}

static int train_pieces(uint64_t *sum)
{
    pylm_train_options options = small(PYLM_TOKENIZER_PIECES);
    return train_with(&options, sum);
}

static int train_small(uint64_t *sum)
{
    pylm_train_options options = small(PYLM_TOKENIZER_BYTES);
    options.max_nbytes = 20000;
    return train_with(&options, sum);
}

static int train_kernel(uint64_t *sum)
{
    pylm_train_options options = small(PYLM_TOKENIZER_WORDS);
    options.max_order = PYLM_NONE;
    options.predictor = PYLM_PREDICTOR_KERNEL;
    return train_with(&options, sum);
}

static int train_layer(uint64_t *sum)
{
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.base = &model;
    options.n_threads = 1;
    return train_with(&options, sum);
}

static int score_texts(uint64_t *sum)
{
    uint64_t ends[2];
    pylm_strings texts = {(const uint8_t *)text, ends, 2, PYLM_TEXT_CLOSED};
    pylm_text_score scores[2];
    pylm_encoder *encoder = NULL;
    int status = pylm_encoder_new(&encoder, &model);
    ends[0] = text_nbytes / 3u;
    ends[1] = text_nbytes;
    memset(scores, 0, sizeof scores);
    if (status == PYLM_OK)
        status = pylm_score_texts(encoder, &model, NULL, &texts, 1, scores, NULL);
    pylm_encoder_free(encoder);
    *sum = sum_of(scores, sizeof scores);
    return status;
}

static int write_sources(uint64_t *sum)
{
    pylm_sources_writer *writer;
    int status = pylm_sources_writer_new(&writer, "test_faults.sources");
    if (status != PYLM_OK)
        return status;
    status = pylm_sources_writer_add(writer, "a", 1, text, text_nbytes, NULL);
    if (status == PYLM_OK)
        status = pylm_sources_writer_sort(writer, NULL);
    if (status == PYLM_OK)
        status = pylm_sources_writer_save(writer, &model, sum);
    pylm_sources_writer_free(writer);
    return status;
}

/* ---- every allocation ---- */

struct action {
    const char *name;
    int (*act)(uint64_t *sum);
};

static uint64_t n_faults;

static void fail_at(const struct action *action, uint64_t failing, int is_sticky, uint64_t expected)
{
    uint64_t sum = 0;
    int status;
    fault.is_sticky = is_sticky;
    fault.failing = failing;
    fault.n = 0;
    fault.is_on = 1;
    status = action->act(&sum);
    fault.is_on = 0;
    n_faults++;
    if (status != PYLM_ERR_MEMORY && !(status == PYLM_OK && sum == expected)) {
        (void)fprintf(stderr, "%s, allocation %u: status %d\n", action->name, (unsigned)failing, status);
        n_failures++;
    }
}

/* Each of the first ones fails, and of very many some of the others. */
static void test_action(const struct action *action)
{
    enum { EACH = 40, OTHERS = 20 };
    uint64_t expected = 0, again = 0, n, i;
    fault.failing = fault.n = 0;
    fault.is_on = 1;
    REQUIRE(action->act(&expected) == PYLM_OK);
    fault.is_on = 0;
    n = fault.n;
    for (i = 1; i <= n; i += i <= EACH ? 1u : 1u + n / OTHERS) {
        fail_at(action, i, 0, expected);
        fail_at(action, i, 1, expected);
    }
    CHECK(action->act(&again) == PYLM_OK && again == expected);
}

int main(void)
{
    static const struct action actions[] = {
        {"words", train_words}, {"pieces", train_pieces},     {"small", train_small},     {"kernel", train_kernel},
        {"layer", train_layer}, {"score texts", score_texts}, {"sources", write_sources},
    };
    pylm_train_options options = small(PYLM_TOKENIZER_WORDS);
    size_t i;
    text = make_text(600, 1, &text_nbytes);
    words = train(text, text_nbytes, &options);
    REQUIRE(pylm_model_open(&model, words.data, words.nbytes) == PYLM_OK);
    for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
        test_action(&actions[i]);
    (void)remove("test_faults.sources");
    printf("%u allocations failed\n", (unsigned)n_faults);
    free(words.data);
    free(text);
    return finish();
}
