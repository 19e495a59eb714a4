/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * own_text.c: see own_text.h.
 */
#include "own_text.h"

#include <math.h>
#include <stdlib.h>

/* Adds up the cost of the training text. */
static int score_text(const pylm_model *model, const struct pylm__corpus *corpus, void *work, double *bits)
{
    uint64_t d, p = 0;
    *bits = 0;
    for (d = 0; d < corpus->n_documents; d++) {
        pylm_state state;
        pylm_state_init(model, &state);
        for (; p < corpus->document_ends[d]; p++) {
            uint32_t symbol = pylm__symbol(corpus, p);
            uint64_t cost_q16;
            PYLM__TRY(pylm_score(model, &state, &symbol, 1, work, NULL, &cost_q16));
            *bits += (double)cost_q16 / 65536.0;
        }
    }
    return PYLM_OK;
}

int pylm__is_worse_than_guessing(const struct pylm__corpus *corpus, const void *image, uint64_t image_nbytes,
                                 int *is_worse)
{
    pylm_model model;
    double bits;
    void *work;
    int status;
    PYLM__TRY(pylm_model_open(&model, image, image_nbytes));
    work = malloc((size_t)pylm_work_nbytes(&model));
    if (!work)
        return PYLM_ERR_MEMORY;
    status = score_text(&model, corpus, work, &bits);
    free(work);
    *is_worse = bits > (double)corpus->n * log2((double)corpus->n_symbols);
    return status;
}
