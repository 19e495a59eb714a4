/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * training.c: the order of the stages of training: read, cluster, find topics, count, fit; the image is written by
 * trainer.c.
 *
 * The stages are folders. Each uses only those before it: base, text, tree, count, fit, topic, write; then size (a
 * limit of bytes), kernel (the other predictor) and layer. Beside them stand prune and sources, which need no trainer.
 */
#include "training.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "train/count/count.h"
#include "train/count/elsewhere.h"
#include "train/count/memory_plan.h"
#include "train/layer/layer.h"
#include "train/size/budget.h"
#include "train/text/prepare.h"
#include "train/text/text_ends.h"
#include "train/tree/trees.h"
#include "train/write/facts.h"

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

void pylm__trained_facts(const pylm_trainer *trainer, char *out)
{
    struct pylm__facts facts = {&trainer->options, &trainer->corpus, trainer->trees, trainer->n_trees,
                                pylm__trains_kernel(trainer) ? &trainer->kernel.bits : NULL};
    pylm__facts_write(&facts, out);
}

/* Finds the size of the image without trees, before any is trained. */
static int measure_shared(pylm_trainer *trainer)
{
    struct pylm__image_parts parts = {&trainer->corpus, NULL, 0, NULL, NULL, NULL, NULL};
    parts.facts = trainer->facts = pylm__array_new(PYLM__FACTS_NBYTES, 1);
    if (!trainer->facts)
        return PYLM_ERR_MEMORY;
    pylm__trained_facts(trainer, trainer->facts);
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
    budget.n_threads = budget.n_counted = trainer->options.n_threads;
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
    trained->templates.factor = corpus->factor;
    pylm__templates_set_min_counts(&trained->templates, &trainer->options);
    trained->calibration =
        pylm__array_new((uint64_t)trained->templates.n * PYLM__N_CALIBRATION, sizeof *trained->calibration);
    return trained->calibration ? PYLM_OK : PYLM_ERR_MEMORY;
}

static int train_sized(pylm_trainer *trainer, struct pylm__trained_tree *trained, struct pylm__heldout *heldout,
                       const struct pylm__memory_plan *plan, pylm_task *task)
{
    struct pylm__budget budget = budget_of(trainer);
    budget.heldout = heldout;
    budget.n_counted = plan->n_threads;
    budget.room_nbytes = plan->room_nbytes;
    budget.files.candidates = trainer->spill.file ? &trainer->spill : NULL;
    budget.files.max_keys = budget.files.candidates ? plan->max_keys : trainer->corpus.n;
    budget.files.folder = trainer->folder;
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
                                       trainer->options.n_threads};
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
    counting.n_threads = plan->n_threads;
    counting.spill = trainer->spill.file ? &trainer->spill : NULL;
    counting.max_keys = counting.spill ? plan->max_keys : trainer->corpus.n;
    counting.folder = trainer->folder;
    counting.elsewhere = trainer->options.elsewhere;
    status = counting.elsewhere ? pylm__count_elsewhere(&counting, task) : pylm__count(&counting, task);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        indices[k] = counting.evidence[k].indices;
    if (status == PYLM_OK)
        status = pylm__stages_fit(&trained->stages, &input, indices, 0, task);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        free(indices[k]);
    return status;
}

/* In the fast profile a vector has half of the numbers: they take half of the time, and half of the gain is in fewer
 * than these. */
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
    status = pylm__topics_find(&trainer->topics, &trained->node_topics, &readings, &text, o->n_threads, task);
    pylm__readings_free(&readings);
    return status;
}

/* Trains a kernel, on the one tree. */
static int train_kernel(pylm_trainer *trainer, uint64_t *smallest, pylm_task *task)
{
    struct pylm__kernel_training *training = &trainer->kernel;
    training->options = &trainer->options;
    training->corpus = &trainer->corpus;
    training->banks = trainer->trees;
    training->spill = &trainer->spill;
    PYLM__TRY(pylm__kernel_train(training, trainer->folder, smallest, task));
    trainer->n_trees = training->n_banks;
    return PYLM_OK;
}

