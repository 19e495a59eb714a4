/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mix.c: see mix.h.
 */
#include "mix.h"

#include <string.h>

#include "fixed.h"

void pylm__mixer_begin(struct pylm__mixer *mixer, const struct pylm__state *state)
{
    const struct pylm__tree *tree = &mixer->tree;
    uint32_t k, role, n_sets[PYLM__N_FAMILIES];
    mixer->row_nbytes = 2u * (tree->n_templates + 1u);
    n_sets[0] = 0;
    n_sets[1] = pylm__n_sets(0, tree->n_suffix, 0, 0);
    n_sets[2] = n_sets[1] + tree->n_node_sets;
    n_sets[3] = n_sets[2] + PYLM__N_LEVEL_SETS + pylm__context_previous(tree, state);
    for (k = 0; k < PYLM__N_FAMILIES; k++)
        mixer->families[k] = tree->weights + (size_t)n_sets[k] * mixer->row_nbytes;
    mixer->suffixes = pylm__mask(tree->n_suffix);
    mixer->skips = 0;
    for (k = 0; k < PYLM__N_LEVEL_ROLES; k++)
        mixer->levels[k] = PYLM__MAX_TEMPLATES; /* never in a set */
    for (k = 0; k < tree->n_templates; k++) {
        role = pylm__template_head(tree, k)[PYLM__C_ROLE];
        if (role == PYLM__ROLE_SKIP)
            mixer->skips |= UINT32_C(1) << k;
        else if (role)
            mixer->levels[role - PYLM__ROLE_LEVEL_1] = k;
        else if (k >= tree->n_suffix)
            break; /* no other has a role: the image was checked for that */
    }
    mixer->avx2 = pylm__have_avx2() && !mixer->evidence.rare;
}

static inline uint32_t level_of(const struct pylm__front *front, const struct pylm__slices *s, uint32_t k)
{
    return front->sets.alive >> k & 1u ? pylm__evidence_level(s->total[k]) : 0u;
}

static inline struct pylm__situation situation_of(const struct pylm__mixer *mixer, const struct pylm__front *front,
                                                  const struct pylm__slices *s)
{
    struct pylm__situation situation = {0, 0, 0};
    uint32_t skips = front->sets.alive & mixer->skips;
    uint32_t suffixes = front->sets.alive & mixer->suffixes;
    situation.digits = (level_of(front, s, mixer->levels[0]) * PYLM__N_LEVELS + level_of(front, s, mixer->levels[1])) *
                           PYLM__N_LEVELS + level_of(front, s, mixer->levels[2]);
    situation.digits += (skips ? UINT32_C(1) << 16 : 0u) + (skips & (skips - 1u) ? UINT32_C(1) << 16 : 0u);
    if (suffixes) {
        situation.suffix = pylm__ilog2(suffixes);
        situation.hits = level_of(front, s, situation.suffix);
    }
    return situation;
}

void pylm__node_look(const struct pylm__mixer *mixer, struct pylm__front *front, const struct pylm__slices *slices)
{
    uint32_t stale = front->sets.stale;
    front->sets.stale = 0;
#if PYLM__HAVE_AVX2
    if (mixer->avx2) {
        pylm__look_avx2(&mixer->evidence, slices, stale);
        return;
    }
#endif
    pylm__look_portable(&mixer->evidence, slices, stale);
}

void pylm__node_gather(const struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__front *front,
                       const struct pylm__slices *slices, struct pylm__gathered *gathered)
{
    memset(gathered->inputs, 0, sizeof gathered->inputs);
#if PYLM__HAVE_AVX2
    if (mixer->avx2)
        pylm__gather_avx2(&mixer->evidence, slices, front->sets.alive, node.mid, gathered);
    else
#endif
        pylm__gather_portable(&mixer->evidence, slices, front->sets.alive, node.mid, gathered);
    gathered->inputs[mixer->tree.n_templates] = PYLM__CONSTANT_Q10;
}

uint32_t pylm__node_mix(const struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__front *front,
                        const struct pylm__slices *slices, const struct pylm__gathered *gathered)
{
    const struct pylm__tree *tree = &mixer->tree;
    struct pylm__situation situation = situation_of(mixer, front, slices);
    struct pylm__mean mean = {gathered->left, gathered->all - gathered->left};
    const uint8_t *rows[PYLM__N_FAMILIES];
    uint32_t mixed;
    rows[0] = mixer->families[0] + (size_t)pylm__suffix_set(&situation) * mixer->row_nbytes;
    rows[1] = mixer->families[1] + (size_t)node.set * mixer->row_nbytes;
    rows[2] = mixer->families[2] + (size_t)(situation.digits & 0xffffu) * mixer->row_nbytes;
    rows[3] = mixer->families[3];
    mixed = pylm__dot(rows, gathered->inputs, tree->n_templates + 1u);
    if (mixer->final.adapts)
        return pylm__final_adapted(&mixer->final, tree, node, pylm__round_q13(mixed), mean, &front->alive);
    return pylm__final_plain(tree, node.set, pylm__round_q13(mixed), mean);
}

void pylm__node_narrow(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__front *front,
                       const struct pylm__slices *slices)
{
    if (mixer->final.adapts)
        pylm__final_descend(&mixer->final, mid, side, &front->alive);
#if PYLM__HAVE_AVX2
    if (mixer->avx2) {
        front->sets = pylm__narrow_avx2(&mixer->evidence, slices, front->sets.alive, mid, side);
        return;
    }
#endif
    front->sets = pylm__narrow_portable(&mixer->evidence, slices, front->sets.alive, mid, side);
}
