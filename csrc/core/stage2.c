/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stage2.c: see stage2.h.
 */
#include "stage2.h"

#define RATE_BITS 10u       /* a step is the slope, divided by two to this */
#define RATE_BITS_BYTES 11u /* where a symbol is a byte: there are many more of them */
#define MAX_SUM (INT64_C(1) << 30) /* far beyond where squash() ends */

int pylm__final_overlay(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t tree_number,
                        uint8_t *memory, size_t nbytes, struct pylm__plan *plan, struct pylm__overlay *overlay)
{
    /* A device has no more memory than a size_t can say, and no instruction that divides 64 bits. */
    size_t part_nbytes = nbytes / pylm__n_trees(model);
    if (!tree->parts[PYLM__P_OVERLAY_WEIGHTS] || part_nbytes < PYLM__OVERLAY_LEAST) /* the state is another model's */
        return 0;
    if (PYLM__MOST_TREES > 1u)
        memory += tree_number * part_nbytes;
    pylm__plan_read(tree, plan);
    pylm__overlay_lay_out(memory, part_nbytes, pylm__n_leaves(tree) - 1u, pylm__n_overlay_weights(tree, plan), overlay);
    return 1;
}

void pylm__final_begin(struct pylm__final *final, const struct pylm__model *model, const struct pylm__tree *tree,
                       uint32_t tree_number, const struct pylm__state *state, const uint64_t *hashes,
                       struct pylm__alive *alive)
{
    uint32_t i;
    final->lessons = NULL;
    final->adapts = PYLM_MODULE_ADAPT && state->overlay && !(PYLM__MOST_LAYERS && final->is_below) &&
                    pylm__final_overlay(model, tree, tree_number, state->overlay, state->overlay_nbytes, &final->plan,
                                        &final->overlay);
    if (PYLM__MOST_LAYERS)
        final->is_plain = !pylm__final_adapts(final) && !pylm__odds(final);
    final->n_inputs = pylm__n_plain(tree);
    final->weights = tree->parts[PYLM__P_FINAL_WEIGHTS];
    if (!pylm__final_adapts(final))
        return;
    final->weights = final->overlay.weights ? final->overlay.weights : tree->parts[PYLM__P_OVERLAY_WEIGHTS];
    final->n_inputs += pylm__plan_inputs(&final->plan);
    pylm__overlay_keys(&final->overlay, &final->plan, hashes, state, final->keys);
    pylm__overlay_recall(&final->overlay, &final->plan, final->keys, pylm__n_symbols(model), final->recalls);
    for (i = 0; i <= final->plan.n_recalled && i < PYLM__MAX_RECALLS; i++)
        alive->of[i] = (uint8_t)pylm__mask(final->recalls[i].n);
}

/* The log-odds of an input of the overlay at an index of its calibration; 0: nothing. */
static int16_t calibrated(const struct pylm__tree *tree, uint32_t input, uint32_t index)
{
    const uint8_t *table = tree->parts[PYLM__P_OVERLAY_CALIBRATION] + 2u * ((size_t)input * PYLM__N_CALIBRATION + index);
    return (int16_t)(index ? pylm__load_i16(table) : 0);
}

/* What the overlay says at a node. Returns the set of family 2 that this chooses. */
static uint32_t ask_overlay(const struct pylm__final *final, const struct pylm__tree *tree,
                            const struct pylm__node *node, const struct pylm__alive *alive, int16_t *inputs)
{
    struct pylm__node_past past = pylm__overlay_node(&final->overlay, node->number);
    uint32_t i, n = final->plan.n_recalled, n_alive = 0;
    inputs[PYLM__INPUT_COUNTS] =
        calibrated(tree, PYLM__INPUT_COUNTS, pylm__calibration_index(past.counts[0], past.counts[1]));
    inputs[PYLM__INPUT_AGES] = calibrated(tree, PYLM__INPUT_AGES, pylm__ages_index(past));
    for (i = 0; i <= n; i++) {
        const struct pylm__recall *recall = &final->recalls[i];
        inputs[PYLM__INPUT_RECALL + i] =
            calibrated(tree, PYLM__INPUT_RECALL + i,
                       i < n ? pylm__recall_index(recall, alive->of[i], node->mid)
                             : pylm__repetition_index(recall, alive->of[i], node->mid));
        n_alive += i < n && alive->of[i];
    }
    return pylm__recall_set(n_alive, final->recalls[n].count[0], alive->of[n] != 0);
}

/* The place of the present node's log-odds. */
static int16_t *odds_here(const struct pylm__final *final)
{
    struct pylm__odds *odds = pylm__odds(final);
    return &odds->of[odds->at < PYLM__MAX_ODDS ? odds->at : PYLM__MAX_ODDS - 1u];
}

