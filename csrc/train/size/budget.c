/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * budget.c: see budget.h.
 *
 * Every template is pruned at a level (successors.h). At first all have the same level, one at which the model about
 * fits, and the weights are fitted. Then there are rounds. In each, every template is pruned a little more and a little
 * less, while everything else stays. The change in how well the held-out text is predicted, and in bytes, is an
 * *offer*. The best offers, by bits gained for a byte, are taken until the budget is used up; then everything is
 * counted and fitted again. One round is not enough, because templates can replace each other: when the best one is
 * gone, the second best becomes the best.
 */
#include "budget.h"

#include <stdlib.h>
#include <string.h>

#include "losses.h"
#include "offers.h"
#include "train/count/calibrate.h"

#define N_ROUNDS 3u
#define REACH 3u   /* levels tried on either side of the present one; all of them in the last round, else every other */
#define N_FIRST 2u /* templates that are counted before others: the empty context, and the first one after it */
#define FILLING 40u /* bytes that alignment, and longer numbers in the facts, may add for a template or tree */

struct budgeting {
    struct pylm__budget *budget;
    struct pylm__trained_tree *trained;
    struct pylm__pruner pruner;
    uint8_t order[PYLM__MAX_TEMPLATES]; /* in which they are counted */
    struct pylm__offers offers;
    struct pylm__losses losses;
    uint16_t *indices[PYLM__MAX_TEMPLATES]; /* by template: the present calibration index of every event */
    uint32_t step;                          /* from one level that is tried to the next */
};

/* Does a job for every template. */
static int for_templates(struct budgeting *b, pylm__job job, enum pylm_stage stage, pylm_task *task)
{
    pylm__task_begin(task, stage, b->trained->templates.n);
    return pylm__run_jobs(job, b, b->trained->templates.n, b->budget->n_counted, task);
}

/* ---- sizes ---- */

/* Bytes of the image with empty tables, without topic vectors. */
static int frame_nbytes(const struct pylm__budget *budget, const struct pylm__trained_tree *trained, int has_topic,
                        uint64_t *nbytes)
{
    struct pylm__trained_tree bare = *trained;
    struct pylm__image_parts parts = {budget->corpus, &bare, 1, budget->facts, NULL, NULL, NULL};
    uint32_t k;
    int status;
    *nbytes = 0;
    memset(&bare.stages, 0, sizeof bare.stages);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        memset(&bare.packed[k], 0, sizeof bare.packed[k]);
    status = pylm__stages_allocate(&bare.stages, &bare.tree, &bare.templates, has_topic);
    if (status == PYLM_OK)
        status = pylm__image_nbytes(&parts, nbytes);
    *nbytes += (uint64_t)bare.templates.n * FILLING + FILLING + (has_topic ? 2u * FILLING : 0u);
    pylm__stages_free(&bare.stages);
    return status;
}

/* That image has only the symbol tree and the empty context, with an empty table. */
int pylm__budget_smallest(const struct pylm__budget *budget, struct pylm__trained_tree *trained, int has_topic,
                          uint64_t *nbytes)
{
    struct pylm__templates all = trained->templates;
    int status;
    trained->templates.n = trained->templates.n_suffix = 1;
    trained->templates.plan.n_recalled = 0;
    status = frame_nbytes(budget, trained, has_topic, nbytes);
    trained->templates = all;
    return status;
}

/* ---- counting at the present levels ---- */

static int is_symmetric(const struct budgeting *b)
{
    return b->budget->corpus->tokenizer != PYLM_TOKENIZER_BYTES;
}

