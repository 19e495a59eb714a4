/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_adapt.h: models that learn while they read, and layers fitted to a domain.
 *
 * A build without this module, -DPYLM_MODULE_ADAPT=0, has none of these functions, and opens no layers.
 */
#ifndef PYLM_ADAPT_H
#define PYLM_ADAPT_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ adaptation */

/* A state can learn from what it reads, within memory of the caller's, the *overlay*: which symbols the text
 * prefers, what followed what, and by which weights such evidence is best mixed. From then on everything
 * below predicts with it, and every symbol pushed is learned, after it was scored. The model itself stays as
 * it is.
 *
 *     static unsigned char overlay[65536];
 *     pylm_overlay_init(&model, overlay, sizeof overlay);
 *     pylm_state_attach(&model, &state, overlay, sizeof overlay);
 *     pylm_score(&model, &state, symbols, n, work, costs, NULL);     // learns as it goes
 *
 * An overlay is plain data without addresses: it may be copied, or written to a file and used again on
 * another machine, with the same model. It holds counts, symbols of the vocabulary and hashes of contexts.
 * 16 KB are useful; 1 MB is plenty for some 100,000 symbols. When it is full, what is used least makes room.
 * Weights are learned where a quarter of it has room for them: in 64 KB, mostly.
 * A state that adapts uses its overlay's memory: copy both, or two states will learn in one overlay. */

/* Makes `nbytes` of memory an overlay that has learned nothing, for a text that has not begun.
 * Returns PYLM_ERR_SPACE if it is too small (1 KB for each tree of the model is enough),
 * PYLM_ERR_ARGUMENT if the model was trained without adaptation. */
PYLM_API int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes);

/* Makes `state` one that learns in an overlay, and goes on in the text where pylm_state_keep() was called, or
 * else at its start. Any bytes are harmless as an overlay; wrong ones are refused or give wrong numbers.
 * Returns PYLM_ERR_FOREIGN if this is no overlay, PYLM_ERR_ARGUMENT if it belongs to another model,
 * PYLM_ERR_TRUNCATED if it was longer. */
PYLM_API int pylm_state_attach(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes);

/* Whether what is pushed is learned (1, as after pylm_state_attach()) or only read (0), for example while a
 * text is generated. Without an overlay nothing is. */
PYLM_API void pylm_state_set_learning(pylm_state *state, int learns);

/* A new text begins; what was learned stays. */
PYLM_API void pylm_state_restart(pylm_state *state);

/* Notes in the overlay where in the text the state is, before the overlay is saved. */
PYLM_API void pylm_state_keep(const pylm_state *state);

/* ------------------------------------------------------------------ layers */

/* A *layer* is what text of some domain adds to a model: contexts counted in that text, and by which weights they are best
 * mixed with what the model says. It is made for one model (pylm_train.h), has the vocabulary and the symbol tree of that, and
 * is opened on it. What comes out is a model like any other: all functions work on it, and another layer may lie on it.
 *
 *     pylm_model base, manual;
 *     if (pylm_model_open(&base, base_image, base_nbytes) != PYLM_OK) ...
 *     if (pylm_layer_open(&manual, &base, layer_image, layer_nbytes) != PYLM_OK) ...
 *     pylm_cost(&manual, &state, 'u', work, &cost);      // or &base: as if there were no layer
 *
 * It takes the time of both, and more working memory. States may be used with either, but an overlay belongs to one.
 *   base    stays in place and unchanged while the layer is used: it is not copied, as its image is not.
 * Checks what pylm_model_open() checks, and returns what that returns; PYLM_ERR_LAYER for an image that is no layer,
 * PYLM_ERR_BASE if it was made for another model, PYLM_ERR_LARGE on 7 other layers. */
PYLM_API int pylm_layer_open(pylm_model *layer, const pylm_model *base, const void *image, uint64_t image_nbytes);

#ifdef __cplusplus
}
#endif
#endif
