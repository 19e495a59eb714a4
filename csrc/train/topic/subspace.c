/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * subspace.c: subspace iteration with the polynomials of Chebyshev, and the method of Rayleigh and Ritz (Golub and Van
 * Loan, Matrix Computations, 8.2; Zhou and Saad 2007). Eigenvalues of words lie so close together that plain iteration
 * would take twice as many products with the matrix.
 *
 * Many vectors are multiplied at once. They lie side by side, a row for each symbol; each column is a sum of its own,
 * whose order is that of the pairs. So the compiler may make vector instructions of any width of the inner loops, and
 * threads may take rows as they like: all find the same.
 */
#include "subspace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/platform.h"
#include "eigen.h"

#define N PYLM__SUBSPACE
#define N_POWERS 1u /* plain products at first; then the bound of a filter can be told */
#define N_FILTERS 2u
#define DEGREE 4u      /* of a filter; on PTB, ten products in all find 99.6 % of the sum of 64 absolute eigenvalues */
#define LINE 16u       /* floats in a line of the cache */
#define AHEAD 6u       /* pairs whose rows are fetched before they are needed */
#define MIN_VALUE 1e-6 /* of the first eigenvalue: less is rounding */
#define MIN_BOUND 0.01 /* the same: a filter would lift the first so far that the last were rounding */
#define CHUNK 16u      /* rows that one thread multiplies at a time */
#define COLUMNS 8u     /* of a Gram matrix, by one thread */
#define SLICE 1024u    /* rows between two looks at the task */

struct subspace {
    const struct pylm__pair_counts *counts;
    const float *expected; /* by side and symbol */
    uint32_t side;         /* of the rows of the next product */
    void (*multiply_row)(const struct subspace *s, uint32_t symbol);
    const float *from;  /* rows of N, by symbol */
    float *to;          /* the same; may be `from` where rows are independent */
    float factor, less; /* of a product: see multiply() */
    float along[N];     /* the product of `expected` and each column of `from` */
    float t[N * N];     /* the same, where it is done */
    double gram[N * N]; /* products of columns */
    double sums[N * N]; /* how columns are to be added up */
    const pylm_task *task;
    uint32_t n_threads;
};

static uint32_t n_chunks(const struct subspace *s, uint32_t chunk)
{
    return (s->counts->n_symbols + chunk - 1u) / chunk;
}

/* ---- products with the matrix ---- */

static const float *expected_of(const struct subspace *s, uint32_t side)
{
    return s->expected + (size_t)side * s->counts->n_symbols;
}

PYLM__INLINE void fetch_row(const float *row)
{
    uint32_t k;
    for (k = 0; k < N; k += LINE)
        PYLM__PREFETCH(row + k);
}

PYLM__INLINE void multiply_row_inline(const struct subspace *s, uint32_t symbol)
{
    const struct pylm__pair_rows *rows = &s->counts->sides[s->side];
    const struct pylm__topic_pair *pairs = rows->rows[symbol];
    float sum[N] = {0}, *to = s->to + (size_t)symbol * N, expected = expected_of(s, s->side)[symbol];
    uint32_t i, k, n = rows->n_pairs[symbol];
    for (i = 0; i < n; i++) {
        const float *from = s->from + (size_t)pairs[i].symbol * N;
        float value = pairs[i].value;
        if (i + AHEAD < n)
            fetch_row(s->from + (size_t)pairs[i + AHEAD].symbol * N);
        for (k = 0; k < N; k++)
            sum[k] += value * from[k];
    }
    for (k = 0; k < N; k++)
        to[k] = s->factor * (sum[k] - expected * s->along[k]) - s->less * to[k];
}

static void multiply_row(const struct subspace *s, uint32_t symbol)
{
    multiply_row_inline(s, symbol);
}

#if PYLM__HAVE_AVX2
PYLM__AVX2_BEGIN
static void multiply_row_avx2(const struct subspace *s, uint32_t symbol)
{
    multiply_row_inline(s, symbol);
}
PYLM__AVX2_END
#endif

