/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * final.c: see final.h.
 */
#include "final.h"

void pylm__final_begin(struct pylm__final *final, const struct pylm__model *model, const struct pylm__tree *tree,
                       uint32_t tree_number, const struct pylm__state *state, const uint64_t *hashes,
                       struct pylm__alive *alive)
{
    uint64_t keys[PYLM__MAX_KEYS];
    uint32_t i;
    final->adapts = state->overlay && tree->overlay_weights &&
                    pylm__overlay_part(state->overlay, state->overlay_nbytes, model->n_trees, tree_number,
                                       model->n_symbols - 1u, &final->overlay);
    if (!final->adapts)
        return;
    pylm__plan_read(tree, &final->plan);
    pylm__overlay_keys(&final->plan, hashes, state, keys);
    pylm__overlay_recall(&final->overlay, &final->plan, keys, model->n_symbols, final->recalls);
    for (i = 0; i <= final->plan.n_recalled && i < PYLM__MAX_RECALLS; i++)
        alive->of[i] = (uint8_t)pylm__mask(final->recalls[i].n);
}

/* The three rows of weights, and the sum so far. */
struct sum {
    const uint8_t *rows[3];
    uint32_t sum;
};

static inline void add(struct sum *s, uint32_t input, int32_t value)
{
    int32_t weight = pylm__load_i16(s->rows[0] + 2u * input) + pylm__load_i16(s->rows[1] + 2u * input) +
                     pylm__load_i16(s->rows[2] + 2u * input);
    s->sum += (uint32_t)weight * (uint32_t)value;
}

static void add_calibrated(struct sum *s, const struct pylm__tree *tree, uint32_t input, uint32_t index)
{
    const uint8_t *table = tree->overlay_calibration + (size_t)input * PYLM__N_CALIBRATION * 2u;
    if (index)
        add(s, PYLM__N_FINAL + input, pylm__load_i16(table + 2u * index));
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

uint32_t pylm__final_adapted(const struct pylm__final *final, const struct pylm__tree *tree, struct pylm__node node,
                             int32_t mixed, struct pylm__mean mean, uint32_t confidence,
                             const struct pylm__alive *alive)
{
    size_t row_nbytes = 2u * (PYLM__N_FINAL + pylm__plan_inputs(&final->plan));
    struct sum s;
    s.rows[0] = tree->overlay_weights + node.set * row_nbytes;
    s.rows[1] = tree->overlay_weights + (tree->n_node_sets + confidence) * row_nbytes;
    s.rows[2] = tree->overlay_weights + (tree->n_node_sets + PYLM__N_CONFIDENCES) * row_nbytes;
    s.sum = 0;
    add_overlay(&s, final, tree, node.number, node.mid, alive, (uint32_t)row_nbytes);
    add(&s, PYLM__FINAL_MIXED, pylm__clamp(mixed, PYLM__MAX_MIXED_Q10));
    add(&s, PYLM__FINAL_MEAN, pylm__mean_log_odds(mean));
    add(&s, PYLM__FINAL_CONSTANT, PYLM__CONSTANT_Q10);
    return pylm__squash(pylm__round_q13(s.sum));
}

void pylm__final_descend(const struct pylm__final *final, uint32_t mid, int side, struct pylm__alive *alive)
{
    uint32_t i, left;
    for (i = 0; i <= final->plan.n_recalled; i++) {
        left = pylm__recall_left(&final->recalls[i], alive->of[i], mid);
        alive->of[i] = (uint8_t)(side ? alive->of[i] & ~left : left);
    }
}
