/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * layer.c: models that lie on others. See layer.h.
 */
#include "layer.h"

#include "core/open.h"
#include "pylm_adapt.h"

#if PYLM_MODULE_ADAPT

int pylm_layer_open(pylm_model *layer, const pylm_model *base, const void *image, uint64_t image_nbytes)
{
    return pylm__open(layer, base, image, image_nbytes);
}

void pylm__follow_below(const struct pylm__model *model, uint32_t nearest, struct pylm__paths *paths)
{
    uint32_t i;
    for (i = pylm__n_below(model) + 1u; i-- > nearest;) {
        const struct pylm__model *below = pylm__nth_below(model, i);
        pylm__work_first_tree(below, paths->work);
        pylm__paths_follow(below, paths, 1, NULL);
    }
}

void pylm__note_odds(const struct pylm__model *model, uint32_t nearest, const struct pylm__state *states,
                     const uint32_t *symbols, uint32_t n, struct pylm__work *work)
{
    struct pylm__paths paths;
    paths.states = states;
    paths.symbols = symbols;
    paths.n = n;
    paths.work = work;
    paths.nbytes = pylm__noting_nbytes(model);
    paths.odds_offset = pylm__odds_offset(model);
    pylm__follow_below(model, nearest, &paths);
}

#endif