/* A job: some rows of a product. */
static int multiply_chunk(void *user, uint32_t chunk, pylm_task *task)
{
    const struct subspace *s = user;
    uint32_t i;
    (void)task; /* it would count jobs as steps of progress */
    if (pylm__task_cancelled(s->task))
        return PYLM_ERR_CANCELLED;
    for (i = chunk * CHUNK; i < (chunk + 1u) * CHUNK && i < s->counts->n_symbols; i++)
        s->multiply_row(s, i);
    return PYLM_OK;
}

/* to = factor * M * from - less * to; and next time, if there are two sides, M' instead of M. */
static int multiply(struct subspace *s, const float *from, float *to, float factor, float less)
{
    uint32_t other = s->counts->n_sides - 1u - s->side, i, k;
    const float *expected = expected_of(s, other);
    double along[N] = {0};
    int status;
    for (i = 0; i < s->counts->n_symbols; i++) {
        if (i % SLICE == 0 && pylm__task_cancelled(s->task))
            return PYLM_ERR_CANCELLED;
        for (k = 0; k < N; k++)
            along[k] += (double)expected[i] * (double)from[(size_t)i * N + k];
    }
    for (k = 0; k < N; k++)
        s->along[k] = (float)along[k];
    s->from = from;
    s->to = to;
    s->factor = factor;
    s->less = less;
    status = pylm__run_jobs(multiply_chunk, s, n_chunks(s, CHUNK), s->n_threads, NULL);
    s->side = other;
    return status;
}

/* ---- small matrices ---- */

/* A job: the products of some columns of `from` with all, in the lower triangle. */
static int find_products(void *user, uint32_t job, pylm_task *task)
{
    struct subspace *s = user;
    uint32_t first = N - (job + 1u) * COLUMNS, n = first + COLUMNS, i, j, k; /* the longest rows first */
    double sums[COLUMNS][N], numbers[N];
    (void)task;
    memset(sums, 0, sizeof sums);
    for (i = 0; i < s->counts->n_symbols; i++) {
        const float *from = s->from + (size_t)i * N;
        if (i % SLICE == 0 && pylm__task_cancelled(s->task))
            return PYLM_ERR_CANCELLED;
        for (k = 0; k < n; k++)
            numbers[k] = (double)from[k];
        for (j = 0; j < COLUMNS; j++) {
            double factor = numbers[first + j];
            for (k = 0; k < n; k++)
                sums[j][k] += factor * numbers[k];
        }
    }
    memcpy(s->gram + (size_t)first * N, sums, sizeof sums);
    return PYLM_OK;
}

