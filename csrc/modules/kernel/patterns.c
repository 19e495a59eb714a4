/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * patterns.c: splits a kernel's probability of a symbol into patterns.
 *
 * A pattern says of every place whether the symbols agree there, only their classes do, or neither. Each has a
 * template. The template's table counts the training positions that agree in these places *at least*. Positions that
 * agree in more are subtracted, place by place. The others agree in just these places. So every training position has
 * one pattern, and all positions of a pattern have the same distance. The kernel is a sum over patterns, without
 * negative terms.
 */
#include <string.h>

#include "core/lexicon.h"
#include "kernel.h"

#if PYLM_MODULE_KERNEL

#define ALL_Q30 (UINT32_C(1) << 30)

/* The kind of agreement at a place. */
static inline uint32_t at_place(uint32_t agrees, uint32_t j)
{
    return agrees >> 2u * j & 3u;
}

static inline uint32_t with_place(uint32_t agrees, uint32_t j, uint32_t kind)
{
    return (agrees & ~(UINT32_C(3) << 2u * j)) | kind << 2u * j;
}

/* ---- counts ---- */

/* Counts the positions that agree at least in each pattern of the present bank. Returns the number of its patterns.
 * Templates without contexts have none: they are bases of others only.
 *   number   of the bank's first template */
static uint32_t count_bank(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol,
                           struct pylm__work *work, uint32_t number, pylm_pattern *patterns)
{
    const struct pylm__tree *bank = &work->mixer.tree;
    struct pylm__evidence *e = &work->mixer.evidence;
    struct pylm__slices *slices = pylm__frame_slices(work, pylm__frame(work, 0));
    uint32_t active = pylm__kernel_look_up(model, bank, state, &work->lookup, e, slices), k, n = 0;
    for (k = 0; k < bank->n_templates; k++) {
        const uint8_t *head = pylm__template_head(bank, k);
        pylm_pattern *p = &patterns[k];
        memset(p, 0, sizeof *p);
        p->number = number + k;
        p->agrees = head[PYLM__C_BASE] == PYLM__NO_BASE ? 0u : patterns[head[PYLM__C_BASE]].agrees;
        if (head[PYLM__C_KIND] != PYLM__KIND_NOTHING)
            p->agrees = with_place(p->agrees, head[PYLM__C_LAG] - 1u, head[PYLM__C_KIND]);
        p->n_context = active >> k & 1u ? PYLM__AT(slices, k, total) : 0u;
    }
    active = pylm__kernel_go_down(bank, e, slices, active, pylm__tree_leaf(bank, symbol));
    for (; active; active &= active - 1u)
        patterns[pylm__lowest_from(active, 0)].n_symbol = PYLM__AT(slices, pylm__lowest_from(active, 0), total);
    for (k = 0; k < bank->n_templates; k++)
        if (pylm__load32(pylm__template_head(bank, k) + PYLM__C_N_RECORDS))
            patterns[n++] = patterns[k];
    return n;
}

static const pylm_pattern *find(const pylm_pattern *patterns, uint32_t n, uint32_t agrees)
{
    uint32_t i;
    for (i = 0; i < n; i++)
        if (patterns[i].agrees == agrees)
            return &patterns[i];
    return NULL;
}

static inline uint32_t less(uint32_t n, uint32_t taken)
{
    return n > taken ? n - taken : 0u; /* only tables that contradict each other would make it negative */
}

/* Subtracts the positions that agree in more at place j, from the patterns with `kind` there. */
static void take_off(pylm_pattern *patterns, uint32_t n, uint32_t j, uint32_t kind)
{
    uint32_t i;
    for (i = 0; i < n; i++) {
        pylm_pattern *p = &patterns[i];
        const pylm_pattern *more = NULL;
        if (at_place(p->agrees, j) != kind)
            continue;
        if (kind == PYLM__KIND_NOTHING)
            more = find(patterns, n, with_place(p->agrees, j, PYLM__KIND_CLASS));
        if (!more)
            more = find(patterns, n, with_place(p->agrees, j, PYLM__KIND_SYMBOL));
        if (more) {
            p->n_context = less(p->n_context, more->n_context);
            p->n_symbol = less(p->n_symbol, more->n_symbol);
        }
    }
}

/* ---- shares ---- */

/* The kernel's value exp(-tau K) for a position of a pattern. *distance_q16 becomes K. */
static struct pylm__scaled kernel_value(const pylm_kernel *kernel, const struct pylm__factors *f, uint32_t agrees,
                                        uint32_t *distance_q16)
{
    struct pylm__scaled value = pylm__scaled_from(1, 0);
    uint32_t j, t, u;
    *distance_q16 = 0;
    for (j = 0; j < PYLM_MAX_REACH && j < kernel->reach; j++) {
        t = kernel->distance_q16[j];
        u = j < kernel->n_class && kernel->class_distance_q16[j] < t ? kernel->class_distance_q16[j] : t;
        if (at_place(agrees, j) == PYLM__KIND_SYMBOL)
            continue;
        value = pylm__scaled_times(value, at_place(agrees, j) == PYLM__KIND_CLASS ? f->similar[j] : f->other[j]);
        *distance_q16 += at_place(agrees, j) == PYLM__KIND_CLASS ? u : t;
    }
    return value;
}

