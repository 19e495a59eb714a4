/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_adapt.h: states that learn while they read, and layers on a model.
 *
 * The image of a model never changes. There are two ways to predict a text better than the image alone does:
 *
 *   A state learns from the text that it reads, in memory of the caller's, the *overlay*. It learns at once, symbol by
 *   symbol, and without training.
 *   A *layer* is a second image, trained on text of some domain (pylm_train.h). It lies on the model and mixes with it.
 *
 * A state that learns:
 *
 *     static unsigned char overlay[65536];
 *     pylm_overlay_init(&model, overlay, sizeof overlay);
 *     pylm_state_attach(&model, &state, overlay, sizeof overlay);
 *     pylm_score(&model, &state, symbols, n, work, costs, NULL);           // learns as it goes
 *
 * A layer:
 *
 *     pylm_model base, layer;
 *     if (pylm_model_open(&base, base_image, base_nbytes) == PYLM_OK &&
 *         pylm_layer_open(&layer, &base, layer_image, layer_nbytes) == PYLM_OK)
 *         pylm_cost(&layer, &state, symbol, layer_work, &cost);             // with &base: as if there were no layer
 *
 * Both go together: an overlay of a layer lies on top of everything.
 *
 * Errors, memory and threads are as in pylm.h. An overlay belongs to one thread at a time, as its state does. Several
 * threads may read one overlay together while none of them learns.
 *
 * Left out by -DPYLM_MODULE_ADAPT=0 (csrc/core/config.h); then layers cannot be opened. -DPYLM_MOST_LAYERS=0 leaves out
 * layers only. pylm_keyboard.h needs this module.
 */
#ifndef PYLM_ADAPT_H
#define PYLM_ADAPT_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ learning */

/* An overlay counts which symbols the text prefers, and what followed what. It also learns the weights by which these
 * counts are best mixed with the model. Every function that predicts uses the overlay of a state that has one.
 * pylm_state_push() and pylm_score() score each symbol first and learn from it then.
 *
 * Size: 16 KB are useful; 1 MB is plenty for some 100,000 symbols. When an overlay is full, what was used longest ago
 * makes room. Weights may take a quarter of it. They are learned only if they fit there; in 64 KB they mostly do.
 *
 * An overlay is plain data without addresses. It may lie at any address. It may be written to a file, and be used on
 * another machine with the same model and at the same length. It holds counts, symbols and hashes of contexts.
 *
 * A state only points at its overlay. So a copy of the state learns in the same overlay. To go on in two ways, give the
 * other one an overlay of its own:
 *
 *     pylm_state_keep(&state);                                              // where it is, into the overlay
 *     memcpy(second_overlay, overlay, sizeof overlay);
 *     pylm_state_attach(&model, &second, second_overlay, sizeof overlay);
 */

/* Makes `nbytes` of memory an overlay that has learned nothing and is at the start of a text. 1 KB for each tree of the
 * model is always enough.
 * Returns PYLM_ERR_SPACE if it is too small; PYLM_ERR_ARGUMENT if the model has no weights for overlays. Kernels have
 * none. */
PYLM_API int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes);

/* Makes `state` one that learns in an overlay. It goes on in the text where pylm_state_keep() was called, or else at
 * the start. What the state was before does not matter. Any bytes are harmless as an overlay; wrong bytes are refused
 * or give wrong numbers.
 *   nbytes   the length with which the overlay was made.
 * Returns PYLM_ERR_FOREIGN if this is no overlay, PYLM_ERR_ARGUMENT if it belongs to another model, PYLM_ERR_TRUNCATED
 * if it was made with another length. */
PYLM_API int pylm_state_attach(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes);

/* Says whether the state learns from what it reads. 1: it does, as after pylm_state_attach(). 0: it only reads, for
 * example while text is generated; predictions still use the overlay. Without an overlay a state never learns. */
PYLM_API void pylm_state_set_learning(pylm_state *state, int on);

/* Makes the state one at the start of a new text. What was learned stays. */
PYLM_API void pylm_state_restart(const pylm_model *model, pylm_state *state);

/* Notes in the overlay where in the text the state is. Call it before the overlay is saved or copied. */
PYLM_API void pylm_state_keep(const pylm_state *state);

/* ------------------------------------------------------------------ layers */

/* Opens a layer on a model, its *base*. A layer has contexts counted in its own text, and weights that mix them with
 * what the base says. Vocabulary and symbol tree are those of the base. The result is a model like any other: functions
 * work on it, and another layer may lie on it, up to 7 in all.
 *   layer    out: the model with its layer.
 *   base     the model that the layer was made for. It must stay in place and unchanged while the layer is used; it is
 *            not copied, and neither is any image.
 * The time is that of both, and working memory is more: ask pylm_work_nbytes(layer). A state may be used with the base
 * and with the layer. An overlay belongs to one of them.
 * The checks are those of pylm_model_open(). Returns what that returns; PYLM_ERR_LAYER if the image is no layer,
 * PYLM_ERR_BASE if it was made for another model, PYLM_ERR_LARGE if the base has 7 layers already, or as many as this
 * library was compiled for. */
PYLM_API int pylm_layer_open(pylm_model *layer, const pylm_model *base, const void *image, uint64_t image_nbytes);

#ifdef __cplusplus
}
#endif
#endif
