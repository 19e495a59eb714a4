/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * memory_plan.c: see memory_plan.h. All that grows with the text, or with the held-out text, is added up here. The rest
 * is in ELSE_NBYTES.
 */
#include "memory_plan.h"

#include "count.h"
#include "scale.h"
#include "train/text/chunks.h"
#include "train/tree/cluster.h"

#define ELSE_NBYTES (UINT64_C(48) << 20) /* the program itself, Python included, and small tables */
#define ROOM_SHARE 8u                    /* for what may be kept: bytes for each of the model, */
#define ROOM_NBYTES (UINT64_C(32) << 20) /* and these; */
#define ROOM_SYMBOL_NBYTES 160u          /* no more than so many a symbol of the text are needed; */
#define ROOM_WANTED 9u                   /* times that more, where there is memory */
#define RUN_KEY_NBYTES 9u                /* a key, while it is sorted: itself, and room for a part of all */
#define OWN_KEY_NBYTES 8u                /* a held-out symbol, for each template until it is sized */
#define OFFERS_NBYTES 16u                /* an event, for the offers of templates (losses.c) */
#define OFFER_NBYTES 18u                 /* an event, for each template whose offers are made at once */
#define VOICE_NBYTES 10u                 /* an event, for a voice: its two sides, log-odds, steps that wait */
#define STEP_NBYTES 4u                   /* an event, for each template counted at once */
#define FIT_VECTORS 23u                  /* of the length of all weights, as doubles: L-BFGS and its gradients */
#define TABLES_NBYTES 32u                /* of finished tables, a symbol: a model rarely takes more */
#define MIN_KEYS 1024u                   /* sorted at a time, */
#define MAX_RUNS 128u                    /* in so many runs at most: half of those that can be merged */
#define ROUND 4096u
#define PIECES_NBYTES (UINT64_C(210) << 20) /* for chunks and their pairs, and half a byte for each byte of text */
#define SHORT_NBYTES (UINT64_C(64) << 20)   /* of a text whose pieces and classes are found soon */
#define LATER_NBYTES (UINT64_C(320) << 20)  /* what counting and the fit take for a longer one, at least */
#define PASSED_NBYTES (UINT64_C(64) << 20)  /* of a text in a file: what threads have before they give it back */

/* The text itself: in a file, no more of it is in memory than what threads are passing. */
static uint64_t text_nbytes(const struct pylm__corpus *corpus)
{
    return corpus->symbols.file ? PASSED_NBYTES : corpus->n * corpus->width;
}

/* What is in memory in all stages after clustering. */
static uint64_t common_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout)
{
    return ELSE_NBYTES + text_nbytes(corpus) + corpus->vocabulary.text_nbytes + 20u * (uint64_t)corpus->n_symbols +
           corpus->file_nbytes + 8u * heldout->n_symbols + 15u * heldout->n_events;
}

/* The fit of the first stage, which is the larger one: values, sets and log-odds of events, also those of a base or a
 * topic; curvatures; vectors, whose rows are padded to eight. Each thread has a curvature and two gradients of its
 * own. */
