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
    mixer->avx2 = pylm__have_avx2() && !mixer->evidence.rare;
}

static inline struct pylm__situation situation_of(const struct pylm__mixer *mixer, const struct pylm__front *front,
                                                  const struct pylm__slices *s)
{
    struct pylm__situation situation = {0, 0, 0, 0, 0};
    uint32_t suffixes = front->sets.alive & mixer->suffixes, skips = front->sets.alive & mixer->skips;
    if (suffixes) {
        situation.suffix = pylm__ilog2(suffixes);
        situation.hits = pylm__evidence_level(s->total[situation.suffix]);
    }
    situation.skips = (uint32_t)(skips > 0u) + ((skips & (skips - 1u)) > 0u); /* more than two count as two */
    situation.n_active = pylm__count_bits(front->sets.alive);
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

static inline void begin(const struct pylm__mixer *mixer, const struct pylm__front *front,
                         const struct pylm__slices *slices, struct pylm__finding *finding)
{
    finding->situation = situation_of(mixer, front, slices);
    memset(finding->gathered.inputs, 0, sizeof finding->gathered.inputs);
}

void pylm__node_gather(const struct pylm__mixer *mixer, struct pylm__node node, const struct pylm__front *front,
                       const struct pylm__slices *slices, struct pylm__finding *finding)
{
    begin(mixer, front, slices, finding);
#if PYLM__HAVE_AVX2
    if (mixer->avx2) {
        pylm__gather_avx2(&mixer->evidence, slices, front->sets.alive, node.mid, &finding->gathered);
        return;
    }
#endif
    pylm__gather_portable(&mixer->evidence, slices, front->sets.alive, node.mid, &finding->gathered);
}

uint32_t pylm__node_mix(const struct pylm__mixer *mixer, struct pylm__node node, struct pylm__finding *finding,
                        const struct pylm__alive *alive)
{
    const struct pylm__tree *tree = &mixer->tree;
    struct pylm__gathered *gathered = &finding->gathered;
    struct pylm__situation situation = finding->situation;
    struct pylm__mean mean = {gathered->left, gathered->all - gathered->left};
    const uint8_t *rows[PYLM__DOT_ROWS];
    uint32_t mixed;
    situation.confidence = pylm__confidence(mean);
    rows[0] = mixer->families[0] + (size_t)pylm__suffix_set(&situation) * mixer->row_nbytes;
    rows[1] = mixer->families[1] + (size_t)node.set * mixer->row_nbytes;
    rows[2] = mixer->families[2] + (size_t)pylm__confidence_set(&situation, tree->n_templates) * mixer->row_nbytes;
    rows[3] = mixer->before;
    gathered->inputs[tree->n_templates] = PYLM__CONSTANT_Q10;
    mixed = pylm__dot(rows, gathered->inputs, tree->n_templates + 1u);
    if (mixer->final.adapts)
        return pylm__final_adapted(&mixer->final, tree, node, pylm__round_q13(mixed), mean,
                                   situation.confidence, alive);
    return pylm__final_plain(tree, node.set, pylm__round_q13(mixed), mean, situation.confidence);
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

void pylm__node_descend(const struct pylm__mixer *mixer, struct pylm__node node, int side, struct pylm__front *front,
                        const struct pylm__slices *slices, struct pylm__finding *finding)
{
    begin(mixer, front, slices, finding);
    front->sets =
        pylm__descend_portable(&mixer->evidence, slices, front->sets, node.mid, side, &finding->gathered);
}
