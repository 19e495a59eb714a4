/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * voices.c: see voices.h.
 */
#include "voices.h"

#include <stdlib.h>
#include <string.h>

int pylm__voices_begin(struct pylm__voices *voices, const struct pylm__heldout *heldout, uint32_t n_suffix)
{
    uint64_t e;
    memset(voices, 0, sizeof *voices);
    voices->n_suffix = n_suffix;
    voices->n_events = heldout->n_events;
    if (!n_suffix)
        return PYLM_OK;
    voices->of = pylm__array_new(heldout->n_events, sizeof *voices->of);
    voices->lock = pylm__locks_new(1);
    if (!voices->of || !voices->lock)
        return PYLM_ERR_MEMORY;
    for (e = 0; e < heldout->n_events; e++)
        voices->of[e][0] = voices->of[e][1] = (uint16_t)pylm__voice_begin().left;
    return PYLM_OK;
}

void pylm__voices_free(struct pylm__voices *voices)
{
    uint32_t k;
    for (k = 0; k < voices->n_suffix; k++)
        free(voices->steps[k]);
    free(voices->of);
    pylm__locks_free(voices->lock);
    memset(voices, 0, sizeof *voices);
}

uint32_t *pylm__voices_steps(const struct pylm__voices *voices, uint32_t k)
{
    return k < voices->n_suffix ? pylm__array_new(voices->n_events, sizeof(uint32_t)) : NULL;
}

static void add(struct pylm__voices *voices, const uint32_t *steps)
{
    const uint32_t mask = pylm__mask(PYLM__VOICE_STEP_BITS);
    uint64_t e;
    for (e = 0; e < voices->n_events; e++) {
        struct pylm__voice voice = {voices->of[e][0], voices->of[e][1]};
        struct pylm__voice_step step;
        step.left = steps[e] & mask;
        step.right = steps[e] >> PYLM__VOICE_STEP_BITS & mask;
        step.shift = steps[e] >> (2u * PYLM__VOICE_STEP_BITS);
        pylm__voice_add(&voice, step);
        voices->of[e][0] = (uint16_t)voice.left;
        voices->of[e][1] = (uint16_t)voice.right;
    }
}

void pylm__voices_add(struct pylm__voices *voices, uint32_t k, uint32_t *steps)
{
    pylm__lock(voices->lock, 0);
    voices->steps[k] = steps;
    while (voices->n < voices->n_suffix && voices->steps[voices->n]) {
        add(voices, voices->steps[voices->n]);
        free(voices->steps[voices->n]);
        voices->steps[voices->n++] = NULL;
    }
    pylm__unlock(voices->lock, 0);
}

int pylm__voices_end(struct pylm__voices *voices, struct pylm__heldout *heldout)
{
    uint64_t e;
    if (!voices->n_suffix)
        return PYLM_OK;
    if (!heldout->voice_log_odds)
        heldout->voice_log_odds = pylm__array_new(heldout->n_events, sizeof *heldout->voice_log_odds);
    if (!heldout->voice_log_odds)
        return PYLM_ERR_MEMORY;
    for (e = 0; e < voices->n_events; e++) {
        struct pylm__voice voice = {voices->of[e][0], voices->of[e][1]};
        heldout->voice_log_odds[e] = pylm__voice_log_odds(voice);
    }
    return PYLM_OK;
}
