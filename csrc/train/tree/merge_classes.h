/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * merge_classes.h: the upper part of a tree: classes merged until one is left.
 */
#ifndef PYLM_TRAIN_MERGE_CLASSES_H
#define PYLM_TRAIN_MERGE_CLASSES_H

#include "linked_tree.h"

/* Merges n classes, each time the two whose merging loses least mutual information.
 *   pairs     counts of class bigrams, as of pylm__cluster(); overwritten
 *   node_of   by class: its node; the first becomes the root
 * The result does not depend on n_threads; 0: all processors. */
int pylm__merge_classes(struct pylm__links *links, uint64_t *pairs, uint32_t n, uint32_t n_threads, uint32_t *node_of,
                        const pylm_task *task);

#endif
