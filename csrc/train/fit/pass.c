/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pass.c: see pass.h. Events are in the order of the text. Sums are taken by chunk, in a fixed order, so that any
 * number of threads gives the same bytes.
 *
 * Products are of floats: a float has 24 bits, an input some 13. Sums of floats are added to doubles before rounding
 * could matter.
 */
#include "pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage2.h"
#include "tile_avx2.h"
#include "tile_portable.h"
#include "train/threads.h"

#define MAX_CHUNKS 32u
#define CHUNK 4096u          /* events in one, at least */
#define FLUSH 128u           /* tiles; then sums of floats are added to doubles */
#define CURVATURE_EVERY 11u  /* one of so many events is used for it; odd, as paths often have 8 nodes */
#define LINE_NBYTES 64u      /* of a cache, usually */
#define SCALE (1.0 / 1024.0) /* of inputs, q10 */

/* Of a thread. */
struct pylm__pass_work {
    struct pylm__tile tile;
    float *rows;       /* the gradient since the last flush */
    double *gradient;  /* of a chunk */
    double *curvature; /* likewise; NULL if there has been none */
};

/* A product of many probabilities: mantissa * 2^exponent. So one logarithm serves a whole chunk. */
struct product {
    double mantissa;
    int64_t exponent;
};

/* ---- tiles ---- */

/* The fastest kernel for this processor. */
static const struct pylm__tile_kernel *choose_kernel(void)
{
#if PYLM__HAVE_AVX2
    if (pylm__have_avx2())
        return &pylm__tile_avx2;
#endif
    return &pylm__tile_portable;
}

/* First event of a chunk. */
static uint64_t chunk_begin(const struct pylm__regression *r, uint32_t chunk)
{
    return r->problem->n_events * chunk / r->n_chunks;
}

/* Loads a tile that begins with event e, and of which n events are left. */
static void load_tile(const struct pylm__regression *r, uint64_t e, uint64_t left, struct pylm__tile *tile,
                      const struct pylm__tile_kernel *kernel)
{
    static const int16_t zeros[PYLM__TILE];
    const struct pylm__fit_problem *p = r->problem;
    const int16_t *columns[PYLM__FIT_MAX_VECTORS * PYLM__FIT_LANES];
    int16_t constants[PYLM__TILE];
    uint32_t i, k;
    tile->n = (uint32_t)(left < PYLM__TILE ? left : PYLM__TILE);
    for (i = 0; i < PYLM__TILE; i++)
        constants[i] = PYLM__CONSTANT_Q10;
    for (k = 0; k < r->stride; k++)
        columns[k] = k >= p->n_inputs ? zeros : p->inputs[k] ? p->inputs[k] + e : constants;
    kernel->load(tile, columns);
    for (i = 0; i < r->n_families; i++)
        kernel->load_rows(tile, i, r->first_row[i], r->sets[i] ? r->sets[i] + e : (const uint16_t *)zeros);
}

PYLM__INLINE void fetch(const void *numbers, uint32_t n_bytes)
{
    uint32_t i;
    for (i = 0; i < n_bytes; i += LINE_NBYTES)
        PYLM__PREFETCH((const char *)numbers + i);
}

/* Fetches a tile that comes soon: there are more columns than a processor foresees by itself. */
PYLM__INLINE void fetch_tile(const struct pylm__regression *r, uint64_t e)
{
    const struct pylm__fit_problem *p = r->problem;
    uint32_t i;
    if (e + PYLM__TILE > p->n_events)
        return;
    for (i = 0; i < p->n_inputs; i++)
        if (p->inputs[i])
            fetch(p->inputs[i] + e, PYLM__TILE * (uint32_t)sizeof *p->inputs[i]);
    for (i = 0; i < r->n_families; i++)
        if (r->sets[i])
            fetch(r->sets[i] + e, PYLM__TILE * (uint32_t)sizeof *r->sets[i]);
    fetch(p->side + e, PYLM__TILE);
}

static void multiply(struct product *product, double factor)
{
    int exponent;
    product->mantissa = frexp(product->mantissa * factor, &exponent);
    product->exponent += exponent;
}

static double loss_of(const struct product *product)
{
    return -(log(product->mantissa) + (double)product->exponent * 0.69314718055994530942);
}

