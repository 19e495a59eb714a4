/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * follow_avx2.c: see follow_avx2.h.
 */
#include "follow_avx2.h"
#include "core/narrow.h"

#include <string.h>

#if PYLM__HAVE_AVX2

PYLM__AVX2_BEGIN

#include "coded_avx2.h"
#include "descend_avx2.h"
#include "lanes_mix_avx2.h"

PYLM__INLINE void descend(struct pylm__path *path)
{
    lanes_descend(path, pylm__stride(path->work->mixer.tree.n_templates));
}

PYLM__INLINE void descend_coded(struct pylm__path *path)
{
    coded_look_all(path);
    coded_descend(path, pylm__stride(path->work->mixer.tree.n_templates));
}

/* What paths of a tree have in common. */
enum kind { WHOLE_VECTORS, BY_TWOS, CODED_LISTS };

/* Notes where the paths begin. Returns those that have a way to go, a bit each. */
static uint32_t begin(struct pylm__path *paths, uint32_t n, struct lanes_paths *at)
{
    uint32_t i, under_way = 0;
    memset(at, 0, sizeof *at);
    for (i = 0; i < n; i++) {
        const struct pylm__frame *frame = paths[i].frame;
        at->leaf[i] = paths[i].leaf;
        at->number[i] = frame->node;
        at->lo[i] = frame->lo;
        at->hi[i] = frame->hi;
        at->mantissa[i] = paths[i].p.mantissa;
        at->exponent[i] = paths[i].p.exponent;
        memset(paths[i].gathered.inputs, 0, sizeof paths[i].gathered.inputs);
        paths[i].gathered.inputs[paths[i].work->mixer.tree.n_templates] = PYLM__CONSTANT_Q10;
        under_way |= (uint32_t)(paths[i].work->mixer.avx2 && pylm__is_under_way(&paths[i])) << i;
    }
    return under_way;
}

/* The node where path i is, and what is known of it before anything is gathered there. */
PYLM__INLINE void look(struct pylm__path *path, const struct lanes_mixer *m, struct lanes_paths *at, uint32_t i)
{
    const struct pylm__mixer *mixer = &path->work->mixer;
    uint32_t active = path->frame->active.sets.active, suffixes = active & m->suffixes;
    lanes_node(m, at, i);
    path->node.number = at->number[i];
    path->node.mid = at->mid[i];
    path->side = -(int)at->side[i];
    pylm__node_topic_fetch(mixer, &path->node);
    PYLM__PREFETCH(mixer->families[PYLM__FAMILY_NODE] + (size_t)at->set[i] * m->row_nbytes);
    PYLM__PREFETCH(m->stage2 + 2u * (size_t)PYLM__N_STAGE2 * at->set[i]);
    at->active[i] = active;
    at->suffix[i] = pylm__ilog2(suffixes | 1u);
    at->total[i] = suffixes ? PYLM__AT(path->slices, at->suffix[i], total) : 0u;
}

/* Each at its node. */
PYLM__INLINE void look_all(struct pylm__path *paths, uint32_t under_way, enum kind kind, const struct lanes_mixer *m,
                           struct lanes_paths *at)
{
    uint32_t i = 0;
    for (; under_way; under_way &= under_way - 1u) {
        i = pylm__lowest_from(under_way, i);
        look(&paths[i], m, at, i);
        if (kind == CODED_LISTS)
            coded_look_all(&paths[i]);
    }
}

/* What the contexts say there, and how they narrow. */
PYLM__INLINE void descend_all(struct pylm__path *paths, uint32_t under_way, enum kind kind, struct lanes_paths *at)
{
    uint32_t i = 0, j;
    for (; under_way; under_way &= under_way - 1u) {
        i = j = pylm__lowest_from(under_way, i);
        if (kind == BY_TWOS) {
            if (under_way & (under_way - 1u)) {
                under_way &= under_way - 1u;
                j = pylm__lowest_from(under_way, i);
            }
            lanes_descend_both(&paths[i], &paths[j]);
            lanes_note(at, j, &paths[j].gathered);
        } else if (kind == CODED_LISTS) {
            coded_descend(&paths[i], pylm__stride(paths[i].work->mixer.tree.n_templates));
        } else {
            descend(&paths[i]);
        }
        lanes_note(at, i, &paths[i].gathered);
    }
}

