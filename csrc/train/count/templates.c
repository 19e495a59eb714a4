/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * templates.c: see templates.h. docs/ablations.md says what each template is worth.
 */
#include "templates.h"

#include <string.h>

#define WORD_ORDER 5u /* the default for the longest suffix context */
#define FAST_ORDER 3u /* likewise, for words and pieces in the fast profile */
#define BYTE_ORDER 8u
#define SHAPE_RUNS 8u

/* Adds a template that extends `base` and returns its number. */
static uint8_t add(struct pylm__templates *t, uint8_t base, enum pylm__kind kind, uint8_t lag, enum pylm__role role)
{
    struct pylm__template *new = &t->of[t->n];
    new->base = base;
    new->kind = (uint8_t)kind;
    new->lag = lag;
    new->role = (uint8_t)role;
    new->hidden = 0;
    new->min_count = 1;
    return (uint8_t)t->n++;
}

static void add_suffixes(struct pylm__templates *t, uint32_t max_order)
{
    uint8_t base = PYLM__NO_BASE, order;
    (void)add(t, base, PYLM__KIND_NOTHING, 0, PYLM__ROLE_NONE);
    for (order = 1; order <= max_order; order++)
        base = add(t, base, PYLM__KIND_SYMBOL, order, PYLM__ROLE_NONE);
    t->n_suffix = t->n;
}

static uint8_t suffix(const struct pylm__templates *t, uint8_t order)
{
    return order < t->n_suffix ? order : (uint8_t)(t->n_suffix - 1u);
}

/* Makes overlays keep the successors of a template's contexts. */
static void recall(struct pylm__templates *t, uint8_t template)
{
    t->plan.recalled[t->plan.n_recalled++] = template;
}

/* The same of a suffix, if there is one so long. Never of the empty one: it stays when all others are dropped, and then
 * nothing may be recalled (pylm__budget_smallest()). */
static void recall_suffix(struct pylm__templates *t, uint8_t order)
{
    if (order && order < t->n_suffix)
        recall(t, order);
}

/* And those of what followed the contexts at a place of the plan. */
static void recall_indirect(struct pylm__templates *t, uint8_t place)
{
    recall(t, (uint8_t)(PYLM__INDIRECT + place));
}

static void recall_long(struct pylm__templates *t, uint8_t a, uint8_t b, uint8_t c)
{
    t->plan.n_long = 3;
    t->plan.lengths[0] = a;
    t->plan.lengths[1] = b;
    t->plan.lengths[2] = c;
}

static void add_word_families(struct pylm__templates *t)
{
    uint8_t two, c1, c12;
    two = add(t, PYLM__NO_BASE, PYLM__KIND_SYMBOL, 2, PYLM__ROLE_SKIP);
    (void)add(t, two, PYLM__KIND_SYMBOL, 3, PYLM__ROLE_SKIP);
    (void)add(t, suffix(t, 1), PYLM__KIND_SYMBOL, 3, PYLM__ROLE_NONE);
    (void)add(t, PYLM__NO_BASE, PYLM__KIND_SYMBOL, 3, PYLM__ROLE_NONE);
    (void)add(t, PYLM__NO_BASE, PYLM__KIND_SYMBOL, 4, PYLM__ROLE_NONE);
    c1 = add(t, PYLM__NO_BASE, PYLM__KIND_CLASS, 1, PYLM__ROLE_NONE);
    c12 = add(t, c1, PYLM__KIND_CLASS, 2, PYLM__ROLE_NONE);
    (void)add(t, c12, PYLM__KIND_CLASS, 3, PYLM__ROLE_NONE);
    (void)add(t, PYLM__NO_BASE, PYLM__KIND_COARSE, 4, PYLM__ROLE_NONE);
    recall_suffix(t, 1);
    recall_suffix(t, 2);
    recall_suffix(t, 3);
    recall(t, two);
    recall(t, c12);
    recall_indirect(t, 0);
    recall_indirect(t, 1);
    recall_long(t, 5, 9, 16);
}

/* Where the next byte stands and what the last ones look like, each with the previous byte; and where in the line the
 * word so far does. */
static void add_layout(struct pylm__templates *t, uint8_t word)
{
    recall(t, add(t, suffix(t, 1), PYLM__KIND_ABOVE, 0, PYLM__ROLE_NONE));
    recall(t, add(t, suffix(t, 1), PYLM__KIND_SHAPE, SHAPE_RUNS, PYLM__ROLE_NONE));
    (void)add(t, word, PYLM__KIND_LINE, 0, PYLM__ROLE_NONE);
}

