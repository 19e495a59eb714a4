/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * paths.h: what a pruned template says at the events of held-out text.
 */
#ifndef PYLM_TRAIN_PATHS_H
#define PYLM_TRAIN_PATHS_H

#include "prune_template.h"

#define PYLM__MAX_TRIED 8u /* levels tried at once */

/* At one level. */
struct pylm__level_paths {
    const struct pylm__prune_input *in;
    uint32_t level;
    uint16_t *indices;        /* out: by event, a calibration index; zeros before */
    struct pylm__mean *means; /* by event: the evidence is added */
    struct pylm__kept kept;
};

/* At several levels, of those events only where there is something at the first, which is the lowest. */
struct pylm__tried_paths {
    const struct pylm__prune_input *in;
    uint32_t n_levels, levels[PYLM__MAX_TRIED];
    uint32_t n;                         /* events so far */
    uint32_t *events;                   /* out: their numbers; room for all */
    uint16_t *indices[PYLM__MAX_TRIED]; /* out, by level: as above, but of those events; zeros before */
    struct pylm__kept kept;
};

/* Take a context of held-out blocks: see pylm__take_context. */
int pylm__level_paths_take(void *level_paths, const struct pylm__pruned_context *context);
int pylm__tried_paths_take(void *tried_paths, const struct pylm__pruned_context *context);

#endif
