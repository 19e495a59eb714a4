/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Keyboard files, what a person wrote: the first byte chooses the model, and whether the head is made right.
 */
#include "fuzz.h"

#define OVERLAY_NBYTES 20000u

static const char text[] = "w1 w2 w3\nw17 the cat's words and w1 w2 over and over";

static void suggest(const pylm_model *model, const uint8_t *personal, uint64_t nbytes)
{
    uint8_t *overlay = malloc(OVERLAY_NBYTES);
    void *work = malloc((size_t)pylm_suggest_nbytes(model, 3));
    pylm_suggestion found[3];
    pylm_state state;
    uint32_t n = 3;
    PROMISE(overlay && work);
    if (pylm_personal_apply(model, personal, nbytes, overlay, OVERLAY_NBYTES) == PYLM_OK &&
        pylm_state_attach(model, &state, overlay, OVERLAY_NBYTES) == PYLM_OK &&
        pylm_suggest(model, &state, "the w", 5, work, found, &n) == PYLM_OK)
        PROMISE(n <= 3u);
    free(work);
    free(overlay);
}

static void use_personal(const pylm_model *model, uint8_t *personal, uint64_t nbytes)
{
    if (pylm_personal_open(model, personal, nbytes) != PYLM_OK)
        return;
    (void)pylm_personal_is_exact(personal);
    suggest(model, personal, nbytes);
    (void)pylm_personal_add(model, personal, nbytes, text, sizeof text);
    (void)pylm_personal_remove(model, personal, nbytes, text, sizeof text);
    (void)pylm_personal_remove(model, personal, nbytes, text, 20);
    PROMISE(pylm_personal_seal(personal, nbytes) <= nbytes);
    (void)pylm_personal_open(model, personal, nbytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    const pylm_model *model;
    uint8_t *personal, *fresh;
    size_t n = nbytes - 1u;
    if (nbytes < 33u)
        return 0;
    model = golden((data[0] & 127u) % KERNEL);
    personal = copy_of(data + 1, n);
    fresh = copy_of(personal, n);
    if (data[0] & 128u && pylm_personal_init(model, fresh, n) == PYLM_OK)
        memcpy(personal, fresh, 16); /* its head */
    PROMISE(pylm_personal_seal(personal, n) <= n);
    use_personal(model, personal, n);
    free(fresh);
    free(personal);
    return 0;
}
