/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * threads.c: see threads.h.
 */
#include "threads.h"

#include "platform/platform.h"
#include "train/base/common.h"

uint32_t pylm__startable(uint32_t wanted, uint64_t n_jobs)
{
    return pylm__os_startable((uint32_t)pylm__n_threads(wanted, n_jobs));
}

uint32_t pylm__start_fewer(uint32_t *n_threads)
{
    *n_threads = pylm__startable(*n_threads, UINT32_MAX);
    return *n_threads;
}
