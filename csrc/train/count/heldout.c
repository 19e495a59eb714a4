/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout.c: see heldout.h.
 */
#include "heldout.h"

#include <stdlib.h>
#include <string.h>

#define ENOUGH_BYTES 1000000u /* symbols held out; more gains little (docs/ablations.md) */
#define ENOUGH_WORDS 300000u
#define ENOUGH_LETTERS 40000u /* of a model that spells words, */
#define LETTERS_BLOCKS 4u     /* in so many blocks */
#define SPARING 3u            /* where they are used many times, or something has to be made quickly: fewer */
#define MIN_BLOCKS 2u
#define BLOCKS_SHARE 20u /* of a text all blocks may be, at most, where they are more than needed */
#define SYMBOLS_A_JOB 8192u

/* How many blocks there are to be, of as many parts.
 *   enough   symbols
 *   spread   a long text is likely to be of many kinds: so there are as many blocks as are a small part of it, and not
 *            all of their symbols are used */
static uint32_t n_blocks_of(uint64_t n, uint64_t parts, uint64_t length, uint64_t enough, int spread)
{
    uint64_t n_blocks = (enough + length - 1u) / length, most = n / BLOCKS_SHARE / length;
    if (spread && n_blocks < most)
        n_blocks = most;
    if (n_blocks < MIN_BLOCKS)
        n_blocks = MIN_BLOCKS;
    return (uint32_t)(n_blocks < parts ? n_blocks : parts);
}

/* Chooses blocks, none longer than `longest`, of which about `enough` symbols are used. */
static void choose_blocks(struct pylm__heldout *h, uint64_t n, uint64_t enough, uint64_t longest, int spread)
{
    uint64_t parts = n < PYLM__MAX_BLOCKS ? n : PYLM__MAX_BLOCKS, part, length;
    uint32_t i;
    length = n / parts < longest ? n / parts : longest;
    h->n_blocks = n_blocks_of(n, parts, length, enough, spread);
    for (i = 0; i < h->n_blocks; i++) {
        part = (2u * i + 1u) * parts / (2u * h->n_blocks);
        h->begins[i] = part * n / parts;
        h->ends[i] = (part + 1u) * n / parts;
        if (h->ends[i] - h->begins[i] > longest)
            h->ends[i] = h->begins[i] + longest;
        h->n_symbols += h->ends[i] - h->begins[i];
    }
    h->n_used = spread && h->n_symbols > enough + longest ? enough : h->n_symbols;
}

/* How many nodes are on the path to a leaf. */
static uint64_t count_path(const struct pylm__symbol_tree *tree, uint32_t leaf)
{
    uint32_t node = 0, lo = 0, hi = tree->n_symbols;
    uint64_t n = 0;
    for (; hi - lo > 1u; n++) {
        uint32_t mid = tree->mid[node];
        node += leaf >= mid ? mid - lo : 1u;
        *(leaf >= mid ? &lo : &hi) = mid;
    }
    return n;
}

/* Goes down to a leaf and writes the events from number `event` on. */
static void write_path(const struct pylm__symbol_tree *tree, uint32_t leaf, struct pylm__fixed_sets before,
                       struct pylm__heldout *h, uint64_t event)
{
    uint32_t node = 0, lo = 0, hi = tree->n_symbols;
    for (; hi - lo > 1u; event++) {
        uint32_t mid = tree->mid[node];
        h->node_sets[event] = (uint16_t)tree->set[node];
        h->previous[event] = (uint16_t)before.previous;
        h->before[event] = (uint16_t)before.before;
        h->side[event] = leaf >= mid;
        node += leaf >= mid ? mid - lo : 1u;
        *(leaf >= mid ? &lo : &hi) = mid;
    }
}

/* The weight sets that the text before position p chooses, as pylm__context_previous() and _before() do. */
static struct pylm__fixed_sets fixed_sets_of(const struct pylm__corpus *corpus, const struct pylm__symbol_tree *tree,
                                             uint64_t p)
{
    struct pylm__fixed_sets fixed = {0, 0, 0};
    int starts = pylm__corpus_starts_document(corpus, p); /* behind a line end */
    uint32_t symbol = starts ? corpus->line_end : pylm__symbol(corpus, p - 1u);
    if (symbol == PYLM_NONE)
        return fixed;
    fixed.previous = 1u + (tree->n_classes ? tree->class_of[tree->leaf_of[symbol]] : symbol);
    if (starts)
        return fixed;
    symbol = pylm__corpus_starts_document(corpus, p - 1u) ? corpus->line_end : pylm__symbol(corpus, p - 2u);
    if (symbol != PYLM_NONE)
        fixed.before = 1u + (tree->n_classes ? tree->coarse_of[tree->leaf_of[symbol]] : symbol);
    return fixed;
}

