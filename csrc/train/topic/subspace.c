/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * subspace.c: subspace iteration, then the method of Rayleigh and Ritz (Golub and Van Loan, Matrix Computations, 8.2).
 *
 * Many vectors are multiplied at once. They lie side by side, a row for each symbol; each column is a sum of its own,
 * whose order is that of the pairs. So the compiler may make vector instructions of any width of the inner loops, and
 * threads may take rows as they like: all find the same.
 */
#include "subspace.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "eigen.h"

#define N PYLM__SUBSPACE
#ifndef N_PRODUCTS
#define N_PRODUCTS 7u
#endif
#define CHUNK 16u   /* rows that one thread multiplies at a time */
#define COLUMNS 8u  /* of a Gram matrix, by one thread */
#define SLICE 1024u /* rows between two looks at the task */

struct subspace {
    const struct pylm__pair_counts *counts;
    const float *expected;
    const float *from;  /* rows of N, by symbol */
    float *to;          /* the same; may be `from` where rows are independent */
    float along[N];     /* the product of `expected` and each column of `from` */
    float t[N * N];     /* how columns are added up */
    double gram[N * N]; /* products of columns */
    const pylm_task *task;
    uint32_t n_threads;
};

static uint32_t n_chunks(const struct subspace *s, uint32_t chunk)
{
    return (s->counts->n_symbols + chunk - 1u) / chunk;
}

/* ---- products with the matrix ---- */

static void multiply_row(const struct subspace *s, uint32_t symbol)
{
    const struct pylm__topic_pair *pairs = s->counts->rows[symbol];
    float sum[N] = {0}, *to = s->to + (size_t)symbol * N;
    uint32_t i, k, n = s->counts->n_pairs[symbol];
    for (i = 0; i < n; i++) {
        const float *from = s->from + (size_t)pairs[i].symbol * N;
        float value = pairs[i].value;
        for (k = 0; k < N; k++)
            sum[k] += value * from[k];
    }
    for (k = 0; k < N; k++)
        to[k] = sum[k] - s->expected[symbol] * s->along[k];
}

/* A job: the product of the matrix and `from`, for some rows. */
static int multiply_chunk(void *user, uint32_t chunk, pylm_task *task)
{
    const struct subspace *s = user;
    uint32_t i;
    (void)task; /* it would count jobs as steps of progress */
    if (pylm__task_cancelled(s->task))
        return PYLM_ERR_CANCELLED;
    for (i = chunk * CHUNK; i < (chunk + 1u) * CHUNK && i < s->counts->n_symbols; i++)
        multiply_row(s, i);
    return PYLM_OK;
}

static int multiply(struct subspace *s, const float *from, float *to)
{
    double along[N] = {0};
    uint32_t i, k;
    for (i = 0; i < s->counts->n_symbols; i++)
        for (k = 0; k < N; k++)
            along[k] += (double)s->expected[i] * (double)from[(size_t)i * N + k];
    for (k = 0; k < N; k++)
        s->along[k] = (float)along[k];
    s->from = from;
    s->to = to;
    return pylm__run_jobs(multiply_chunk, s, n_chunks(s, CHUNK), s->n_threads, NULL);
}

/* ---- small matrices ---- */

/* A job: the products of some columns of `from` with those of `to`, in the lower triangle. */
static int find_products(void *user, uint32_t job, pylm_task *task)
{
    struct subspace *s = user;
    uint32_t first = N - (job + 1u) * COLUMNS, n = first + COLUMNS, i, j, k; /* the longest rows first */
    double sums[COLUMNS][N], numbers[N];
    (void)task;
    memset(sums, 0, sizeof sums);
    for (i = 0; i < s->counts->n_symbols; i++) {
        const float *from = s->from + (size_t)i * N, *to = s->to + (size_t)i * N;
        if (i % SLICE == 0 && pylm__task_cancelled(s->task))
            return PYLM_ERR_CANCELLED;
        for (k = 0; k < n; k++)
            numbers[k] = (double)to[k];
        for (j = 0; j < COLUMNS; j++) {
            double factor = (double)from[first + j];
            for (k = 0; k < n; k++)
                sums[j][k] += factor * numbers[k];
        }
    }
    memcpy(s->gram + (size_t)first * N, sums, sizeof sums);
    return PYLM_OK;
}

