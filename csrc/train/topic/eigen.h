/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * eigen.h: eigenvectors of small symmetric matrices, and the lengths of vectors that are not independent.
 */
#ifndef PYLM_TRAIN_EIGEN_H
#define PYLM_TRAIN_EIGEN_H

#include <stdint.h>

/* Finds the eigenvalues of a symmetric n * n matrix, those of the largest absolute value first.
 *   a         the matrix, row by row; what is in it afterwards has no use
 *   values    out: n eigenvalues
 *   vectors   out: n * n, the eigenvector of values[k] in column k */
void pylm__eigen(double *a, uint32_t n, double *values, double *vectors);

/* What makes vectors orthonormal: the products of the vectors with `t` are. Vectors that are sums of those before
 * them, or nearly so, become zeros.
 *   gram      the vectors' products with each other, n * n; only the lower triangle is read, and it is overwritten
 *   t         out: n * n, column k says how to add up vectors 0 to k to make vector k */
void pylm__orthonormal(double *gram, uint32_t n, double *t);

#endif
