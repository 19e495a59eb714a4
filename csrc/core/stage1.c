/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * stage1.c: see stage1.h.
 */
#include "stage1.h"

#include "core/fast/narrow_avx2.h"

static void read_topic(const struct pylm__model *model, struct pylm__mixer *mixer, const struct pylm__state *state)
{
#if PYLM_MODULE_TOPIC
    const struct pylm__model *root = pylm__root_model(model);
    struct pylm__reading *reading = &mixer->reading;
    const uint8_t *nodes = mixer->tree.parts[PYLM__P_TOPIC];
    reading->n = 0; /* so that nothing of it is fetched */
    if (!nodes)
        return;
    if (root->tokenizer == PYLM_TOKENIZER_BYTES) {
        const uint8_t *words = root->image + (size_t)pylm__load_offset(root->image + PYLM__H_TOPIC);
        pylm__words_reading(words, state->read.words.last, reading);
        pylm__words_records(nodes, pylm__prefix(state), reading);
    } else {
        struct pylm__topics topics = pylm__topics_of(model);
        pylm__topic_reading(&topics, state->read.topic, reading);
        reading->n_records = mixer->tree.n_symbols - 1u;
        reading->records = nodes;
        reading->own = NULL;
    }
#else
    (void)model;
    (void)mixer;
    (void)state;
#endif
}

void pylm__mixer_begin(const struct pylm__model *model, struct pylm__mixer *mixer, const struct pylm__state *state)
{
    const struct pylm__tree *tree = &mixer->tree;
    const struct pylm__shape shape = pylm__tree_shape(tree);
    const size_t row = 2u * (size_t)pylm__n_stage1(tree); /* bytes */
    const uint8_t *suffix = tree->parts[PYLM__P_WEIGHTS];
    const uint8_t *node = suffix + pylm__n_sets(PYLM__FAMILY_SUFFIX, &shape) * row;
    const uint8_t *confidence = node + pylm__n_sets(PYLM__FAMILY_NODE, &shape) * row;
    const uint8_t *previous = confidence + pylm__n_sets(PYLM__FAMILY_CONFIDENCE, &shape) * row;
    const uint8_t *before = previous + pylm__n_sets(PYLM__FAMILY_PREVIOUS, &shape) * row;
    uint32_t k;
    mixer->row_nbytes = (uint32_t)row;
    mixer->families[PYLM__FAMILY_SUFFIX] = suffix;
    mixer->families[PYLM__FAMILY_NODE] = node;
    mixer->families[PYLM__FAMILY_CONFIDENCE] = confidence;
    previous += pylm__context_previous(tree, state) * row;
    before += pylm__context_before(tree, state) * row;
    pylm__add_rows(previous, before, mixer->before, pylm__n_stage1(tree));
    mixer->suffixes = pylm__mask(tree->n_suffix);
    mixer->skips = 0;
    for (k = tree->n_suffix; k < tree->n_templates; k++) {
        if (!pylm__template_head(tree, k)[PYLM__C_ROLE])
            break; /* no other has a role: the image was checked for that */
        mixer->skips |= UINT32_C(1) << k;
    }
    read_topic(model, mixer, state);
    mixer->avx2 = pylm__have_avx2() && !mixer->evidence.rare; /* 0 or 1 */
}

uint32_t pylm__node_mix(const struct pylm__mixer *mixer, const struct pylm__node *node,
                        const struct pylm__selection *selection, const struct pylm__gathered *gathered,
                        const struct pylm__active_recalls *active)
{
    return pylm__node_mix_by(mixer, node, selection, gathered, active, pylm__dot, pylm__node_topic);
}

void pylm__node_gather(const struct pylm__mixer *mixer, uint32_t mid, const struct pylm__active *active,
                       struct pylm__slices *slices, struct pylm__gathered *gathered)
{
#if PYLM__HAVE_AVX2
    if (mixer->avx2 && !mixer->evidence.coded) {
        pylm__gather_avx2(&mixer->evidence, slices, &active->sets, mid, gathered);
        return;
    }
#endif
    pylm__gather_portable(&mixer->evidence, slices, &active->sets, mid, gathered);
}

uint32_t pylm__node_right(const struct pylm__mixer *mixer, const struct pylm__node *node,
                          const struct pylm__active *active, struct pylm__slices *slices)
{
    struct pylm__selection selection = pylm__select(mixer, active->sets.active, slices);
    struct pylm__gathered gathered;
    pylm__node_gather(mixer, node->mid, active, slices, &gathered);
    return pylm__node_mix(mixer, node, &selection, &gathered, &active->recalls);
}

void pylm__node_narrow(const struct pylm__mixer *mixer, uint32_t mid, int side, struct pylm__active *active,
                       struct pylm__slices *slices)
{
#if PYLM__HAVE_AVX2
    if (mixer->avx2 && !mixer->evidence.coded) {
        pylm__narrow_avx2(&mixer->evidence, slices, &active->sets, mid, side);
        return;
    }
#endif
    pylm__narrow_portable(&mixer->evidence, slices, &active->sets, mid, side);
}
