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

/* The four rows of weights that a situation chooses. */
struct rows {
    const uint8_t *w0, *w1, *w2, *w3;
};

static inline struct rows choose_rows(const struct pylm__mixer *mixer, const struct pylm__front *front,
                                      const struct pylm__evidence *evidence, uint32_t node_set)
{
    const struct pylm__tree *tree = &mixer->tree;
    struct pylm__situation situation = {front->digits, 0, 0};
    struct pylm__place place = {node_set, mixer->previous};
    uint32_t sets[PYLM__N_FAMILIES];
    size_t row = 2u * (tree->n_templates + 1u), before = pylm__n_sets(0, tree->n_suffix, 0, 0);
    struct rows rows;
    if (front->n_suffix) {
        const struct pylm__evidence *longest = &evidence[front->active[front->n_suffix - 1u]];
        situation.suffix = longest->template_number;
        situation.hits = longest->level;
    }
    pylm__situation_sets(&situation, place, sets);
    rows.w0 = tree->weights + sets[0] * row;
    rows.w1 = tree->weights + (before + sets[1]) * row;
    before += tree->n_node_sets;
    rows.w2 = tree->weights + (before + sets[2]) * row;
    rows.w3 = tree->weights + (before + PYLM__N_LEVEL_SETS + sets[3]) * row;
    return rows;
}

/* Weight times input. Unsigned, so that a damaged image cannot overflow the sum; the trainer keeps true
 * sums far below 2^31. */
static inline uint32_t weighted(const struct rows *rows, uint32_t k, int32_t input)
{
    int32_t weight = pylm__load_i16(rows->w0 + 2u * k) + pylm__load_i16(rows->w1 + 2u * k) +
                     pylm__load_i16(rows->w2 + 2u * k) + pylm__load_i16(rows->w3 + 2u * k);
    return (uint32_t)weight * (uint32_t)input;
}

/* What the first stage adds up over the evidence of a node. */
struct sums {
    struct rows rows;
    uint32_t sum; /* q13 * q10 */
    struct pylm__mean mean;
};

static inline struct sums begin(const struct pylm__mixer *mixer, const struct pylm__front *front,
                                const struct pylm__evidence *evidence, uint32_t node_set)
{
    struct sums s = {choose_rows(mixer, front, evidence, node_set), 0, {0, 0}};
    s.sum = weighted(&s.rows, mixer->tree.n_templates, PYLM__CONSTANT_Q10);
    return s;
}

/* Adds evidence that is all on one side. */
static inline void add_sided(struct sums *s, struct pylm__evidence *e, int side)
{
    s->sum += weighted(&s->rows, e->template_number, sided(e, side));
    *(side ? &s->mean.right : &s->mean.left) += e->total * e->unit;
}

/* Adds evidence on both sides. */
static inline void add_split(struct sums *s, const struct pylm__evidence *e, struct pylm__split split)
{
    uint32_t n1 = e->total - split.total_left;
    s->sum += weighted(&s->rows, e->template_number, calibrated(e, split.total_left, n1));
    s->mean.left += split.total_left * e->unit;
    s->mean.right += n1 * e->unit;
}

static inline uint32_t finish(const struct pylm__mixer *mixer, struct pylm__node node, const struct sums *s,
                              const struct pylm__alive *alive)
{
    return pylm__final_probability(&mixer->final, &mixer->tree, node.number, node.mid, node.set,
                                   pylm__round_q13(s->sum), s->mean, alive);
}

static inline int is_sided(const struct pylm__evidence *e, uint32_t mid)
{
    return e->last < mid || e->first >= mid;
}

uint32_t pylm__node_probability(const struct pylm__mixer *mixer, struct pylm__node node,
                                const struct pylm__front *front, struct pylm__evidence *evidence)
{
    struct sums s = begin(mixer, front, evidence, node.set);
    uint32_t i;
    for (i = 0; i < front->n_active; i++) {
        struct pylm__evidence *e = &evidence[front->active[i]];
        pylm__evidence_look(e);
        if (is_sided(e, node.mid))
            add_sided(&s, e, e->first >= node.mid);
        else
            add_split(&s, e, pylm__evidence_split(e, node.mid));
    }
    return finish(mixer, node, &s, &front->alive);
}

void pylm__node_descend(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__front *front,
                        struct pylm__evidence *evidence)
{
    uint32_t i, n_active = front->n_active;
    clear(front);
    for (i = 0; i < n_active; i++) {
        uint8_t number = front->active[i];
        struct pylm__evidence *e = &evidence[number];
        pylm__evidence_look(e);
        if (is_sided(e, mid)) {
            if ((e->first >= mid) != side)
                continue;
        } else {
            pylm__evidence_step(e, pylm__evidence_split(e, mid), side);
        }
        add_active(front, e, number);
    }
    pylm__final_descend(&mixer->final, mid, side, &front->alive);
}

uint32_t pylm__node_follow(const struct pylm__mixer *mixer, struct pylm__node node, int side,
                           struct pylm__front *front, struct pylm__evidence *evidence)
{
    struct sums s = begin(mixer, front, evidence, node.set);
    uint32_t i, n_active = front->n_active, p;
    clear(front);
    for (i = 0; i < n_active; i++) {
        uint8_t number = front->active[i];
        struct pylm__evidence *e = &evidence[number];
        pylm__evidence_look(e);
        if (is_sided(e, node.mid)) {
            int right = e->first >= node.mid;
            add_sided(&s, e, right);
            if (right != side)
                continue;
        } else {
            struct pylm__split split = pylm__evidence_split(e, node.mid);
            add_split(&s, e, split);
            pylm__evidence_step(e, split, side);
        }
        add_active(front, e, number);
    }
    p = finish(mixer, node, &s, &front->alive);
    pylm__final_descend(&mixer->final, node.mid, side, &front->alive);
    return p;
}
