/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * subspace.h: the leading eigenvectors of a large sparse matrix, less what chance explains; if it is not symmetric, its
 * leading singular vectors.
 */
#ifndef PYLM_TRAIN_SUBSPACE_H
#define PYLM_TRAIN_SUBSPACE_H

#include "pair_counts.h"

#define PYLM__SUBSPACE 80u /* vectors that are found together; the first ones are the most exact */

/* Finds eigenvectors of the matrix M = counts - expected * expected', those of the largest absolute eigenvalues first.
 * If counts have two sides, M = counts - expected of the first * expected' of the second; what is said of eigenvectors
 * and absolute eigenvalues then is true of right singular vectors and singular values.
 *   expected   by side and symbol
 *   values     out: PYLM__SUBSPACE absolute eigenvalues, 0 for what is rounding
 *   vectors    out: n_symbols * PYLM__SUBSPACE, row by symbol; eigenvector k in column k, of length 1; of eigenvalue 0:
 *              zeros
 * The result does not depend on n_threads; 0: all processors. */
int pylm__subspace_find(const struct pylm__pair_counts *counts, const float *expected, double *values, float *vectors,
                        uint32_t n_threads, const pylm_task *task);

#endif
