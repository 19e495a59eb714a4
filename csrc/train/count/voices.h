/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * voices.h: the voice (core/voice.h) at the events of held-out text.
 *
 * Templates are counted at once, in any order, but a voice goes through the suffix contexts from order 0 up. So the
 * steps of a template are kept until those of all shorter contexts are there.
 */
#ifndef PYLM_TRAIN_VOICES_H
#define PYLM_TRAIN_VOICES_H

#include "core/voice.h"
#include "heldout.h"

/* The step of a context at an event, in 32 bits; 0: no evidence. */
static inline uint32_t pylm__voice_packed(uint32_t n0, uint32_t n1)
{
    struct pylm__voice_step step = pylm__voice_step(n0, n1);
    return step.left | step.right << PYLM__VOICE_STEP_BITS | step.shift << (2u * PYLM__VOICE_STEP_BITS);
}

struct pylm__voices {
    uint64_t n_events;
    uint32_t n_suffix;                    /* 0: there is no voice */
    uint32_t n;                           /* suffix contexts that have been added */
    uint16_t (*of)[2];                    /* by event: left and right after n of them, both below 2^16 */
    uint32_t *steps[PYLM__MAX_TEMPLATES]; /* those that are there, but not yet added */
    struct pylm__locks *lock;
};

/* Begins voices of n_suffix contexts. To be freed, also after a failure. */
int pylm__voices_begin(struct pylm__voices *voices, const struct pylm__heldout *heldout, uint32_t n_suffix);
void pylm__voices_free(struct pylm__voices *voices);

/* Room for the steps of template k, all 0. NULL if there is no memory, or if it is no suffix. */
uint32_t *pylm__voices_steps(const struct pylm__voices *voices, uint32_t k);

/* Takes the steps of template k, and frees them in time. From any thread. */
void pylm__voices_add(struct pylm__voices *voices, uint32_t k, uint32_t *steps);

/* Writes heldout->voice_log_odds, when all have been added. */
int pylm__voices_end(struct pylm__voices *voices, struct pylm__heldout *heldout);

#endif
