/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * config.h: what a build may leave out.
 *
 * A device that has one model may be compiled for what that model needs. The engine then takes less memory, stack,
 * code and time. It computes the same numbers, and refuses larger images with PYLM_ERR_LARGE.
 *
 *     -DPYLM_MOST_TREES=1         trees of a model, 1 to 8
 *     -DPYLM_MOST_TEMPLATES=12    templates of a tree, 1 to 31
 *     -DPYLM_MOST_LAYERS=0        layers on a model, one on the other, 0 to 7
 *     -DPYLM_MOST_MB=511          MB (2^20 bytes) of an image; up to 511, positions of bits have 32 bits
 *     -DPYLM_ALIGNED=1            images lie at even addresses. One at an odd address is refused with
 *                                 PYLM_ERR_ARGUMENT. Quicker where a processor reads only aligned numbers in one go
 *     -DPYLM_BYTES=1              only models of bytes (--tokenizer bytes)
 *     -DPYLM_CODED=1              only images with coded lists: models of a given size (--size)
 *     -DPYLM_TRUSTS=1             an image is trusted once its checksum is right. Opening one then reads all of it, as
 *                                 pylm_model_verify() does. For images that nobody else can put there, such as one in
 *                                 the firmware. Without it, an image that was made to do harm does none
 *
 * Modules (csrc/modules) may be left out as a whole. What their headers declare is not there then.
 *
 *     -DPYLM_MODULE_TEXT=0        vocabulary, constraints: pylm_text.h
 *     -DPYLM_MODULE_LEXICON=0     words that are added to a model of words: pylm_lexicon.h; it needs text
 *     -DPYLM_MODULE_ADAPT=0       learning while reading, layers: pylm_adapt.h. Images that are layers are refused
 *     -DPYLM_MODULE_DECODE=0      hypotheses of decoders, lattices: pylm_decode.h
 *     -DPYLM_MODULE_EXPLAIN=0     pylm_explain.h
 *     -DPYLM_MODULE_KERNEL=0      pylm_kernel.h. Images with that predictor are refused
 *     -DPYLM_MODULE_KEYBOARD=0    pylm_keyboard.h; it needs text and adapt
 *     -DPYLM_MODULE_PACK=0        texts in few bytes: pylm_pack.h. Without text, only of models of bytes
 *     -DPYLM_MODULE_TOPIC=0       what a text is about, or its last words (core/topic.h, core/words.h). Images with
 *                                 topics are refused
 *     -DPYLM_MODULE_VOICE=0       what all suffix contexts say together (core/voice.h). Images that have it are refused
 *     -DPYLM_MODULE_LAYOUT=0      contexts of bytes by column, byte above and shape (core/layout.h). Images with such
 *                                 contexts are refused
 *
 * A pylm_state has 640 bytes, without topics 432, without both 128. So these two are for all that includes pylm.h, too.
 */
#ifndef PYLM_CORE_CONFIG_H
#define PYLM_CORE_CONFIG_H

#include <stdint.h>

#ifndef PYLM_BYTES
#define PYLM_BYTES 0
#endif

#ifndef PYLM_MODULE_TEXT
#define PYLM_MODULE_TEXT 1
#endif
#ifndef PYLM_MODULE_ADAPT
#define PYLM_MODULE_ADAPT 1
#endif
#ifndef PYLM_MODULE_DECODE
#define PYLM_MODULE_DECODE 1
#endif
#ifndef PYLM_MODULE_EXPLAIN
#define PYLM_MODULE_EXPLAIN 1
#endif
#ifndef PYLM_MODULE_KERNEL
#define PYLM_MODULE_KERNEL 1
#endif
#ifndef PYLM_MODULE_PACK
#define PYLM_MODULE_PACK 1
#endif
#ifndef PYLM_MODULE_TOPIC
#define PYLM_MODULE_TOPIC 1
#endif
#ifndef PYLM_MODULE_VOICE
#define PYLM_MODULE_VOICE 1
#endif
#ifndef PYLM_MODULE_LAYOUT
#define PYLM_MODULE_LAYOUT 1
#endif
#ifndef PYLM_MODULE_LEXICON
#define PYLM_MODULE_LEXICON (PYLM_MODULE_TEXT && !PYLM_BYTES)
#endif
#if PYLM_MODULE_LEXICON && !PYLM_MODULE_TEXT
#error "PYLM_MODULE_LEXICON needs PYLM_MODULE_TEXT"
#endif
#ifndef PYLM_MODULE_KEYBOARD
#define PYLM_MODULE_KEYBOARD (PYLM_MODULE_TEXT && PYLM_MODULE_ADAPT)
#endif
#if PYLM_MODULE_KEYBOARD && !(PYLM_MODULE_TEXT && PYLM_MODULE_ADAPT)
#error "PYLM_MODULE_KEYBOARD needs PYLM_MODULE_TEXT and PYLM_MODULE_ADAPT"
#endif

#ifndef PYLM_MOST_TREES
#define PYLM_MOST_TREES 8
#endif
#ifndef PYLM_MOST_TEMPLATES
#define PYLM_MOST_TEMPLATES 31
#endif
#ifndef PYLM_MOST_LAYERS
#define PYLM_MOST_LAYERS 7
#endif
#ifndef PYLM_MOST_MB
#define PYLM_MOST_MB 0 /* no limit */
#endif
#ifndef PYLM_ALIGNED
#define PYLM_ALIGNED 0
#endif
#ifndef PYLM_CODED
#define PYLM_CODED 0
#endif
#ifndef PYLM_TRUSTS
#define PYLM_TRUSTS 0
#endif
#if PYLM_MOST_TREES < 1 || PYLM_MOST_TREES > 8 || PYLM_MOST_TEMPLATES < 1 || PYLM_MOST_TEMPLATES > 31
#error "PYLM_MOST_TREES is 1 to 8, PYLM_MOST_TEMPLATES is 1 to 31"
#endif

/* The same as numbers. What the format allows is in format.h. */
#define PYLM__MOST_TREES ((unsigned)PYLM_MOST_TREES)
#define PYLM__MOST_TEMPLATES ((unsigned)PYLM_MOST_TEMPLATES)
#define PYLM__MOST_LAYERS (PYLM_MODULE_ADAPT ? (unsigned)PYLM_MOST_LAYERS : 0u)
#define PYLM__MOST_NBYTES (PYLM_MOST_MB > 0 ? (uint64_t)PYLM_MOST_MB << 20 : UINT64_MAX)

/* A condition that only a damaged image, or one made to do harm, can meet. */
#define PYLM__DAMAGED(condition) (!PYLM_TRUSTS && (condition))

/* How many bits something lies behind the beginning of a part, and how many bytes behind that of an image. */
#if PYLM_MOST_MB > 0 && PYLM_MOST_MB < 512
typedef uint32_t pylm__bit;
typedef uint32_t pylm__offset;
#else
typedef uint64_t pylm__bit;
typedef uint64_t pylm__offset;
#endif

#endif
