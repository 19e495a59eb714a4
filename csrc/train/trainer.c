/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trainer.c: the public functions of training, and the order of its stages: read, cluster, find topics, count,
 * fit, write.
 *
 * The stages are folders. Each uses only those before it: base, text, tree, count, fit, topic, write; then size (a
 * limit of bytes), kernel (the other predictor) and layer. Beside them stand prune and sources, which need no trainer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "platform/platform.h"
#include "train/base/file.h"
#include "train/count/count.h"
#include "train/count/memory_plan.h"
#include "train/kernel/kernel.h"
#include "train/layer/layer.h"
#include "train/options.h"
#include "train/size/budget.h"
#include "train/text/text_ends.h"
#include "train/threads.h"
#include "train/topic/topics.h"
#include "train/tree/trees.h"
#include "train/write/facts.h"
#include "train/write/own_text.h"

#define SMALL_TEXT 65536u /* symbols */

struct pylm_trainer {
    struct pylm_train_options options;
    struct pylm__corpus corpus;
    struct pylm__trained_tree trees[PYLM_MAX_TREES];
    uint32_t n_trees; /* of a kernel, banks */
    struct pylm__kernel_training kernel;
    struct pylm__topic_vectors topics;
    struct pylm__topic_share topic_share; /* with max_nbytes */
    int used;                             /* 1: it has been trained, or tried to be */
    struct pylm__spill spill;             /* open if max_memory sends tables to a file */
    struct pylm_trainer *speller;         /* of a word model: it has the image that spells unknown words */
    struct pylm__spelling spelling;
    struct pylm__buffer image;
    char *facts;            /* with max_nbytes: those before training */
    uint64_t shared_nbytes; /* with max_nbytes: of the image without trees */
};

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
    new->n_trees = pylm__options_n_trees(options);
    status = pylm__corpus_init(&new->corpus, options->base ? PYLM_TOKENIZER_BYTES : options->tokenizer);
    if (options->base) {
        pylm__corpus_on_base(&new->corpus, options->base);
        new->n_trees = 1;
    }
    new->corpus.endless = (int)options->endless;
    if (status == PYLM_OK)
        *trainer = new;
    else
        pylm_trainer_free(new);
    return status;
}

static int is_kernel(const pylm_trainer *trainer)
{
    return trainer->options.predictor == PYLM_PREDICTOR_KERNEL;
}

