/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * offers.c: see offers.h.
 */
#include "offers.h"

#include <string.h>

/* What has been taken so far. */
struct taking {
    uint32_t taken[PYLM__N_OFFERS]; /* numbers of offers */
    int full[PYLM__N_OFFERS];       /* 1: its next step does not fit */
    int paid[PYLM__N_OFFERS];       /* 1: its part of the frame is counted */
};

/* Bytes that a template adds to the frame, with those that it extends and that are not counted yet. */
static uint64_t frame_step(const struct pylm__offers *o, const struct taking *t, uint32_t k)
{
    uint64_t nbytes = 0;
    for (; k != PYLM__NO_BASE && !t->paid[k]; k = o->templates->of[k].base)
        nbytes += o->per_template;
    return nbytes;
}

static uint64_t step_nbytes(const struct pylm__offers *o, const struct taking *t, uint32_t k, uint32_t next)
{
    uint64_t present = o->of[k][t->taken[k]].nbytes, nbytes = o->of[k][next].nbytes;
    return (nbytes > present ? nbytes - present : 0u) + frame_step(o, t, k);
}

/* Finds the best step from an offer to a larger one of the same template: the most bits gained for a byte. Returns bits
 * a byte. */
static double best_step(const struct pylm__offers *o, const struct taking *t, uint32_t k, uint32_t *next)
{
    double best = 0;
    uint32_t i;
    for (i = t->taken[k] + 1u; i < o->n[k]; i++) {
        uint64_t nbytes = step_nbytes(o, t, k, i);
        double gain = o->of[k][t->taken[k]].loss - o->of[k][i].loss;
        double rate = gain / (double)(nbytes ? nbytes : 1u);
        if (rate > best) {
            best = rate;
            *next = i;
        }
    }
    return best;
}

/* Finds the best step of all. Returns whose it is; PYLM__N_OFFERS: there is none. */
static uint32_t best_of_all(const struct pylm__offers *o, const struct taking *t, uint32_t *best_next)
{
    uint32_t k, next = 0, best_k = PYLM__N_OFFERS;
    double best = 0, rate;
    for (k = 0; k < PYLM__N_OFFERS; k++) {
        if (k >= o->templates->n && k != PYLM__TOPIC_OFFERS)
            continue;
        rate = t->full[k] ? 0.0 : best_step(o, t, k, &next);
        if (rate > best) {
            best = rate;
            best_k = k;
            *best_next = next;
        }
    }
    return best_k;
}

uint64_t pylm__offers_take(struct pylm__offers *o, uint64_t room)
{
    struct taking t;
    uint32_t k, i, next = 0;
    uint64_t nbytes, tables = 0;
    memset(&t, 0, sizeof t);
    t.paid[0] = t.paid[PYLM__TOPIC_OFFERS] = 1;
    if (o->n[PYLM__TOPIC_OFFERS]) {
        nbytes = o->of[PYLM__TOPIC_OFFERS][0].nbytes;
        room = room > nbytes ? room - nbytes : 0u;
    }
    while ((k = best_of_all(o, &t, &next)) < PYLM__N_OFFERS) {
        nbytes = step_nbytes(o, &t, k, next);
        if (nbytes > room) {
            t.full[k] = 1;
            continue;
        }
        room -= nbytes;
        t.taken[k] = next;
        for (i = k; i != PYLM__NO_BASE && !t.paid[i]; i = o->templates->of[i].base)
            t.paid[i] = 1;
    }
    o->loss = 0;
    for (k = 0; k < PYLM__N_OFFERS; k++)
        if (o->n[k] && (k < o->templates->n || k == PYLM__TOPIC_OFFERS)) {
            o->levels[k] = o->of[k][t.taken[k]].level;
            tables += o->of[k][t.taken[k]].nbytes;
            o->loss += o->of[k][t.taken[k]].loss;
        }
    return tables;
}

/* Whether a template that stays extends template k. Such templates come behind it. */
static int is_needed(const struct pylm__templates *templates, const uint32_t *levels, uint32_t k)
{
    uint32_t i;
    for (i = k + 1u; i < templates->n; i++)
        if (templates->of[i].base == k && (levels[i] != PYLM__PRICE_NOTHING || is_needed(templates, levels, i)))
            return 1;
    return 0;
}

void pylm__offers_drop_templates(struct pylm__offers *o)
{
    struct pylm__templates *t = o->templates, old = *t;
    uint8_t number[PYLM__MAX_TEMPLATES];
    int stays[PYLM__MAX_TEMPLATES];
    uint32_t k, n_suffix = t->n_suffix;
    for (k = 0; k < old.n; k++)
        stays[k] = o->levels[k] != PYLM__PRICE_NOTHING || is_needed(&old, o->levels, k);
    while (n_suffix > 1u && !stays[n_suffix - 1u])
        n_suffix--;
    for (t->n = k = 0; k < old.n; k++) {
        stays[k] |= k < n_suffix;
        if (!stays[k])
            continue;
        number[k] = (uint8_t)t->n;
        t->of[t->n] = old.of[k];
        if (old.of[k].base != PYLM__NO_BASE)
            t->of[t->n].base = number[old.of[k].base];
        o->numbers[t->n] = o->numbers[k];
        o->levels[t->n++] = o->levels[k];
    }
    t->n_suffix = n_suffix;
    pylm__plan_renumber(&t->plan, stays, number);
}