/* Puts an input of each path in its place among the others. */
PYLM__INLINE void put_inputs(struct pylm__path *paths, uint32_t n, uint32_t place, __m256i inputs)
{
    int32_t of[PYLM__LANES];
    uint32_t i;
    _mm256_storeu_si256((__m256i *)(void *)of, inputs);
    for (i = 0; i < n; i++)
        paths[i].gathered.inputs[place] = (int16_t)of[i];
}

/* Mixes at the nodes of the paths, and makes them those that come next. A vector of what was stored number by number
 * has to wait until all of it is in the cache. So whatever does not need it comes in between. */
PYLM__INLINE void mix(struct pylm__path *paths, uint32_t n, uint32_t under_way, const struct lanes_mixer *m,
                      struct lanes_paths *at)
{
    __m256i confidence, mean;
    uint32_t i = 0, left;
    for (left = m->topic_at ? under_way : 0u; left; left &= left - 1u) {
        i = pylm__lowest_from(left, i);
        lanes_topic(at, i, &paths[i].work->mixer);
    }
    if (m->voice_at)
        put_inputs(paths, n, m->voice_at, lanes_voice_inputs(at));
    confidence = lanes_confidence(at);
    if (m->topic_at)
        put_inputs(paths, n, m->topic_at, lanes_topic_inputs(at));
    lanes_rows(m, at, confidence);
    mean = lanes_mean_log_odds(at);
    for (left = under_way, i = 0; left; left &= left - 1u) {
        i = pylm__lowest_from(left, i);
        lanes_stage1(m, at, i, &paths[i].work->mixer, paths[i].gathered.inputs);
    }
    lanes_enter(at, lanes_stage2(m, at, mean, confidence));
}

static inline uint32_t dot(const uint8_t *const *rows, const int16_t *inputs, uint32_t n, uint32_t set)
{
    (void)set;
    return lanes_sum(lanes_dot(rows, inputs, n));
}

/* pylm__node_mix() for a single path, in vectors of inputs. */
PYLM__INLINE uint32_t mix_one(const struct pylm__mixer *mixer, const struct pylm__node *node,
                              const struct pylm__selection *selection, const struct pylm__gathered *gathered,
                              const struct pylm__active_recalls *active)
{
    return pylm__node_mix_by(mixer, node, selection, gathered, active, dot, lanes_topic_input);
}

/* Goes down paths that have nothing but what every model has, a node of each in turn. */
PYLM__INLINE void follow(struct pylm__path *paths, uint32_t n, enum kind kind)
{
    const struct lanes_mixer m = lanes_mixer(&paths->work->mixer);
    struct lanes_paths at;
    uint32_t i, under_way = begin(paths, n, &at);
    while (under_way) {
        look_all(paths, under_way, kind, &m, &at);
        descend_all(paths, under_way, kind, &at);
        mix(paths, n, under_way, &m, &at);
        under_way &= lanes_under_way(&at);
    }
    for (i = 0; i < n; i++) {
        paths[i].p.mantissa = at.mantissa[i];
        paths[i].p.exponent = at.exponent[i];
        paths[i].frame->lo = at.lo[i];
        paths[i].frame->hi = at.hi[i];
    }
}

static int all_plain(const struct pylm__path *paths, uint32_t n)
{
    while (n && pylm__is_plain(&paths[n - 1u].work->mixer.extended))
        n--;
    return !n;
}

/* Where the lists' words are. */
static void find_words(struct pylm__path *path)
{
    const struct pylm__evidence *e = &path->work->mixer.evidence;
    uint32_t k;
    for (k = 0; k <= e->n_templates; k += PYLM__LANES)
        lanes_words(e->list + k, lanes_load(path->slices->at, k), path->word + k);
}

void pylm__follow_avx2(struct pylm__path *paths, uint32_t n)
{
    const struct pylm__tree *tree = n ? &paths->work->mixer.tree : NULL;
    /* one path alone waits for every step: vectors of paths would make these longer */
    const int coded = n && pylm__has_coded_lists(tree), abreast = n > 1u && all_plain(paths, n);
    uint32_t i;
    for (i = 0; i < n; i++)
        coded ? coded_begin(&paths[i]) : find_words(&paths[i]);
    if (coded && abreast)
        follow(paths, n, CODED_LISTS);
    else if (coded)
        pylm__follow(paths, n, 1, descend_coded, mix_one);
    else if (!abreast)
        pylm__follow(paths, n, 1, descend, mix_one);
    else if (n && tree->n_templates <= PYLM__LANES / 2u)
        follow(paths, n, BY_TWOS);
    else
        follow(paths, n, WHOLE_VECTORS);
}

PYLM__AVX2_END

#endif
