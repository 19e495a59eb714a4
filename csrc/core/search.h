/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 */
#ifndef PYLM_CORE_SEARCH_H
#define PYLM_CORE_SEARCH_H

#include "pylm.h"

/* Sorts candidates, best first: by cost, then by symbol. In place, without recursion. */
void pylm__candidates_sort(pylm_candidate *candidates, uint32_t n);

#endif
