/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training: options and documents out of any bytes. What is built opens, verifies, and keeps its promises. Most options
 * are those that train in a millisecond or two: short texts, few classes, short contexts.
 */
#include "fuzz.h"

#define N_OPTIONS 11u
#define MOST_TEXT 200u

static void choose_options(const uint8_t *data, pylm_train_options *options)
{
    uint32_t i;
    pylm_train_options_init(options);
    options->tokenizer = data[0] % 3u;
    options->n_threads = 1;
    options->min_count = 1u + data[1] % 3u;
    options->n_trees = options->tokenizer && data[2] % 4u == 0 ? 1u + data[2] / 4u % 3u : 1u;
    for (i = 0; i < options->n_trees; i++)
        options->n_classes[i] = 2u + data[2] / 16u;
    options->max_order = data[3] % 16u ? data[3] % 4u : data[3] % 32u ? PYLM_NONE : 12u;
    options->profile = data[4] % 4u != 0;
    if (data[5] % 8u == 0) {
        options->predictor = PYLM_PREDICTOR_KERNEL;
        options->n_trees = 1;
        options->max_order = PYLM_NONE;
        options->profile = 0;
        options->reach = data[6] % 7u;
        options->no_classes = data[6] / 8u & 1u;
    } else if (data[7] % 16u == 0) {
        options->max_nbytes = 3000u + 100u * data[8];
    }
    if (data[9] % 4u == 0) {
        options->max_memory = (uint64_t)data[9] << 16;
        options->memory_is_wish = 1;
    }
}

static void check_image(const void *image, uint64_t nbytes)
{
    pylm_model model;
    pylm_info info;
    pylm_state state;
    void *work;
    PROMISE(pylm_model_open(&model, image, nbytes) == PYLM_OK && pylm_model_verify(&model) == PYLM_OK);
    pylm_model_info(&model, &info);
    work = malloc((size_t)pylm_work_nbytes(&model));
    PROMISE(work != NULL);
    pylm_state_init(&model, &state);
    promise_sum(&model, &state, work);
    free(work);
    use_model(&model, &info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    const void *image;
    uint64_t image_nbytes;
    size_t n = nbytes - N_OPTIONS, n_documents, i;
    int status = PYLM_OK;
    if (nbytes < N_OPTIONS)
        return 0;
    n = n < MOST_TEXT ? n : MOST_TEXT;
    choose_parts(data, nbytes);
    n_documents = 1u + data[10] % 4u;
    choose_options(data, &options);
    if (pylm_trainer_new(&trainer, &options) != PYLM_OK)
        return 0;
    for (i = 0; i < n_documents && status == PYLM_OK; i++) {
        size_t begin = n * i / n_documents, end = n * (i + 1u) / n_documents;
        uint8_t *document = copy_of(data + N_OPTIONS + begin, end - begin);
        status = pylm_trainer_add(trainer, document, end - begin, NULL);
        free(document);
    }
    if (status == PYLM_OK && pylm_trainer_build(trainer, NULL, &image, &image_nbytes) == PYLM_OK)
        check_image(image, image_nbytes);
    pylm_trainer_free(trainer);
    return 0;
}
