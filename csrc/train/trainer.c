/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trainer.c: the public functions of training. training.c has the order of its stages.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "platform/platform.h"
#include "train/base/file.h"
#include "train/layer/layer.h"
#include "train/write/facts.h"
#include "train/write/own_text.h"
#include "training.h"

#define SMALL_TEXT 65536u /* symbols */
#define TEXT_SHARE 8u     /* of max_memory, the part that the text may have: more of it goes to a file */

int pylm_trainer_new(pylm_trainer **trainer, const pylm_train_options *options)
{
    pylm_trainer *new;
    pylm_train_options defaults;
    int status;
    *trainer = NULL;
    pylm_train_options_init(&defaults);
    if (!options)
        options = &defaults;
    if (!pylm__options_are_sane(options))
        return PYLM_ERR_ARGUMENT;
    new = pylm__array_new(1, sizeof *new);
    if (!new)
        return PYLM_ERR_MEMORY;
    new->options = *options;
    new->options.folder = NULL;
    new->folder = options->folder ? pylm__text_copy(options->folder) : NULL;
    new->n_trees = pylm__options_n_trees(options);
    status = pylm__corpus_init(&new->corpus, options->base ? PYLM_TOKENIZER_BYTES : options->tokenizer);
    if (options->base) {
        pylm__corpus_on_base(&new->corpus, options->base);
        new->n_trees = 1;
    }
    new->corpus.endless = (int)options->endless;
    new->corpus.symbols.most_in_memory = options->max_memory / TEXT_SHARE;
    new->corpus.symbols.may_stay = (int)options->memory_is_wish;
    new->corpus.symbols.folder = new->folder;
    if (options->folder && !new->folder)
        status = PYLM_ERR_MEMORY;
    if (status == PYLM_OK)
        *trainer = new;
    else
        pylm_trainer_free(new);
    return status;
}

/* Frees everything but the image. */
static void free_trained(pylm_trainer *trainer)
{
    uint32_t t, k;
    pylm__corpus_free(&trainer->corpus);
    for (t = 0; t < PYLM_MAX_TREES; t++) {
        if (!t || !pylm__trains_kernel(trainer)) /* all banks have the tree of the first */
            pylm__symbol_tree_free(&trainer->trees[t].tree);
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            pylm__packed_free(&trainer->trees[t].packed[k]);
        free(trainer->trees[t].calibration);
        trainer->trees[t].calibration = NULL;
        pylm__stages_free(&trainer->trees[t].stages);
        pylm__node_vectors_free(&trainer->trees[t].node_topics);
    }
    pylm__topic_vectors_free(&trainer->topics);
}

void pylm_trainer_free(pylm_trainer *trainer)
{
    if (!trainer)
        return;
    free_trained(trainer);
    pylm__spill_close(&trainer->spill);
    pylm__buffer_free(&trainer->image);
    pylm_trainer_free(trainer->speller);
    free(trainer->facts);
    free(trainer->folder);
    free(trainer);
}

int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, pylm_task *task)
{
    return pylm__corpus_add(&trainer->corpus, text, text_nbytes, task);
}

int pylm_trainer_add_part(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, int is_last, pylm_task *task)
{
    return pylm__corpus_add_part(&trainer->corpus, text, text_nbytes, is_last, task);
}

int pylm_trainer_vocabulary(pylm_trainer *trainer, uint32_t n_symbols, const void *texts, const uint64_t *text_ends,
                            const void *file, uint64_t file_nbytes)
{
    if (trainer->options.min_word_count || trainer->options.max_words)
        return PYLM_ERR_ARGUMENT;
    return pylm__corpus_vocabulary(&trainer->corpus, n_symbols, texts, text_ends, file, file_nbytes);
}

int pylm_trainer_add_ids(pylm_trainer *trainer, const uint32_t *ids, uint64_t n, uint64_t text_nbytes, pylm_task *task)
{
    return pylm__corpus_add_ids(&trainer->corpus, ids, n, text_nbytes, task);
}

/* Trains the model that spells unknown words. */
static int train_speller(pylm_trainer *trainer, pylm_task *task)
{
    const struct pylm__strings *rare = &trainer->corpus.rare;
    const struct pylm__image_parts parts = pylm__trained_parts(trainer, "");
    pylm_train_options options;
    uint64_t nbytes = trainer->options.max_nbytes;
    uint32_t i;
    if (!rare->n)
        return PYLM_OK;
    if (!nbytes)
        PYLM__TRY(pylm__image_nbytes(&parts, &nbytes));
    options = pylm__options_of_speller(&trainer->options, nbytes);
    PYLM__TRY(pylm_trainer_new(&trainer->speller, &options));
    trainer->speller->corpus.spells = 1;
    for (i = 0; i < rare->n; i++) {
        const uint8_t *text = pylm__string_text(rare, i, &nbytes);
        PYLM__TRY(pylm_trainer_add(trainer->speller, text, nbytes, NULL));
    }
    PYLM__TRY(pylm_trainer_build(trainer->speller, task, &trainer->spelling.image, &trainer->spelling.nbytes));
    return pylm__spelling_saves(&trainer->spelling, &trainer->corpus, trainer->options.n_threads, task);
}

