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
#include <string.h>

#include "core/score.h"
#include "modules/adapt/layer.h"
#include "pylm_explain.h"
#include "share.h"

#if PYLM_MODULE_EXPLAIN

#define MAX_TERMS (PYLM__MAX_TEMPLATES + PYLM__INPUT_RECALL + PYLM__MAX_RECALLS + 4u)
#define EVEN_COST 65536            /* the cost of an even decision: one bit */
#define MAX_SUM (INT64_C(1) << 30) /* of log-odds, q23, as in extended.c */

/* The terms of a decision: the contexts, the topic, the mean, the model below, the overlay's inputs, and last the
 * constants. */
struct decision {
    uint32_t n_terms;
    int64_t terms[MAX_TERMS];   /* weighted log-odds, q23 */
    int32_t inputs[MAX_TERMS];  /* log-odds, q10; of constants 0 */
    int32_t weights[MAX_TERMS]; /* q13 */
};

/* Weights and inputs of stage 2. */
struct stage2 {
    uint32_t n;
    int32_t weights[PYLM__MAX_STAGE2], inputs[PYLM__MAX_STAGE2];
};

/* ---- one decision ---- */

/* Writes a term of stage 1.
 *   at   the number of its weight in a row */
static void stage1_term(const uint8_t *const *rows, int16_t input, uint32_t at, struct decision *d, uint32_t k)
{
    uint32_t row;
    d->inputs[k] = input;
    d->weights[k] = 0;
    for (row = 0; row < PYLM__DOT_ROWS; row++)
        d->weights[k] += pylm__load_i16(rows[row] + 2u * at);
    d->terms[k] = (int64_t)d->weights[k] * input;
}

/* Writes the terms of stage 1: the templates, the topic, the constant. Returns their sum. */
static int64_t stage1_terms(const struct pylm__mixer *mixer, const struct pylm__node *node, const uint8_t *const *rows,
                            const int16_t *inputs, struct decision *d)
{
    uint32_t k, n = mixer->tree.n_templates, last = pylm__n_stage1(&mixer->tree) - 1u;
    for (k = 0; k < n; k++)
        stage1_term(rows, inputs[k], k, d, k);
    if (last > n)
        stage1_term(rows, pylm__node_topic(mixer, node), last, d, n);
    stage1_term(rows, inputs[n], n, d, last);
    return pylm__sum(d->terms, last + 1u);
}

static void stage2_plain(const struct pylm__tree *tree, struct pylm__node node, int32_t mixed, struct pylm__mean mean,
                         struct stage2 *s)
{
    const uint8_t *a = tree->parts[PYLM__P_STAGE2_WEIGHTS] + 2u * (size_t)PYLM__N_STAGE2 * node.set;
    const uint8_t *b = tree->parts[PYLM__P_STAGE2_WEIGHTS] +
                       2u * (size_t)PYLM__N_STAGE2 * (tree->n_node_sets + pylm__confidence(mean));
    uint32_t i;
    s->n = PYLM__N_STAGE2;
    s->inputs[PYLM__STAGE2_MIXED] = pylm__clamp(mixed, PYLM__MAX_MIXED_Q10);
    s->inputs[PYLM__STAGE2_MEAN] = pylm__mean_log_odds(mean);
    s->inputs[PYLM__STAGE2_CONSTANT] = PYLM__CONSTANT_Q10;
    for (i = 0; i < s->n; i++)
        s->weights[i] = pylm__load_i16(a + 2u * i) + pylm__load_i16(b + 2u * i);
}

/* With an overlay or a model below, a lesson has these numbers. */
static void stage2_extended(struct pylm__mixer *mixer, struct pylm__node node, int32_t mixed, struct pylm__mean mean,
                            const struct pylm__active_recalls *active, struct stage2 *s)
{
    struct pylm__extended *extended = &mixer->extended;
    struct pylm__lessons lessons;
    uint32_t i, row, n_rows = pylm__has_overlay(extended) ? PYLM__N_STAGE2_ROWS : PYLM__N_STAGE2_ROWS - 1u;
    lessons.n = 0;
    extended->lessons = &lessons;
    (void)pylm__extended_right(extended, &mixer->tree, &node, mixed, mean, pylm__confidence(mean), active);
    extended->lessons = NULL;
    s->n = extended->n_inputs;
    for (i = 0; i < s->n; i++) {
        s->inputs[i] = lessons.lesson[0].inputs[i];
        s->weights[i] = 0;
        for (row = 0; row < n_rows; row++)
            s->weights[i] += pylm__load_i16(extended->weights + lessons.lesson[0].rows[row] + 2u * i);
    }
}

