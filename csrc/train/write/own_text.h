/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * own_text.h: how well a model that was written predicts its training text.
 */
#ifndef PYLM_TRAIN_OWN_TEXT_H
#define PYLM_TRAIN_OWN_TEXT_H

#include "train/text/corpus.h"

/* Whether an image predicts the text that it was trained on worse than a guess would, all symbols being equal. */
int pylm__is_worse_than_guessing(const struct pylm__corpus *corpus, const void *image, uint64_t image_nbytes,
                                 int *is_worse);

#endif
