/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * final.c: see final.h.
 */
#include "final.h"

#include <string.h>

#define RATE_BITS 10u       /* a step is the slope, divided by two to this */
#define RATE_BITS_BYTES 11u /* where a symbol is a byte: there are many more of them */
#define MAX_SUM (INT64_C(1) << 30) /* far beyond where squash() ends */

int pylm__final_overlay(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t tree_number,
                        uint8_t *memory, uint64_t nbytes, struct pylm__overlay *overlay)
{
    struct pylm__plan plan;
    if (!tree->overlay_weights)
        return 0;
    pylm__plan_read(tree, &plan);
    return pylm__overlay_part(memory, nbytes, pylm__n_trees(model), tree_number, model->n_symbols - 1u,
                              pylm__n_overlay_weights(tree, &plan), overlay);
}

void pylm__final_begin(struct pylm__final *final, const struct pylm__model *model, const struct pylm__tree *tree,
                       uint32_t tree_number, const struct pylm__state *state, const uint64_t *hashes,
                       struct pylm__alive *alive)
{
    uint64_t keys[PYLM__MAX_KEYS];
    uint32_t i;
    final->lessons = NULL;
    final->adapts = PYLM_LEARNS && state->overlay && !(PYLM__MOST_LAYERS && final->is_below) &&
                    pylm__final_overlay(model, tree, tree_number, state->overlay, state->overlay_nbytes, &final->overlay);
    if (PYLM__MOST_LAYERS)
        final->is_plain = !pylm__final_adapts(final) && !pylm__odds(final);
    final->n_inputs = pylm__n_plain(tree);
    if (pylm__final_is_plain(final))
        return;
    final->weights = tree->final_weights;
    if (PYLM__MOST_LAYERS && !pylm__final_adapts(final))
        return;
    final->weights = final->overlay.weights ? final->overlay.weights : tree->overlay_weights;
    pylm__plan_read(tree, &final->plan);
    final->n_inputs += pylm__plan_inputs(&final->plan);
    pylm__overlay_keys(&final->overlay, &final->plan, hashes, state, keys);
    pylm__overlay_recall(&final->overlay, &final->plan, keys, model->n_symbols, final->recalls);
    for (i = 0; i <= final->plan.n_recalled && i < PYLM__MAX_RECALLS; i++)
        alive->of[i] = (uint8_t)pylm__mask(final->recalls[i].n);
}

/* Without an overlay, family 2's row. */
static const uint8_t no_weights[2u * (PYLM__N_FINAL + 1u)] = {0};

/* The three rows of weights, and the sum so far: of 64 bits, since learned weights have no other bound than their own
 * 16 bits. */
struct sum {
    const uint8_t *rows[PYLM__N_FINAL_ROWS];
    int64_t sum;
    int16_t *inputs; /* where to note them, or NULL */
};

static inline void add(struct sum *s, uint32_t input, int32_t value)
{
    int32_t weight = pylm__load_i16(s->rows[0] + 2u * input) + pylm__load_i16(s->rows[1] + 2u * input) +
                     pylm__load_i16(s->rows[2] + 2u * input);
    s->sum += (int64_t)weight * value;
    if (s->inputs)
        s->inputs[input] = (int16_t)value;
}

static void add_calibrated(struct sum *s, const struct pylm__tree *tree, uint32_t input, uint32_t index)
{
    const uint8_t *table = tree->overlay_calibration + (size_t)input * PYLM__N_CALIBRATION * 2u;
    if (index)
        add(s, pylm__n_plain(tree) + input, pylm__load_i16(table + 2u * index));
}

/* Adds what the overlay says, and chooses family 2's row by it. */
static void add_overlay(struct sum *s, const struct pylm__final *final, const struct pylm__tree *tree,
                        uint32_t node, uint32_t mid, const struct pylm__alive *alive, uint32_t row_nbytes)
{
    struct pylm__node_past past = pylm__overlay_node(&final->overlay, node);
    uint32_t indices[PYLM__MAX_RECALLS], i, n = final->plan.n_recalled, n_alive = 0;
    for (i = 0; i < n; i++) {
        const struct pylm__recall *recall = &final->recalls[i];
        indices[i] = pylm__recall_index(recall, alive->of[i], pylm__recall_left(recall, alive->of[i], mid));
        n_alive += indices[i] != 0;
    }
    indices[n] = pylm__repetition_index(&final->recalls[n], alive->of[n],
                                        pylm__recall_left(&final->recalls[n], alive->of[n], mid));
    s->rows[2] += (size_t)pylm__recall_set(n_alive, final->recalls[n].count[0], indices[n] != 0) * row_nbytes;
    add_calibrated(s, tree, PYLM__INPUT_COUNTS, pylm__calibration_index(past.counts[0], past.counts[1]));
    add_calibrated(s, tree, PYLM__INPUT_AGES, pylm__ages_index(past));
    for (i = 0; i <= n; i++)
        add_calibrated(s, tree, PYLM__INPUT_RECALL + i, indices[i]);
}

