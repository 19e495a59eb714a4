/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * What a state has learned: the first byte chooses the model, and whether the head of the overlay is made right.
 */
#include "fuzz.h"

#define N_SYMBOLS 16u

static void use_state(const pylm_model *model, uint8_t *overlay, uint64_t nbytes, const uint8_t *data, size_t n_data)
{
    pylm_info info;
    pylm_state state;
    pylm_candidate best[7];
    uint32_t symbols[N_SYMBOLS], i, n_best;
    void *work = malloc((size_t)pylm_work_nbytes(model));
    pylm_model_info(model, &info);
    for (i = 0; i < N_SYMBOLS; i++)
        symbols[i] = (i * i * 31u + data[i % n_data]) % info.n_symbols;
    for (i = 0; i < 2u && pylm_state_attach(model, &state, overlay, nbytes) == PYLM_OK; i++) {
        (void)pylm_score(model, &state, symbols, N_SYMBOLS, work, NULL, NULL);
        if (use.parts & USE_DISTRIBUTIONS)
            promise_sum(model, &state, work);
        if (use.parts & USE_TEXTS)
            pylm_top(model, &state, 7, work, best, &n_best);
        if (use.parts & USE_EXPLANATIONS)
            use_explanations(model, &state, &info, work);
        if (use.parts & USE_CONSTRAINT)
            use_constraint(model, &state, &info, work);
        if (use.parts & USE_KEYBOARD)
            use_keyboard(model, &state);
        pylm_state_keep(&state);
        pylm_state_restart(model, &state);
    }
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    const pylm_model *model;
    uint8_t *overlay, *fresh;
    size_t n = nbytes - 1u;
    if (nbytes < 33u)
        return 0;
    model = golden((data[0] & 127u) % KERNEL);
    overlay = copy_of(data + 1, n);
    fresh = copy_of(overlay, n);
    if (data[0] & 128u && pylm_overlay_init(model, fresh, n) == PYLM_OK)
        memcpy(overlay, fresh, 24); /* its head */
    choose_parts(data, nbytes);
    use_state(model, overlay, n, data, nbytes);
    free(fresh);
    free(overlay);
    return 0;
}