uint32_t pylm__final_extended(const struct pylm__final *final, const struct pylm__tree *tree,
                              const struct pylm__node *node, int32_t mixed, struct pylm__mean mean,
                              uint32_t confidence, const struct pylm__alive *alive)
{
    const uint32_t row_nbytes = 2u * final->n_inputs;
    /* Without layers there is no other reason to be here, unless code is small, which does without what is plain. */
    const int adapts = (!PYLM__MOST_LAYERS && !PYLM__SMALL) || pylm__final_adapts(final);
    struct pylm__lessons *lessons = final->lessons;
    struct pylm__lesson own, *lesson = lessons && lessons->n < PYLM__MAX_LESSONS ? &lessons->of[lessons->n] : &own;
    int64_t sum = 0; /* learned weights have no other bound than their own 16 bits */
    int32_t log_odds, weight;
    uint32_t i, row, n_rows = 2;
    lesson->rows[0] = node->set * row_nbytes;
    lesson->rows[1] = (tree->n_node_sets + confidence) * row_nbytes;
    lesson->inputs[PYLM__FINAL_MIXED] = (int16_t)pylm__clamp(mixed, PYLM__MAX_MIXED_Q10);
    lesson->inputs[PYLM__FINAL_MEAN] = (int16_t)pylm__mean_log_odds(mean);
    lesson->inputs[PYLM__FINAL_CONSTANT] = PYLM__CONSTANT_Q10;
    if (pylm__n_plain(tree) > PYLM__N_FINAL)
        lesson->inputs[PYLM__FINAL_BELOW] = *odds_here(final);
    if (adapts) {
        row = ask_overlay(final, tree, node, alive, lesson->inputs + pylm__n_plain(tree));
        lesson->rows[n_rows++] = (tree->n_node_sets + PYLM__N_CONFIDENCES + row) * row_nbytes;
    }
    for (i = 0; i < final->n_inputs; i++) {
        if (!lesson->inputs[i])
            continue;
        for (row = 0, weight = 0; row < n_rows; row++)
            weight += pylm__load_i16(final->weights + lesson->rows[row] + 2u * i);
        sum += (int64_t)weight * lesson->inputs[i];
    }
    log_odds = pylm__round_q13((uint32_t)(sum > MAX_SUM ? MAX_SUM : sum < -MAX_SUM ? -MAX_SUM : sum));
    if (lessons)
        lesson->error = -(int32_t)pylm__squash(log_odds);
    if (pylm__odds(final))
        *odds_here(final) = (int16_t)pylm__clamp(log_odds, PYLM__MAX_MIXED_Q10);
    return pylm__squash(adapts ? pylm__sharpen(log_odds) : log_odds);
}

void pylm__final_pass(const struct pylm__final *final, uint32_t mid, int side, struct pylm__alive *alive)
{
    struct pylm__lessons *lessons = final->lessons;
    if (lessons && lessons->n < PYLM__MAX_LESSONS)
        lessons->of[lessons->n++].error += side ? 65536 : 0;
    if (pylm__odds(final))
        pylm__odds(final)->at++;
    if (pylm__final_adapts(final))
        pylm__final_descend(final, mid, side, alive);
}

/* Moves a weight by slope / 2^bits, rounded up with the probability of what is below one. The slope, q16 * q10, is
 * below 2^30; half of the range is added so that nothing negative is shifted. */
static inline void step(uint8_t *at, int32_t slope, uint32_t random, uint32_t bits)
{
    const uint32_t half = UINT32_C(1) << 31;
    uint32_t moved = (uint32_t)slope + (random >> (32u - bits)) + half;
    int32_t weight = pylm__load_i16(at) + (int32_t)(moved >> bits) - (int32_t)(half >> bits);
    pylm__store16(at, (uint32_t)pylm__clamp(weight, INT16_MAX) & 0xffffu);
}

/* The overlay's weights move by the lessons. */
static void learn_weights(const struct pylm__final *final, const struct pylm__tree *tree)
{
    uint32_t bits = 13u + (pylm__has_classes(tree) ? RATE_BITS : RATE_BITS_BYTES), i, k, row, random;
    random = (uint32_t)pylm__hash_step(PYLM__HASH_SEED, pylm__overlay_time(&final->overlay));
    for (i = 0; i < final->lessons->n; i++) {
        const struct pylm__lesson *lesson = &final->lessons->of[i];
        for (k = 0; k < final->n_inputs; k++) {
            int32_t slope = lesson->error * lesson->inputs[k];
            for (row = 0; slope && row < PYLM__N_FINAL_ROWS; row++) {
                random = random * UINT32_C(1664525) + UINT32_C(1013904223);
                step(final->overlay.weights + lesson->rows[row] + 2u * k, slope, random, bits);
            }
        }
    }
}

void pylm__final_learn(const struct pylm__final *final, const struct pylm__tree *tree, uint32_t leaf)
{
    uint32_t number = 0, lo = 0, hi = pylm__n_leaves(tree);
    if (!pylm__final_adapts(final) || !final->lessons)
        return;
    if (final->overlay.weights)
        learn_weights(final, tree);
    while (hi - lo > 1u) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        int side = leaf >= node.mid;
        pylm__overlay_count(&final->overlay, number, side);
        number += side ? node.mid - lo : 1u;
        *(side ? &lo : &hi) = node.mid;
    }
    pylm__overlay_learn(&final->overlay, &final->plan, final->keys, leaf);
}

void pylm__final_descend(const struct pylm__final *final, uint32_t mid, int side, struct pylm__alive *alive)
{
    uint32_t i;
    for (i = 0; i <= final->plan.n_recalled; i++)
        alive->of[i] = pylm__recall_narrow(&final->recalls[i], alive->of[i], mid, side);
}
