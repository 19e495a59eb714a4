/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence.h: what one context has counted, and how it narrows on the way down a tree.
 *
 * A template's table maps a context to its successors, sorted by leaf, with counts. At a node over the
 * leaves [lo, hi) split at mid, the context's evidence is two sums: n0 occurrences left of mid, n1 from
 * mid on. Going down only narrows the slice of the list, and a slice changes at few nodes: those where
 * it has successors on both sides. Only there a sum has to be known, so only there it is stored, in the
 * order of the walk; everywhere else comparing mid with the slice's first and last leaf says it all.
 *
 * Table:   buckets by the upper bits of the context's hash; `index` holds where each bucket's records
 *          begin; the records of a bucket are sorted by fingerprint, the hash bits below.
 * Record:  fingerprint (check_bits) | kind (1 bit) | payload (payload_bits).
 *          kind 0: the only successor (symbol_bits), its count - 1 (count_bits).
 *          kind 1: position of a list, in bytes.
 * List:    a byte: low nibble min(d - 1, 15), high nibble min(n - d, 15), for d successors in n
 *          occurrences; then for each nibble of 15 the rest, 7 bits a byte, least first, the top bit
 *          set on all but the last; then packed: d leaves; then d - 1 splits in preorder:
 *          (successors left: width of d - 1, occurrences left: width of n - 1).
 *
 * Tables of models that have to be small have coded lists instead, half as large and slower to walk: leaves,
 * and for each a code that stands for its count, rounded. Every so many successors there is the sum of all
 * counts up to there, so that any sum is read in a few steps; where a slice parts is found by bisection.
 *
 * Coded:   a byte: low nibble min(d - 1, 15), above it, three bits, the width of a code; for a nibble of
 *          15 the rest as above; if there are sums, a byte with their width; then packed: d leaves;
 *          d codes; sums of the first 16, 32, ... successors, less than d. No sums for codes of width 0.
 *          An inline count is a code, too.
 */
#ifndef PYLM_CORE_EVIDENCE_H
#define PYLM_CORE_EVIDENCE_H

#include "context.h"
#include "fixed.h"
#include "image.h"
#include "situation.h"

/* Calibrated log-odds are looked up by (n0, n1): exactly for n0 + n1 <= 8, beyond that by the octave of
 * the sum (9-16, 17-32, ... 4097 and more) and by log2(n1 / n0) in steps of 1/2 bit. Evidence that is one
 * and the same successor has entries of its own: it is surer than several that lie on one side. */
#define PYLM__EXACT_TOTAL 8u
#define PYLM__N_EXACT 45u /* pairs with n0 + n1 <= 8 */
#define PYLM__N_OCTAVES 10u
#define PYLM__N_RATIOS 41u
#define PYLM__N_PAIRED (PYLM__N_EXACT + PYLM__N_OCTAVES * PYLM__N_RATIOS)
#define PYLM__N_CALIBRATION (PYLM__N_PAIRED + 2u * (PYLM__EXACT_TOTAL + PYLM__N_OCTAVES))

/* The octave of a sum above PYLM__EXACT_TOTAL. */
static inline uint32_t pylm__calibration_octave(uint32_t total)
{
    uint32_t octave = pylm__ilog2(total - 1u) - 3u;
    return octave < PYLM__N_OCTAVES ? octave : PYLM__N_OCTAVES - 1u;
}

/* Where the indices for a sum begin. */
static inline uint32_t pylm__calibration_row(uint32_t total)
{
    if (total <= PYLM__EXACT_TOTAL)
        return total * (total + 1u) / 2u;
    return PYLM__N_EXACT + pylm__calibration_octave(total) * PYLM__N_RATIOS;
}

static inline uint32_t pylm__calibration_in_row(uint32_t row, uint32_t n0, uint32_t n1)
{
    int32_t step;
    if (row < PYLM__N_EXACT)
        return row + n1;
    /* log2(n1 / n0) in 1/16 bit, moved to begin at 0 and rounded to steps of 1/2 bit */
    step = (int32_t)(pylm__log2_of_count(n1) - pylm__log2_of_count(n0)) + 8 * (int32_t)(PYLM__N_RATIOS / 2u) + 4;
    step = step < 0 ? 0 : step >> 3;
    return row + (step < (int32_t)PYLM__N_RATIOS ? (uint32_t)step : PYLM__N_RATIOS - 1u);
}

static inline uint32_t pylm__calibration_index(uint32_t n0, uint32_t n1)
{
    return pylm__calibration_in_row(pylm__calibration_row(n0 + n1), n0, n1);
}

/* The index for one successor, seen `total` times, on the left (0) or right (1). */
static inline uint32_t pylm__calibration_single(uint32_t total, int side)
{
    uint32_t step = total <= PYLM__EXACT_TOTAL ? total - 1u : PYLM__EXACT_TOTAL + pylm__calibration_octave(total);
    return PYLM__N_PAIRED + 2u * step + (uint32_t)side;
}

#define PYLM__UNIT_BITS 24u

/* The count that a code stands for: 1, 2, 3, 4, 6, 8, 12, 16, 24, ... */
#define PYLM__MAX_CODE 57u /* 2^29 */
#define PYLM__MAX_CODE_BITS 6u
static inline uint32_t pylm__coded_count(uint32_t code)
{
    return code < 2u ? code + 1u : (3u + (code & 1u)) << ((code >> 1) - 1u);
}

