/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * result.h: a template that was counted, in a file: its table, and its evidence at held-out events.
 */
#ifndef PYLM_TRAIN_RESULT_H
#define PYLM_TRAIN_RESULT_H

#include "count.h"

/* Which job and template a result is of. */
struct pylm__result_of {
    uint64_t job;
    uint32_t number;
};

/* Writes one. Of the means, the file has what this template added; so in `heldout` no other may have. PYLM_ERR_FILE,
 * PYLM_ERR_MEMORY. */
int pylm__result_write(const char *path, struct pylm__result_of of, const struct pylm__packed *packed,
                       const struct pylm__heldout *heldout, const struct pylm__evidence_out *evidence);

/* Reads one: the table into `packed`, which may have drains; indices and, where there is room for them, steps into
 * `evidence`; the means are added. PYLM_ERR_FILE; PYLM_ERR_FOREIGN; PYLM_ERR_VERSION; PYLM_ERR_DAMAGED, also if it is
 * the result of something else. */
int pylm__result_read(const char *path, struct pylm__result_of of, struct pylm__packed *packed,
                      struct pylm__heldout *heldout, const struct pylm__evidence_out *evidence);

#endif
