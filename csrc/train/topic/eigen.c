/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * eigen.c: see eigen.h. The eigenvectors come from Jacobi's method (Golub and Van Loan, Matrix Computations, 8.5): each
 * rotation makes one pair of numbers beside the diagonal 0. It uses sqrt() and nothing else of the mathematical
 * library, so that all systems find the same.
 */
#include "eigen.h"

#include <math.h>
#include <string.h>

#define MAX_SWEEPS 30u        /* six to ten are usual */
#define CONVERGED 1e-26       /* of the squares of all numbers, those beside the diagonal */
#define MIN_INDEPENDENT 1e-12 /* of a vector's squared length: less is what rounding leaves */

/* ---- eigenvectors ---- */

/* Rotates rows p and q of a matrix. */
static void rotate_rows(double *a, uint32_t n, uint32_t p, uint32_t q, double cosine, double sine)
{
    double *row_p = a + (size_t)p * n, *row_q = a + (size_t)q * n;
    uint32_t k;
    for (k = 0; k < n; k++) {
        double x = row_p[k], y = row_q[k];
        row_p[k] = cosine * x - sine * y;
        row_q[k] = sine * x + cosine * y;
    }
}

/* Makes a[p][q] 0. Rows of `vectors` are the eigenvectors found so far. */
static void annihilate(double *a, double *vectors, uint32_t n, uint32_t p, uint32_t q)
{
    double apq = a[(size_t)p * n + q], theta, tangent, cosine, app, aqq;
    uint32_t k;
    if (apq == 0)
        return;
    app = a[(size_t)p * n + p];
    aqq = a[(size_t)q * n + q];
    theta = (aqq - app) / (2 * apq);
    if (theta > 1e100 || theta < -1e100) /* its square would overflow */
        tangent = 0.5 / theta;
    else
        tangent = (theta < 0 ? -1 : 1) / ((theta < 0 ? -theta : theta) + sqrt(theta * theta + 1));
    cosine = 1 / sqrt(tangent * tangent + 1);
    rotate_rows(a, n, p, q, cosine, tangent * cosine);
    a[(size_t)p * n + p] = app - tangent * apq;
    a[(size_t)q * n + q] = aqq + tangent * apq;
    a[(size_t)p * n + q] = a[(size_t)q * n + p] = 0;
    for (k = 0; k < n; k++) { /* the columns have what the rows have */
        if (k != p && k != q) {
            a[(size_t)k * n + p] = a[(size_t)p * n + k];
            a[(size_t)k * n + q] = a[(size_t)q * n + k];
        }
    }
    rotate_rows(vectors, n, p, q, cosine, tangent * cosine);
}

/* Whether what is beside the diagonal is rounding only. */
static int is_diagonal(const double *a, uint32_t n)
{
    double all = 0, beside = 0;
    uint32_t i, j;
    for (i = 0; i < n; i++) {
        for (j = 0; j < n; j++) {
            double square = a[(size_t)i * n + j] * a[(size_t)i * n + j];
            all += square;
            beside += i == j ? 0 : square;
        }
    }
    return beside <= CONVERGED * all;
}

static double absolute(double x)
{
    return x < 0 ? -x : x;
}

/* Sorts eigenvalues with their rows of vectors, then makes the rows columns. */
static void arrange(double *values, double *vectors, uint32_t n)
{
    uint32_t i, k, best;
    for (i = 0; i < n; i++) {
        double value;
        for (best = i, k = i + 1u; k < n; k++)
            if (absolute(values[k]) > absolute(values[best]))
                best = k;
        value = values[i];
        values[i] = values[best];
        values[best] = value;
        for (k = 0; k < n && best != i; k++) {
            double x = vectors[(size_t)i * n + k];
            vectors[(size_t)i * n + k] = vectors[(size_t)best * n + k];
            vectors[(size_t)best * n + k] = x;
        }
    }
    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++) {
            double x = vectors[(size_t)i * n + k];
            vectors[(size_t)i * n + k] = vectors[(size_t)k * n + i];
            vectors[(size_t)k * n + i] = x;
        }
    }
}

void pylm__eigen(double *a, uint32_t n, double *values, double *vectors)
{
    uint32_t sweep, i, p, q;
    memset(vectors, 0, (size_t)n * n * sizeof *vectors);
    for (i = 0; i < n; i++)
        vectors[(size_t)i * n + i] = 1;
    for (sweep = 0; sweep < MAX_SWEEPS && !is_diagonal(a, n); sweep++)
        for (p = 0; p < n; p++)
            for (q = p + 1u; q < n; q++)
                annihilate(a, vectors, n, p, q);
    for (i = 0; i < n; i++)
        values[i] = a[(size_t)i * n + i];
    arrange(values, vectors, n);
}

/* ---- orthonormal vectors ---- */

/* The Cholesky factor of a matrix, in its lower triangle. A column whose vector depends on those before it becomes 0.
 */
static void factorise(double *a, uint32_t n)
{
    uint32_t i, j, k;
    for (j = 0; j < n; j++) {
        double square = a[(size_t)j * n + j], pivot = square;
        for (k = 0; k < j; k++)
            pivot -= a[(size_t)j * n + k] * a[(size_t)j * n + k];
        pivot = pivot > square * MIN_INDEPENDENT ? sqrt(pivot) : 0;
        a[(size_t)j * n + j] = pivot;
        for (i = j + 1u; i < n; i++) {
            double sum = a[(size_t)i * n + j];
            for (k = 0; k < j; k++)
                sum -= a[(size_t)i * n + k] * a[(size_t)j * n + k];
            a[(size_t)i * n + j] = pivot > 0 ? sum / pivot : 0;
        }
    }
}

void pylm__orthonormal(double *gram, uint32_t n, double *t)
{
    uint32_t i, k, c;
    factorise(gram, n);
    memset(t, 0, (size_t)n * n * sizeof *t);
    for (c = 0; c < n; c++) { /* vector c, less its parts along those before it, has this length: */
        double length = gram[(size_t)c * n + c];
        if (!(length > 0))
            continue;
        for (i = 0; i < c; i++) {
            double sum = 0;
            for (k = i; k < c; k++)
                sum -= t[(size_t)i * n + k] * gram[(size_t)c * n + k];
            t[(size_t)i * n + c] = sum / length;
        }
        t[(size_t)c * n + c] = 1 / length;
    }
}
