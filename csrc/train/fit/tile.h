/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile.h: a few events of a fit, so few that all of their numbers stay in the nearest cache. The inputs lie in columns,
 * an array each; in a tile they become rows of floats, so that one event is a few vector operations.
 */
#ifndef PYLM_TRAIN_TILE_H
#define PYLM_TRAIN_TILE_H

#include "problem.h"

#define PYLM__FIT_LANES 8u
#define PYLM__TILE 128u /* events */
#define PYLM__FIT_MAX_VECTORS ((PYLM__FIT_MAX_INPUTS + PYLM__FIT_LANES - 1u) / PYLM__FIT_LANES)

struct pylm__tile {
    uint32_t n;         /* events, PYLM__TILE at most */
    uint32_t n_vectors; /* in a row: its numbers behind the last input are 0 */
    uint32_t n_families;
    float inputs[PYLM__TILE * PYLM__FIT_MAX_VECTORS * PYLM__FIT_LANES]; /* by event: a row, q10 */
    uint32_t rows[PYLM__FIT_MAX_FAMILIES][PYLM__TILE]; /* by family: which row of weights each event's set has */
    float log_odds[PYLM__TILE];
    float error[PYLM__TILE]; /* P(right), less 1 if it went right */
    float p[PYLM__TILE];     /* of what happened: between e^-30 and 1; 1 behind the last event */
};

/* Loads inputs. A column is PYLM__TILE numbers of each input, or fewer for the last tile. */
typedef void pylm__tile_load(struct pylm__tile *tile, const int16_t *const *columns);

/* Loads the rows of a family. */
typedef void pylm__tile_load_rows(struct pylm__tile *tile, uint32_t family, uint32_t first_row, const uint16_t *sets);

/* Finds the log-odds of the events: the products of their inputs and of the sums of their families' weights, nats q-10.
 */
typedef void pylm__tile_weigh(struct pylm__tile *tile, const float *weights);

/* From log-odds to probabilities. */
typedef void pylm__tile_squash(struct pylm__tile *tile, const uint8_t *side);

/* Adds error times input to the rows of each event, which are those of its weights. */
typedef void pylm__tile_add_gradient(const struct pylm__tile *tile, float *gradient);

/* The same numbers come from all kernels. */
struct pylm__tile_kernel {
    pylm__tile_load *load;
    pylm__tile_load_rows *load_rows;
    pylm__tile_weigh *weigh;
    pylm__tile_squash *squash;
    pylm__tile_add_gradient *add_gradient;
};

#endif