/* Frees everything but the image. */
static void free_trained(pylm_trainer *trainer)
{
    uint32_t t, k;
    pylm__corpus_free(&trainer->corpus);
    for (t = 0; t < PYLM_MAX_TREES; t++) {
        if (!t || !is_kernel(trainer)) /* all banks have the tree of the first */
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
    free(trainer);
}

int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, pylm_task *task)
{
    return pylm__corpus_add(&trainer->corpus, text, text_nbytes, task);
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

/* Builds all trees, and numbers the symbols. */
static int build_trees(pylm_trainer *trainer, pylm_task *task)
{
    struct pylm__symbol_tree *trees[PYLM_MAX_TREES];
    uint32_t t;
    if (trainer->corpus.base)
        return pylm__tree_of_base(&trainer->trees[0].tree, trainer->corpus.base);
    for (t = 0; t < PYLM_MAX_TREES; t++)
        trees[t] = &trainer->trees[t].tree;
    return pylm__trees_build(trees, trainer->n_trees, &trainer->corpus, &trainer->options, task);
}

/* ---- a limit of size ---- */

static void write_facts(const pylm_trainer *trainer, char *out)
{
    struct pylm__facts facts = {&trainer->options, &trainer->corpus, trainer->trees, trainer->n_trees,
                                is_kernel(trainer) ? &trainer->kernel.bits : NULL};
    pylm__facts_write(&facts, out);
}

/* Finds the size of the image without trees, before any is trained. */
static int measure_shared(pylm_trainer *trainer)
{
    struct pylm__image_parts parts = {&trainer->corpus, NULL, 0, NULL, NULL, NULL, NULL};
    parts.facts = trainer->facts = pylm__array_new(PYLM__FACTS_NBYTES, 1);
    if (!trainer->facts)
        return PYLM_ERR_MEMORY;
    write_facts(trainer, trainer->facts);
    PYLM__TRY(pylm__image_nbytes(&parts, &trainer->shared_nbytes));
    if (trainer->corpus.rare.n)
        trainer->shared_nbytes += pylm__options_of_speller(&trainer->options, trainer->options.max_nbytes).max_nbytes;
    return PYLM_OK;
}

/* The budget of a tree. All trees have equal parts of the bytes that are not shared. */
static struct pylm__budget budget_of(pylm_trainer *trainer)
{
    struct pylm__budget budget;
    uint64_t shared = trainer->shared_nbytes, max_nbytes = trainer->options.max_nbytes;
    memset(&budget, 0, sizeof budget);
    budget.corpus = &trainer->corpus;
    budget.topic_share = &trainer->topic_share;
    budget.facts = trainer->facts;
    budget.min_count = trainer->options.min_count;
    budget.n_threads = budget.n_counted = pylm__start_fewer(&trainer->options.n_threads);
    budget.max_nbytes = max_nbytes > shared ? shared + (max_nbytes - shared) / trainer->n_trees : 0u;
    return budget;
}

/* Checks that max_nbytes is large enough; else *smallest becomes the smallest that is. */
static int check_size(pylm_trainer *trainer, uint64_t *smallest)
{
    struct pylm__budget budget;
    struct pylm__topic_share *share = &trainer->topic_share;
    uint64_t nbytes, most = 0, most_with_topic = 0;
    uint32_t t;
    PYLM__TRY(measure_shared(trainer));
    budget = budget_of(trainer);
    for (t = 0; t < trainer->n_trees; t++) {
        PYLM__TRY(pylm__budget_smallest(&budget, &trainer->trees[t], 0, &nbytes));
        most = nbytes > most ? nbytes : most;
        PYLM__TRY(pylm__budget_smallest(&budget, &trainer->trees[t], 1, &nbytes));
        most_with_topic = nbytes > most_with_topic ? nbytes : most_with_topic;
    }
    share->n_symbols = trainer->corpus.n_symbols;
    share->n_trees = trainer->n_trees;
    share->room = budget.max_nbytes > most_with_topic ? budget.max_nbytes - most_with_topic : 0u;
    if (trainer->corpus.tokenizer == PYLM_TOKENIZER_BYTES)
        share->room = 0; /* their vectors are not made for a given size */
    if (most <= budget.max_nbytes)
        return PYLM_OK;
    *smallest = trainer->shared_nbytes + (most - trainer->shared_nbytes) * trainer->n_trees;
    return PYLM_ERR_BUDGET;
}

/* Whether what all suffix contexts say together is an input. Not with a limit of size: what each context is worth is
 * judged with all others as they are, which a voice makes wrong (docs/ablations.md). */
static int has_voice(const pylm_trainer *trainer)
{
    const struct pylm__corpus *corpus = &trainer->corpus;
    return !trainer->options.no_voice && !trainer->options.max_nbytes && !corpus->spells &&
           (!corpus->base || pylm__model_view(corpus->base)->image[PYLM__H_VOICE]);
}

static int choose_templates(const pylm_trainer *trainer, struct pylm__trained_tree *trained)
{
    const struct pylm__corpus *corpus = &trainer->corpus;
    int has_layout = !trainer->options.no_layout && (!corpus->base || pylm__model_view(corpus->base)->has_layout);
    if (corpus->spells)
        pylm__templates_of_letters(&trained->templates, trainer->options.max_order);
    else
        pylm__templates_choose(&trained->templates, corpus->tokenizer, &trainer->options, has_layout);
    trained->templates.has_voice = has_voice(trainer);
    trained->calibration =
        pylm__array_new((uint64_t)trained->templates.n * PYLM__N_CALIBRATION, sizeof *trained->calibration);
    return trained->calibration ? PYLM_OK : PYLM_ERR_MEMORY;
}

static int train_sized(pylm_trainer *trainer, struct pylm__trained_tree *trained, struct pylm__heldout *heldout,
                       const struct pylm__memory_plan *plan, pylm_task *task)
{
    struct pylm__budget budget = budget_of(trainer);
    budget.heldout = heldout;
    budget.n_counted = pylm__startable(plan->n_threads, UINT32_MAX);
    budget.candidates_nbytes = plan->candidates_nbytes;
    PYLM__TRY(pylm__budget_train(&budget, trained, task));
    pylm__topic_share_cut(&trainer->topic_share, &trainer->topics, &trained->node_topics);
    return PYLM_OK;
}

static int train_whole(pylm_trainer *trainer, struct pylm__trained_tree *trained, struct pylm__heldout *heldout,
                       const struct pylm__memory_plan *plan, pylm_task *task)
{
    struct pylm__stages_input input = {heldout,
                                       &trainer->corpus,
                                       &trained->tree,
                                       &trained->templates,
                                       trained->calibration,
                                       pylm__start_fewer(&trainer->options.n_threads)};
    struct pylm__counting counting;
    uint16_t *indices[PYLM__MAX_TEMPLATES];
    uint32_t k;
    int status;
    memset(&counting, 0, sizeof counting);
    counting.corpus = &trainer->corpus;
    counting.heldout = heldout;
    counting.tree = &trained->tree;
    counting.templates = &trained->templates;
    counting.packed = trained->packed;
    counting.calibration = trained->calibration;
    counting.min_count = trainer->options.min_count;
    counting.n_threads = pylm__startable(plan->n_threads, UINT32_MAX);
    counting.n_abreast = pylm__startable(plan->n_abreast, UINT32_MAX);
    counting.max_keys = plan->max_keys;
    counting.spill = trainer->spill.file ? &trainer->spill : NULL;
    status = pylm__count(&counting, task);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        indices[k] = counting.evidence[k].indices;
    if (status == PYLM_OK)
        status = pylm__stages_fit(&trained->stages, &input, indices, 0, task);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        free(indices[k]);
    return status;
}

/* Numbers of a vector in the fast profile: half of the time, and half of the gain is in fewer than these. */
#define FAST_TOPICS 32u

/* Finds what the text is about, and what that says at the nodes of a tree. */
static int find_topics(pylm_trainer *trainer, struct pylm__trained_tree *trained, struct pylm__heldout *heldout,
                       pylm_task *task)
{
    const struct pylm__corpus *corpus = &trainer->corpus;
    const pylm_train_options *o = &trainer->options;
    const struct pylm__topic_text text = {corpus, heldout, &trained->tree};
    uint64_t most = o->memory_is_wish ? 0u : o->max_memory; /* what a machine has makes no other model */
    struct pylm__readings readings;
    int status;
    trainer->topic_share.is_given = trained != trainer->trees;
    if (o->no_topics || corpus->base || (o->max_nbytes && !pylm__topic_share_is_possible(&trainer->topic_share)) ||
        !pylm__topic_plan(&readings, corpus, heldout, most))
        return PYLM_OK;
    readings.is_short = o->max_nbytes > 0;
    if (readings.is_short)
        readings.n_used = pylm__topic_share_most(&trainer->topic_share);
    else if (o->profile == PYLM_PROFILE_FAST && corpus->tokenizer != PYLM_TOKENIZER_BYTES)
        readings.n_used = FAST_TOPICS;
    (void)pylm__start_fewer(&trainer->options.n_threads);
    status = pylm__topics_find(&trainer->topics, &trained->node_topics, &readings, &text, o->n_threads, task);
    pylm__readings_free(&readings);
    return status;
}

/* Trains a kernel, on the one tree. */
static int train_kernel(pylm_trainer *trainer, const char *folder, uint64_t *smallest, pylm_task *task)
{
    struct pylm__kernel_training *training = &trainer->kernel;
    training->options = &trainer->options;
    training->corpus = &trainer->corpus;
    training->banks = trainer->trees;
    training->spill = &trainer->spill;
    PYLM__TRY(pylm__kernel_train(training, folder, smallest, task));
    trainer->n_trees = training->n_banks;
    return PYLM_OK;
}

/* Trains a tree.
 *   folder     where a temporary file may lie
 *   smallest   out: the smallest possible max_memory, if it is too small */
static int train_tree(pylm_trainer *trainer, struct pylm__trained_tree *trained, const char *folder, uint64_t *smallest,
                      pylm_task *task)
{
    int sized = trainer->options.max_nbytes > 0, sparing = sized || trainer->corpus.base, status;
    struct pylm__heldout heldout;
    struct pylm__memory_plan plan;
    uint32_t *n_threads = &trainer->options.n_threads;
    status = pylm__heldout_choose(&heldout, &trainer->corpus, &trained->tree, sparing);
    if (status == PYLM_OK)
        status = pylm__memory_plan(&trainer->options, &trainer->corpus, &heldout, &trained->tree, &trained->templates,
                                   &plan, smallest);
    if (status == PYLM_OK)
        status = find_topics(trainer, trained, &heldout, task);
    if (status == PYLM_OK) /* now: topics take more memory than anything else */
        status = pylm__heldout_list(&heldout, &trainer->corpus, &trained->tree, pylm__start_fewer(n_threads));
    if (status == PYLM_OK && trainer->corpus.base)
        status = pylm__heldout_base_log_odds(&heldout, &trainer->corpus, *n_threads, task);
    if (status == PYLM_OK && plan.spill && !trainer->spill.file) {
        status = pylm__spill_open(&trainer->spill, folder);
        if (trainer->options.memory_is_wish) /* without the file, tables stay in memory */
            status = PYLM_OK;
    }
    if (status == PYLM_OK)
        status = (sized ? train_sized : train_whole)(trainer, trained, &heldout, &plan, task);
    pylm__heldout_free(&heldout);
    return status;
}

/* Counts and fits all trees. */
static int train_trees(pylm_trainer *trainer, const char *folder, uint64_t *nbytes, pylm_task *task)
{
    uint32_t t;
    if (is_kernel(trainer))
        return train_kernel(trainer, folder, nbytes, task);
    for (t = 0; t < trainer->n_trees; t++)
        PYLM__TRY(train_tree(trainer, &trainer->trees[t], folder, nbytes, task));
    return PYLM_OK;
}

/* The parts of the image. `facts` have been written, or will be. */
static struct pylm__image_parts parts_of(pylm_trainer *trainer, const char *facts)
{
    struct pylm__image_parts parts = {
        &trainer->corpus, trainer->trees, trainer->n_trees, facts, &trainer->topics, &trainer->spelling, NULL};
    if (is_kernel(trainer))
        parts.kernel = &trainer->kernel.kernel;
    return parts;
}

/* Trains the model that spells unknown words. */
static int train_speller(pylm_trainer *trainer, pylm_task *task)
{
    const struct pylm__strings *rare = &trainer->corpus.rare;
    const struct pylm__image_parts parts = parts_of(trainer, "");
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

/* Does all but writing. If size or memory is too small, *nbytes becomes the smallest that is possible. */
static int train(pylm_trainer *trainer, const char *folder, uint64_t *nbytes, pylm_task *task)
{
    uint32_t t;
    struct pylm__vocabulary_limits limits = pylm__options_limits(&trainer->options, &trainer->corpus);
    *nbytes = 0;
    if (trainer->used)
        return PYLM_ERR_ARGUMENT;
    trainer->used = 1;
    PYLM__TRY(pylm__corpus_prepare(&trainer->corpus, &limits, pylm__start_fewer(&trainer->options.n_threads), task));
    if (trainer->corpus.tokenizer == PYLM_TOKENIZER_BYTES)
        trainer->n_trees = 1; /* there is only one tree over bytes */
    PYLM__TRY(build_trees(trainer, task));
    pylm__corpus_find_ends(&trainer->corpus);
    for (t = 0; t < trainer->n_trees && !is_kernel(trainer); t++)
        PYLM__TRY(choose_templates(trainer, &trainer->trees[t]));
    if (trainer->options.max_nbytes)
        PYLM__TRY(check_size(trainer, nbytes));
    PYLM__TRY(train_trees(trainer, folder, nbytes, task));
    return train_speller(trainer, task);
}

/* Whether held-out blocks may teach what is wrong, in a short text. It is then scored. A layer holds to its base. */
static int is_small(const pylm_trainer *trainer)
{
    return trainer->corpus.n <= SMALL_TEXT && !trainer->corpus.base && !is_kernel(trainer);
}

/* Writes the image to `path`; into memory if that is NULL. */
static int write_image(pylm_trainer *trainer, const char *path, uint64_t *nbytes, pylm_task *task)
{
    char *facts = pylm__array_new(PYLM__FACTS_NBYTES, 1);
    struct pylm__image_parts parts = parts_of(trainer, facts);
    int status = PYLM_ERR_MEMORY;
    if (facts) {
        write_facts(trainer, facts);
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
    return train_trees(trainer, NULL, nbytes, task);
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
    PYLM__TRY(train(trainer, NULL, image_nbytes_ret, task));
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
    char *folder = pylm__os_is_device(path) ? NULL : pylm__folder_of(path);
    int status = train(trainer, folder, nbytes_ret, task), error;
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
    free(folder);
    free_trained(trainer);
    errno = error;
    return status;
}
