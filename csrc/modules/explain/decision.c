/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * decision.c: see decision.h.
 */
#include "decision.h"

#include <string.h>

#include "share.h"

#if PYLM_MODULE_EXPLAIN

#define MAX_SUM (INT64_C(1) << 30) /* of log-odds, q23, as in extended.c */

/* Weights and inputs of stage 2. */
struct stage2 {
    uint32_t n;
    int32_t weights[PYLM__MAX_STAGE2], inputs[PYLM__MAX_STAGE2];
};

/* Writes a term of stage 1.
 *   at   the number of its weight in a row */
static void stage1_term(const uint8_t *const *rows, int16_t input, uint32_t at, struct pylm__decision *d, uint32_t k)
{
    uint32_t row;
    d->inputs[k] = input;
    d->weights[k] = 0;
    for (row = 0; row < PYLM__DOT_ROWS; row++)
        d->weights[k] += pylm__load_i16(rows[row] + 2u * at);
    d->terms[k] = (int64_t)d->weights[k] * input;
}

/* Writes the terms of stage 1: the templates, the topic, the voice, the constant. Returns their sum. */
static int64_t stage1_terms(const struct pylm__mixer *mixer, const struct pylm__node *node, const uint8_t *const *rows,
                            const struct pylm__gathered *gathered, struct pylm__decision *d)
{
    uint32_t k, n = mixer->tree.n_templates;
    for (k = 0; k < n; k++)
        stage1_term(rows, gathered->inputs[k], k, d, k);
    if (pylm__has_topic(&mixer->tree)) {
        stage1_term(rows, pylm__node_topic(mixer, node), k + 1u, d, k);
        k++;
    }
    if (pylm__has_voice(&mixer->tree)) {
        stage1_term(rows, pylm__gathered_voice(gathered), k + 1u, d, k);
        k++;
    }
    stage1_term(rows, gathered->inputs[n], n, d, k);
    return pylm__sum(d->terms, k + 1u);
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
static int64_t share_stage1(const struct stage2 *s, int64_t sum, uint32_t n, struct pylm__decision *d)
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

static void add_term(struct pylm__decision *d, int64_t term, int32_t input, int32_t weight)
{
    d->terms[d->n_terms] = term;
    d->inputs[d->n_terms] = input;
    d->weights[d->n_terms++] = weight;
}

void pylm__find_terms(struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__active *active,
                      struct pylm__slices *slices, struct pylm__decision *d)
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
    sum = stage1_terms(mixer, &node, rows, &gathered, d);
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

uint32_t pylm__decision_right(const struct pylm__decision *d, const struct pylm__extended *extended)
{
    int64_t sum = pylm__sum(d->terms, d->n_terms);
    int32_t log_odds = pylm__round_q13((uint32_t)(pylm__is_plain(extended) ? sum : pylm__clamp64(sum, MAX_SUM)));
    return pylm__squash(pylm__has_overlay(extended) ? pylm__sharpen(log_odds) : log_odds);
}

void pylm__decision_sharpen(struct pylm__decision *d)
{
    uint32_t i;
    for (i = 0; i < d->n_terms; i++) {
        d->terms[i] = d->terms[i] * PYLM__SHARPEN_Q7 / 128;
        d->weights[i] = (int32_t)((int64_t)d->weights[i] * PYLM__SHARPEN_Q7 / 128);
    }
}

void pylm__decision_negate(struct pylm__decision *d)
{
    uint32_t i;
    for (i = 0; i < d->n_terms; i++) {
        d->terms[i] = -d->terms[i];
        d->inputs[i] = -d->inputs[i];
    }
}

#endif
