/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence.h: what one context has counted, and how it narrows on the way down a tree.
 *
 * A template's table maps a context to its successors, sorted by leaf, with counts. At a node over the
 * leaves [lo, hi) split at mid, the context's evidence is two sums: n0 occurrences left of mid, n1 from
 * mid on. Going down only narrows the slice of the list, and a slice changes at few nodes: those where
 * it has successors on both sides. Only there a sum has to be known, so only there it is stored, in the
 * order of the walk; everywhere else comparing mid with two leaves of the slice says it all.
 *
 * Table:   buckets by the upper bits of the context's hash; `index` holds where each bucket's records
 *          begin; the records of a bucket are sorted by fingerprint, the hash bits below.
 * Record:  fingerprint (check_bits) | kind (1 bit) | payload (payload_bits).
 *          kind 0: the only successor (symbol_bits), its count - 1 (count_bits).
 *          kind 1: position of a list, in bytes.
 * List:    a byte: low nibble min(d - 1, 15), high nibble min(n - d, 15), for d successors in n
 *          occurrences; then for each nibble of 15 the rest, 7 bits a byte, least first, the top bit
 *          set on all but the last; then packed: the first leaf; then d - 1 splits in preorder:
 *          (first leaf right of it, successors left: width of d - 1, occurrences left: width of n - 1).
 *
 * So one read of one packed field is all that a step down needs. A slice whose first leaf is `first` and whose
 * split has `right` as its first leaf on the right parts at the node that has first < mid <= right, and at no
 * node above: there both lie on the same side.
 *
 * Tables of models that have to be small have coded lists instead: see evidence_coded.h.
 */
#ifndef PYLM_CORE_EVIDENCE_H
#define PYLM_CORE_EVIDENCE_H

#include "calibration.h"
#include "image.h"

#define PYLM__UNIT_BITS 24u

/* Templates and one more, rounded up to whole vectors. */
#define PYLM__STRIDE(n_templates) (((n_templates) + PYLM__LANES) & ~(PYLM__LANES - 1u))
#define PYLM__MAX_STRIDE PYLM__STRIDE(PYLM__MOST_TEMPLATES)

/* What is known of a context has a number of fields. Where several templates are looked at together, each field is an
 * array by template; else all fields of a template lie together, which takes fewer addresses. */
#if PYLM__LANES > 1
#define PYLM__AT(x, k, field) ((x)->field[k])
#else
#define PYLM__AT(x, k, field) ((x)->of[k].field)
#endif

/* What is found of a context, and stays on the way down. For coded lists some fields mean something else:
 * evidence_coded.c names these. */
#define PYLM__FOUND_FIELDS(FIELD)                                                                                      \
    FIELD(const uint8_t *, list) /* packed fields; whatever may be read, for an inline successor */                    \
    FIELD(uint32_t, unit)        /* what one occurrence is of all, in 2^-PYLM__UNIT_BITS */                            \
    FIELD(uint32_t, n_mask)      /* ones as wide as a split's second field */                                          \
    FIELD(uint32_t, total_mask)  /* ... third field */                                                                 \
    FIELD(uint32_t, total_at)    /* where in a split its third field begins */                                         \
    FIELD(uint32_t, split_bits)  /* of a split */                                                                      \
    FIELD(uint32_t, code_bits)   /* coded: of a code */                                                                \
    FIELD(uint32_t, n_splits)    /* coded: of the list, or more than are read anyway */

/* Those of its successors that lie below a node: a slice of the list. */
#define PYLM__SLICE_FIELDS(FIELD)                                                                                      \
    FIELD(uint32_t, total)      /* occurrences, at least 1 */                                                          \
    FIELD(uint32_t, n)          /* successors, at least 1 */                                                           \
    FIELD(uint32_t, first)      /* the first leaf */                                                                   \
    FIELD(uint32_t, right)      /* the first leaf right of the split; n = 1: the leaf; coded: the last leaf */         \
    FIELD(uint32_t, n_left)     /* successors left of the split; coded: known after pylm__gather() */                  \
    FIELD(uint32_t, total_left) /* occurrences left of the split; likewise */                                          \
    FIELD(uint32_t, at)         /* bit of the split in the list; coded: number of the first successor */               \
    FIELD(uint32_t, split)      /* coded: number of the split, if it has one */
#define PYLM__N_SLICE_FIELDS 8u

#define PYLM__FIELD_ARRAY(type, name) type name[PYLM__MAX_STRIDE];
#define PYLM__FIELD_POINTER(type, name) type *name;
#define PYLM__FIELD_ONE(type, name) type name;

/* All contexts, by template. */
struct pylm__evidence {
#if PYLM__LANES > 1
    PYLM__FOUND_FIELDS(PYLM__FIELD_ARRAY)
#else
    struct pylm__found {
        PYLM__FOUND_FIELDS(PYLM__FIELD_ONE)
    } of[PYLM__MAX_STRIDE];
#endif
    const uint8_t *calibration; /* of all templates */
    uint32_t coded;             /* 1: lists are coded */
    uint32_t lists;             /* a set of templates: their successors are in lists, not in records */
    uint32_t rare; /* with lanes: the set of templates, a bit each, that only the portable code can look at:
                                   very large lists */
    uint32_t leaf_bits, leaf_mask;
    uint32_t n_templates;
#if PYLM_MODULE_VOICE
    uint32_t n_voice; /* the first templates, which make the voice; 0: there is none */
#endif
};