#define PYLM__SUMMED 16u /* successors from one sum of a coded list to the next */

/* A slice of one context's successors. */
struct pylm__evidence {
    const uint8_t *leaves;      /* the list's packed leaves; NULL for an inline successor */
    const uint8_t *calibration; /* of its template */
    uint32_t splits;       /* bit where the list's splits, or codes, begin, from `leaves` */
    uint32_t sums;         /* coded: bit where its sums begin */
    uint32_t before;       /* coded: occurrences in the list that lie left of the slice */
    uint32_t total;        /* occurrences in the slice, at least 1 */
    uint32_t first, last;  /* the slice's smallest and largest leaf */
    uint32_t n;            /* successors in the slice */
    uint32_t at;           /* number of its first successor in the list */
    uint32_t split;        /* number of its split in the list, if n > 1 */
    uint32_t n_mask, total_mask; /* ones as wide as the two fields of a split */
    uint32_t digits;       /* what it adds to the situation; see situation.h */
    uint32_t unit;         /* what one occurrence is of all in the whole context, in 2^-PYLM__UNIT_BITS */
    int16_t sided[2];      /* log-odds when all the evidence is left, right */
    uint16_t row;          /* of the calibration, for this total */
    uint32_t edge;         /* bit of the leaf that is the new first or last, if not yet read */
    uint8_t stale;         /* 0: first and last are right; 1: last, 2: first has to be read from there */
    uint8_t sided_known;
    uint8_t is_suffix;     /* of a suffix template */
    uint8_t selects;       /* it takes part in choosing weight sets, as a suffix or by its role */
    uint8_t level;
    uint8_t template_number, role;
    uint8_t leaf_bits;
    uint8_t n_bits, split_bits; /* of a split: its first field, both; coded: of a code, of a sum */
    uint8_t coded;
};

/* Looks all contexts of a state up in a tree's tables. Writes what was found to `found`, in the order of
 * the templates, and returns how many. `hashes` and `looks` are working memory for n_templates entries;
 * `hashes` keeps the contexts' hashes. */
uint32_t pylm__evidence_find(const struct pylm__model *model, const struct pylm__tree *tree,
                             const struct pylm__state *state, uint64_t *hashes, struct pylm__lookup *looks,
                             struct pylm__evidence *found);

/* Sets the occurrences of a slice, and what follows from them. */
static inline void pylm__evidence_set_total(struct pylm__evidence *e, uint32_t total)
{
    e->total = total;
    e->row = (uint16_t)pylm__calibration_row(total);
    e->sided_known = 0;
    if (e->selects) {
        e->level = (uint8_t)pylm__evidence_level(total);
        e->digits = pylm__situation_digits(e->role, e->level);
    }
}

struct pylm__split {
    uint32_t n_left, total_left; /* successors and occurrences left of mid */
};

/* The same for a coded list, not yet clamped. */
struct pylm__split pylm__evidence_coded_split(const struct pylm__evidence *e, uint32_t mid);

/* The split of a slice that has successors on both sides of `mid`, that of the current node. There are at
 * least two then, even in a damaged list, since `first` and `last` are read where the slice begins and
 * ends. */
static inline struct pylm__split pylm__evidence_split(const struct pylm__evidence *e, uint32_t mid)
{
    struct pylm__split split;
    if (e->coded) {
        split = pylm__evidence_coded_split(e, mid);
    } else {
        uint64_t word = pylm__word(e->leaves, e->splits + (uint64_t)e->split * e->split_bits);
        split.n_left = (uint32_t)word & e->n_mask;
        split.total_left = (uint32_t)(word >> e->n_bits) & e->total_mask; /* 24 + 32 bits at most */
    }
    if (split.n_left - 1u >= e->n - 1u) /* damaged: not from 1 to n - 1 */
        split.n_left = 1;
    if (split.total_left > e->total)
        split.total_left = e->total;
    return split;
}

/* Narrows a slice to the left (0) or right (1) part of its split. What the next node needs of the list is
 * fetched, but not waited for. */
static inline void pylm__evidence_step(struct pylm__evidence *e, struct pylm__split split, int side)
{
    if (side) {
        e->at += split.n_left;
        e->split += split.n_left;
        e->before += split.total_left;
        e->n -= split.n_left;
        e->edge = e->at * e->leaf_bits;
        e->stale = 2;
        pylm__evidence_set_total(e, e->total - split.total_left);
    } else {
        e->split++;
        e->n = split.n_left;
        e->edge = (e->at + e->n - 1u) * e->leaf_bits;
        e->stale = 1;
        pylm__evidence_set_total(e, split.total_left);
    }
    PYLM__PREFETCH(e->leaves + (e->edge >> 3));
    PYLM__PREFETCH(e->leaves + ((e->splits + e->split * e->split_bits) >> 3));
}

/* Reads what the last step has left to be read. */
static inline void pylm__evidence_look(struct pylm__evidence *e)
{
    if (e->stale) {
        uint32_t leaf = pylm__bits(e->leaves, e->edge, e->leaf_bits);
        if (e->stale == 2u)
            e->first = leaf;
        else
            e->last = leaf;
        e->stale = 0;
    }
}

#endif