static int find_gram(struct subspace *s, const float *from, float *to)
{
    s->from = from;
    s->to = to;
    return pylm__run_jobs(find_products, s, N / COLUMNS, s->n_threads, NULL);
}

/* A job: adds up the columns of `from`, for some rows. */
static int combine_chunk(void *user, uint32_t chunk, pylm_task *task)
{
    const struct subspace *s = user;
    uint32_t i, j, k;
    (void)task;
    if (pylm__task_cancelled(s->task))
        return PYLM_ERR_CANCELLED;
    for (i = chunk * SLICE; i < (chunk + 1u) * SLICE && i < s->counts->n_symbols; i++) {
        const float *from = s->from + (size_t)i * N;
        float sum[N] = {0};
        for (j = 0; j < N; j++)
            for (k = 0; k < N; k++)
                sum[k] += from[j] * s->t[j * N + k];
        memcpy(s->to + (size_t)i * N, sum, sizeof sum);
    }
    return PYLM_OK;
}

static int combine(struct subspace *s, const double *t, const float *from, float *to)
{
    uint32_t i;
    for (i = 0; i < N * N; i++)
        s->t[i] = (float)t[i];
    s->from = from;
    s->to = to;
    return pylm__run_jobs(combine_chunk, s, n_chunks(s, SLICE), s->n_threads, NULL);
}

/* ---- all ---- */

/* Numbers between -1 and 1 that look random, so that every eigenvector has a part in them. */
static void begin(const struct subspace *s, float *vectors)
{
    uint64_t i, n = (uint64_t)s->counts->n_symbols * N;
    for (i = 0; i < n; i++) {
        uint64_t hash = pylm__hash_step(pylm__hash_step(PYLM__HASH_SEED, i / N), i % N);
        vectors[i] = (float)(int32_t)pylm__hash_part(hash, 0) / 2147483648.0f;
    }
}

/* From vectors that span the leading ones, orthonormal in `vectors`, and their products with the matrix, to
 * eigenvectors. `scratch` has room for two small matrices. */
static int find_ritz(struct subspace *s, const float *vectors, float *products, double *values, double *scratch)
{
    uint32_t i, k;
    PYLM__TRY(find_gram(s, vectors, products));
    for (i = 0; i < N; i++)
        for (k = 0; k <= i; k++)
            scratch[i * N + k] = scratch[k * N + i] = s->gram[i * N + k];
    pylm__eigen(scratch, N, values, scratch + N * N);
    return PYLM_OK;
}

static int find(struct subspace *s, double *values, float *vectors, float *products, double *scratch)
{
    uint32_t i;
    begin(s, vectors);
    for (i = 0; i < N_PRODUCTS; i++) {
        PYLM__TRY(multiply(s, vectors, products));
        if (i + 1u == N_PRODUCTS)
            break;
        PYLM__TRY(find_gram(s, products, products));
        pylm__orthonormal(s->gram, N, scratch);
        PYLM__TRY(combine(s, scratch, products, vectors));
    }
    PYLM__TRY(find_ritz(s, vectors, products, values, scratch));
    return combine(s, scratch + N * N, vectors, vectors);
}

int pylm__subspace_find(const struct pylm__pair_counts *counts, const float *expected, double *values, float *vectors,
                        uint32_t n_threads, const pylm_task *task)
{
    struct subspace *s = pylm__array_new(1, sizeof *s);
    float *products = pylm__array_new((uint64_t)counts->n_symbols * N, sizeof *products);
    double *scratch = pylm__array_new(2u * N * N, sizeof *scratch);
    int status = PYLM_ERR_MEMORY;
    if (s && products && scratch) {
        s->counts = counts;
        s->expected = expected;
        s->n_threads = n_threads;
        s->task = task;
        status = find(s, values, vectors, products, scratch);
    }
    free(s);
    free(products);
    free(scratch);
    return status;
}