struct pylm__slices {
#if PYLM__LANES > 1
    PYLM__SLICE_FIELDS(PYLM__FIELD_POINTER)
#else
    struct pylm__slice {
        PYLM__SLICE_FIELDS(PYLM__FIELD_ONE)
    } of[PYLM__MAX_STRIDE];
#endif
};

static inline uint32_t pylm__n_voice(const struct pylm__evidence *e)
{
#if PYLM_MODULE_VOICE
    return e->n_voice;
#else
    (void)e;
    return 0;
#endif
}

static inline uint32_t pylm__leaf_bits(const struct pylm__evidence *e)
{
    return PYLM_BYTES ? 8u : e->leaf_bits;
}

static inline uint32_t pylm__leaf_mask(const struct pylm__evidence *e)
{
    return PYLM_BYTES ? 255u : e->leaf_mask;
}

/* As long as a row of inputs, which has one more than there are templates. */
static inline uint32_t pylm__stride(uint32_t n_templates)
{
    return PYLM__STRIDE(n_templates);
}

/* The slices whose fields are in memory of PYLM__N_SLICE_FIELDS times stride numbers.
 *   room   where it is noted where they are, if they are arrays, one behind the other */
static inline struct pylm__slices *pylm__slices_at(uint32_t *fields, uint32_t stride, struct pylm__slices *room)
{
#if PYLM__LANES > 1
    room->total = fields;
    room->n = room->total + stride;
    room->first = room->n + stride;
    room->right = room->first + stride;
    room->n_left = room->right + stride;
    room->total_left = room->n_left + stride;
    room->at = room->total_left + stride;
    room->split = room->at + stride;
    return room;
#else
    (void)stride;
    (void)room;
    return (struct pylm__slices *)(void *)fields;
#endif
}

/* Reads the split of a slice from its list, after n, first and `at` have changed; not for coded lists. A single
 * successor never parts. Damaged lists are clamped: a part has one successor at least. */
static inline void pylm__slice_look(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k)
{
    uint32_t right, n_left, total_left;
    if (PYLM__AT(s, k, n) == 1u) {
        PYLM__AT(s, k, right) = PYLM__AT(s, k, first);
        return;
    }
#if PYLM__WIDE_REGISTERS
    {
        uint64_t word = pylm__word(PYLM__AT(e, k, list), PYLM__AT(s, k, at));
        right = (uint32_t)word;
        n_left = (uint32_t)(word >> pylm__leaf_bits(e)); /* 24 + 24 bits at most */
        total_left =
            (uint32_t)(PYLM__AT(e, k, split_bits) <= PYLM__WORD_BITS
                           ? word >> PYLM__AT(e, k, total_at)
                           : pylm__word(PYLM__AT(e, k, list), (uint64_t)PYLM__AT(s, k, at) + PYLM__AT(e, k, total_at)));
    }
#else
    right = pylm__bits32(PYLM__AT(e, k, list), PYLM__AT(s, k, at));
    n_left = pylm__bits32(PYLM__AT(e, k, list), (pylm__bit)PYLM__AT(s, k, at) + pylm__leaf_bits(e));
    total_left = pylm__bits32(PYLM__AT(e, k, list), (pylm__bit)PYLM__AT(s, k, at) + PYLM__AT(e, k, total_at));
#endif
    PYLM__AT(s, k, right) = right & pylm__leaf_mask(e);
    n_left &= PYLM__AT(e, k, n_mask);
    total_left &= PYLM__AT(e, k, total_mask);
    n_left = n_left ? n_left : 1u;
    PYLM__AT(s, k, n_left) = n_left < PYLM__AT(s, k, n) ? n_left : PYLM__AT(s, k, n) - 1u;
    PYLM__AT(s, k, total_left) = total_left < PYLM__AT(s, k, total) ? total_left : PYLM__AT(s, k, total);
}

/* Occurrences of a slice that lie left of mid; not for coded lists. */
static inline uint32_t pylm__slice_left(struct pylm__slices *s, uint32_t k, uint32_t mid)
{
    if (PYLM__AT(s, k, first) >= mid)
        return 0;
    return PYLM__AT(s, k, right) < mid ? PYLM__AT(s, k, total) : PYLM__AT(s, k, total_left);
}

/* Reads what a nibble of 15 left out; or another number of 7 bits a byte; what there is of it at
 * the end of the lists. */
PYLM__SHARED uint32_t pylm__read_rest(const uint8_t **at, const uint8_t *end)
{
    uint32_t value = 0, shift;
    for (shift = 0; PYLM_TRUSTS || (shift < 32u && *at < end); shift += 7u) {
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 127u) << shift;
        if (byte < 128u)
            break;
    }
    return value;
}

/* Those of a set of templates that have lists with splits. */
static inline uint32_t pylm__have_splits(const struct pylm__evidence *e, uint32_t templates)
{
    return PYLM_CODED || e->coded ? 0u : templates;
}

static inline int pylm__is_coded(const struct pylm__evidence *e)
{
    return PYLM_CODED || e->coded;
}

#endif
