/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * options.c: see options.h.
 */
#include "options.h"

#include <string.h>

#include "core/image.h"
#include "train/text/pieces.h"

#define MAX_CLASSES 1024u
#define BEST_TREES 2u /* of the profile: a third one takes as much again, and gains a third of it */
#define MAX_PIECES (UINT32_C(1) << 20)
#define MIN_PIECES 320u         /* the fewest with a small max_nbytes */
#define PIECE_SHARE 100u        /* bytes of a small model for each piece; docs/ablations.md has measurements */
#define SPELLER_SHARE 20u       /* its part of a word model's bytes, 1 in so many */
#define SPELLER_SMALLEST 24576u /* bytes of it; what any list of words needs */
#define SPELLER_ORDER 5u        /* letters back; docs/ablations.md has measurements */
#define MIN_WORDS 3u            /* "</s>", "<unk>" and a word */

void pylm_train_options_init(pylm_train_options *options)
{
    memset(options, 0, sizeof *options);
    options->options_nbytes = (uint32_t)sizeof *options;
    options->tokenizer = PYLM_TOKENIZER_BYTES;
    options->min_count = 2;
    options->n_trees = 1;
    options->max_order = PYLM_NONE;
}

static int trainer_is_sane(const pylm_train_options *o)
{
    uint32_t t;
    if (o->base && (pylm__model_view(o->base)->n_trees > 1u || pylm__is_kernel(pylm__model_view(o->base)) ||
                    o->n_trees > 1u || o->predictor != PYLM_PREDICTOR_MIX))
        return 0;
    if (o->tokenizer > PYLM_TOKENIZER_EXTERNAL && o->tokenizer != PYLM_TOKENIZER_AUTO)
        return 0;
    if (o->n_pieces && (o->n_pieces < 256u || o->n_pieces > MAX_PIECES))
        return 0;
    if ((o->min_word_count || o->max_words) && (o->tokenizer != PYLM_TOKENIZER_WORDS || o->base))
        return 0;
    if (o->closed && (o->tokenizer != PYLM_TOKENIZER_WORDS || o->base))
        return 0;
    if (o->max_words && (o->max_words < MIN_WORDS || o->max_words > PYLM__MAX_SYMBOLS))
        return 0;
    if (o->options_nbytes != sizeof *o || !o->min_count || o->memory_is_wish > 1u || o->endless > 1u ||
        o->no_topics > 1u || o->no_voice > 1u || o->no_layout > 1u || o->closed > 1u || !o->n_trees ||
        o->n_trees > PYLM_MAX_TREES || (o->max_order > PYLM_MAX_ORDER && o->max_order != PYLM_NONE))
        return 0;
    if (o->profile > PYLM_PROFILE_BEST)
        return 0;
    if (o->tokenizer == PYLM_TOKENIZER_BYTES && o->n_trees > 1u)
        return 0;
    for (t = 0; t < PYLM_MAX_TREES; t++)
        if (o->n_classes[t] == 1u || o->n_classes[t] > MAX_CLASSES)
            return 0;
    return 1;
}

/* Whether the options of one predictor are set for this predictor only, and in range. */
static int predictor_is_sane(const pylm_train_options *o)
{
    uint32_t j, of_kernel = o->reach | o->no_classes;
    for (j = 0; j < PYLM_MAX_REACH; j++) {
        if (o->distance_q16[j] > PYLM_MAX_DISTANCE_Q16 || o->class_distance_q16[j] > o->distance_q16[j])
            return 0;
        of_kernel |= o->distance_q16[j];
    }
    if (o->predictor == PYLM_PREDICTOR_MIX)
        return !of_kernel;
    return o->predictor == PYLM_PREDICTOR_KERNEL && o->reach <= PYLM_MAX_REACH && o->no_classes <= 1u &&
           o->n_trees == 1u && !o->max_nbytes && o->max_order == PYLM_NONE && o->profile == PYLM_PROFILE_STANDARD;
}

/* Others count the templates of a mix, which is counted once. */
static int elsewhere_is_sane(const pylm_train_options *o)
{
    return !o->elsewhere || (o->elsewhere->job && o->elsewhere->count && o->predictor == PYLM_PREDICTOR_MIX &&
                             !o->base && !o->max_nbytes);
}

int pylm__options_are_sane(const pylm_train_options *options)
{
    return trainer_is_sane(options) && predictor_is_sane(options) && elsewhere_is_sane(options);
}

uint32_t pylm__options_n_trees(const pylm_train_options *options)
{
    int is_best = options->profile == PYLM_PROFILE_BEST && !options->max_nbytes;
    return is_best && options->n_trees == 1u ? BEST_TREES : options->n_trees;
}

/* How many pieces to learn; 0: the default. A piece takes some 20 bytes; all of them are to take a fifth of the model
 * at most. */
static uint32_t n_pieces_within(const pylm_train_options *options, const struct pylm__corpus *corpus)
{
    uint32_t wanted = options->n_pieces, usual;
    uint64_t fitting = options->max_nbytes / PIECE_SHARE;
    if (wanted || !options->max_nbytes || corpus->base ||
        (corpus->tokenizer != PYLM_TOKENIZER_PIECES && corpus->tokenizer != PYLM_TOKENIZER_AUTO))
        return wanted;
    usual = pylm__pieces_default(corpus);
    return fitting > usual ? usual : fitting < MIN_PIECES ? MIN_PIECES : (uint32_t)fitting;
}

struct pylm__vocabulary_limits pylm__options_limits(const pylm_train_options *options,
                                                    const struct pylm__corpus *corpus)
{
    struct pylm__vocabulary_limits limits;
    limits.n_pieces = n_pieces_within(options, corpus);
    limits.min_word_count = options->min_word_count;
    if (!limits.min_word_count && options->min_count == 1u)
        limits.min_word_count = 1;
    limits.max_words = options->max_words;
    limits.closed =
        (int)options->closed || (options->max_nbytes && options->max_nbytes < SPELLER_SHARE * SPELLER_SMALLEST);
    return limits;
}

pylm_train_options pylm__options_of_speller(const pylm_train_options *whole, uint64_t nbytes)
{
    pylm_train_options options;
    pylm_train_options_init(&options);
    options.n_threads = whole->n_threads;
    options.max_memory = whole->max_memory;
    options.memory_is_wish = 1;
    options.max_order = SPELLER_ORDER;
    options.no_topics = options.no_layout = 1; /* words have neither, and so any engine can open it */
    options.max_nbytes = nbytes / SPELLER_SHARE;
    if (options.max_nbytes < SPELLER_SMALLEST)
        options.max_nbytes = SPELLER_SMALLEST;
    return options;
}
