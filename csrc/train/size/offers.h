/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * offers.h: which levels the templates of a tree of limited size have.
 */
#ifndef PYLM_TRAIN_OFFERS_H
#define PYLM_TRAIN_OFFERS_H

#include "successors.h"
#include "train/count/templates.h"

/* A template at a level. */
struct pylm__offer {
    uint32_t level;
    uint64_t nbytes; /* of its table */
    double loss;     /* how many bits more than at the present level all held-out text takes */
};

struct pylm__offers {
    struct pylm__templates *templates; /* those that are left */
    uint32_t levels[PYLM__MAX_TEMPLATES];
    uint8_t numbers[PYLM__MAX_TEMPLATES]; /* those that they had when all were there */
    struct pylm__offer of[PYLM__MAX_TEMPLATES][PYLM__N_PRICES];
    uint32_t n[PYLM__MAX_TEMPLATES];
    uint64_t per_template; /* what a template adds to the frame, bytes */
};

/* Takes the best steps of all templates as long as there is room, starting with nothing; sets their levels. Returns the
 * bytes of all tables. */
uint64_t pylm__offers_take(struct pylm__offers *offers, uint64_t room);

/* Drops the templates that keep nothing. Of suffix contexts only the longest can be dropped: their numbers are their
 * orders. */
void pylm__offers_drop_templates(struct pylm__offers *offers);

#endif
