/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pruner.h: all templates of a tree, pruned at any level that is near the one to begin with. Each is counted once, and
 * what may be kept is remembered.
 */
#ifndef PYLM_TRAIN_PRUNER_H
#define PYLM_TRAIN_PRUNER_H

#include "candidates.h"

/* How a template stands. */
enum pylm__pruner_step { PYLM__NOT_COUNTED, PYLM__COUNTED, PYLM__BEING_SIZED, PYLM__SIZED };

/* Where and how keys are counted. */
struct pylm__pruner_files {
    uint64_t max_keys;              /* sorted at once, of each template that is being counted */
    const char *folder;             /* where the file may lie that others go to */
    struct pylm__spill *candidates; /* where those go; NULL: they stay in memory, and max_keys are enough for all */
};

/* Templates are known by the numbers that they have while all are there. */
struct pylm__pruner {
    struct pylm__prune_input in;
    struct pylm__pruner_files files;
    struct pylm__counted counted[PYLM__MAX_TEMPLATES];
    enum pylm__pruner_step steps[PYLM__MAX_TEMPLATES];
    uint64_t sizes[PYLM__MAX_TEMPLATES][PYLM__N_PRICES]; /* bytes of the table at each level from its lowest one on */
    uint64_t sums[PYLM__N_PRICES];                       /* of all templates that have been sized */
    uint64_t begin_nbytes, room_nbytes;                  /* given: what all tables may take at the level to begin
                                                          * with; memory for what is counted */
    struct pylm__candidates tables[PYLM__MAX_TEMPLATES], heldout[PYLM__MAX_TEMPLATES];
    struct pylm__room room; /* for what is counted */
    int may_raise;          /* 1: without room, less is counted */
};

/* Begins, or begins again. To be freed. */
void pylm__pruner_begin(struct pylm__pruner *pruner, int may_raise);
void pylm__pruner_free(struct pylm__pruner *pruner);

/* Counts template k, finds the sizes of all templates that can be sized by now, and remembers their candidates. Several
 * can be counted at once; the more have been sized, the less is counted of others. If there is no room, and nothing may
 * be raised, it is left to be counted later. */
int pylm__pruner_count(struct pylm__pruner *pruner, uint32_t k, const pylm_task *task);

/* Whether all templates have been sized. */
int pylm__pruner_is_done(const struct pylm__pruner *pruner);

/* The lowest level at which the tables sized so far take at most begin_nbytes. */
uint32_t pylm__pruner_begin_level(const struct pylm__pruner *pruner);

/* The lowest level that can be tried for a template: all have been sized. */
uint32_t pylm__pruner_lowest(const struct pylm__pruner *pruner, uint32_t number);

/* Hands on what a template keeps in the held-out blocks from a level on. */
int pylm__pruner_heldout(const struct pylm__pruner *pruner, uint32_t number, uint32_t lowest, pylm__take_context *take,
                         void *user, const pylm_task *task);

/* Makes the table of a template at a level. To be freed, also after a failure. */
int pylm__pruner_pack(const struct pylm__pruner *pruner, uint32_t number, uint32_t level, struct pylm__packed *packed,
                      const pylm_task *task);

#endif