int pylm__heldout_choose(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                         const struct pylm__symbol_tree *tree, enum pylm__heldout_use use)
{
    int is_bytes = corpus->tokenizer == PYLM_TOKENIZER_BYTES;
    uint64_t enough = is_bytes ? ENOUGH_BYTES : ENOUGH_WORDS, p, at = 0;
    uint32_t b;
    enough = corpus->spells ? ENOUGH_LETTERS : use == PYLM__HELDOUT_ONCE ? enough : enough / SPARING;
    memset(heldout, 0, sizeof *heldout);
    heldout->keeps_own = corpus->keeps_own;
    if (tree->n_sets > UINT16_MAX || pylm__tree_previous_sets(tree) > UINT16_MAX ||
        pylm__tree_before_sets(tree) > UINT16_MAX)
        return PYLM_ERR_LARGE;
    choose_blocks(heldout, corpus->n, enough, corpus->spells ? enough / LETTERS_BLOCKS : PYLM__MAX_BLOCK,
                  !is_bytes && use != PYLM__HELDOUT_QUICK);
    heldout->first_event = pylm__array_new(heldout->n_symbols + 1u, sizeof *heldout->first_event);
    if (!heldout->first_event)
        return PYLM_ERR_MEMORY;
    for (b = 0; b < heldout->n_blocks; b++)
        for (p = heldout->begins[b]; p < heldout->ends[b]; p++) {
            heldout->first_event[at] = heldout->n_events;
            if (!pylm__is_used(heldout, at++))
                continue;
            heldout->n_events += count_path(tree, tree->leaf_of[pylm__symbol(corpus, p)]);
        }
    heldout->first_event[at] = heldout->n_events;
    heldout->locks = pylm__locks_new(PYLM__MAX_BLOCKS);
    return heldout->locks ? PYLM_OK : PYLM_ERR_MEMORY;
}

struct listing {
    struct pylm__heldout *heldout;
    const struct pylm__corpus *corpus;
    const struct pylm__symbol_tree *tree;
};

/* A job: the events of some held-out symbols. */
static int list_symbols(void *user, uint32_t job, pylm_task *task)
{
    const struct listing *l = user;
    struct pylm__heldout *h = l->heldout;
    uint64_t at = (uint64_t)job * SYMBOLS_A_JOB, end = at + SYMBOLS_A_JOB, first = 0, p, n;
    uint32_t b;
    (void)task;
    for (b = 0; b < h->n_blocks; b++, first += n) {
        n = h->ends[b] - h->begins[b];
        for (; at >= first && at < first + n && at < end; at++) {
            p = h->begins[b] + (at - first);
            if (!pylm__is_used(h, at))
                continue;
            write_path(l->tree, l->tree->leaf_of[pylm__symbol(l->corpus, p)], fixed_sets_of(l->corpus, l->tree, p), h,
                       h->first_event[at]);
        }
    }
    return PYLM_OK;
}

int pylm__heldout_list(struct pylm__heldout *heldout, const struct pylm__corpus *corpus,
                       const struct pylm__symbol_tree *tree, uint32_t n_threads)
{
    struct listing listing = {heldout, corpus, tree};
    uint64_t n_jobs = (heldout->n_symbols + SYMBOLS_A_JOB - 1u) / SYMBOLS_A_JOB;
    heldout->node_sets = pylm__array_new(heldout->n_events, sizeof *heldout->node_sets);
    heldout->previous = pylm__array_new(heldout->n_events, sizeof *heldout->previous);
    heldout->before = pylm__array_new(heldout->n_events, sizeof *heldout->before);
    heldout->side = pylm__array_new(heldout->n_events, sizeof *heldout->side);
    heldout->means = pylm__array_new(heldout->n_events, sizeof *heldout->means);
    if (!heldout->node_sets || !heldout->previous || !heldout->before || !heldout->side || !heldout->means)
        return PYLM_ERR_MEMORY;
    return pylm__run_jobs(list_symbols, &listing, (uint32_t)n_jobs, n_threads, NULL);
}

void pylm__heldout_free(struct pylm__heldout *heldout)
{
    uint32_t i;
    free(heldout->first_event);
    free(heldout->node_sets);
    free(heldout->previous);
    free(heldout->before);
    free(heldout->side);
    free(heldout->means);
    pylm__locks_free(heldout->locks);
    free(heldout->base_log_odds);
    free(heldout->voice_log_odds);
    for (i = 0; i < PYLM__TOPIC_LEVELS; i++)
        free(heldout->topic_levels[i]);
    memset(heldout, 0, sizeof *heldout);
}
