/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * tile_kernel.h: the functions of tile.h. They are compiled once for any processor, in tile_portable.c, and once for
 * those with AVX2, in tile_avx2.c.
 */
#ifndef PYLM_TRAIN_TILE_KERNEL_H
#define PYLM_TRAIN_TILE_KERNEL_H

#include <string.h>

#include "lanes.h"
#include "logistic.h"

/* ---- columns to rows ---- */

/* Events from number `from` on, one number after the other. */
static void load_numbers(struct pylm__tile *tile, const int16_t *const *columns, uint32_t from)
{
    uint32_t e, k, stride = tile->n_vectors * PYLM__FIT_LANES;
    for (k = 0; k < stride; k++)
        for (e = from; e < tile->n; e++)
            tile->inputs[e * stride + k] = (float)columns[k][e];
}

#if PYLM__HAVE_VECTORS
/* Turns a square of eight columns and eight events. Interleaving the first half of the columns with the second moves a
 * bit of the event's number to the column's; after three times all three are there. */
static void load_square(const int16_t *const *columns, uint32_t from, uint32_t stride, float *out)
{
    pylm__short_lanes a[8], b[8];
    uint32_t i, round;
    for (i = 0; i < 8u; i++)
        a[i] = *(const pylm__short_lanes *)(columns[i] + from);
    for (round = 0; round < 3u; round++) {
        for (i = 0; i < 4u; i++) {
            b[2u * i] = __builtin_shufflevector(a[i], a[i + 4u], 0, 8, 1, 9, 2, 10, 3, 11);
            b[2u * i + 1u] = __builtin_shufflevector(a[i], a[i + 4u], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(a, b, sizeof a);
    }
    for (i = 0; i < 8u; i++)
        *(pylm__lanes *)(out + i * stride) = __builtin_convertvector(a[i], pylm__lanes);
}
#endif

static void tile_load(struct pylm__tile *tile, const int16_t *const *columns)
{
    uint32_t from = 0;
#if PYLM__HAVE_VECTORS
    uint32_t e, k, stride = tile->n_vectors * PYLM__FIT_LANES;
    for (k = 0; k < stride; k += 8u) /* columns often lie so that a cache holds no more than eight of them at a place */
        for (e = 0; e + 8u <= tile->n; e += 8u)
            load_square(columns + k, e, stride, tile->inputs + e * stride + k);
    from = tile->n / 8u * 8u;
#endif
    load_numbers(tile, columns, from);
}

static void tile_load_rows(struct pylm__tile *tile, uint32_t family, uint32_t first_row, const uint16_t *sets)
{
    uint32_t e, n = tile->n, *rows = tile->rows[family];
    for (e = 0; e < n; e++)
        rows[e] = first_row + sets[e];
}

/* ---- log-odds and gradient ---- */

/* Where a row begins, of those that have n vectors each; in floats. */
PYLM__INLINE size_t row_at(size_t row, uint32_t n)
{
    return row * n * PYLM__FIT_LANES;
}

/* For rows of n vectors, a number that the compiler knows: so sums stay in registers. */
PYLM__INLINE void weigh_rows(struct pylm__tile *tile, const float *weights, uint32_t n)
{
    uint32_t e, f, i;
    for (e = 0; e < tile->n; e++) {
        const pylm__lanes *inputs = (const pylm__lanes *)(tile->inputs + row_at(e, n));
        const pylm__lanes *row = (const pylm__lanes *)(weights + row_at(tile->rows[0][e], n));
        pylm__lanes sum[PYLM__FIT_MAX_VECTORS];
        for (i = 0; i < n; i++)
            sum[i] = row[i];
        for (f = 1; f < tile->n_families; f++) {
            row = (const pylm__lanes *)(weights + row_at(tile->rows[f][e], n));
            for (i = 0; i < n; i++)
                pylm__lanes_add(&sum[i], &row[i]);
        }
        for (i = 0; i < n; i++)
            pylm__lanes_multiply(&sum[i], &inputs[i]);
        for (i = 1; i < n; i++)
            pylm__lanes_add(&sum[0], &sum[i]);
        tile->log_odds[e] = pylm__lanes_sum(&sum[0]);
    }
}

PYLM__INLINE void add_gradient_rows(const struct pylm__tile *tile, float *gradient, uint32_t n)
{
    uint32_t e, f, i;
    for (e = 0; e < tile->n; e++) {
        const pylm__lanes *inputs = (const pylm__lanes *)(tile->inputs + row_at(e, n));
        pylm__lanes part[PYLM__FIT_MAX_VECTORS];
        for (i = 0; i < n; i++) {
            part[i] = inputs[i];
            pylm__lanes_scale(&part[i], tile->error[e]);
        }
        for (f = 0; f < tile->n_families; f++) {
            pylm__lanes *row = (pylm__lanes *)(gradient + row_at(tile->rows[f][e], n));
            for (i = 0; i < n; i++)
                pylm__lanes_add(&row[i], &part[i]);
        }
    }
}

static void tile_weigh(struct pylm__tile *tile, const float *weights)
{
    switch (tile->n_vectors) {
    case 1:
        weigh_rows(tile, weights, 1);
        break;
    case 2:
        weigh_rows(tile, weights, 2);
        break;
    case 3:
        weigh_rows(tile, weights, 3);
        break;
    default:
        weigh_rows(tile, weights, PYLM__FIT_MAX_VECTORS);
        break;
    }
}

static void tile_add_gradient(const struct pylm__tile *tile, float *gradient)
{
    switch (tile->n_vectors) {
    case 1:
        add_gradient_rows(tile, gradient, 1);
        break;
    case 2:
        add_gradient_rows(tile, gradient, 2);
        break;
    case 3:
        add_gradient_rows(tile, gradient, 3);
        break;
    default:
        add_gradient_rows(tile, gradient, PYLM__FIT_MAX_VECTORS);
        break;
    }
}

/* ---- probabilities ---- */

/* The odds against what happened are e^x. All loops are of one length, so that the compiler makes vectors of them. */
static void tile_squash(struct pylm__tile *tile, const uint8_t *side)
{
    float sign[PYLM__TILE], logit[PYLM__TILE];
    uint32_t e;
    for (e = 0; e < PYLM__TILE; e++)
        sign[e] = 1.0f;
    for (e = 0; e < tile->n; e++)
        sign[e] = side[e] ? -1.0f : 1.0f;
    for (e = tile->n; e < PYLM__TILE; e++)
        tile->log_odds[e] = 0;
    for (e = 0; e < PYLM__TILE; e++) /* in a loop of its own: else gcc 12 makes no vectors */
        logit[e] = pylm__clamp_logit(tile->log_odds[e] * sign[e]);
    for (e = 0; e < PYLM__TILE; e++) {
        float odds = pylm__exp(logit[e]), sum = 1.0f + odds;
        tile->p[e] = 1.0f / sum;
        odds *= tile->p[e];
        tile->error[e] = odds * sign[e];
    }
    for (e = tile->n; e < PYLM__TILE; e++)
        tile->p[e] = 1.0f;
}

#endif
