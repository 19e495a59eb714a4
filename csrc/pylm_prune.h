/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_prune.h: making a model smaller by a log of its use. Contexts that the log does not need are dropped.
 *
 * A log is a set of texts. Its positions are the places before each symbol and at the end of each text. At a position
 * some contexts are known to the model, and each of them takes part in the prediction: the position *needs* them. With
 * keep_ppm = 1,000,000 all contexts stay that any position needs. With less, some positions may be given up: first the
 * ones with most contexts that no other position needs, and of equal ones those that come first. What only they need is
 * dropped, too. At all other positions of the log every probability stays what it was, to the last bit. In other texts
 * the predictions become worse, the more the texts differ from the log.
 *
 *     pylm_texts log = {symbols, ends, n_texts};
 *     pylm_pruned small;
 *     if (pylm_prune(&model, &log, 999000, NULL, 0, NULL, &small) == PYLM_OK) {
 *         pylm_file_save("small.pylm", small.image, small.image_nbytes);
 *         pylm_pruned_free(&small);
 *     }
 *
 * Vocabulary, trees, calibration and weights stay as they are; nothing is fitted again. The smaller model is another
 * model: overlays, personal counts and sources of the large one do not belong to it.
 *
 * Memory, threads and errors are as in pylm_train.h.
 */
#ifndef PYLM_PRUNE_H
#define PYLM_PRUNE_H

#include "pylm_train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pylm_pruned {
    void *image; /* of the smaller model; pylm_pruned_free() frees it */
    uint64_t image_nbytes;
    uint64_t n_places;   /* positions in the log: its symbols, and the ends of its texts */
    uint64_t n_given_up; /* of them, those whose probabilities may have changed */
} pylm_pruned;

/* Prunes a model.
 *   log        the model reads each text from the start state.
 *   keep_ppm   how many millionths of the log's positions are kept at least, 1 to 1,000,000.
 *   facts      training facts for the new image, JSON; NULL: those of the model.
 *   task       progress and cancelling, or NULL.
 *   pruned     out; empty after an error.
 * The same log and model give the same bytes. Takes some microseconds a symbol, on one thread. Memory: the new image, a
 * byte for each context of the model, and a byte for each symbol of the log.
 * Returns PYLM_ERR_LAYER for a layer; PYLM_ERR_ARGUMENT for a kernel, for a symbol that the model does not have, and if
 * keep_ppm or the order of `ends` is wrong; PYLM_ERR_EMPTY if the log has no symbol; PYLM_ERR_DAMAGED, PYLM_ERR_MEMORY
 * or PYLM_ERR_CANCELLED. */
PYLM_API int pylm_prune(const pylm_model *model, const pylm_texts *log, uint32_t keep_ppm, const void *facts,
                        uint64_t facts_nbytes, pylm_task *task, pylm_pruned *pruned);

/* Frees the image and empties the structure; NULL is allowed. */
PYLM_API void pylm_pruned_free(pylm_pruned *pruned);

#ifdef __cplusplus
}
#endif
#endif
