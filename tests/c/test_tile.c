/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Tiles of the fit: the kernel with AVX2 has the bits of the portable one, and both are near what doubles give.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "train/fit/tile_avx2.h"
#include "train/fit/tile_portable.h"

#define N_ROWS 40u
#define MAX_STRIDE (PYLM__FIT_MAX_VECTORS * PYLM__FIT_LANES)

static int16_t columns[MAX_STRIDE][PYLM__TILE];
static uint16_t sets[PYLM__TILE];
static uint8_t side[PYLM__TILE];
static float weights[N_ROWS * MAX_STRIDE];

static uint32_t draw(uint32_t below)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static void draw_all(void)
{
    uint32_t i, k;
    for (k = 0; k < MAX_STRIDE; k++)
        for (i = 0; i < PYLM__TILE; i++)
            columns[k][i] = (int16_t)((int)draw(20000) - 10000);
    for (i = 0; i < PYLM__TILE; i++) {
        sets[i] = (uint16_t)draw(N_ROWS / 2u);
        side[i] = (uint8_t)draw(2);
    }
    for (i = 0; i < N_ROWS * MAX_STRIDE; i++)
        weights[i] = ((float)draw(2000) - 1000.0f) * 1e-6f;
}

static void run(const struct pylm__tile_kernel *kernel, struct pylm__tile *tile, float *gradient)
{
    const int16_t *all[MAX_STRIDE];
    uint32_t k;
    for (k = 0; k < MAX_STRIDE; k++)
        all[k] = columns[k];
    kernel->load(tile, all);
    kernel->load_rows(tile, 0, 0, sets);
    kernel->load_rows(tile, 1, N_ROWS / 2u, sets);
    kernel->weigh(tile, weights);
    kernel->squash(tile, side);
    kernel->add_gradient(tile, gradient);
}

/* Whether an event has the probability that doubles give it. */
static int is_near(const struct pylm__tile *tile, uint32_t e)
{
    uint32_t k, stride = tile->n_vectors * PYLM__FIT_LANES;
    double sum = 0, p;
    for (k = 0; k < stride; k++)
        sum += columns[k][e] *
               ((double)weights[sets[e] * stride + k] + (double)weights[(sets[e] + N_ROWS / 2u) * stride + k]);
    p = 1.0 / (1.0 + exp(side[e] ? -sum : sum));
    return fabs((double)tile->p[e] - p) < 1e-5 && fabs(fabs((double)tile->error[e]) - (1.0 - p)) < 1e-5;
}

static const struct pylm__tile_kernel *fastest(void)
{
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2())
        return &pylm__tile_avx2;
#endif
    return &pylm__tile_portable;
}

static void test_kernels(uint32_t n, uint32_t n_vectors)
{
    static struct pylm__tile a, b;
    static float gradient_a[N_ROWS * MAX_STRIDE], gradient_b[N_ROWS * MAX_STRIDE];
    uint32_t e;
    memset(gradient_a, 0, sizeof gradient_a);
    memset(gradient_b, 0, sizeof gradient_b);
    memset(&a, 0, sizeof a);
    a.n = n;
    a.n_vectors = n_vectors;
    a.n_families = 2;
    b = a;
    draw_all();
    run(&pylm__tile_portable, &a, gradient_a);
    for (e = 0; e < n; e++)
        CHECK(is_near(&a, e));
    for (; e < PYLM__TILE; e++)
        CHECK(a.p[e] == 1.0f);
    run(fastest(), &b, gradient_b);
    CHECK(!memcmp(&a, &b, sizeof a));
    CHECK(!memcmp(gradient_a, gradient_b, sizeof gradient_a));
}

int main(void)
{
    static const uint32_t ns[] = {0, 1, 7, 8, 100, PYLM__TILE};
    uint32_t i, v;
    for (i = 0; i < sizeof ns / sizeof *ns; i++)
        for (v = 1; v <= PYLM__FIT_MAX_VECTORS; v++)
            test_kernels(ns[i], v);
    return finish();
}