/* Multiplies the probabilities of a tile, first every eighth: e^-480 at least. */
static void multiply_tile(const struct pylm__tile *tile, struct product *product)
{
    double lanes[PYLM__FIT_LANES];
    uint32_t e, i;
    for (i = 0; i < PYLM__FIT_LANES; i++)
        lanes[i] = (double)tile->p[i];
    for (e = PYLM__FIT_LANES; e < PYLM__TILE; e += PYLM__FIT_LANES)
        for (i = 0; i < PYLM__FIT_LANES; i++)
            lanes[i] *= (double)tile->p[e + i];
    for (i = 0; i < PYLM__FIT_LANES; i++)
        multiply(product, lanes[i]);
}

/* ---- gradient and curvature ---- */

/* Adds what was summed up as floats. */
static void flush(const struct pylm__regression *r, struct pylm__pass_work *work)
{
    double scale = SCALE * r->every;
    uint64_t i;
    for (i = 0; i < r->n_weights; i++) {
        work->gradient[i] += scale * (double)work->rows[i];
        work->rows[i] = 0;
    }
}

/* Adds the curvature of an event to the rows of its families. */
static void add_event_curvature(const struct pylm__regression *r, const struct pylm__tile *tile, uint32_t e,
                                double *curvature)
{
    const float *inputs = tile->inputs + e * r->stride;
    double p = (double)tile->p[e], curve = p * (1.0 - p) * (SCALE * SCALE * CURVATURE_EVERY) * r->every;
    uint32_t a, b, f, n = r->problem->n_inputs, n_pairs = pylm__fit_n_pairs(r->problem);
    for (a = 0; a < n; a++) {
        double parts[PYLM__FIT_MAX_INPUTS], x = curve * (double)inputs[a];
        if (inputs[a] == 0.0f)
            continue;
        for (b = 0; b <= a; b++)
            parts[b] = x * (double)inputs[b];
        for (f = 0; f < r->n_families; f++) {
            double *row = curvature + (size_t)tile->rows[f][e] * n_pairs + a * (a + 1u) / 2u;
            for (b = 0; b <= a; b++)
                row[b] += parts[b];
        }
    }
}

/* ---- chunks ---- */

static int begin_chunk(const struct pylm__regression *r, const struct pylm__pass_sums *sums,
                       struct pylm__pass_work *work)
{
    if (sums->curvature && !work->curvature)
        work->curvature = pylm__array_new(r->n_curvatures, sizeof *work->curvature);
    if (sums->curvature && !work->curvature)
        return PYLM_ERR_MEMORY;
    if (sums->curvature)
        memset(work->curvature, 0, (size_t)r->n_curvatures * sizeof *work->curvature);
    memset(work->gradient, 0, (size_t)r->n_weights * sizeof *work->gradient);
    memset(work->rows, 0, (size_t)r->n_weights * sizeof *work->rows);
    return PYLM_OK;
}

static int pass_chunk(const struct pylm__regression *r, const struct pylm__pass_sums *sums, uint32_t chunk,
                      struct pylm__pass_work *work, struct product *product, const pylm_task *task)
{
    const struct pylm__tile_kernel *kernel = choose_kernel();
    struct pylm__tile *tile = &work->tile;
    uint64_t begin = chunk_begin(r, chunk), end = chunk_begin(r, chunk + 1u), e, n = 0;
    uint32_t i;
    PYLM__TRY(begin_chunk(r, sums, work));
    for (e = begin; e < end; e += (uint64_t)PYLM__TILE * r->every) {
        load_tile(r, e, end - e, tile, kernel);
        fetch_tile(r, e + (uint64_t)PYLM__TILE * r->every);
        kernel->weigh(tile, r->weights);
        kernel->squash(tile, r->problem->side + e);
        multiply_tile(tile, product);
        if (sums->gradient)
            kernel->add_gradient(tile, work->rows);
        if (++n % FLUSH == 0) {
            flush(r, work);
            if (pylm__task_cancelled(task))
                return PYLM_ERR_CANCELLED;
        }
        for (i = 0; sums->log_odds && i < tile->n; i++)
            sums->log_odds[e + i] = tile->log_odds[i];
        for (i = (uint32_t)((e - begin) % CURVATURE_EVERY); sums->curvature && i < tile->n; i += CURVATURE_EVERY)
            add_event_curvature(r, tile, i, work->curvature);
    }
    flush(r, work);
    return PYLM_OK;
}

