/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * work.h: working memory: one path or walk down a tree.
 */
#ifndef PYLM_CORE_WORK_H
#define PYLM_CORE_WORK_H

#include "evidence_coded.h"
#include "lookup.h"
#include "stage1.h"
#include "visitor.h"

#include "core/fast/waiting.h"

/* A subtree still to be visited. */
struct pylm__frame {
    struct pylm__chance chance;
    uint32_t node, lo, hi;
    struct pylm__active active;
    uint32_t fields[]; /* of its slices; see evidence.h */
};

#if PYLM__HAVE_AVX2
/* A short slice of a coded list. */
struct pylm__unpacked {
    uint32_t leaves[PYLM__SHORT];
    uint32_t sums[PYLM__SHORT + 1u]; /* occurrences of the first 0, 1, 2, ... successors */
    uint32_t at;                     /* its first successor's number */
};
#endif

/* One path or walk from the root of a tree. For a walk, the caller's working memory begins with one, and frames for
 * every level of the tree follow. With several trees, a second one with a single frame follows: to ask one tree while
 * walking through another. In a layer each model below has such a part. Scoring has PYLM__ABREAST in the same memory,
 * each with a single frame; the models below a layer use them one after the other. */
struct pylm__work {
    struct pylm__mixer mixer;
    struct pylm__lookup lookup;
    uint32_t tree_number;
#if PYLM__LANES > 1
    struct pylm__slices slices; /* of the frame that was last asked for */
#endif
#if PYLM__HAVE_AVX2
    uint32_t are_unpacked, unread;   /* templates, a bit each: short slices, and long ones whose splits are new */
    uint32_t skip[PYLM__MAX_STRIDE]; /* splits that lie left of that of a long slice */
    uint32_t leaf[PYLM__MAX_STRIDE]; /* of a slice that has parted, the first or last leaf: the one that is new */
    struct pylm__unpacked unpacked[PYLM__MAX_STRIDE];
#endif
};

static inline size_t pylm__frame_nbytes(uint32_t n_templates)
{
    size_t nbytes =
        sizeof(struct pylm__frame) + (size_t)pylm__stride(n_templates) * PYLM__N_SLICE_FIELDS * sizeof(uint32_t);
    return (nbytes + 7u) & ~(size_t)7u;
}

static inline struct pylm__frame *pylm__frame(struct pylm__work *work, uint32_t level)
{
    uint8_t *frames = (uint8_t *)(void *)(work + 1);
    return (struct pylm__frame *)(void *)(frames + level * pylm__frame_nbytes(work->mixer.tree.n_templates));
}

/* The slices of a frame, until those of another are asked for. */
static inline struct pylm__slices *pylm__frame_slices(struct pylm__work *work, struct pylm__frame *frame)
{
#if PYLM__LANES > 1
    return pylm__slices_at(frame->fields, pylm__stride(work->mixer.tree.n_templates), &work->slices);
#else
    return pylm__slices_at(frame->fields, pylm__stride(work->mixer.tree.n_templates), NULL);
#endif
}

/* Of a walk through one tree. */
static inline size_t pylm__walk_nbytes(const struct pylm__model *model)
{
    size_t frame = pylm__frame_nbytes(model->n_templates), frames = (model->depth + 1u) * frame;
#if PYLM__HAVE_AVX2
    size_t at_once = frame + pylm__all_waiting_nbytes(model->depth, model->n_templates);
    frames = frames > at_once ? frames : at_once;
#endif
    return sizeof(struct pylm__work) + frames;
}

/* Makes a tree the one at work: the first, then the next ones. The caller knows how many there are. */
void pylm__work_first_tree(const struct pylm__model *model, struct pylm__work *work);
void pylm__work_next_tree(const struct pylm__model *model, struct pylm__work *work);

/* Looks up the evidence for the next symbol in the tree at work, into the first frame: the root. */
struct pylm__frame *pylm__root(const struct pylm__model *model, const struct pylm__state *state,
                               struct pylm__work *work);

/* p times a fraction in q16. */
static inline uint64_t pylm__mass_times(uint64_t mass, uint32_t p_q16)
{
    return (mass >> 16) * p_q16 + ((mass & 0xffffu) * p_q16 >> 16);
}

/* The second working memory of a model with several trees. */
struct pylm__work *pylm__second_work(const struct pylm__model *model, struct pylm__work *work);

/* Of a path: where log-odds are noted for a layer, and the bytes from one working memory to the next. */
static inline size_t pylm__odds_offset(const struct pylm__model *model)
{
    return sizeof(struct pylm__work) + pylm__frame_nbytes(model->n_templates);
}

static inline size_t pylm__noting_nbytes(const struct pylm__model *model)
{
    return pylm__odds_offset(model) + ((sizeof(struct pylm__odds) + 7u) & ~(size_t)7u);
}

static inline size_t pylm__path_nbytes(const struct pylm__model *model)
{
    return pylm__n_below(model) ? pylm__noting_nbytes(model) : pylm__odds_offset(model);
}

/* Behind a single path: room for what it teaches. */
static inline struct pylm__lessons *pylm__work_lessons(const struct pylm__model *model, struct pylm__work *work)
{
    return (struct pylm__lessons *)(void *)((uint8_t *)(void *)work + pylm__path_nbytes(model));
}

/* Gets a frame ready at the root, after looking up. */
void pylm__root_begin(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work);

/* Makes a frame the one of a child. */
static inline void pylm__frame_enter(struct pylm__frame *frame, uint32_t mid, int side)
{
    uint32_t right = 0u - (uint32_t)side; /* no branch: the side cannot be foreseen */
    frame->node += 1u + (right & (mid - frame->lo - 1u));
    frame->hi ^= ~right & (frame->hi ^ mid);
    frame->lo ^= right & (frame->lo ^ mid);
}

#endif