static void add_byte_families(struct pylm__templates *t, int has_layout)
{
    uint8_t word, word1, word12, two, i;
    word = add(t, PYLM__NO_BASE, PYLM__KIND_WORD, 0, PYLM__ROLE_SKIP);
    word1 = add(t, word, PYLM__KIND_WORD, 1, PYLM__ROLE_SKIP);
    word12 = add(t, word1, PYLM__KIND_WORD, 2, PYLM__ROLE_NONE);
    (void)add(t, word, PYLM__KIND_WORD, 2, PYLM__ROLE_NONE);
    if (!has_layout) { /* which is worth more than these */
        (void)add(t, word12, PYLM__KIND_WORD, 3, PYLM__ROLE_NONE);
        two = add(t, PYLM__NO_BASE, PYLM__KIND_SYMBOL, 2, PYLM__ROLE_NONE);
        t->of[two].hidden = 1;
        (void)add(t, two, PYLM__KIND_SYMBOL, 3, PYLM__ROLE_NONE);
    }
    for (i = 2; i <= 6; i++)
        recall_suffix(t, i);
    recall(t, word);
    recall(t, word1);
    recall_indirect(t, 0);
    if (has_layout)
        add_layout(t, word);
    recall_long(t, 8, 12, 16);
}

/* For suffixes alone: an overlay keeps what it keeps of them in the other profile. */
static void recall_suffixes(struct pylm__templates *t, int bytes)
{
    uint8_t i, n;
    for (i = bytes ? 2 : 1; i <= (bytes ? 6 : 3); i++)
        recall_suffix(t, i);
    n = t->plan.n_recalled;
    for (i = 0; i < n && i < (bytes ? 1 : 2); i++)
        recall_indirect(t, i);
    if (bytes)
        recall_long(t, 8, 12, 16);
    else
        recall_long(t, 5, 9, 16);
}

void pylm__templates_choose(struct pylm__templates *templates, uint32_t tokenizer, const pylm_train_options *options,
                            int has_layout)
{
    int bytes = tokenizer == PYLM_TOKENIZER_BYTES, fast = options->profile == PYLM_PROFILE_FAST;
    uint32_t usual = bytes ? BYTE_ORDER : fast ? FAST_ORDER : WORD_ORDER;
    memset(templates, 0, sizeof *templates);
    templates->learns = 1;
    add_suffixes(templates, options->max_order != PYLM_NONE ? options->max_order : usual);
    if (fast)
        recall_suffixes(templates, bytes);
    else if (bytes)
        add_byte_families(templates, has_layout);
    else
        add_word_families(templates);
}

void pylm__templates_of_letters(struct pylm__templates *templates, uint32_t max_order)
{
    memset(templates, 0, sizeof *templates);
    add_suffixes(templates, max_order);
    (void)add(templates, PYLM__NO_BASE, PYLM__KIND_WORD, 0, PYLM__ROLE_SKIP);
}

/* How many symbols, classes or words a context consists of. */
static uint32_t order_of(const struct pylm__templates *t, uint32_t k)
{
    uint32_t order = 0;
    for (; k != PYLM__NO_BASE; k = t->of[k].base)
        order += t->of[k].kind != PYLM__KIND_NOTHING;
    return order < PYLM_MAX_ORDER ? order : PYLM_MAX_ORDER;
}

void pylm__templates_set_min_counts(struct pylm__templates *templates, const pylm_train_options *options)
{
    uint32_t k, order;
    for (k = 0; k < templates->n; k++) {
        order = order_of(templates, k);
        if (!order)
            continue; /* the empty context */
        while (order && !options->min_counts[order - 1u])
            order--;
        templates->of[k].min_count = order ? options->min_counts[order - 1u] : options->min_count;
    }
}

/* ---- of a kernel ---- */

/* How many ways there are to agree at a position: not at all, in the symbol, and perhaps in the class alone. */
static uint32_t n_ways(uint32_t position, uint32_t n_class)
{
    return position < n_class ? 3u : 2u;
}

static uint8_t add_way(struct pylm__templates *t, uint8_t base, uint32_t position, uint32_t way)
{
    return add(t, base, way == 1u ? PYLM__KIND_SYMBOL : PYLM__KIND_CLASS, (uint8_t)(position + 1u), PYLM__ROLE_NONE);
}

/* Makes a bank: all ways to agree at the first `near` positions, and at the others the one way that the digits of `far`
 * say. */
static void make_bank(struct pylm__templates *t, uint32_t far, uint32_t near, uint32_t reach, uint32_t n_class)
{
    uint32_t position, way, first, m, n;
    memset(t, 0, sizeof *t);
    t->n_suffix = 1;
    for (position = near; position < reach; far /= n_ways(position++, n_class))
        if (far % n_ways(position, n_class)) {
            if (t->n)
                t->of[t->n - 1u].hidden = 1; /* another bank has it; here it is only a base */
            (void)add_way(t, t->n ? (uint8_t)(t->n - 1u) : PYLM__NO_BASE, position, far % n_ways(position, n_class));
        }
    if (!t->n)
        (void)add(t, PYLM__NO_BASE, PYLM__KIND_NOTHING, 0, PYLM__ROLE_NONE);
    first = t->n - 1u;
    for (position = 0; position < near; position++)
        for (m = first, n = t->n; m < n; m++)
            for (way = 1; way < n_ways(position, n_class); way++)
                (void)add_way(t, (uint8_t)m, position, way);
}