/* The lesson to be noted next, empty; NULL if none is wanted. */
static struct pylm__lesson *next_lesson(struct pylm__lessons *lessons)
{
    struct pylm__lesson *lesson;
    if (!lessons || lessons->n == PYLM__MAX_LESSONS)
        return NULL;
    lesson = &lessons->of[lessons->n];
    memset(lesson, 0, sizeof *lesson);
    return lesson;
}

/* The place of the present node's log-odds. */
static int16_t *odds_here(const struct pylm__final *final)
{
    struct pylm__odds *odds = pylm__odds(final);
    return &odds->of[odds->at < PYLM__MAX_ODDS ? odds->at : PYLM__MAX_ODDS - 1u];
}

uint32_t pylm__final_extended(const struct pylm__final *final, const struct pylm__tree *tree, struct pylm__node node,
                              int32_t mixed, struct pylm__mean mean, uint32_t confidence,
                              const struct pylm__alive *alive)
{
    size_t row_nbytes = 2u * (size_t)final->n_inputs;
    struct pylm__lesson *lesson = next_lesson(final->lessons);
    int adapts = !PYLM__MOST_LAYERS || pylm__final_adapts(final); /* without layers there is no other reason */
    int32_t log_odds;
    struct sum s;
    uint32_t i;
    s.rows[0] = final->weights + node.set * row_nbytes;
    s.rows[1] = final->weights + (tree->n_node_sets + confidence) * row_nbytes;
    s.rows[2] = adapts ? final->weights + (tree->n_node_sets + PYLM__N_CONFIDENCES) * row_nbytes : no_weights;
    s.sum = 0;
    s.inputs = lesson ? lesson->inputs : NULL;
    if (adapts)
        add_overlay(&s, final, tree, node.number, node.mid, alive, (uint32_t)row_nbytes);
    add(&s, PYLM__FINAL_MIXED, pylm__clamp(mixed, PYLM__MAX_MIXED_Q10));
    add(&s, PYLM__FINAL_MEAN, pylm__mean_log_odds(mean));
    add(&s, PYLM__FINAL_CONSTANT, PYLM__CONSTANT_Q10);
    if (pylm__n_plain(tree) > PYLM__N_FINAL)
        add(&s, PYLM__FINAL_BELOW, *odds_here(final));
    s.sum = s.sum > MAX_SUM ? MAX_SUM : s.sum < -MAX_SUM ? -MAX_SUM : s.sum;
    log_odds = pylm__round_q13((uint32_t)s.sum);
    if (lesson) {
        for (i = 0; i < (adapts ? PYLM__N_FINAL_ROWS : PYLM__N_FINAL_ROWS - 1u); i++)
            lesson->rows[i] = (uint32_t)(s.rows[i] - final->weights);
        lesson->error = -(int32_t)pylm__squash(log_odds);
    }
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

void pylm__final_learn(const struct pylm__final *final, const struct pylm__tree *tree)
{
    uint32_t bits = 13u + (tree->classes ? RATE_BITS : RATE_BITS_BYTES), n, i, k, row, random;
    if (!pylm__final_adapts(final) || !final->lessons || !final->overlay.weights)
        return;
    n = final->n_inputs;
    random = (uint32_t)pylm__hash_step(PYLM__HASH_SEED, pylm__overlay_time(&final->overlay));
    for (i = 0; i < final->lessons->n; i++) {
        const struct pylm__lesson *lesson = &final->lessons->of[i];
        for (k = 0; k < n; k++) {
            int32_t slope = lesson->error * lesson->inputs[k];
            for (row = 0; slope && row < PYLM__N_FINAL_ROWS; row++) {
                random = random * UINT32_C(1664525) + UINT32_C(1013904223);
                step(final->overlay.weights + lesson->rows[row] + 2u * k, slope, random, bits);
            }
        }
    }
}

void pylm__final_descend(const struct pylm__final *final, uint32_t mid, int side, struct pylm__alive *alive)
{
    uint32_t i, left;
    for (i = 0; i <= final->plan.n_recalled; i++) {
        left = pylm__recall_left(&final->recalls[i], alive->of[i], mid);
        alive->of[i] = (uint8_t)(side ? alive->of[i] & ~left : left);
    }
}
