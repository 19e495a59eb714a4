/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * pylm_pack.h: short texts in few bytes.
 *
 * The problem: a radio packet holds 51 to 237 bytes, and a chat message, a reading or a line of a log has to fit. What
 * others do: a dictionary coder (deflate, zstd) that was given a dictionary. It needs a text of some length before it
 * saves anything. What we do: both ends have the same model. What it foresees costs nothing to send:
 *
 *      text -> symbols -> decisions on the way down the symbol tree -> arithmetic coder -> bytes
 *              "see"      right .97, left .88, right .99, ...                              3a 07
 *
 * A text takes what the model's score says, and some four bits. Both ends compute the same probabilities to the last
 * bit, whatever their processors are. So a microcontroller's message is read by a server.
 *
 *     pylm_state_init(&model, &state);
 *     n = sizeof packed;
 *     pylm_pack(&model, &state, "see you at eight", 16, work, packed, &n);     // here
 *
 *     pylm_state_init(&model, &state);
 *     n_text = sizeof text;
 *     pylm_unpack(&model, &state, packed, n, work, text, &n_text);             // there
 *
 * Both ends need the same image, and a state that has read the same. It is not a secret: whoever has the model reads
 * the message. A packet that was damaged on its way is refused, or gives another text of bounded length; a radio's
 * checksum, or one of yours, has to notice.
 *
 * Which models: those of bytes and of pieces, with one symbol tree and the predictor `mix`; layers among them. A model
 * of words does not give white space back.
 *
 * A packet's first byte says what it is:
 *
 *     00 to fb   a packed text
 *     fc, fd     not used yet
 *     fe         four bytes follow, pylm_fingerprint(), then a packet as if they were not there
 *     ff         the text follows as it is
 *
 * Errors, memory and threads are as in pylm.h. Left out by -DPYLM_MODULE_PACK=0 (csrc/core/config.h).
 */
#ifndef PYLM_PACK_H
#define PYLM_PACK_H

#include "pylm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Packs a text. It takes one byte more than the text at most, and the empty text none.
 *   state         what both ends have read. It reads the text and its end, which is the symbol that ends a line or, in
 *                 a model that has one, a text (pylm_info.text_end). A state that learns learns from them: so messages
 *                 that follow one another in a session become shorter.
 *   text          any bytes.
 *   work          pylm_work_nbytes() bytes.
 *   packed        out: the packet.
 *   packed_nbytes in: room in `packed`; text_nbytes + 1 are always enough. Out: bytes of the packet.
 * Returns PYLM_ERR_ARGUMENT for a model that does not pack, and PYLM_ERR_SPACE if the packet does not fit: the state
 * has read the text then, and what was written means nothing. */
PYLM_API int pylm_pack(const pylm_model *model, pylm_state *state, const void *text, uint64_t text_nbytes, void *work,
                       void *packed, uint64_t *packed_nbytes);

/* Unpacks a packet.
 *   state         as it was at the other end. It reads the text, as there.
 *   packed        any bytes are harmless.
 *   text          out: the text.
 *   text_nbytes   in: room in `text`. Out: bytes of the text.
 * Returns PYLM_ERR_ARGUMENT for a model that does not pack; PYLM_ERR_BASE if the packet names another model;
 * PYLM_ERR_VERSION if only a newer pylm can know what it is; PYLM_ERR_SPACE if the text does not fit; PYLM_ERR_DAMAGED
 * if no text gives this packet. After an error what was written, and what the state has read, mean nothing. */
PYLM_API int pylm_unpack(const pylm_model *model, pylm_state *state, const void *packed, uint64_t packed_nbytes,
                         void *work, void *text, uint64_t *text_nbytes);

/* 32 bits of the image's checksum. Who is not sure that the other end has the same model puts the byte fe and these,
 * the lowest 8 bits first, before a packet. */
PYLM_API uint32_t pylm_fingerprint(const pylm_model *model);

#ifdef __cplusplus
}
#endif
#endif
