/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * documents.h: an order of the documents that does not depend on the order in which they were added.
 */
#ifndef PYLM_TRAIN_DOCUMENTS_H
#define PYLM_TRAIN_DOCUMENTS_H

#include "corpus.h"

/* Sorts the documents by their hashes, copies of one by a hash of their own; those of the same hash by their content.
 * Words get the numbers that they would have if the documents had been added in this order. Copies that seem to be
 * there by accident are left out: corpus->n_copies says how many.
 * PYLM_ERR_MEMORY or PYLM_ERR_CANCELLED. */
int pylm__corpus_sort_documents(struct pylm__corpus *corpus, const pylm_task *task);

#endif
