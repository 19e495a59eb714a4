/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * count.h: the templates of a tree counted, packed and calibrated.
 */
#ifndef PYLM_TRAIN_COUNT_H
#define PYLM_TRAIN_COUNT_H

#include "heldout_evidence.h"
#include "pack.h"
#include "voices.h"

struct pylm__counting {
    const struct pylm__corpus *corpus;
    struct pylm__heldout *heldout; /* its voice is an output, too, if the templates have one */
    const struct pylm__symbol_tree *tree;
    const struct pylm__templates *templates;
    uint32_t n_threads;        /* templates counted at once */
    uint64_t max_keys;         /* sorted at once for each of them; more go to a file in runs */
    struct pylm__spill *spill; /* where tables go; NULL: they stay in memory. With fewer max_keys than symbols it is
                                * needed */
    const char *folder;        /* where other temporary files may lie, one for each template that is being counted */
    const pylm_elsewhere *elsewhere; /* who counts, for pylm__count_elsewhere() */
    int for_kernel;                  /* exact tables, hits instead of indices, and no calibration */
    struct pylm__packed *packed;     /* out, by template: its table */
    int16_t *calibration;            /* out, by template: PYLM__N_CALIBRATION numbers; not for kernels */
    struct pylm__voices voices;      /* while it goes on */
    struct pylm__evidence_out evidence[PYLM__MAX_TEMPLATES]; /* out, by template; allocated by pylm__count() */
};

/* All that `evidence` has is to be freed, also after a failure.
 * Memory: for each template counted at once PYLM__KEY_NBYTES for each of max_keys, and pylm__count_nbytes(). */
int pylm__count(struct pylm__counting *counting, pylm_task *task);

/* The same, where `count_all` does pylm__count_one(), or its like, and pylm__count_use() for each template. */
typedef int pylm__count_all(struct pylm__counting *counting, pylm_task *task);
int pylm__count_by(struct pylm__counting *counting, pylm__count_all *count_all, pylm_task *task);

/* Counts one template: its table and its evidence. What `out` has is to be freed, also after a failure; the indices are
 * those of `counting->evidence`. */
int pylm__count_one(struct pylm__counting *counting, uint32_t k, struct pylm__evidence_out *out, const pylm_task *task);

/* Does with the evidence of a template what there is to do: calibrates, and adds to the voice. Takes the steps. */
void pylm__count_use(struct pylm__counting *counting, uint32_t k, struct pylm__evidence_out evidence);

#define PYLM__KEY_NBYTES 16u
uint64_t pylm__count_nbytes(const struct pylm__corpus *corpus, const struct pylm__heldout *heldout, int spills);

#endif
