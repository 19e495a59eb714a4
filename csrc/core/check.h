/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * check.h: what makes any image harmless, whoever made it.
 *
 * Opening a model checks that everything its headers point to lies inside the image, with PYLM__SLACK_NBYTES to spare.
 * After that, readers check only what they find *inside* a table: numbers of records, positions of lists. Each module
 * checks what only it reads.
 */
#ifndef PYLM_CORE_CHECK_H
#define PYLM_CORE_CHECK_H

#include "image.h"

/* Whether everything that the headers of a model point to is there. The headers lie within the head. */
int pylm__check_parts(const struct pylm__model *model);

#endif