static int count_level(void *user, uint32_t k, pylm_task *task)
{
    struct budgeting *b = user;
    const struct pylm__heldout *heldout = b->budget->heldout;
    struct pylm__level_paths paths;
    int status;
    memset(&paths, 0, sizeof paths);
    free(b->indices[k]);
    b->indices[k] = pylm__array_new(heldout->n_events, sizeof *b->indices[k]);
    if (!b->indices[k])
        return PYLM_ERR_MEMORY;
    paths.in = &b->pruner.in;
    paths.level = b->offers.levels[k];
    paths.indices = b->indices[k];
    paths.means = heldout->means;
    status = pylm__kept_new(&paths.kept, b->trained->tree.n_symbols);
    if (status == PYLM_OK)
        status =
            pylm__pruner_heldout(&b->pruner, b->offers.numbers[k], paths.level, pylm__level_paths_take, &paths, task);
    pylm__kept_free(&paths.kept);
    if (status == PYLM_OK)
        pylm__calibrate(heldout, b->indices[k], is_symmetric(b), 0, b->trained->calibration + k * PYLM__N_CALIBRATION);
    return status;
}

static int count(struct budgeting *b, pylm_task *task)
{
    const struct pylm__heldout *heldout = b->budget->heldout;
    uint32_t k;
    for (k = b->trained->templates.n; k < PYLM__MAX_TEMPLATES; k++) { /* those that have been dropped */
        free(b->indices[k]);
        b->indices[k] = NULL;
    }
    memset(heldout->means, 0, (size_t)heldout->n_events * sizeof *heldout->means);
    return for_templates(b, count_level, PYLM_STAGE_COUNT, task);
}

static int pack(void *user, uint32_t k, pylm_task *task)
{
    struct budgeting *b = user;
    return pylm__pruner_pack(&b->pruner, b->offers.numbers[k], b->offers.levels[k], &b->trained->packed[k], task);
}

/* Offers need the first stage only. */
static int fit(struct budgeting *b, int only_first, pylm_task *task)
{
    struct pylm__budget *budget = b->budget;
    struct pylm__trained_tree *trained = b->trained;
    struct pylm__stages_input input = {budget->heldout,     budget->corpus,       &trained->tree,
                                       &trained->templates, trained->calibration, budget->n_threads};
    pylm__stages_free(&trained->stages);
    return pylm__stages_fit(&trained->stages, &input, b->indices, only_first, task);
}

/* ---- the start ---- */

/* The job of a template: those that extend fewer others come first, as what they keep says how little there is to be
 * counted of the rest. */
static int count_template(void *user, uint32_t job, pylm_task *task)
{
    struct budgeting *b = user;
    return pylm__pruner_count(&b->pruner, b->order[job], task);
}

static int count_other(void *user, uint32_t job, pylm_task *task)
{
    return count_template(user, job + N_FIRST, task);
}

static int count_templates(struct budgeting *b, uint32_t n_counted, pylm_task *task)
{
    const struct pylm__templates *templates = &b->trained->templates;
    uint32_t n = templates->n, depth, k, i, of_k, ordered = 0;
    for (depth = 1; ordered < n; depth++)
        for (k = 0; k < n; k++) {
            for (of_k = 0, i = k; i != PYLM__NO_BASE; i = templates->of[i].base)
                of_k++;
            if (of_k == depth)
                b->order[ordered++] = (uint8_t)k;
        }
    pylm__task_begin(task, PYLM_STAGE_COUNT, n);
    PYLM__TRY(pylm__run_jobs(count_template, b, n < N_FIRST ? n : N_FIRST, 1, task));
    if (n > N_FIRST)
        PYLM__TRY(pylm__run_jobs(count_other, b, n - N_FIRST, n_counted, task));
    for (k = 0; k < n; k++) /* those for which there was no room beside others */
        if (b->pruner.steps[b->order[k]] == PYLM__NOT_COUNTED)
            PYLM__TRY(count_template(b, k, task));
    return pylm__pruner_is_done(&b->pruner) ? PYLM_OK : PYLM_ERR_MEMORY;
}

/* Counts all templates. Where memory is too short for what may be kept, they are counted one by one, and lower levels
 * are left out: then the model depends on the memory, but not on the number of threads. */
static int count_all(struct budgeting *b, pylm_task *task)
{
    int status;
    pylm__pruner_begin(&b->pruner, 0);
    status = count_templates(b, b->budget->n_counted, task);
    if (status != PYLM_ERR_MEMORY || !b->pruner.room.is_short)
        return status;
    pylm__pruner_begin(&b->pruner, 1);
    return count_templates(b, 1, task);
}

