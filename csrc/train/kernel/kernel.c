/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * kernel.c: see kernel.h. modules/kernel/kernel.h says what a kernel does with the counts.
 */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "bandwidth.h"
#include "train/count/memory_plan.h"

#define DEFAULT_REACH 3u /* one more gains 2 % and takes 2.5 times the room; docs/ablations.md has figures */

static void choose_templates(struct pylm__kernel_training *t)
{
    struct pylm__templates banks[PYLM_MAX_TREES];
    uint32_t b;
    t->kernel.reach = t->options->reach ? t->options->reach : DEFAULT_REACH;
    t->kernel.tau_q16 = 65536;
    if (t->banks[0].tree.n_classes && !t->options->no_classes)
        t->kernel.n_class = pylm__kernel_classes(t->kernel.reach);
    for (b = 1; b < PYLM_MAX_TREES; b++)
        t->banks[b].tree = t->banks[0].tree;
    t->n_banks = pylm__templates_of_kernel(banks, t->kernel.reach, t->kernel.n_class);
    for (b = 0; b < t->n_banks; b++) {
        t->banks[b].templates = banks[b];
        t->banks[b].templates.factor = t->corpus->factor;
    }
}

static int count_bank(struct pylm__kernel_training *t, struct pylm__heldout *heldout, uint32_t b, const char *folder,
                      struct pylm__counting *counting, uint64_t *smallest, pylm_task *task)
{
    struct pylm__memory_plan plan;
    PYLM__TRY(
        pylm__memory_plan(t->options, t->corpus, heldout, &t->banks[b].tree, &t->banks[b].templates, &plan, smallest));
    if (plan.spill && !t->spill->file) {
        int status = pylm__spill_open(t->spill, folder);
        if (status != PYLM_OK && !t->options->memory_is_wish)
            return status;
    }
    counting->corpus = t->corpus;
    counting->heldout = heldout;
    counting->tree = &t->banks[b].tree;
    counting->templates = &t->banks[b].templates;
    counting->packed = t->banks[b].packed;
    counting->n_threads = plan.n_threads;
    counting->spill = t->spill->file ? t->spill : NULL;
    counting->max_keys = counting->spill ? plan.max_keys : t->corpus->n;
    counting->folder = folder;
    counting->for_kernel = 1;
    return pylm__count(counting, task);
}

/* Adds the templates of a bank to the problem: what has to agree, and its hits. */
static void add_ways(struct pylm__bandwidth_problem *problem, const struct pylm__counting *counting)
{
    const struct pylm__templates *templates = counting->templates;
    uint32_t k, base;
    for (k = 0; k < templates->n; k++) {
        struct pylm__way *way = &problem->ways[problem->n_ways];
        if (templates->of[k].hidden)
            continue;
        memset(way, 0, sizeof *way);
        way->hits = counting->evidence[k].hits;
        for (base = k; base != PYLM__NO_BASE; base = templates->of[base].base)
            if (templates->of[base].kind != PYLM__KIND_NOTHING)
                way->kind[templates->of[base].lag - 1u] = templates->of[base].kind;
        problem->n_ways++;
    }
}

static int take_distances(struct pylm__kernel_training *t)
{
    uint32_t j, given = 0;
    for (j = 0; j < t->kernel.reach; j++) {
        t->kernel.distance_q16[j] = t->options->distance_q16[j];
        t->kernel.class_distance_q16[j] = t->options->class_distance_q16[j];
        given |= t->kernel.distance_q16[j];
    }
    return given != 0;
}

int pylm__kernel_train(struct pylm__kernel_training *t, const char *folder, uint64_t *smallest, pylm_task *task)
{
    struct pylm__counting counting[PYLM_MAX_TREES];
    struct pylm__bandwidth_problem problem;
    struct pylm__heldout heldout;
    uint32_t b, k;
    int status;
    memset(counting, 0, sizeof counting);
    memset(&problem, 0, sizeof problem);
    choose_templates(t);
    status = pylm__heldout_choose(&heldout, t->corpus, &t->banks[0].tree, PYLM__HELDOUT_QUICK);
    for (b = 0; b < t->n_banks && status == PYLM_OK; b++) {
        status = count_bank(t, &heldout, b, folder, &counting[b], smallest, task);
        if (status == PYLM_OK)
            add_ways(&problem, &counting[b]);
    }
    problem.n_symbols = heldout.n_symbols;
    problem.vocabulary = t->corpus->n_symbols;
    problem.n_threads = t->options->n_threads;
    if (status == PYLM_OK)
        status = pylm__bandwidth_fit(&problem, take_distances(t), &t->kernel, &t->bits, task);
    for (b = 0; b < PYLM_MAX_TREES; b++)
        for (k = 0; k < PYLM__MAX_TEMPLATES; k++)
            free(counting[b].evidence[k].hits);
    pylm__heldout_free(&heldout);
    return status;
}
