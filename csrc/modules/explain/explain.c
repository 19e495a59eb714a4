/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * explain.c: splits a symbol's cost into parts.
 *
 * On the way to a symbol there is a decision at every node. The log-odds of the side taken are a sum z of terms, each a
 * weight times an input. At z = 0 the decision is even and costs one bit. Of that bit, z saves
 * f(z) = log2(2 / (1 + exp(-z))). Each term gets a share of this saving, in proportion to the term. That share is the
 * integral of f's slope along the straight line from even odds to z (integrated gradients: Sundararajan, Taly and Yan
 * 2017, after Aumann and Shapley 1974). So the shares add up to the saving; a term of 0 gets nothing; and two terms get
 * as much as one term that is their sum.
 *
 * The log-odds of stage 1 are one term of stage 2, and a sum themselves. Their share is split in the same way among the
 * contexts.
 *
 * The cost of a node is the difference between the costs of the path with it and without it. The remainder that
 * rounding leaves of a split goes to the largest term. So everything adds up to the last bit. Probabilities are
 * computed here from the terms, not by the code that scores. The tests compare both.
 */
#include "explain.h"

#include <string.h>

#include "core/lexicon.h"
#include "decision.h"
#include "modules/adapt/layer.h"

#if PYLM_MODULE_EXPLAIN

#define EVEN_COST 65536 /* the cost of an even decision: one bit */

/* ---- all decisions of a tree ---- */

/* The parts of one tree, as far as its decisions have been added. The first part is the cost of even decisions. */
struct account {
    pylm_part *parts;
    struct pylm__decision decision;
    int64_t weighted[PYLM__MAX_TERMS];   /* sums of weights, each times the magnitude of its input */
    int64_t magnitudes[PYLM__MAX_TERMS]; /* sums of these magnitudes */
    uint32_t last_node;                  /* node and side of the last decision */
    int last_side;
    struct pylm__slopes *slopes; /* of the tree; NULL: not wanted */
};

/* Adds modulo 2^32: only sums of damaged models overflow. */
static inline void add(int32_t *to, int64_t x)
{
    *to = (int32_t)((uint32_t)*to + (uint32_t)x);
}

/* Adds what the last decision saves by each number of the reading. Its term stands behind those of the contexts. */
static void add_slopes(const struct account *a, const struct pylm__mixer *mixer, struct pylm__ratio ratio)
{
#if PYLM_MODULE_TOPIC
    const struct pylm__reading *reading = &mixer->reading;
    int64_t weight = a->decision.weights[mixer->tree.n_templates];
    pylm__slopes_add(a->slopes, pylm__reading_record(reading, a->last_node), reading, a->last_side ? weight : -weight,
                     ratio);
#else
    (void)a;
    (void)mixer;
    (void)ratio;
#endif
}

/* Adds the last decision, which made the path dearer by `cost`. */
static void add_decision(struct account *a, const struct pylm__mixer *mixer, uint32_t cost)
{
    const struct pylm__decision *d = &a->decision;
    int64_t shares[PYLM__MAX_TERMS], saved = EVEN_COST - (int64_t)(int32_t)cost;
    struct pylm__ratio ratio = pylm__saving_ratio(saved, pylm__sum(d->terms, d->n_terms));
    uint32_t i;
    pylm__share(saved, ratio, d->terms, d->n_terms, shares);
    if (a->slopes && pylm__has_topic(&mixer->tree))
        add_slopes(a, mixer, ratio);
    add(&a->parts[0].cost_q16, EVEN_COST);
    a->parts[0].n_context++;
    for (i = 0; i < d->n_terms; i++) {
        pylm_part *part = &a->parts[1u + i];
        int64_t magnitude = pylm__magnitude(d->inputs[i]);
        add(&part->cost_q16, -shares[i]);
        add(&part->log_odds_q10, d->inputs[i]);
        a->weighted[i] += d->weights[i] * magnitude;
        a->magnitudes[i] += magnitude;
    }
}

/* The number of a tree's parts, with the first. */
static uint32_t n_parts_of(const struct pylm__mixer *mixer)
{
    return pylm__n_stage1(&mixer->tree) - 1u + mixer->extended.n_inputs;
}

static void begin_part(pylm_part **part, enum pylm_part_kind kind, uint32_t tree, uint32_t number)
{
    memset(*part, 0, sizeof **part);
    (*part)->kind = kind;
    (*part)->tree = tree;
    (*part)->number = number;
    ++*part;
}