/* Trains a tree.
 *   smallest   out: the smallest possible max_memory, if it is too small */
static int train_tree(pylm_trainer *trainer, struct pylm__trained_tree *trained, uint64_t *smallest, pylm_task *task)
{
    int sized = trainer->options.max_nbytes > 0, status;
    enum pylm__heldout_use use = trainer->corpus.base ? PYLM__HELDOUT_QUICK
                                 : sized              ? PYLM__HELDOUT_OFTEN
                                                      : PYLM__HELDOUT_ONCE;
    struct pylm__heldout heldout;
    struct pylm__memory_plan plan;
    status = pylm__heldout_choose(&heldout, &trainer->corpus, &trained->tree, use);
    if (status == PYLM_OK)
        status = pylm__memory_plan(&trainer->options, &trainer->corpus, &heldout, &trained->tree, &trained->templates,
                                   &plan, smallest);
    if (status == PYLM_OK)
        status = find_topics(trainer, trained, &heldout, task);
    if (status == PYLM_OK) /* now: topics take more memory than anything else */
        status = pylm__heldout_list(&heldout, &trainer->corpus, &trained->tree, trainer->options.n_threads);
    if (status == PYLM_OK && trainer->corpus.base)
        status = pylm__heldout_base_log_odds(&heldout, &trainer->corpus, trainer->options.n_threads, task);
    if (status == PYLM_OK && plan.spill && !trainer->spill.file) {
        status = pylm__spill_open(&trainer->spill, trainer->folder);
        if (trainer->options.memory_is_wish) /* without the file, tables stay in memory */
            status = PYLM_OK;
    }
    if (status == PYLM_OK)
        status = (sized ? train_sized : train_whole)(trainer, trained, &heldout, &plan, task);
    pylm__heldout_free(&heldout);
    return status;
}

int pylm__train_trees(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task)
{
    uint32_t t;
    if (pylm__trains_kernel(trainer))
        return train_kernel(trainer, nbytes, task);
    for (t = 0; t < trainer->n_trees; t++)
        PYLM__TRY(train_tree(trainer, &trainer->trees[t], nbytes, task));
    return PYLM_OK;
}

struct pylm__image_parts pylm__trained_parts(pylm_trainer *trainer, const char *facts)
{
    struct pylm__image_parts parts = {
        &trainer->corpus, trainer->trees, trainer->n_trees, facts, &trainer->topics, &trainer->spelling, NULL};
    if (pylm__trains_kernel(trainer))
        parts.kernel = &trainer->kernel.kernel;
    return parts;
}

int pylm__train(pylm_trainer *trainer, uint64_t *nbytes, pylm_task *task)
{
    uint32_t t;
    struct pylm__vocabulary_limits limits = pylm__options_limits(&trainer->options, &trainer->corpus);
    *nbytes = 0;
    if (trainer->used)
        return PYLM_ERR_ARGUMENT;
    trainer->used = 1;
    PYLM__TRY(pylm__memory_suffices(&trainer->options, &trainer->corpus, nbytes));
    PYLM__TRY(pylm__corpus_prepare(&trainer->corpus, &limits, trainer->options.n_threads, task));
    if (trainer->corpus.tokenizer == PYLM_TOKENIZER_BYTES)
        trainer->n_trees = 1; /* there is only one tree over bytes */
    PYLM__TRY(build_trees(trainer, task));
    pylm__corpus_find_ends(&trainer->corpus);
    for (t = 0; t < trainer->n_trees && !pylm__trains_kernel(trainer); t++)
        PYLM__TRY(choose_templates(trainer, &trainer->trees[t]));
    if (trainer->options.max_nbytes)
        PYLM__TRY(check_size(trainer, nbytes));
    return pylm__train_trees(trainer, nbytes, task);
}
