/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.c: see mix.h. This is where the time goes: a few look-ups and multiplications for every template
 * that has evidence, at every node.
 */
#include "mix.h"

#include "fixed.h"

static int32_t calibrated(const struct pylm__evidence *e, uint32_t n0, uint32_t n1)
{
    return pylm__load_i16(e->calibration + 2u * pylm__calibration_in_row(e->row, n0, n1));
}

static int32_t calibrated_sided(const struct pylm__evidence *e, int side)
{
    if (e->n == 1u)
        return pylm__load_i16(e->calibration + 2u * pylm__calibration_single(e->total, side));
    return side ? calibrated(e, 0, e->total) : calibrated(e, e->total, 0);
}

/* The log-odds of a context whose evidence is all on one side. */
static inline int32_t sided(struct pylm__evidence *e, int side)
{
    if (!e->sided_known) {
        e->sided[0] = (int16_t)calibrated_sided(e, 0);
        e->sided[1] = (int16_t)calibrated_sided(e, 1);
        e->sided_known = 1;
    }
    return e->sided[side];
}

static inline void add_active(struct pylm__front *front, const struct pylm__evidence *e, uint8_t number)
{
    front->active[front->n_active++] = number;
    front->n_suffix += e->is_suffix;
    front->digits += e->digits;
}

static inline void clear(struct pylm__front *front)
{
    front->digits = front->n_suffix = front->n_active = 0;
}

void pylm__front_begin(const struct pylm__evidence *evidence, uint32_t n, struct pylm__front *front)
{
    uint32_t i;
    clear(front);
    for (i = 0; i < n; i++)
        add_active(front, &evidence[i], (uint8_t)i);
}

/* The three rows of weights that a situation chooses. */
struct rows {
    const uint8_t *w0, *w1, *w2;
};

static inline struct rows choose_rows(const struct pylm__tree *tree, const struct pylm__front *front,
                                      const struct pylm__evidence *evidence, uint32_t node_set)
{
    struct pylm__situation situation = {front->digits, 0, 0};
    uint32_t sets[PYLM__N_FAMILIES], row = 2u * (tree->n_templates + 1u);
    uint32_t before = pylm__n_sets(0, tree->n_suffix, tree->n_node_sets);
    struct rows rows;
    if (front->n_suffix) {
        const struct pylm__evidence *longest = &evidence[front->active[front->n_suffix - 1u]];
        situation.suffix = longest->template_number;
        situation.hits = longest->level;
    }
    pylm__situation_sets(&situation, node_set < tree->n_node_sets ? node_set : 0u, sets);
    rows.w0 = tree->weights + (size_t)sets[0] * row;
    rows.w1 = tree->weights + (size_t)(before + sets[1]) * row;
    rows.w2 = tree->weights + (size_t)(before + tree->n_node_sets + sets[2]) * row;
    return rows;
}

/* Weight times input. Unsigned, so that a damaged image cannot overflow the sum; the trainer keeps true
 * sums far below 2^31. */
static inline uint32_t weighted(const struct rows *rows, uint32_t k, int32_t input)
{
    int32_t weight = pylm__load_i16(rows->w0 + 2u * k) + pylm__load_i16(rows->w1 + 2u * k) +
                     pylm__load_i16(rows->w2 + 2u * k);
    return (uint32_t)weight * (uint32_t)input;
}

/* q13 * q10 to q10, rounding; the shift of a negative number is done on its complement. */
static inline uint32_t squash_sum(uint32_t sum)
{
    sum += UINT32_C(1) << 12;
    return pylm__squash(sum >> 31 ? -(int32_t)(~sum >> 13) - 1 : (int32_t)(sum >> 13));
}

uint32_t pylm__node_probability(const struct pylm__tree *tree, uint32_t mid, uint32_t node_set,
                                const struct pylm__front *front, struct pylm__evidence *evidence)
{
    struct rows rows = choose_rows(tree, front, evidence, node_set);
    uint32_t i, sum = weighted(&rows, tree->n_templates, PYLM__CONSTANT_Q10);
    for (i = 0; i < front->n_active; i++) {
        struct pylm__evidence *e = &evidence[front->active[i]];
        int32_t x;
        pylm__evidence_look(e);
        if (e->last < mid || e->first >= mid) {
            x = sided(e, e->first >= mid);
        } else {
            struct pylm__split split = pylm__evidence_split(e, mid);
            x = calibrated(e, split.total_left, e->total - split.total_left);
        }
        sum += weighted(&rows, e->template_number, x);
    }
    return squash_sum(sum);
}

void pylm__node_descend(uint32_t mid, int side, struct pylm__front *front, struct pylm__evidence *evidence)
{
    uint32_t i, n_active = front->n_active;
    clear(front);
    for (i = 0; i < n_active; i++) {
        uint8_t number = front->active[i];
        struct pylm__evidence *e = &evidence[number];
        pylm__evidence_look(e);
        if (e->last < mid || e->first >= mid) {
            if ((e->first >= mid) != side)
                continue;
        } else {
            pylm__evidence_step(e, pylm__evidence_split(e, mid), side);
        }
        add_active(front, e, number);
    }
}

uint32_t pylm__node_follow(const struct pylm__tree *tree, uint32_t mid, uint32_t node_set, int side,
                           struct pylm__front *front, struct pylm__evidence *evidence)
{
    struct rows rows = choose_rows(tree, front, evidence, node_set);
    uint32_t i, n_active = front->n_active, sum = weighted(&rows, tree->n_templates, PYLM__CONSTANT_Q10);
    clear(front);
    for (i = 0; i < n_active; i++) {
        uint8_t number = front->active[i];
        struct pylm__evidence *e = &evidence[number];
        pylm__evidence_look(e);
        if (e->last < mid || e->first >= mid) {
            int right = e->first >= mid;
            sum += weighted(&rows, e->template_number, sided(e, right));
            if (right != side)
                continue;
        } else {
            struct pylm__split split = pylm__evidence_split(e, mid);
            int32_t x = calibrated(e, split.total_left, e->total - split.total_left);
            sum += weighted(&rows, e->template_number, x);
            pylm__evidence_step(e, split, side);
        }
        add_active(front, e, number);
    }
    return squash_sum(sum);
}