/* Does all but writing. */
static int train(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task)
{
    PYLM__TRY(pylm__train(trainer, nbytes, task));
    return train_speller(trainer, task);
}

/* Whether the text is so short that held-out blocks may teach what is wrong. It is then scored. A layer holds to its
 * base instead. */
static int is_small(const pylm_trainer *trainer)
{
    return trainer->corpus.n <= SMALL_TEXT && !trainer->corpus.base && !pylm__trains_kernel(trainer);
}

/* Writes the image to `path`; into memory if that is NULL. */
static int write_image(pylm_trainer *trainer, const char *path, uint64_t *nbytes, pylm_task *task)
{
    char *facts = pylm__array_new(PYLM__FACTS_NBYTES, 1);
    struct pylm__image_parts parts = pylm__trained_parts(trainer, facts);
    int status = PYLM_ERR_MEMORY;
    if (facts) {
        pylm__trained_facts(trainer, facts);
        if (!is_small(trainer))
            pylm__corpus_free_symbols(&trainer->corpus);
        status = path ? pylm__image_save(&parts, path, nbytes, task) : pylm__image_build(&parts, &trainer->image);
    }
    free(facts);
    return status;
}

/* Trains again, a little for the text as it is; if that has been done, half; then wholly. */
static int train_again(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task)
{
    uint32_t t, k, *keeps_own = &trainer->corpus.keeps_own;
    *keeps_own = !*keeps_own                         ? PYLM__ONE_KEEPS_OWN
                 : *keeps_own == PYLM__ONE_KEEPS_OWN ? PYLM__HALF_KEEP_OWN
                                                     : PYLM__ALL_KEEP_OWN;
    for (t = 0; t < trainer->n_trees; t++) {
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            pylm__packed_free(&trainer->trees[t].packed[k]);
        pylm__stages_free(&trainer->trees[t].stages);
    }
    pylm__buffer_free(&trainer->image);
    return pylm__train_trees(trainer, nbytes, task);
}

/* Writes the image into memory. In a short text it may be that no symbol comes where others like it came: then held-out
 * blocks teach that what was counted does not come, and the model of the whole text would be worse than none. */
static int write_checked(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task)
{
    int is_worse = 0;
    PYLM__TRY(write_image(trainer, NULL, NULL, task));
    while (is_small(trainer) && trainer->corpus.keeps_own != PYLM__ALL_KEEP_OWN) {
        PYLM__TRY(pylm__is_worse_than_guessing(&trainer->corpus, trainer->image.data, trainer->image.n, &is_worse));
        if (!is_worse)
            break;
        PYLM__TRY(train_again(trainer, nbytes, task));
        PYLM__TRY(write_image(trainer, NULL, NULL, task));
    }
    return PYLM_OK;
}

int pylm_trainer_build(pylm_trainer *trainer, pylm_task *task, const void **image_ret, uint64_t *image_nbytes_ret)
{
    PYLM__TRY(train(trainer, image_nbytes_ret, task));
    pylm__task_begin(task, PYLM_STAGE_WRITE, 1);
    PYLM__TRY(write_checked(trainer, image_nbytes_ret, task));
    pylm__task_step(task);
    free_trained(trainer);
    *image_ret = trainer->image.data;
    *image_nbytes_ret = trainer->image.n;
    return PYLM_OK;
}

int pylm_trainer_save(pylm_trainer *trainer, const char *path, pylm_task *task, uint64_t *nbytes_ret)
{
    int status, error;
    if (!trainer->folder && !pylm__os_is_device(path))
        trainer->folder = pylm__folder_of(path);
    status = train(trainer, nbytes_ret, task);
    pylm__task_begin(task, PYLM_STAGE_WRITE, 1);
    if (status == PYLM_OK && is_small(trainer)) {
        status = write_checked(trainer, nbytes_ret, task);
        if (status == PYLM_OK)
            status = pylm_file_save(path, trainer->image.data, trainer->image.n);
        *nbytes_ret = status == PYLM_OK ? trainer->image.n : *nbytes_ret;
    } else if (status == PYLM_OK) {
        status = write_image(trainer, path, nbytes_ret, task);
    }
    pylm__task_step(task);
    error = errno;
    free_trained(trainer);
    errno = error;
    return status;
}