/* A term of stage 2, q23. */
static inline int64_t product(const struct stage2 *s, uint32_t i)
{
    return (int64_t)s->weights[i] * s->inputs[i];
}

/* Splits stage 2's term for stage 1 among its n terms. Returns the share of the last, the constant. */
static int64_t share_stage1(const struct stage2 *s, int64_t sum, uint32_t n, struct decision *d)
{
    int64_t shares[PYLM__MAX_TEMPLATES + 2u], total = product(s, PYLM__STAGE2_MIXED);
    struct pylm__ratio ratio = pylm__mixed_ratio(total, sum, s->weights[PYLM__STAGE2_MIXED]);
    uint32_t k;
    pylm__share(total, ratio, d->terms, n, shares);
    for (k = 0; k < n; k++) {
        d->terms[k] = shares[k];
        d->weights[k] = (int32_t)pylm__times(d->weights[k], ratio);
    }
    return shares[n - 1u];
}

static void add_term(struct decision *d, int64_t term, int32_t input, int32_t weight)
{
    d->terms[d->n_terms] = term;
    d->inputs[d->n_terms] = input;
    d->weights[d->n_terms++] = weight;
}

/* Finds all terms for going right at a node. */
static void find_terms(struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__active *active,
                       struct pylm__slices *slices, struct decision *d)
{
    uint32_t n = pylm__n_stage1(&mixer->tree), i;
    struct pylm__selection selection = pylm__select(mixer, active->sets.active, slices);
    const uint8_t *rows[PYLM__DOT_ROWS];
    struct pylm__gathered gathered;
    struct pylm__mean mean;
    struct stage2 s;
    int64_t sum, constant;
    memset(&gathered, 0, sizeof gathered); /* templates without evidence may stay unwritten */
    pylm__node_gather(mixer, node.mid, active, slices, &gathered);
    mean.left = gathered.left;
    mean.right = gathered.all - gathered.left;
    pylm__node_rows(mixer, &node, &selection, pylm__confidence(mean), rows);
    sum = stage1_terms(mixer, &node, rows, gathered.inputs, d);
    if (pylm__is_plain(&mixer->extended))
        stage2_plain(&mixer->tree, node, pylm__round_q13((uint32_t)sum), mean, &s);
    else
        stage2_extended(mixer, node, pylm__round_q13((uint32_t)sum), mean, &active->recalls, &s);
    constant = share_stage1(&s, sum, n, d) + product(&s, PYLM__STAGE2_CONSTANT);
    d->n_terms = n - 1u;
    add_term(d, product(&s, PYLM__STAGE2_MEAN), s.inputs[PYLM__STAGE2_MEAN], s.weights[PYLM__STAGE2_MEAN]);
    for (i = PYLM__N_STAGE2; i < s.n; i++)
        add_term(d, product(&s, i), s.inputs[i], s.weights[i]);
    add_term(d, constant, 0, 0);
}

/* The probability, q16, of going right. Plain sums have 32 bits, as in the code that scores. */
static uint32_t probability(const struct decision *d, const struct pylm__extended *extended)
{
    int64_t sum = pylm__sum(d->terms, d->n_terms);
    int32_t log_odds = pylm__round_q13((uint32_t)(pylm__is_plain(extended) ? sum : pylm__clamp64(sum, MAX_SUM)));
    return pylm__squash(pylm__has_overlay(extended) ? pylm__sharpen(log_odds) : log_odds);
}

/* Multiplies the terms as pylm__sharpen() does their sum. */
static void sharpen(struct decision *d)
{
    uint32_t i;
    for (i = 0; i < d->n_terms; i++) {
        d->terms[i] = d->terms[i] * PYLM__SHARPEN_Q7 / 128;
        d->weights[i] = (int32_t)((int64_t)d->weights[i] * PYLM__SHARPEN_Q7 / 128);
    }
}

/* Makes the terms those for going left. */
static void negate(struct decision *d)
{
    uint32_t i;
    for (i = 0; i < d->n_terms; i++) {
        d->terms[i] = -d->terms[i];
        d->inputs[i] = -d->inputs[i];
    }
}