static void add_all(double *sums, const double *parts, uint64_t n)
{
    uint64_t i;
    for (i = 0; i < n; i++)
        sums[i] += parts[i];
}

/* ---- passes ---- */

/* The weights of a pass as floats, which take q10 to nats. The base is in all rows of family 0. */
static void spread(struct pylm__regression *r, const double *w)
{
    uint32_t i, row, n_with_base = r->n_families > 1u ? r->first_row[1] : r->n_rows;
    for (row = 0; row < r->n_rows; row++)
        for (i = 0; i < r->problem->n_inputs; i++) {
            size_t at = (size_t)row * r->stride + i;
            r->weights[at] = (float)((w[at] + (row < n_with_base ? r->base[i] : 0.0)) * SCALE);
        }
}

int pylm__pass(struct pylm__regression *r, const double *w, struct pylm__pass_sums *sums, const pylm_task *task)
{
    int c, n_chunks = (int)r->n_chunks, first_error = PYLM_OK;
    spread(r, w);
    sums->loss = 0;
    if (sums->gradient)
        memset(sums->gradient, 0, (size_t)r->n_weights * sizeof *sums->gradient);
    if (sums->curvature)
        memset(sums->curvature, 0, (size_t)r->n_curvatures * sizeof *sums->curvature);
#ifdef _OPENMP
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(r -> n_threads)
#endif
    for (c = 0; c < n_chunks; c++) {
        struct pylm__pass_work *work = &r->work[pylm__thread()];
        struct product product = {1.0, 0};
        int status = pass_chunk(r, sums, (uint32_t)c, work, &product, task);
#ifdef _OPENMP
#pragma omp ordered
#endif
        {
            first_error = status == PYLM_OK ? first_error : status;
            sums->loss += loss_of(&product) * r->every;
            if (sums->gradient)
                add_all(sums->gradient, work->gradient, r->n_weights);
            if (sums->curvature && status == PYLM_OK)
                add_all(sums->curvature, work->curvature, r->n_curvatures);
        }
    }
    return first_error;
}

/* ---- memory ---- */

int pylm__regression_begin(struct pylm__regression *r, const uint32_t *n_sets)
{
    const struct pylm__fit_problem *p = r->problem;
    uint32_t f, vectors = (p->n_inputs + PYLM__FIT_LANES - 1u) / PYLM__FIT_LANES;
    int t;
    r->stride = (vectors > 3u ? PYLM__FIT_MAX_VECTORS : vectors) * PYLM__FIT_LANES;
    for (f = r->n_rows = 0; f < r->n_families; f++) {
        r->first_row[f] = r->n_rows;
        r->n_rows += n_sets[f];
    }
    r->n_weights = (uint64_t)r->n_rows * r->stride;
    r->n_curvatures = (uint64_t)r->n_rows * pylm__fit_n_pairs(p);
    r->n_chunks = p->n_events < MAX_CHUNKS * CHUNK ? (uint32_t)(p->n_events / CHUNK) + 1u : MAX_CHUNKS;
    r->n_threads = (int)pylm__startable(p->n_threads, r->n_chunks);
    r->weights = pylm__array_new(r->n_weights, sizeof *r->weights);
    r->work = pylm__array_new((uint64_t)r->n_threads, sizeof *r->work);
    if (!r->weights || !r->work)
        return PYLM_ERR_MEMORY;
    for (t = 0; t < r->n_threads; t++) {
        r->work[t].tile.n_vectors = r->stride / PYLM__FIT_LANES;
        r->work[t].tile.n_families = r->n_families;
        r->work[t].rows = pylm__array_new(r->n_weights, sizeof *r->work[t].rows);
        r->work[t].gradient = pylm__array_new(r->n_weights, sizeof *r->work[t].gradient);
        if (!r->work[t].rows || !r->work[t].gradient)
            return PYLM_ERR_MEMORY;
    }
    return PYLM_OK;
}

void pylm__regression_free(struct pylm__regression *r)
{
    int t;
    for (t = 0; r->work && t < r->n_threads; t++) {
        free(r->work[t].rows);
        free(r->work[t].gradient);
        free(r->work[t].curvature);
    }
    free(r->work);
    free(r->weights);
}
