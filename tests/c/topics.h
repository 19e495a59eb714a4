/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topics.h: gives a trained image topic vectors of random numbers. Training finds vectors only in texts that would take
 * the tests long. These say nothing true, but the engine has the same to do.
 */
#ifndef PYLM_TESTS_TOPICS_H
#define PYLM_TESTS_TOPICS_H

#include <string.h>

#include "core/hash.h"
#include "core/topic.h"
#include "train/base/buffer.h"

#define TOPIC_NUMBERS 16u /* of a symbol's vector */

/* Makes the checksums of an image right. */
static inline void sign_image(uint8_t *image, uint64_t nbytes)
{
    uint32_t head_nbytes = pylm__load32(image + PYLM__H_HEAD_NBYTES);
    pylm__store64(image + PYLM__H_HEAD_CHECKSUM,
                  pylm__checksum(image + PYLM__H_TOKENIZER, head_nbytes - PYLM__H_TOKENIZER));
    pylm__store64(image + PYLM__H_IMAGE_CHECKSUM,
                  pylm__checksum(image + PYLM__H_HEAD_CHECKSUM, (size_t)nbytes - PYLM__H_HEAD_CHECKSUM));
}

/* Begins a part at the end of an image, and notes its position in the head. */
static inline void graft_part(struct pylm__buffer *image, uint64_t head)
{
    uint64_t position = pylm__buffer_align(image);
    pylm__store64(image->data + head, position);
}

/* Appends numbers of 8 bits. */
static inline void graft_numbers(struct pylm__buffer *image, uint32_t n, uint64_t *seed)
{
    while (n--)
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) & 255u), 8);
}

static inline void graft_symbols(struct pylm__buffer *image, uint32_t n_symbols, uint64_t *seed)
{
    static const uint8_t head[PYLM__TOPIC_NBYTES] = {TOPIC_NUMBERS, 5, 8, 4, 6};
    uint32_t i;
    graft_part(image, PYLM__H_TOPIC);
    pylm__buffer_bytes(image, head, sizeof head);
    for (i = 0; i < n_symbols; i++) {
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) % 4u), 8);
        graft_numbers(image, TOPIC_NUMBERS, seed);
    }
}

/* Vectors of a tree's nodes, and weights for what they say behind all others. */
static inline void graft_tree(struct pylm__buffer *image, const struct pylm__model *model,
                              const struct pylm__tree *tree, uint64_t *seed)
{
    const struct pylm__shape shape = pylm__tree_shape(tree);
    uint64_t head = (uint64_t)(tree->head - model->image), row, n_rows = 0;
    uint32_t i, row_nbytes = 2u * (tree->n_templates + 1u);
    graft_part(image, head + PYLM__T_TOPIC);
    for (i = 0; i + 1u < tree->n_symbols; i++) {
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) % 401u - 200u) & 0xffffu, 16);
        pylm__buffer_bits(image, 4u + (uint32_t)(random_number(seed) % 4u), 8);
        pylm__buffer_bits(image, 0, 8);
        graft_numbers(image, PYLM__N_FADES * TOPIC_NUMBERS, seed);
    }
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_rows += pylm__n_sets(i, &shape);
    graft_part(image, head + PYLM__T_WEIGHTS);
    for (row = 0; row < n_rows; row++) {
        pylm__buffer_bytes(image, tree->parts[PYLM__P_WEIGHTS] + (size_t)row * row_nbytes, row_nbytes);
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) % 4001u - 1000u) & 0xffffu, 16);
    }
}

/* Frees the image. */
static inline struct image with_topics(struct image plain)
{
    struct pylm__buffer out;
    struct image image;
    pylm_model model;
    const struct pylm__model *view;
    struct pylm__tree tree;
    uint64_t seed = 11;
    uint32_t t;
    REQUIRE(pylm_model_open(&model, plain.data, plain.nbytes) == PYLM_OK);
    view = pylm__model_view(&model);
    memset(&out, 0, sizeof out);
    pylm__buffer_bytes(&out, plain.data, plain.nbytes - PYLM__SLACK_NBYTES);
    graft_symbols(&out, view->n_symbols, &seed);
    for (t = 0; t < view->n_trees; t++) {
        pylm__tree_view(view, t ? &tree : NULL, &tree);
        graft_tree(&out, view, &tree, &seed);
    }
    (void)pylm__buffer_align(&out);
    (void)pylm__buffer_zeros(&out, PYLM__SLACK_NBYTES);
    REQUIRE(out.status == PYLM_OK);
    pylm__store64(out.data + PYLM__H_IMAGE_NBYTES, out.n);
    sign_image(out.data, out.n);
    image.nbytes = (size_t)out.n;
    image.data = allocate(image.nbytes);
    memcpy(image.data, out.data, image.nbytes);
    pylm__buffer_free(&out);
    free(plain.data);
    return image;
}

#endif
