/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * constraint.h: probabilities of parts of the vocabulary.
 */
#ifndef PYLM_TEXT_CONSTRAINT_H
#define PYLM_TEXT_CONSTRAINT_H

#include "core/fixed.h"

/* The cost, 1/65536 bit, of a probability in q62 that is not 0. */
uint32_t pylm__mass_cost(uint64_t mass);

#endif
