/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * suffix_array.h: the suffixes of a text, sorted.
 */
#ifndef PYLM_TRAIN_SUFFIX_ARRAY_H
#define PYLM_TRAIN_SUFFIX_ARRAY_H

#include "train/base/common.h"

/* Sorts the suffixes of n symbols, all below n_symbols: suffixes[i] becomes where the i-th smallest begins. A suffix
 * that is the beginning of another one is smaller. n is below 2^32. The time is proportional to n + n_symbols, whatever
 * the symbols are. Memory: n / 8 bytes and 8 for each of n_symbols; for the recursion at most n / 8 and 4 n more.
 * Returns PYLM_ERR_MEMORY, or PYLM_ERR_CANCELLED. */
int pylm__suffix_array(const uint32_t *text, uint32_t n, uint32_t n_symbols, uint32_t *suffixes, const pylm_task *task);

#endif
