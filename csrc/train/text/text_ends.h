/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * text_ends.h: what documents end with.
 */
#ifndef PYLM_TRAIN_TEXT_ENDS_H
#define PYLM_TRAIN_TEXT_ENDS_H

#include "corpus.h"

/* Chooses what ends documents, if there are several, and gives it to those that have none. Pieces are still bytes, and
 * external symbols are ids. */
int pylm__corpus_end_documents(struct pylm__corpus *corpus);

/* Finds the symbol of a line end, and the one that ends documents, when symbols have their last numbers. */
void pylm__corpus_find_ends(struct pylm__corpus *corpus);

#endif