/* Begins the parts of a tree at its root, in the order of a decision's terms. */
static void begin_parts(struct account *a, const struct pylm__work *work, uint32_t found, struct pylm__slices *slices)
{
    const struct pylm__mixer *mixer = &work->mixer;
    const struct pylm__plan *plan = &mixer->extended.plan;
    pylm_part *part = a->parts;
    uint32_t tree = work->tree_number, i;
    memset(a->weighted, 0, sizeof a->weighted);
    memset(a->magnitudes, 0, sizeof a->magnitudes);
    begin_part(&part, PYLM_PART_EVEN, tree, 0);
    for (i = 0; i < mixer->tree.n_templates; i++)
        begin_part(&part, PYLM_PART_CONTEXT, tree, i);
    for (; found; found &= found - 1u)
        a->parts[1u + pylm__lowest_from(found, 0)].n_context = PYLM__AT(slices, pylm__lowest_from(found, 0), total);
    if (pylm__has_topic(&mixer->tree))
        begin_part(&part, PYLM_PART_TOPIC, tree, 0);
    if (pylm__has_voice(&mixer->tree))
        begin_part(&part, PYLM_PART_VOICE, tree, 0);
    begin_part(&part, PYLM_PART_MEAN, tree, 0);
    if (pylm__n_plain(&mixer->tree) > PYLM__N_STAGE2)
        begin_part(&part, PYLM_PART_BELOW, tree, 0);
    if (pylm__has_overlay(&mixer->extended)) {
        begin_part(&part, PYLM_PART_COUNTS, tree, 0);
        begin_part(&part, PYLM_PART_AGES, tree, 0);
        for (i = 0; i < plan->n_recalled; i++)
            if (plan->recalled[i] < PYLM__INDIRECT)
                begin_part(&part, PYLM_PART_RECALL, tree, plan->recalled[i]);
            else
                begin_part(&part, PYLM_PART_INDIRECT, tree, plan->recalled[plan->recalled[i] - PYLM__INDIRECT]);
        begin_part(&part, PYLM_PART_REPETITION, tree, 0);
    }
    begin_part(&part, PYLM_PART_CONSTANT, tree, 0);
}

/* Adds the overlay's counts of the symbol, at the leaf.
 *   part   the first of the overlay's */
static void add_overlay_counts(const struct account *a, const struct pylm__extended *extended,
                               const struct pylm__active_recalls *active, pylm_part *part)
{
    const struct pylm__recall *recall = extended->recalls;
    struct pylm__node_past past = pylm__overlay_node(&extended->overlay, a->last_node);
    uint32_t i, j;
    part->n_symbol = past.counts[a->last_side];
    part->n_context = (uint32_t)past.counts[0] + past.counts[1];
    part++;
    part->n_symbol = past.ages[a->last_side] ? UINT32_C(1) << (past.ages[a->last_side] - 1u) : 0u;
    for (i = 0, part++; i < extended->plan.n_recalled; i++, part++, recall++)
        for (j = 0; j < recall->n; j++) {
            part->n_context += recall->count[j];
            part->n_symbol += active->successors[i] >> j & 1u ? recall->count[j] : 0u;
        }
    if (recall->n) {
        part->number = extended->plan.lengths[recall->count[0] / PYLM__N_RUNS % PYLM__MAX_LONG];
        part->n_context = pylm__load32(extended->overlay.head);
        part->n_symbol = active->successors[i];
    }
}

/* Ends the parts of a tree at the leaf. */
static void end_parts(struct account *a, const struct pylm__mixer *mixer, const struct pylm__active *active,
                      struct pylm__slices *slices)
{
    uint32_t i, left, n = n_parts_of(mixer);
    for (left = active->sets.active; left; left &= left - 1u)
        a->parts[1u + pylm__lowest_from(left, 0)].n_symbol = PYLM__AT(slices, pylm__lowest_from(left, 0), total);
    if (pylm__has_overlay(&mixer->extended))
        add_overlay_counts(a, &mixer->extended, &active->recalls,
                           &a->parts[pylm__n_stage1(&mixer->tree) + pylm__n_plain(&mixer->tree) - 2u]);
    for (i = 0; i + 1u < n; i++)
        if (a->magnitudes[i])
            a->parts[1u + i].weight_q13 = (int32_t)(a->weighted[i] / a->magnitudes[i]);
}

/* Goes down to the symbol in the present tree. Returns its probability there. */
static struct pylm__small explain_tree(const struct pylm__model *model, const struct pylm__state *state,
                                       uint32_t symbol, struct pylm__work *work, struct account *a)
{
    struct pylm__mixer *mixer = &work->mixer;
    struct pylm__frame *frame = pylm__root(model, state, work);
    struct pylm__slices *slices = pylm__frame_slices(work, frame);
    struct pylm__small p = pylm__small_one();
    uint32_t leaf = pylm__tree_leaf(&mixer->tree, symbol), right, before;
    begin_parts(a, work, frame->active.sets.active, slices);
    while (frame->hi - frame->lo > 1u) {
        struct pylm__node node = pylm__tree_node(&mixer->tree, frame->node, frame->lo, frame->hi);
        int side = leaf >= node.mid;
        pylm__find_terms(mixer, node, &frame->active, slices, &a->decision);
        right = pylm__decision_right(&a->decision, &mixer->extended);
        if (pylm__has_overlay(&mixer->extended))
            pylm__decision_sharpen(&a->decision);
        if (!side)
            pylm__decision_negate(&a->decision);
        before = pylm__small_cost(p);
        pylm__small_scale(&p, side ? right : 65536u - right);
        a->last_node = node.number;
        a->last_side = side;
        add_decision(a, mixer, pylm__small_cost(p) - before);
        pylm__node_narrow(mixer, node.mid, side, &frame->active, slices);
        if (!pylm__is_plain(&mixer->extended))
            pylm__extended_pass(&mixer->extended, node.mid, side, &frame->active.recalls);
        pylm__frame_enter(frame, node.mid, side);
    }
    end_parts(a, mixer, &frame->active, slices);
    return p;
}

