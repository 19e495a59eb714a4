/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * extended.c: stage 2 with an overlay or a model below. See extended.h.
 */
#include "extended.h"

#include <string.h>

#if PYLM_MODULE_ADAPT

#define RATE_BITS 10u              /* a step is the slope divided by 2^this */
#define RATE_BITS_BYTES 11u        /* the same for bytes: a text has many more of them */
#define MAX_SUM (INT64_C(1) << 30) /* far beyond what squash() tells apart */

int pylm__overlay_of_tree(const struct pylm__model *model, const struct pylm__tree *tree, uint32_t tree_number,
                          uint8_t *memory, size_t nbytes, struct pylm__plan *plan, struct pylm__overlay *overlay)
{
    /* size_t holds every size of memory. On a device a division of 64 bits would need a library function. */
    size_t part_nbytes = nbytes / pylm__n_trees(model);
    if (!tree->parts[PYLM__P_OVERLAY_WEIGHTS] ||
        part_nbytes < PYLM__MIN_PART_NBYTES) /* the overlay is another model's */
        return 0;
    if (PYLM__MOST_TREES > 1u)
        memory += tree_number * part_nbytes;
    pylm__plan_read(tree, plan);
    pylm__overlay_lay_out(memory, part_nbytes, pylm__n_leaves(tree) - 1u, pylm__n_overlay_weights(tree, plan), overlay);
    return 1;
}

void pylm__extended_begin(struct pylm__extended *extended, const struct pylm__model *model,
                          const struct pylm__tree *tree, uint32_t tree_number, const struct pylm__state *state,
                          const uint64_t *hashes, struct pylm__active_recalls *active)
{
    uint32_t i;
    extended->lessons = NULL;
    extended->has_overlay = PYLM_MODULE_ADAPT && state->overlay && !(PYLM__MOST_LAYERS && extended->is_below) &&
                            pylm__overlay_of_tree(model, tree, tree_number, state->overlay, state->overlay_nbytes,
                                                  &extended->plan, &extended->overlay);
    if (PYLM__MOST_LAYERS)
        extended->is_plain = !pylm__has_overlay(extended) && !pylm__odds(extended);
    extended->n_inputs = pylm__n_plain(tree);
    extended->weights = tree->parts[PYLM__P_STAGE2_WEIGHTS];
    if (!pylm__has_overlay(extended))
        return;
    extended->weights = extended->overlay.weights ? extended->overlay.weights : tree->parts[PYLM__P_OVERLAY_WEIGHTS];
    extended->n_inputs += pylm__plan_inputs(&extended->plan);
    pylm__overlay_keys(&extended->overlay, &extended->plan, hashes, state, extended->keys);
    pylm__overlay_recall(&extended->overlay, &extended->plan, extended->keys, extended->recalls);
    for (i = 0; i <= extended->plan.n_recalled && i < PYLM__MAX_RECALLS; i++)
        active->successors[i] = (uint8_t)pylm__mask(extended->recalls[i].n);
}

/* The log-odds of an input of the overlay at an index of its calibration; 0: nothing. */
static int16_t calibrated(const struct pylm__tree *tree, uint32_t input, uint32_t index)
{
    const uint8_t *table =
        tree->parts[PYLM__P_OVERLAY_CALIBRATION] + 2u * ((size_t)input * PYLM__N_CALIBRATION + index);
    return (int16_t)(index ? pylm__load_i16(table) : 0);
}

/* Writes the overlay's inputs at a node. Returns the set of family 2 that they choose. */
static uint32_t ask_overlay(const struct pylm__extended *extended, const struct pylm__tree *tree,
                            const struct pylm__node *node, const struct pylm__active_recalls *active, int16_t *inputs)
{
    struct pylm__node_past past = pylm__overlay_node(&extended->overlay, node->number);
    uint32_t i, n = extended->plan.n_recalled, n_active = 0;
    inputs[PYLM__INPUT_COUNTS] =
        calibrated(tree, PYLM__INPUT_COUNTS, pylm__calibration_index(past.counts[0], past.counts[1]));
    inputs[PYLM__INPUT_AGES] = calibrated(tree, PYLM__INPUT_AGES, pylm__ages_index(past));
    for (i = 0; i <= n; i++) {
        const struct pylm__recall *recall = &extended->recalls[i];
        inputs[PYLM__INPUT_RECALL + i] = 0;
        if (PYLM__RECALLS_NOTHING(active->successors[i]))
            continue;
        inputs[PYLM__INPUT_RECALL + i] =
            calibrated(tree, PYLM__INPUT_RECALL + i,
                       i < n ? pylm__recall_index(recall, active->successors[i], node->mid)
                             : pylm__repetition_index(recall, active->successors[i], node->mid));
        n_active += i < n && active->successors[i];
    }
    return pylm__recall_set(n_active, extended->recalls[n].count[0], active->successors[n] != 0);
}

/* Where the present node's log-odds stand. */
static int16_t *odds_here(const struct pylm__extended *extended)
{
    struct pylm__odds *odds = pylm__odds(extended);
    return &odds->log_odds[odds->at < PYLM__MAX_ODDS ? odds->at : PYLM__MAX_ODDS - 1u];
}

