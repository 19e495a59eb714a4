/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Images: the head is signed before it is opened, as an enemy would. Every function is used on what opens; also those
 * that score in bulk and that train: a distillation, and a layer on it.
 */
#include "fuzz.h"

#define MOST_TRAINED (1u << 12) /* symbols of a model that is also trained from: else it takes long */
#define N_SYMBOLS 60u

static void use_base(const pylm_model *base, const pylm_info *info, const uint32_t *symbols)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    const void *image;
    uint64_t nbytes;
    pylm_model layer;
    pylm_info its_info;
    pylm_train_options_init(&options);
    options.base = base;
    options.n_threads = 1;
    if (pylm_trainer_new(&trainer, &options) != PYLM_OK)
        return;
    if (pylm_trainer_add_ids(trainer, symbols, N_SYMBOLS, N_SYMBOLS, NULL) == PYLM_OK &&
        pylm_trainer_build(trainer, NULL, &image, &nbytes) == PYLM_OK &&
        pylm_layer_open(&layer, base, image, nbytes) == PYLM_OK) {
        pylm_model_info(&layer, &its_info);
        PROMISE(its_info.n_symbols == info->n_symbols);
        use_model(&layer, &its_info);
    }
    pylm_trainer_free(trainer);
}

static void use_in_bulk(const pylm_model *model)
{
    uint32_t symbols[N_SYMBOLS], costs[N_SYMBOLS], best[N_SYMBOLS], i;
    uint64_t ends[3] = {20, 30, N_SYMBOLS}, totals[3];
    pylm_texts texts = {symbols, ends, 3};
    pylm_info info;
    pylm_model_info(model, &info);
    if (info.n_symbols > MOST_TRAINED)
        return;
    for (i = 0; i < N_SYMBOLS; i++)
        symbols[i] = i * 7u % info.n_symbols;
    (void)pylm_score_batch(model, NULL, &texts, 1, costs, totals, NULL);
    (void)pylm_predict_batch(model, NULL, &texts, 1, best, NULL);
    use_base(model, &info, symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    uint8_t *image = copy_of(data, nbytes);
    pylm_model model;
    sign_head(image, nbytes);
    choose_parts(data, nbytes);
    if (use_image(image, nbytes) && use.turn % 512u == 0 && pylm_model_open(&model, image, nbytes) == PYLM_OK)
        use_in_bulk(&model);
    free(image);
    return 0;
}
