/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * cholesky.h: systems of linear equations with a positive definite matrix. Of the matrix there is the lower triangle,
 * row by row: n (n + 1) / 2 numbers.
 */
#ifndef PYLM_TRAIN_CHOLESKY_H
#define PYLM_TRAIN_CHOLESKY_H

#include <stdint.h>

/* Replaces a matrix by its Cholesky factor. */
void pylm__cholesky(double *a, uint32_t n);

/* Solves A x = b by the factor of A; x replaces b. */
void pylm__cholesky_solve(const double *a, double *b, uint32_t n);

#endif