static uint64_t fit_nbytes(const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                           const struct pylm__templates *templates, uint32_t n_threads)
{
    const struct pylm__shape shape = pylm__shape_of(tree, templates);
    uint64_t n_inputs = pylm__n_inputs_of(templates, 0), n_pairs = n_inputs * (n_inputs + 1u) / 2u, n_rows = 0;
    uint32_t i;
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_rows += pylm__n_sets(i, &shape);
    return heldout->n_events * (2u * n_inputs + 8u) +
           8u * n_rows * (n_pairs * (1u + n_threads) + (n_inputs + 7u) * (FIT_VECTORS + 2u * n_threads));
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* What is needed before there is a plan: for the text, and the mapped file that it came from; for pieces; for
 * clustering. */
static uint64_t earlier_nbytes(const struct pylm__corpus *corpus)
{
    uint64_t words = corpus->tokenizer == PYLM_TOKENIZER_WORDS || corpus->tokenizer == PYLM_TOKENIZER_EXTERNAL;
    uint64_t text = corpus->n_bytes + (words ? 4u * corpus->n : corpus->n_bytes), pieces = 0, clustering = 0;
    if (corpus->symbols.most_in_memory)
        text = smaller(text, corpus->symbols.most_in_memory + PASSED_NBYTES);
    if (!words && corpus->tokenizer != PYLM_TOKENIZER_BYTES)
        pieces = text_nbytes(corpus) +
                 smaller(2u * corpus->n_bytes, PIECES_NBYTES + smaller(corpus->n_bytes, PYLM__CHUNKS_ENOUGH) / 2u);
    if (corpus->tokenizer != PYLM_TOKENIZER_BYTES)
        clustering = text_nbytes(corpus) + PYLM__CLUSTER_NBYTES * smaller(corpus->n, PYLM__CLUSTER_ENOUGH);
    return ELSE_NBYTES + larger(text, larger(pieces, clustering));
}

int pylm__memory_suffices(const pylm_train_options *options, const struct pylm__corpus *corpus, uint64_t *smallest)
{
    uint64_t least = larger(earlier_nbytes(corpus), LATER_NBYTES), limit = options->max_memory;
    if (!limit || limit >= least || options->memory_is_wish || corpus->n_bytes < SHORT_NBYTES)
        return PYLM_OK;
    *smallest = (least + ROUND - 1u) / ROUND * ROUND;
    return PYLM_ERR_MEMORY;
}

/* Plans counting for a limit of size. What keys do not need while templates are counted is for what may be kept. */
static int plan_sized(const pylm_train_options *options, const struct pylm__corpus *corpus,
                      const struct pylm__heldout *heldout, uint64_t common, uint64_t indices, uint32_t n_templates,
                      struct pylm__memory_plan *plan, uint64_t *least)
{
    uint64_t each = pylm__count_nbytes(corpus, heldout, 1), min_keys = corpus->n / MAX_RUNS + MIN_KEYS;
    uint64_t room = smaller(ROOM_SHARE * options->max_nbytes + ROOM_NBYTES, ROOM_SYMBOL_NBYTES * corpus->n);
    uint64_t trying = indices + heldout->n_events * (OFFERS_NBYTES + OFFER_NBYTES * plan->n_threads), limit, counting;
    uint32_t n = plan->n_threads;
    if (corpus->tokenizer != PYLM_TOKENIZER_BYTES && !options->no_topics)
        common += sizeof(int16_t) * PYLM__TOPIC_LEVELS * heldout->n_events;
    common += OWN_KEY_NBYTES * heldout->n_symbols * n_templates;
    *least = larger(*least, common + room + larger(trying, each + RUN_KEY_NBYTES * min_keys));
    plan->room_nbytes = UINT64_MAX / 2u;
    if (!options->max_memory)
        return PYLM_OK;
    limit = larger(options->max_memory, options->memory_is_wish ? *least : 0u);
    if (limit < *least)
        return PYLM_ERR_MEMORY;
    counting = limit - common - room;
    room = smaller(ROOM_WANTED * room, counting / 3u * 2u);
    if (counting - room >= each + RUN_KEY_NBYTES * min_keys)
        counting -= room;
    while (n > 1u && counting / n < each + RUN_KEY_NBYTES * min_keys)
        n--;
    plan->n_threads = n;
    plan->max_keys = smaller((counting / n - each) / RUN_KEY_NBYTES, corpus->n);
    plan->spill = plan->max_keys < corpus->n;
    plan->room_nbytes = limit - common - n * (each + RUN_KEY_NBYTES * plan->max_keys);
    return PYLM_OK;
}

static int find_plan(const pylm_train_options *options, const struct pylm__corpus *corpus,
                     const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                     const struct pylm__templates *templates, struct pylm__memory_plan *plan, uint64_t *smallest)
{
    int kernel = options->predictor == PYLM_PREDICTOR_KERNEL;
    uint32_t n_threads = (uint32_t)pylm__n_threads(options->n_threads, templates->n), n;
    uint64_t limit = options->max_memory, key_nbytes = PYLM__KEY_NBYTES, least, room;
    uint64_t common = common_nbytes(corpus, heldout);
    uint64_t fit = common + (kernel ? 0u : fit_nbytes(heldout, tree, templates, n_threads));
    uint64_t indices = kernel ? sizeof(struct pylm__hits) * heldout->n_symbols * PYLM__MAX_WAYS
                              : 2u * heldout->n_events * templates->n;
    uint64_t each = pylm__count_nbytes(corpus, heldout, 1), each_in_memory = pylm__count_nbytes(corpus, heldout, 0);
    uint64_t min_keys = corpus->n / MAX_RUNS + MIN_KEYS;
    if (templates->has_voice) {
        indices += VOICE_NBYTES * heldout->n_events;
        each += STEP_NBYTES * heldout->n_events;
        each_in_memory += STEP_NBYTES * heldout->n_events;
    }
    plan->n_threads = n_threads;
    plan->max_keys = corpus->n;
    plan->spill = 0;
    least = larger(fit, earlier_nbytes(corpus));
    if (options->max_nbytes) {
        int status = plan_sized(options, corpus, heldout, common, indices, templates->n, plan, &least);
        if (status != PYLM_OK)
            *smallest = (least + ROUND - 1u) / ROUND * ROUND;
        return status;
    }
    least = larger(least, common + indices + each + key_nbytes * min_keys);
    if (!limit)
        return PYLM_OK;
    if (limit < least && options->memory_is_wish)
        limit = least;
    if (limit < least) {
        *smallest = (least + ROUND - 1u) / ROUND * ROUND;
        return PYLM_ERR_MEMORY;
    }
    room = limit - common - indices;
    plan->spill =
        room < n_threads * (each_in_memory + key_nbytes * corpus->n) + TABLES_NBYTES * corpus->n * options->n_trees;
    if (!plan->spill)
        each = each_in_memory;
    /* One is possible: the limit is at least `least`. */
    for (n = n_threads; n > 1u && room / n < each + key_nbytes * min_keys;)
        n--;
    plan->n_threads = n;
    plan->max_keys = (room / n - each) / key_nbytes;
    return PYLM_OK;
}

int pylm__memory_plan(const pylm_train_options *options, const struct pylm__corpus *corpus,
                      const struct pylm__heldout *heldout, const struct pylm__symbol_tree *tree,
                      const struct pylm__templates *templates, struct pylm__memory_plan *plan, uint64_t *smallest)
{
    PYLM__TRY(find_plan(options, corpus, heldout, tree, templates, plan, smallest));
    if (corpus->n > PYLM__MOST_OCCURRENCES)
        plan->spill = 1; /* stream.c makes runs then */
    return PYLM_OK;
}