/* Gives all templates the lowest level at which their tables take at most half of the budget, or what the frame leaves
 * of it if that is more. */
static int begin_levels(struct budgeting *b, uint64_t frame, pylm_task *task)
{
    uint64_t room = b->budget->max_nbytes / 2u;
    uint32_t k, level, lowest;
    if (b->budget->max_nbytes > frame && b->budget->max_nbytes - frame > room)
        room = b->budget->max_nbytes - frame;
    b->pruner.begin_nbytes = room;
    b->pruner.room_nbytes = b->budget->room_nbytes;
    PYLM__TRY(count_all(b, task));
    level = pylm__pruner_begin_level(&b->pruner);
    for (k = 0; k < b->trained->templates.n; k++) {
        lowest = pylm__pruner_lowest(&b->pruner, k);
        if (b->offers.levels[k] != PYLM__PRICE_NOTHING)
            b->offers.levels[k] = level < lowest ? lowest : level;
    }
    return PYLM_OK;
}

/* ---- offers ---- */

static void use_topics(struct budgeting *b, uint32_t level)
{
    b->offers.levels[PYLM__TOPIC_OFFERS] = level;
    pylm__topic_share_use(b->budget->topic_share, b->budget->heldout, level);
}

static void add_offer(struct budgeting *b, uint32_t k, uint32_t level, double loss)
{
    struct pylm__offer *offer = &b->offers.of[k][b->offers.n[k]++];
    offer->level = level;
    offer->nbytes = b->pruner.sizes[b->offers.numbers[k]][level];
    offer->loss = loss;
}

/* Makes the offers of a template from what has been tried, from nothing to the largest. */
static int make_offers_of(struct budgeting *b, uint32_t k, struct pylm__tried_paths *tried, pylm_task *task)
{
    uint32_t i, now = 0;
    double more[PYLM__MAX_TRIED + 1u];
    for (i = 0; i < tried->n_levels; i++) {
        tried->indices[i] = pylm__array_new(b->budget->heldout->n_events, sizeof *tried->indices[i]);
        now = tried->levels[i] == b->offers.levels[k] ? i : now;
        if (!tried->indices[i])
            return PYLM_ERR_MEMORY;
    }
    tried->events = pylm__array_new(b->budget->heldout->n_events, sizeof *tried->events);
    if (!tried->events)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__kept_new(&tried->kept, b->trained->tree.n_symbols));
    PYLM__TRY(
        pylm__pruner_heldout(&b->pruner, b->offers.numbers[k], tried->levels[0], pylm__tried_paths_take, tried, task));
    PYLM__TRY(pylm__losses_of_tried(&b->losses, k, tried, now, more, task));
    add_offer(b, k, PYLM__PRICE_NOTHING, more[tried->n_levels]);
    for (i = tried->n_levels; i-- > 0;)
        add_offer(b, k, tried->levels[i], more[i]);
    return PYLM_OK;
}

static int make_offers(void *user, uint32_t k, pylm_task *task)
{
    struct budgeting *b = user;
    struct pylm__tried_paths tried;
    uint32_t i, lowest, reach = b->step * REACH, present = b->offers.levels[k];
    int status;
    memset(&tried, 0, sizeof tried);
    b->offers.n[k] = 0;
    if (present == PYLM__PRICE_NOTHING)
        return PYLM_OK;
    tried.in = &b->pruner.in;
    lowest = pylm__pruner_lowest(&b->pruner, b->offers.numbers[k]);
    reach = present - lowest < reach ? (present - lowest) / b->step * b->step : reach;
    for (i = present - reach; i <= present + b->step * REACH && i < PYLM__PRICE_NOTHING; i += b->step)
        tried.levels[tried.n_levels++] = i;
    status = make_offers_of(b, k, &tried, task);
    for (i = 0; i < tried.n_levels; i++)
        free(tried.indices[i]);
    free(tried.events);
    pylm__kept_free(&tried.kept);
    return status;
}

