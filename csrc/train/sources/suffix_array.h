/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_TRAIN_SUFFIX_ARRAY_H
#define PYLM_TRAIN_SUFFIX_ARRAY_H

#include "train/base/common.h"

/* Sorts the suffixes of n symbols, all below n_symbols: suffixes[i] becomes where the i-th smallest begins. A suffix
 * is smaller than those that it is the beginning of. n is below 2^32.
 * Time is in proportion to n and n_symbols, whatever the symbols are. Memory: n / 8 bytes and 8 for every one of
 * n_symbols, and at most n / 8 and 4 n for all that follows.
 * Returns PYLM_ERR_MEMORY, or PYLM_ERR_CANCELLED. */
int pylm__suffixes(const uint32_t *text, uint32_t n, uint32_t n_symbols, uint32_t *suffixes, const pylm_task *task);

#endif