uint32_t pylm__templates_of_kernel(struct pylm__templates *banks, uint32_t reach, uint32_t n_class)
{
    uint32_t near, b, n_in_bank = 1, n_banks = 1;
    for (near = 0; near < reach && n_in_bank * n_ways(near, n_class) < PYLM__MAX_TEMPLATES; near++)
        n_in_bank *= n_ways(near, n_class);
    for (b = near; b < reach; b++)
        n_banks *= n_ways(b, n_class);
    for (b = 0; b < n_banks; b++)
        make_bank(&banks[b], b, near, reach, n_class);
    return n_banks;
}

uint32_t pylm__kernel_classes(uint32_t reach)
{
    uint32_t position, n_class, n;
    for (n_class = reach; n_class; n_class--) {
        for (n = 1, position = 0; position < reach; position++)
            n *= n_ways(position, n_class);
        if (n <= PYLM__MAX_WAYS)
            break;
    }
    return n_class;
}

void pylm__plan_renumber(struct pylm__plan *plan, const int *stays, const uint8_t *number)
{
    uint8_t place[PYLM__MAX_RECALLED]; /* where it is now; PYLM__MAX_RECALLED: it is gone */
    uint32_t i, n = 0;
    memset(place, PYLM__MAX_RECALLED, sizeof place);
    for (i = 0; i < plan->n_recalled; i++) {
        uint32_t from = plan->recalled[i];
        int indirect = from >= PYLM__INDIRECT;
        int is_there = indirect ? place[from - PYLM__INDIRECT] < PYLM__MAX_RECALLED : stays[from];
        if (!is_there)
            continue;
        plan->recalled[n] = indirect ? (uint8_t)(PYLM__INDIRECT + place[from - PYLM__INDIRECT]) : number[from];
        place[i] = (uint8_t)n++;
    }
    plan->n_recalled = (uint8_t)n;
}

static uint32_t class_value(const uint32_t *class_of, const struct pylm__symbol_tree *tree,
                            const struct pylm__state *state, uint32_t lag)
{
    uint32_t recent = pylm__state_recent(state, lag);
    return recent && tree->n_classes ? class_of[tree->leaf_of[recent - 1u]] + 1u : 0u;
}

static uint32_t context_value(const struct pylm__template *t, const struct pylm__symbol_tree *tree,
                              const struct pylm__state *state)
{
    uint32_t value = 0, i;
    switch (t->kind) {
    case PYLM__KIND_SYMBOL:
        return pylm__state_recent(state, t->lag);
    case PYLM__KIND_CLASS:
        return class_value(tree->class_of, tree, state, t->lag);
    case PYLM__KIND_COARSE:
        for (i = 1; i <= t->lag; i++)
            value = pylm__coarse_extend(value, class_value(tree->coarse_of, tree, state, i));
        return value;
    case PYLM__KIND_WORD:
        return state->word[t->lag];
    case PYLM__KIND_ABOVE:
        return pylm__layout_place(&state->read.bytes.layout, state->at);
    case PYLM__KIND_SHAPE:
        return pylm__layout_shape(&state->read.bytes.layout, t->lag);
    case PYLM__KIND_LINE:
        return pylm__layout_line(&state->read.bytes.layout);
    default:
        return 0;
    }
}

uint64_t pylm__template_hash(const struct pylm__templates *templates, uint32_t k, const struct pylm__symbol_tree *tree,
                             const struct pylm__state *state)
{
    uint32_t base = templates->of[k].base;
    uint64_t hash = base == PYLM__NO_BASE ? PYLM__HASH_SEED : pylm__template_hash(templates, base, tree, state);
    return pylm__template_extend(templates, k, tree, state, hash);
}

uint64_t pylm__template_extend(const struct pylm__templates *templates, uint32_t k,
                               const struct pylm__symbol_tree *tree, const struct pylm__state *state,
                               uint64_t base_hash)
{
    return pylm__hash_by(templates->factor, base_hash, context_value(&templates->of[k], tree, state));
}

void pylm__template_name(const struct pylm__templates *templates, uint32_t k, char *name)
{
    static const char prefix[] = {0, 0, 'c', 'd', 'w', 'a', 's', 'l'};
    const struct pylm__template *t = &templates->of[k];
    size_t n = 0;
    if (t->base != PYLM__NO_BASE) {
        pylm__template_name(templates, t->base, name);
        n = strlen(name);
    }
    if (n + 6u > PYLM__TEMPLATE_NAME_NBYTES)
        return;
    if (n)
        name[n++] = ' ';
    if (prefix[t->kind])
        name[n++] = prefix[t->kind];
    if (t->lag >= 10u)
        name[n++] = (char)('0' + t->lag / 10u);
    if (t->kind != PYLM__KIND_NOTHING)
        name[n++] = (char)('0' + t->lag % 10u);
    name[n] = 0;
}