/* What has been chosen. */
struct choice {
    struct pylm__templates templates;
    uint32_t levels[PYLM__N_OFFERS];
    uint8_t numbers[PYLM__MAX_TEMPLATES];
};

static struct choice present_choice(const struct budgeting *b)
{
    struct choice present;
    present.templates = b->trained->templates;
    memcpy(present.levels, b->offers.levels, sizeof present.levels);
    memcpy(present.numbers, b->offers.numbers, sizeof present.numbers);
    return present;
}

static void choose(struct budgeting *b, const struct choice *choice)
{
    b->trained->templates = choice->templates;
    memcpy(b->offers.levels, choice->levels, sizeof choice->levels);
    memcpy(b->offers.numbers, choice->numbers, sizeof choice->numbers);
}

/* Takes offers, so that the image fits, and drops templates. */
static int take_offers(struct budgeting *b, const struct choice *before)
{
    const struct pylm__topic_share *share = b->budget->topic_share;
    uint64_t given = share->is_given ? pylm__topic_share_nbytes(share, b->offers.levels[PYLM__TOPIC_OFFERS]) : 0u;
    uint64_t room, nbytes, tables, over;
    PYLM__TRY(pylm__budget_smallest(b->budget, b->trained, share->n > 0u, &nbytes));
    room = b->budget->max_nbytes - nbytes - given;
    for (;;) {
        tables = pylm__offers_take(&b->offers, room);
        pylm__offers_drop_templates(&b->offers);
        PYLM__TRY(frame_nbytes(b->budget, b->trained, share->n > 0u, &nbytes));
        nbytes += tables + given;
        if (nbytes <= b->budget->max_nbytes)
            return PYLM_OK;
        if (!room) /* cannot be: the smallest image is not larger than this one, and it fits */
            return PYLM_ERR_BUDGET;
        over = nbytes - b->budget->max_nbytes;
        room = over < room ? room - over : 0u;
        choose(b, before);
    }
}

/* Chooses a level for every template and for the topic vectors.
 *   changed   out: something is not as it was */
static int choose_levels(struct budgeting *b, int *changed)
{
    struct choice before = present_choice(b);
    uint32_t n = before.templates.n, topic_level = before.levels[PYLM__TOPIC_OFFERS];
    PYLM__TRY(take_offers(b, &before));
    *changed = b->trained->templates.n < n || memcmp(b->offers.levels, before.levels, n * sizeof *before.levels) != 0 ||
               b->offers.levels[PYLM__TOPIC_OFFERS] != topic_level;
    use_topics(b, b->offers.levels[PYLM__TOPIC_OFFERS]);
    return PYLM_OK;
}

/* Makes all offers, by the present weights. */
static int offer_all(struct budgeting *b, pylm_task *task)
{
    PYLM__TRY(pylm__losses_weigh(&b->losses, b->trained, b->indices, b->budget->n_threads, task));
    PYLM__TRY(for_templates(b, make_offers, PYLM_STAGE_CHOOSE, task));
    return pylm__topic_share_offer(b->budget->topic_share, &b->losses, &b->offers, task);
}

/* Fits the present model, and finds how many bits held-out text takes with it, and with the best offers. */
static int foresee(struct budgeting *b, double *now, double *then, pylm_task *task)
{
    struct choice present = present_choice(b);
    PYLM__TRY(fit(b, 1, task));
    PYLM__TRY(offer_all(b, task));
    PYLM__TRY(take_offers(b, &present));
    choose(b, &present);
    *now = pylm__losses_total(&b->losses);
    *then = *now + b->offers.loss;
    return PYLM_OK;
}

/* Fits for the first time, and makes offers. Where there can be topic vectors, a model without them is looked at, too:
 * their loss cannot be an offer, as one input has all that they know, and with all weights as they are, that is missed
 * twice as much as with others. */