/* ---- all trees ---- */

/* The share of a tree in the probability of several. */
static struct pylm__ratio share_in(struct pylm__small p, struct pylm__small all)
{
    struct pylm__ratio share = {0, INT64_C(1) << 30};
    uint32_t apart = p.exponent - all.exponent;
    if (apart < 30u)
        share.num = (int64_t)(((uint64_t)p.mantissa << 30) / all.mantissa >> apart);
    return share;
}

/* Scales each tree's parts to the tree's share of the symbol's probability. One part is added for averaging: the rest
 * of the cost. Returns the number of all parts. */
static uint32_t average(pylm_part *parts, const uint32_t *ends, const struct pylm__small *p, uint32_t n_trees,
                        struct pylm__small all)
{
    pylm_part *part = parts, *rest = parts + ends[n_trees - 1u];
    uint32_t t;
    begin_part(&rest, PYLM_PART_AVERAGE, 0, 0);
    rest = parts + ends[n_trees - 1u];
    add(&rest->cost_q16, pylm__small_cost(all));
    for (t = 0; t < n_trees; t++) {
        struct pylm__ratio share = share_in(p[t], all);
        for (; part < parts + ends[t]; part++) {
            part->cost_q16 = (int32_t)pylm__times(part->cost_q16, share);
            add(&rest->cost_q16, -(int64_t)part->cost_q16);
        }
    }
    return ends[n_trees - 1u] + 1u;
}

/* The log-odds of the model below, on the way to a symbol. */
static struct pylm__odds *odds_below(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol,
                                     struct pylm__work *work)
{
    struct pylm__odds *odds = (struct pylm__odds *)(void *)((uint8_t *)(void *)work + pylm__odds_offset(model));
    pylm__note_odds(model, 1, state, &symbol, 1, work);
    odds->at = 0;
    return odds;
}

uint32_t pylm_n_parts(const pylm_model *model)
{
    const struct pylm__model *view = pylm__model_view(model);
    return pylm__n_trees(view) * (view->n_templates + 6u + PYLM__INPUT_RECALL + PYLM__MAX_RECALLS) +
           (pylm__n_trees(view) > 1u) + (uint32_t)pylm__has_lexicon(view);
}

int pylm__explain(const struct pylm__model *model, const struct pylm__state *state, uint32_t symbol, void *memory,
                  pylm_part *parts, uint32_t *n_ret, struct pylm__slopes *slopes)
{
    struct pylm__work *work = memory;
    struct pylm__small p[PYLM__MAX_TREES], all = pylm__small_one();
    struct pylm__odds *odds = NULL;
    struct account account;
    uint32_t ends[PYLM__MAX_TREES], t, share = PYLM__SHARE_ONE;
    if (pylm__has_lexicon(model))
        symbol = pylm__lexicon_symbol(model, symbol, &share);
    if (symbol >= model->n_symbols || pylm__is_kernel(model))
        return PYLM_ERR_ARGUMENT;
    account.parts = parts;
    account.slopes = slopes;
    if (pylm__n_below(model))
        odds = odds_below(model, state, symbol, work);
    pylm__work_first_tree(model, work);
    pylm__extended_stack(&work->mixer.extended, odds, 0);
    for (t = 0; t < pylm__n_trees(model); t++) {
        if (t)
            pylm__work_next_tree(model, work);
        p[t] = explain_tree(model, state, symbol, work, &account);
        pylm__small_scale(&p[t], work->mixer.tree.share);
        all = t ? pylm__small_plus(all, p[t]) : p[t];
        account.parts += n_parts_of(&work->mixer);
        ends[t] = (uint32_t)(account.parts - parts);
        if (slopes && t)
            pylm__slopes_average(slopes, account.slopes, share_in(p[t], all));
        if (slopes)
            account.slopes = memset(slopes + 1, 0, sizeof *slopes);
    }
    *n_ret = pylm__n_trees(model) > 1u ? average(parts, ends, p, pylm__n_trees(model), all) : ends[0];
    if (pylm__has_lexicon(model)) {
        account.parts = parts + (*n_ret)++;
        begin_part(&account.parts, PYLM_PART_PLACE, 0, symbol);
        account.parts[-1].cost_q16 = (int32_t)pylm__share_cost(share);
    }
    return PYLM_OK;
}

int pylm_explain(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *memory, pylm_part *parts,
                 uint32_t *n_ret)
{
    return pylm__explain(pylm__model_view(model), pylm__state_const(state), symbol, memory, parts, n_ret, NULL);
}

#endif