static int find_gram(struct subspace *s, const float *from)
{
    s->from = from;
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
static int begin(const struct subspace *s, float *vectors)
{
    uint32_t i, k;
    for (i = 0; i < s->counts->n_symbols; i++) {
        if (i % SLICE == 0 && pylm__task_cancelled(s->task))
            return PYLM_ERR_CANCELLED;
        for (k = 0; k < N; k++) {
            uint64_t hash = pylm__hash_step(pylm__hash_step(PYLM__HASH_SEED, i), k);
            vectors[(size_t)i * N + k] = (float)(pylm__hash_part(hash, 0) / 2147483648.0 - 1.0);
        }
    }
    return PYLM_OK;
}

/* Makes the columns of `from` orthonormal, in `to`. */
static int make_orthonormal(struct subspace *s, float *from, float *to)
{
    PYLM__TRY(find_gram(s, from));
    pylm__orthonormal(s->gram, N, s->sums);
    return combine(s, s->sums, from, to);
}

/* Multiplies orthonormal vectors by the matrix, and finds those sums of them that are nearest to eigenvectors: those
 * whose products are orthogonal, the longest first. The eigenvalues of the span would do as well, but for pairs of
 * opposite sign, which look like 0 while they are mixed.
 *   values   out: the lengths of the products, no more than the absolute eigenvalues
 *   s->sums  out: in column k the k-th sum */
static int find_ritz(struct subspace *s, const float *vectors, float *products, double *values)
{
    uint32_t i, k;
    PYLM__TRY(multiply(s, vectors, products, 1, 0));
    PYLM__TRY(find_gram(s, products));
    for (i = 0; i < N; i++)
        for (k = 0; k < i; k++)
            s->gram[k * N + i] = s->gram[i * N + k];
    pylm__eigen(s->gram, N, values, s->sums);
    for (k = 0; k < N; k++)
        values[k] = values[k] > 0 ? sqrt(values[k]) : 0;
    return PYLM_OK;
}

/* Multiplies vectors, as find_ritz() leaves them with their products, by a polynomial of the matrix. It lifts leading
 * eigenvectors over the others: Chebyshev's is between -1 and 1 for eigenvalues within +-bound, and of all that are it
 * grows fastest outside. The result is orthonormal in `vectors`. */
static int filter(struct subspace *s, float *vectors, float *products, double bound)
{
    float factor = (float)(1 / bound), *now = products, *before = vectors;
    uint32_t degree, i;
    PYLM__TRY(combine(s, s->sums, vectors, vectors));
    for (i = 0; i < N * N; i++)
        s->sums[i] /= bound;
    PYLM__TRY(combine(s, s->sums, products, products));
    for (degree = 2; degree <= DEGREE; degree++) {
        float *next = before;
        PYLM__TRY(multiply(s, now, next, 2 * factor, 1));
        before = now;
        now = next;
    }
    return make_orthonormal(s, now, vectors);
}

static int find(struct subspace *s, double *values, float *vectors, float *products)
{
    uint32_t i, k;
    PYLM__TRY(begin(s, vectors));
    for (i = 0; i < N_POWERS; i++) {
        PYLM__TRY(multiply(s, vectors, products, 1, 0));
        PYLM__TRY(make_orthonormal(s, products, vectors));
    }
    for (i = 0; i < N_FILTERS; i++) {
        PYLM__TRY(find_ritz(s, vectors, products, values));
        if (values[N - 1u] > values[0] * MIN_BOUND)
            PYLM__TRY(filter(s, vectors, products, values[N - 1u]));
        else
            PYLM__TRY(make_orthonormal(s, products, vectors));
    }
    if (s->counts->n_sides > 1u && !s->side) { /* the last product is to be one of M' */
        PYLM__TRY(multiply(s, vectors, products, 1, 0));
        PYLM__TRY(make_orthonormal(s, products, vectors));
    }
    PYLM__TRY(find_ritz(s, vectors, products, values));
    for (k = 0; k < N; k++) { /* the products are nearer to the eigenvectors than the vectors are */
        if (values[k] < values[0] * MIN_VALUE)
            values[k] = 0;
        for (i = 0; i < N; i++)
            s->sums[i * N + k] *= values[k] > 0 ? 1 / values[k] : 0;
    }
    return combine(s, s->sums, products, vectors);
}

int pylm__subspace_find(const struct pylm__pair_counts *counts, const float *expected, double *values, float *vectors,
                        uint32_t n_threads, const pylm_task *task)
{
    struct subspace *s = pylm__array_new(1, sizeof *s);
    float *products = pylm__array_new((uint64_t)counts->n_symbols * N, sizeof *products);
    int status = PYLM_ERR_MEMORY;
    if (s && products) {
        s->counts = counts;
        s->expected = expected;
        s->n_threads = n_threads;
        s->task = task;
        s->multiply_row = multiply_row;
#if PYLM__HAVE_AVX2
        if (pylm__have_avx2())
            s->multiply_row = multiply_row_avx2;
#endif
        status = find(s, values, vectors, products);
    }
    free(s);
    free(products);
    return status;
}