static int begin_offers(struct budgeting *b, pylm_task *task)
{
    uint32_t level = b->offers.levels[PYLM__TOPIC_OFFERS];
    struct pylm__topic_share *share = b->budget->topic_share;
    double without[2], with[2];
    if (!share->n || share->is_given) {
        PYLM__TRY(fit(b, 1, task));
        return offer_all(b, task);
    }
    use_topics(b, PYLM__PRICE_NOTHING);
    PYLM__TRY(foresee(b, &without[0], &without[1], task));
    use_topics(b, level);
    PYLM__TRY(foresee(b, &with[0], &with[1], task));
    if (pylm__topic_share_is_worth_it(without, with))
        return PYLM_OK;
    use_topics(b, PYLM__PRICE_NOTHING);
    return foresee(b, &without[0], &without[1], task);
}

/* ---- the whole ---- */

static void begin(struct budgeting *b, struct pylm__budget *budget, struct pylm__trained_tree *trained)
{
    struct pylm__prune_input *in = &b->pruner.in;
    uint32_t k;
    memset(b, 0, sizeof *b);
    b->budget = budget;
    b->trained = trained;
    in->corpus = budget->corpus;
    in->tree = &trained->tree;
    in->templates = &trained->templates;
    in->heldout = budget->heldout;
    b->pruner.files = budget->files;
    in->symbol_bits = pylm__width(trained->tree.n_symbols - 1u);
    pylm__prices_find(&in->prices, in->symbol_bits);
    b->offers.templates = &trained->templates;
    for (k = 0; k < trained->templates.n; k++) {
        b->offers.levels[k] = trained->templates.of[k].hidden ? PYLM__PRICE_NOTHING : 0u;
        b->offers.numbers[k] = (uint8_t)k;
    }
}

static int run_round(struct budgeting *b, int is_first, int is_last, pylm_task *task)
{
    int changed;
    b->step = is_last ? 1u : 2u;
    PYLM__TRY(is_first ? begin_offers(b, task) : offer_all(b, task));
    PYLM__TRY(choose_levels(b, &changed));
    if (changed)
        PYLM__TRY(count(b, task));
    if (is_last) {
        pylm__losses_free(&b->losses);
        PYLM__TRY(for_templates(b, pack, PYLM_STAGE_COUNT, task));
        pylm__pruner_free(&b->pruner);
    }
    return changed || is_last ? fit(b, !is_last, task) : PYLM_OK;
}

static int run(struct budgeting *b, pylm_task *task)
{
    const int has_topics = b->budget->heldout->topic_log_odds != NULL;
    uint64_t frame = 0, smallest = 0;
    uint32_t round, n = b->trained->templates.n;
    PYLM__TRY(pylm__budget_smallest(b->budget, b->trained, 0, &smallest));
    PYLM__TRY(frame_nbytes(b->budget, b->trained, 0, &frame));
    if (n > 1u) /* what each further template adds to the frame */
        b->offers.per_template = (frame - smallest) / (n - 1u) + 1u;
    use_topics(b, has_topics ? pylm__topic_share_begin(b->budget->topic_share, b->budget->max_nbytes)
                             : PYLM__PRICE_NOTHING);
    PYLM__TRY(begin_levels(b, frame, task));
    PYLM__TRY(pylm__losses_new(&b->losses, b->budget->heldout, is_symmetric(b)));
    PYLM__TRY(count(b, task));
    for (round = 0; round < N_ROUNDS; round++)
        PYLM__TRY(run_round(b, !round, round + 1u == N_ROUNDS, task));
    return PYLM_OK;
}

int pylm__budget_train(struct pylm__budget *budget, struct pylm__trained_tree *trained, pylm_task *task)
{
    struct budgeting *b = pylm__array_new(1, sizeof *b);
    uint32_t k;
    int status;
    if (!b)
        return PYLM_ERR_MEMORY;
    begin(b, budget, trained);
    status = run(b, task);
    for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
        free(b->indices[k]);
    pylm__losses_free(&b->losses);
    pylm__pruner_free(&b->pruner);
    free(b);
    return status;
}
