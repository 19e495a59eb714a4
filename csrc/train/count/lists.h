/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * lists.h: what followed a context, written as a list. core/evidence.h has the layout of lists with splits,
 * core/evidence_coded.h that of coded ones.
 */
#ifndef PYLM_TRAIN_LISTS_H
#define PYLM_TRAIN_LISTS_H

#include "core/image.h"
#include "train/base/buffer.h"
#include "train/tree/symbol_tree.h"

/* What followed a context. */
struct pylm__list_entries {
    const struct pylm__symbol_tree *tree;
    const uint32_t *leaves, *sums; /* n successors in ascending order, and the occurrences up to each */
    uint32_t n;
    unsigned symbol_bits; /* of a leaf */
};

/* Occurrences of successors [from, to). */
static inline uint32_t pylm__occurrences(const struct pylm__list_entries *s, uint32_t from, uint32_t to)
{
    return s->sums[to - 1u] - (from ? s->sums[from - 1u] : 0u);
}

/* Writes a list with splits. */
void pylm__list_put(struct pylm__buffer *lists, const struct pylm__list_entries *s);

/* ---- coded lists ---- */

/* The code that stands for a count. */
uint32_t pylm__count_code(uint32_t count);

/* The splits of a list: one for each slice that is long. */
uint32_t pylm__coded_n_splits(const struct pylm__symbol_tree *tree, const uint32_t *leaves, uint32_t n);

/* What the size of a list depends on: successors, the highest code, occurrences, splits. */
struct pylm__coded_list {
    uint32_t n, max_code, total, n_splits;
};

/* Whether it is a list: a single successor may fit into a record. */
int pylm__is_coded_list(uint32_t n, uint32_t max_code);

/* Bytes of a list; 0 if it is none. */
uint64_t pylm__coded_list_nbytes(const struct pylm__coded_list *list, unsigned symbol_bits);

/* Writes a coded list. All counts are ones that a code stands for. */
void pylm__coded_list_put(struct pylm__buffer *lists, const struct pylm__list_entries *s, uint32_t max_code);

#endif