/* ---- all decisions of a tree ---- */

/* The parts of one tree, as far as its decisions have been added. The first part is the cost of even decisions. */
struct account {
    pylm_part *parts;
    struct decision decision;
    int64_t weighted[MAX_TERMS];   /* sums of weights, each times the magnitude of its input */
    int64_t magnitudes[MAX_TERMS]; /* sums of these magnitudes */
    uint32_t last_node;            /* node and side of the last decision */
    int last_side;
};

/* Adds modulo 2^32: only sums of damaged models overflow. */
static inline void add(int32_t *to, int64_t x)
{
    *to = (int32_t)((uint32_t)*to + (uint32_t)x);
}

static void add_decision(struct account *a, uint32_t cost)
{
    const struct decision *d = &a->decision;
    int64_t shares[MAX_TERMS], saved = EVEN_COST - (int64_t)(int32_t)cost;
    uint32_t i;
    pylm__share(saved, pylm__saving_ratio(saved, pylm__sum(d->terms, d->n_terms)), d->terms, d->n_terms, shares);
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
        find_terms(mixer, node, &frame->active, slices, &a->decision);
        right = probability(&a->decision, &mixer->extended);
        if (pylm__has_overlay(&mixer->extended))
            sharpen(&a->decision);
        if (!side)
            negate(&a->decision);
        before = pylm__small_cost(p);
        pylm__small_scale(&p, side ? right : 65536u - right);
        add_decision(a, pylm__small_cost(p) - before);
        a->last_node = node.number;
        a->last_side = side;
        pylm__node_narrow(mixer, node.mid, side, &frame->active, slices);
        if (!pylm__is_plain(&mixer->extended))
            pylm__extended_pass(&mixer->extended, node.mid, side, &frame->active.recalls);
        pylm__frame_enter(frame, node.mid, side);
    }
    end_parts(a, mixer, &frame->active, slices);
    return p;
}

/* ---- all trees ---- */

/* Scales each tree's parts to the tree's share of the symbol's probability. One part is added for averaging: the rest
 * of the cost. Returns the number of all parts. */
static uint32_t average(pylm_part *parts, const uint32_t *ends, const struct pylm__small *p, uint32_t n_trees,
                        struct pylm__small all)
{
    pylm_part *part = parts, *rest = parts + ends[n_trees - 1u];
    uint32_t t, apart;
    begin_part(&rest, PYLM_PART_AVERAGE, 0, 0);
    rest = parts + ends[n_trees - 1u];
    add(&rest->cost_q16, pylm__small_cost(all));
    for (t = 0; t < n_trees; t++) {
        struct pylm__ratio share = {0, INT64_C(1) << 30};
        apart = p[t].exponent - all.exponent;
        share.num = apart < 30u ? (int64_t)(((uint64_t)p[t].mantissa << 30) / all.mantissa >> apart) : 0;
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
    return view->n_trees * (view->n_templates + 5u + PYLM__INPUT_RECALL + PYLM__MAX_RECALLS) + (view->n_trees > 1u);
}

int pylm_explain(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *memory, pylm_part *parts,
                 uint32_t *n_ret)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    struct pylm__small p[PYLM__MAX_TREES], all = pylm__small_one();
    struct pylm__odds *odds = NULL;
    struct account account;
    uint32_t ends[PYLM__MAX_TREES], t;
    if (symbol >= view->n_symbols || pylm__is_kernel(view))
        return PYLM_ERR_ARGUMENT;
    account.parts = parts;
    if (pylm__n_below(view))
        odds = odds_below(view, pylm__state_const(state), symbol, work);
    pylm__work_first_tree(view, work);
    pylm__extended_stack(&work->mixer.extended, odds, 0);
    for (t = 0; t < view->n_trees; t++) {
        if (t)
            pylm__work_next_tree(view, work);
        p[t] = explain_tree(view, pylm__state_const(state), symbol, work, &account);
        pylm__small_scale(&p[t], work->mixer.tree.share);
        all = t ? pylm__small_plus(all, p[t]) : p[t];
        account.parts += n_parts_of(&work->mixer);
        ends[t] = (uint32_t)(account.parts - parts);
    }
    *n_ret = view->n_trees > 1u ? average(parts, ends, p, view->n_trees, all) : ends[0];
    return PYLM_OK;
}

#endif