uint32_t pylm__extended_right(const struct pylm__extended *extended, const struct pylm__tree *tree,
                              const struct pylm__node *node, int32_t mixed, struct pylm__mean mean, uint32_t confidence,
                              const struct pylm__active_recalls *active)
{
    const uint32_t row_nbytes = 2u * extended->n_inputs;
    /* Without layers only states with an overlay come here. A build for size comes here always. */
    const int has_overlay = (!PYLM__MOST_LAYERS && !PYLM__SMALL) || pylm__has_overlay(extended);
    struct pylm__lessons *lessons = extended->lessons;
    struct pylm__lesson own, *lesson = lessons && lessons->n < PYLM__MAX_LESSONS ? &lessons->lesson[lessons->n] : &own;
    const uint8_t *rows[PYLM__N_STAGE2_ROWS];
    int64_t sum; /* learned weights are bounded by their 16 bits only */
    int32_t log_odds;
    uint32_t row, n_rows = 2;
#if defined(__SSE2__)
    memset(lesson->inputs, 0, sizeof lesson->inputs);
#endif
    lesson->rows[0] = node->set * row_nbytes;
    lesson->rows[1] = (tree->n_node_sets + confidence) * row_nbytes;
    lesson->inputs[PYLM__STAGE2_MIXED] = (int16_t)pylm__clamp(mixed, PYLM__MAX_MIXED_Q10);
    lesson->inputs[PYLM__STAGE2_MEAN] = (int16_t)pylm__mean_log_odds(mean);
    lesson->inputs[PYLM__STAGE2_CONSTANT] = PYLM__CONSTANT_Q10;
    if (pylm__n_plain(tree) > PYLM__N_STAGE2)
        lesson->inputs[PYLM__STAGE2_BELOW] = *odds_here(extended);
    if (has_overlay) {
        row = ask_overlay(extended, tree, node, active, lesson->inputs + pylm__n_plain(tree));
        lesson->rows[n_rows++] = (tree->n_node_sets + PYLM__N_CONFIDENCES + row) * row_nbytes;
    }
    for (row = 0; row < n_rows; row++)
        rows[row] = extended->weights + lesson->rows[row];
    sum = pylm__dot_wide(rows, n_rows, lesson->inputs, extended->n_inputs);
    log_odds = pylm__round_q13((uint32_t)(sum > MAX_SUM ? MAX_SUM : sum < -MAX_SUM ? -MAX_SUM : sum));
    if (lessons)
        lesson->error = -(int32_t)pylm__squash(log_odds);
    if (pylm__odds(extended))
        *odds_here(extended) = (int16_t)pylm__clamp(log_odds, PYLM__MAX_MIXED_Q10);
    return pylm__squash(has_overlay ? pylm__sharpen(log_odds) : log_odds);
}

void pylm__extended_pass(const struct pylm__extended *extended, uint32_t mid, int side,
                         struct pylm__active_recalls *active)
{
    struct pylm__lessons *lessons = extended->lessons;
    if (lessons && lessons->n < PYLM__MAX_LESSONS)
        lessons->lesson[lessons->n++].error += side ? 65536 : 0;
    if (pylm__odds(extended))
        pylm__odds(extended)->at++;
    if (pylm__has_overlay(extended))
        pylm__extended_descend(extended, mid, side, active);
}

/* slope / 2^bits, rounded up with a probability equal to its fraction, else down. The slope, q16 times q10, is below
 * 2^30. Half of the range is added, so that no negative number is shifted. */
static inline int32_t rounded(int32_t slope, uint32_t random, uint32_t bits)
{
    const uint32_t half = UINT32_C(1) << 31;
    return (int32_t)(((uint32_t)slope + (random >> (32u - bits)) + half) >> bits) - (int32_t)(half >> bits);
}

/* Moves the overlay's weights by the lessons. The weights of an input, one of each row, have the same slope: they move
 * by the same, and most often not at all. */
static void learn_weights(const struct pylm__extended *extended, const struct pylm__tree *tree)
{
    uint32_t bits = 13u + (pylm__has_classes(tree) ? RATE_BITS : RATE_BITS_BYTES), i, k, row, random;
    random = (uint32_t)pylm__hash_step(PYLM__HASH_SEED, pylm__overlay_time(&extended->overlay));
    for (i = 0; i < extended->lessons->n; i++) {
        const struct pylm__lesson *lesson = &extended->lessons->lesson[i];
        for (k = 0; k < extended->n_inputs; k++) {
            int32_t move;
            if (!lesson->inputs[k])
                continue;
            random = random * UINT32_C(1664525) + UINT32_C(1013904223);
            move = rounded(lesson->error * lesson->inputs[k], random, bits);
            for (row = 0; move && row < PYLM__N_STAGE2_ROWS; row++) {
                uint8_t *at = extended->overlay.weights + lesson->rows[row] + 2u * k;
                pylm__store16(at, (uint32_t)pylm__clamp(pylm__load_i16(at) + move, INT16_MAX) & 0xffffu);
            }
        }
    }
}

void pylm__extended_learn(const struct pylm__extended *extended, const struct pylm__tree *tree, uint32_t leaf)
{
    uint32_t number = 0, lo = 0, hi = pylm__n_leaves(tree);
    if (!pylm__has_overlay(extended) || !extended->lessons)
        return;
    if (extended->overlay.weights)
        learn_weights(extended, tree);
    while (hi - lo > 1u) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        int side = leaf >= node.mid;
        pylm__overlay_count(&extended->overlay, number, side);
        number += side ? node.mid - lo : 1u;
        *(side ? &lo : &hi) = node.mid;
    }
    pylm__overlay_learn(&extended->overlay, &extended->plan, extended->keys, leaf);
}

void pylm__extended_descend(const struct pylm__extended *extended, uint32_t mid, int side,
                            struct pylm__active_recalls *active)
{
    uint32_t i;
    for (i = 0; i <= extended->plan.n_recalled; i++)
        if (!PYLM__RECALLS_NOTHING(active->successors[i]))
            active->successors[i] = pylm__recall_narrow(&extended->recalls[i], active->successors[i], mid, side);
}

#endif
