/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * cholesky.c: see cholesky.h.
 */
#include "cholesky.h"

#include <math.h>

void pylm__cholesky(double *a, uint32_t n)
{
    uint32_t i, j, k;
    for (i = 0; i < n; i++) {
        double *ai = a + i * (i + 1u) / 2u;
        for (j = 0; j <= i; j++) {
            const double *aj = a + j * (j + 1u) / 2u;
            double sum = ai[j];
            for (k = 0; k < j; k++)
                sum -= ai[k] * aj[k];
            ai[j] = i == j ? sqrt(sum) : sum / aj[j];
        }
    }
}

void pylm__cholesky_solve(const double *a, double *b, uint32_t n)
{
    uint32_t i, k;
    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++)
            b[i] -= a[i * (i + 1u) / 2u + k] * b[k];
        b[i] /= a[i * (i + 1u) / 2u + i];
    }
    for (i = n; i-- > 0;) {
        for (k = i + 1u; k < n; k++)
            b[i] -= a[k * (k + 1u) / 2u + i] * b[k];
        b[i] /= a[i * (i + 1u) / 2u + i];
    }
}
