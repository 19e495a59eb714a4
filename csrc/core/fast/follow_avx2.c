/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * follow_avx2.c: see follow_avx2.h.
 */
#include "follow_avx2.h"
#include "core/narrow.h"

#if PYLM__HAVE_AVX2

PYLM__AVX2_BEGIN

#include "descend_avx2.h"

/* Where all templates find room in one vector, and where in half of it. */
PYLM__INLINE void descend_once(struct pylm__path *path)
{
    lanes_descend(path, PYLM__LANES, PYLM__LANES);
}

PYLM__INLINE void descend_half(struct pylm__path *path)
{
    lanes_descend(path, PYLM__LANES, PYLM__LANES / 2u);
}

PYLM__INLINE void descend(struct pylm__path *path)
{
    lanes_descend(path, pylm__stride(path->work->mixer.tree.n_templates), PYLM__LANES);
}

void pylm__follow_avx2(struct pylm__path *paths, uint32_t n)
{
    uint32_t i, k, n_templates = n ? paths->work->mixer.tree.n_templates : 0u;
    for (i = 0; i < n; i++)
        for (k = 0; k <= n_templates; k += PYLM__LANES)
            lanes_words(&paths[i].work->mixer.evidence, k, PYLM__LANES, lanes_load(paths[i].slices->at, k),
                        paths[i].word);
    if (n_templates <= PYLM__LANES / 2u)
        pylm__follow(paths, n, 1, descend_half, pylm__node_mix_inline);
    else if (n_templates < PYLM__LANES)
        pylm__follow(paths, n, 1, descend_once, pylm__node_mix_inline);
    else
        pylm__follow(paths, n, 1, descend, pylm__node_mix_inline);
}

PYLM__AVX2_END

#endif
