/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.c: see mix.h.
 */
#include "mix.h"

void pylm__mixer_begin(struct pylm__mixer *mixer, const struct pylm__state *state)
{
    const struct pylm__tree *tree = &mixer->tree;
    const struct pylm__shape shape = pylm__tree_shape(tree);
    const uint8_t *family = tree->weights, *previous;
    uint32_t k;
    mixer->row_nbytes = 2u * (tree->n_templates + 1u);
    for (k = 0; k < PYLM__FAMILY_PREVIOUS; k++) {
        mixer->families[k] = family;
        family += (size_t)pylm__n_sets(k, &shape) * mixer->row_nbytes;
    }
    previous = family + (size_t)pylm__context_previous(tree, state) * mixer->row_nbytes;
    family += (size_t)tree->n_previous * mixer->row_nbytes;
    pylm__add_rows(previous, family + (size_t)pylm__context_before(tree, state) * mixer->row_nbytes, mixer->before,
                   tree->n_templates + 1u);
    mixer->suffixes = pylm__mask(tree->n_suffix);
    mixer->skips = 0;
    for (k = tree->n_suffix; k < tree->n_templates; k++) {
        if (!pylm__template_head(tree, k)[PYLM__C_ROLE])
            break; /* no other has a role: the image was checked for that */
        mixer->skips |= UINT32_C(1) << k;
    }
    mixer->avx2 = pylm__have_avx2() && !mixer->evidence.rare; /* 0 or 1 */
}

uint32_t pylm__node_mix(const struct pylm__mixer *mixer, struct pylm__node node, struct pylm__choice choice,
                        const struct pylm__gathered *gathered, const struct pylm__alive *alive)
{
    return pylm__node_mix_inline(mixer, node, choice, gathered, alive);
}

void pylm__node_gather(const struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__front *front,
                       const struct pylm__slices *slices, struct pylm__gathered *gathered)
{
#if PYLM__HAVE_AVX2
    if (mixer->avx2) {
        pylm__gather_avx2(&mixer->evidence, slices, front->sets, node.mid, gathered);
        return;
    }
#endif
    pylm__gather_portable(&mixer->evidence, slices, front->sets, node.mid, gathered);
}

uint32_t pylm__node_right(const struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__front *front,
                          const struct pylm__slices *slices)
{
    struct pylm__choice choice = pylm__choose(mixer, front->sets.alive, slices);
    struct pylm__gathered gathered;
    pylm__node_gather(mixer, node, front, slices, &gathered);
    return pylm__node_mix(mixer, node, choice, &gathered, &front->alive);
}

void pylm__node_narrow(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__front *front,
                       const struct pylm__slices *slices)
{
#if PYLM__HAVE_AVX2
    if (mixer->avx2) {
        front->sets = pylm__narrow_avx2(&mixer->evidence, slices, front->sets.alive, mid, side);
        return;
    }
#endif
    front->sets = pylm__narrow_portable(&mixer->evidence, slices, front->sets.alive, mid, side);
}
