/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * templates.h: which contexts a model counts.
 */
#ifndef PYLM_TRAIN_TEMPLATES_H
#define PYLM_TRAIN_TEMPLATES_H

#include "core/context.h"
#include "core/evidence.h"
#include "modules/adapt/overlay.h"
#include "train/tree/symbol_tree.h"

struct pylm__template {
    uint8_t base, kind, lag, role; /* as in the image */
    uint8_t hidden;                /* 1: has no contexts, is only the base of others */
    uint32_t min_count;            /* contexts that occur less often are left out */
};

struct pylm__templates {
    struct pylm__template of[PYLM__MAX_TEMPLATES];
    uint32_t n, n_suffix;
    const uint8_t *factor;  /* of the model's hashes: that of the corpus */
    struct pylm__plan plan; /* what an overlay keeps */
    int learns;             /* 0: there is nothing to learn with, and no plan */
    int has_voice;          /* whether what all suffix contexts say together is one more input: core/voice.h */
};

/* What the numbers of weight sets depend on. */
static inline struct pylm__shape pylm__shape_of(const struct pylm__symbol_tree *tree,
                                                const struct pylm__templates *templates)
{
    struct pylm__shape shape;
    shape.n_suffix = templates->n_suffix;
    shape.n_templates = templates->n;
    shape.n_node_sets = tree->n_sets;
    shape.n_previous = pylm__tree_previous_sets(tree);
    shape.n_before = pylm__tree_before_sets(tree);
    return shape;
}

/* Inputs of the first stage: the templates, a constant, the topic, the voice. */
static inline uint32_t pylm__n_inputs_of(const struct pylm__templates *templates, int has_topic)
{
    return templates->n + 1u + (uint32_t)has_topic + (uint32_t)templates->has_voice;
}

/* Chooses the templates of a tokenizer, which the options may leave open.
 *   has_layout   bytes: also those of core/layout.h */
void pylm__templates_choose(struct pylm__templates *templates, uint32_t tokenizer, const pylm_train_options *options,
                            int has_layout);

/* Makes those of a model that spells words: suffixes, and the word so far. Such a model does not learn. */
void pylm__templates_of_letters(struct pylm__templates *templates, uint32_t max_order);

/* Makes the templates of a kernel that looks `reach` symbols back: one for each way in which two contexts can agree. At
 * each position they agree in the symbol or not at all; among the last n_class symbols also in the class alone. Returns
 * how many banks there are, at most PYLM_MAX_TREES. */
uint32_t pylm__templates_of_kernel(struct pylm__templates *banks, uint32_t reach, uint32_t n_class);

/* Sets the least counts that options ask for. Without this, all contexts stay. */
void pylm__templates_set_min_counts(struct pylm__templates *templates, const pylm_train_options *options);

/* The largest n_class for which there are at most PYLM__MAX_WAYS templates in all. */
#define PYLM__MAX_WAYS 64u
uint32_t pylm__kernel_classes(uint32_t reach);

/* Keeps what a plan says about templates that stay, under their new numbers. */
void pylm__plan_renumber(struct pylm__plan *plan, const int *stays, const uint8_t *number);

/* The hash of a state's context of template k; the same as pylm__context_hashes() gives with the finished image. */
uint64_t pylm__template_hash(const struct pylm__templates *templates, uint32_t k, const struct pylm__symbol_tree *tree,
                             const struct pylm__state *state);

/* The same, if the hash of the base is known. */
uint64_t pylm__template_extend(const struct pylm__templates *templates, uint32_t k,
                               const struct pylm__symbol_tree *tree, const struct pylm__state *state,
                               uint64_t base_hash);

/* Writes a readable name, such as "1 c2". */
#define PYLM__TEMPLATE_NAME_NBYTES 24u
void pylm__template_name(const struct pylm__templates *templates, uint32_t k, char *name);

#endif
