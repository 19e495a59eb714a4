/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * threads.h: how many threads can be started. The runtimes of OpenMP end the process if one cannot; so there is a look
 * before, and fewer are used. Results do not depend on it.
 */
#ifndef PYLM_TRAIN_THREADS_H
#define PYLM_TRAIN_THREADS_H

#include <stdint.h>

/* How many threads can be started for n_jobs jobs, of `wanted` (0: one per processor); 1 at least. */
uint32_t pylm__startable(uint32_t wanted, uint64_t n_jobs);

/* Makes a number of threads the number that can be started now, and returns it. For work that goes on for so long that
 * memory becomes short meanwhile. */
uint32_t pylm__start_fewer(uint32_t *n_threads);

#endif