/* The share of n times a value in a whole, rounded. */
static uint32_t share_q30(struct pylm__scaled value, uint32_t n, struct pylm__scaled whole)
{
    struct pylm__scaled share =
        pylm__scaled_ratio(pylm__scaled_from((uint64_t)value.mantissa * n, value.exponent), whole);
    uint32_t shift = (uint32_t)(-30 - share.exponent);
    if (share.mantissa && share.exponent > -31)
        return ALL_Q30;
    return share.mantissa && shift < 32u ? ((share.mantissa >> (shift - 1u)) + 1u) >> 1 : 0u;
}

/* Adds to the largest shares the remainders that rounding left. */
static void round_off(pylm_pattern *patterns, uint32_t n)
{
    pylm_pattern *largest = patterns, *largest_of_symbol = patterns;
    uint32_t i, sum_of_weights = 0, sum_of_symbols = 0;
    for (i = 0; i < n; i++) {
        sum_of_weights += patterns[i].weight_share_q30;
        sum_of_symbols += patterns[i].symbol_share_q30;
        if (patterns[i].weight_share_q30 > largest->weight_share_q30)
            largest = &patterns[i];
        if (patterns[i].symbol_share_q30 > largest_of_symbol->symbol_share_q30)
            largest_of_symbol = &patterns[i];
    }
    largest->weight_share_q30 += ALL_Q30 - sum_of_weights;
    largest_of_symbol->symbol_share_q30 += ALL_Q30 - sum_of_symbols;
}

/* The last pattern is the background. */
static void find_shares(const struct pylm__model *model, pylm_pattern *patterns, uint32_t n)
{
    struct pylm__scaled_sum all = {0, 0}, of_symbol = {0, 0};
    struct pylm__scaled whole, whole_of_symbol, value;
    struct pylm__factors factors;
    pylm_kernel kernel;
    uint32_t i;
    pylm__kernel_settings(model, &kernel);
    pylm__kernel_factors(model, &factors);
    for (i = 0; i < n; i++) {
        value = kernel_value(&kernel, &factors, patterns[i].agrees, &patterns[i].distance_q16);
        pylm__scaled_sum_add(&all, value, patterns[i].n_context);
        pylm__scaled_sum_add(&of_symbol, value, patterns[i].n_symbol);
    }
    pylm__scaled_sum_add(&of_symbol, factors.leaf, 1);
    whole = pylm__scaled_sum_value(&all);
    whole_of_symbol = pylm__scaled_sum_value(&of_symbol);
    for (i = 0; i < n; i++) {
        value = kernel_value(&kernel, &factors, patterns[i].agrees, &patterns[i].distance_q16);
        patterns[i].weight_share_q30 = share_q30(value, patterns[i].n_context, whole);
        patterns[i].symbol_share_q30 = share_q30(value, patterns[i].n_symbol, whole_of_symbol);
    }
    patterns[n - 1u].symbol_share_q30 = share_q30(factors.leaf, 1, whole_of_symbol);
    round_off(patterns, n);
}

/* ---- both ---- */

uint32_t pylm_n_patterns(const pylm_model *model)
{
    const struct pylm__model *view = pylm__model_view(model);
    return pylm__is_kernel(view) ? view->n_banks * view->n_templates + 1u : 0u;
}

int pylm_explain_kernel(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *memory,
                        pylm_pattern *patterns, uint32_t *n_ret)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    uint32_t b, j, n = 0, number = 0;
    symbol = pylm__place_of(view, symbol);
    if (!pylm__is_kernel(view) || symbol >= view->n_symbols)
        return PYLM_ERR_ARGUMENT;
    pylm__work_first_tree(view, work);
    for (b = 0; b < view->n_banks; b++) {
        if (b)
            pylm__work_next_tree(view, work);
        n += count_bank(view, pylm__state_const(state), symbol, work, number, patterns + n);
        number += work->mixer.tree.n_templates;
    }
    for (j = 0; j < PYLM_MAX_REACH; j++) {
        take_off(patterns, n, j, PYLM__KIND_NOTHING); /* first, while classes still count all */
        take_off(patterns, n, j, PYLM__KIND_CLASS);
    }
    memset(&patterns[n], 0, sizeof patterns[n]);
    patterns[n].number = PYLM_NONE;
    patterns[n].n_context = 1;
    *n_ret = n + 1u;
    find_shares(view, patterns, *n_ret);
    return PYLM_OK;
}

#endif
