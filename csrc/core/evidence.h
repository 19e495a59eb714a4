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
 */
#ifndef PYLM_CORE_EVIDENCE_H
#define PYLM_CORE_EVIDENCE_H

#include "context.h"
#include "image.h"

/* Calibrated log-odds are looked up by (n0, n1): exactly for n0 + n1 <= 8, beyond that by the octave of
 * the sum (9-16, 17-32, ... 4097 and more) and by log2(n1 / n0) in steps of 1/2 bit. */
#define PYLM__EXACT_TOTAL 8u
#define PYLM__N_EXACT 45u /* pairs with n0 + n1 <= 8 */
#define PYLM__N_OCTAVES 10u
#define PYLM__N_RATIOS 41u
#define PYLM__N_CALIBRATION (PYLM__N_EXACT + PYLM__N_OCTAVES * PYLM__N_RATIOS)

uint32_t pylm__calibration_index(uint32_t n0, uint32_t n1);

/* How much evidence there is, 0 to 5: none, 1, 2-3, 4-8, 9-32, more. */
#define PYLM__N_LEVELS 6u
static inline uint32_t pylm__evidence_level(uint32_t total)
{
    return total < 2u ? total : total < 4u ? 2u : total <= 8u ? 3u : total <= 32u ? 4u : 5u;
}

/* What a template does in choosing weight sets, besides being an input; see mix.h. */
enum pylm__role {
    PYLM__ROLE_NONE = 0,
    PYLM__ROLE_SKIP = 1,    /* counted: how many of these have evidence */
    PYLM__ROLE_LEVEL_1 = 2, /* its evidence level is the first, second, third digit */
    PYLM__ROLE_LEVEL_2 = 3,
    PYLM__ROLE_LEVEL_3 = 4,
    PYLM__N_ROLES = 5
};

/* A slice of one context's successors. */
struct pylm__evidence {
    const uint8_t *leaves; /* the list's packed leaves; NULL for an inline successor */
    uint64_t splits;       /* bit where the list's splits begin, from `leaves` */
    uint32_t total;        /* occurrences in the slice, at least 1 */
    uint32_t first, last;  /* the slice's smallest and largest leaf */
    uint32_t n;            /* successors in the slice */
    uint32_t at;           /* number of its first successor in the list */
    uint32_t split;        /* number of its split in the list, if n > 1 */
    uint32_t n_left, total_left; /* the split, once pylm__evidence_split() has read it */
    int16_t sided[2];      /* log-odds when all the evidence is left, right */
    uint8_t sided_known;
    uint8_t template_number;
    uint8_t role;
    uint8_t leaf_bits, n_bits, total_bits;
};

/* Looks all contexts of a state up in a tree's tables. Writes what was found to `found`, in the order of
 * the templates, and returns how many. `hashes` is working memory for n_templates values. */
uint32_t pylm__evidence_find(const struct pylm__model *model, const struct pylm__tree *tree,
                             const struct pylm__state *state, uint64_t *hashes,
                             struct pylm__evidence *found);

/* Reads the split of a slice that has successors on both sides of the current node. */
void pylm__evidence_split(struct pylm__evidence *e);

/* Narrows to the left (0) or right (1) child of the node split at mid. Returns 0 if nothing is left. */
int pylm__evidence_step(struct pylm__evidence *e, uint32_t mid, int side);

#endif
