/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * offers.h: which levels the templates of a tree of limited size have, and its topic vectors.
 */
#ifndef PYLM_TRAIN_OFFERS_H
#define PYLM_TRAIN_OFFERS_H

#include "successors.h"
#include "train/count/templates.h"

#define PYLM__TOPIC_OFFERS PYLM__MAX_TEMPLATES /* behind the templates */
#define PYLM__N_OFFERS (PYLM__MAX_TEMPLATES + 1u)

/* A template at a level; or the topic vectors, whose level is that of heldout->topic_levels. */
struct pylm__offer {
    uint32_t level;
    uint64_t nbytes; /* of its table, or of the vectors and their weights */
    double loss;     /* how many bits more than at the present level all held-out text takes */
};

struct pylm__offers {
    struct pylm__templates *templates;    /* those that are left */
    uint32_t levels[PYLM__N_OFFERS];      /* PYLM__PRICE_NOTHING: nothing is kept */
    uint8_t numbers[PYLM__MAX_TEMPLATES]; /* those that they had when all were there */
    struct pylm__offer of[PYLM__N_OFFERS][PYLM__N_PRICES];
    uint32_t n[PYLM__N_OFFERS];
    uint64_t per_template; /* what a template adds to the frame, bytes */
    double loss;           /* of all that was taken */
};

/* Takes the best steps of all templates and of the topic vectors as long as there is room, starting with the first
 * offers, which are nothing, or the shortest vectors. Sets their levels. Returns the bytes of all tables and
 * vectors. */
uint64_t pylm__offers_take(struct pylm__offers *offers, uint64_t room);

/* Drops the templates that keep nothing. Of suffix contexts only the longest can be dropped: their numbers are their
 * orders. */
void pylm__offers_drop_templates(struct pylm__offers *offers);

#endif
