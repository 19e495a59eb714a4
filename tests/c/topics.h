/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topics.h: gives a trained image topic vectors of random numbers, or in bytes vectors of words. Training finds vectors
 * only in texts that would take the tests long. These say nothing true, but the engine has the same to do.
 */
#ifndef PYLM_TESTS_TOPICS_H
#define PYLM_TESTS_TOPICS_H

#include <string.h>

#include "core/hash.h"
#include "core/words.h"
#include "train/base/buffer.h"
#include "train/topic/frequent.h"

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

static inline void graft_symbols(struct pylm__buffer *image, uint32_t n_symbols, uint32_t is_short, uint64_t *seed)
{
    uint8_t head[PYLM__TOPIC_NBYTES] = {TOPIC_NUMBERS, 5, 8, 4, 6, 0};
    uint32_t i;
    head[PYLM__TOPIC_SHORT] = (uint8_t)is_short;
    graft_part(image, PYLM__H_TOPIC);
    pylm__buffer_bytes(image, head, sizeof head);
    for (i = 0; i < n_symbols; i++) {
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) % 4u), 8);
        graft_numbers(image, pylm__topic_numbers_nbytes(TOPIC_NUMBERS, is_short), seed);
    }
}

/* The hashes of some words: bytes that stand alone, and "w". As a table of an image. */
static inline void graft_table(struct pylm__buffer *image)
{
    struct pylm__frequencies frequencies;
    uint8_t *table;
    uint64_t nbytes;
    uint32_t byte;
    memset(&frequencies, 0, sizeof frequencies);
    for (byte = 8; byte < 64u; byte++)
        REQUIRE(pylm__frequencies_count(&frequencies, pylm__word_of_byte(byte + 1u)) == PYLM_OK);
    REQUIRE(pylm__frequencies_count(&frequencies, (uint32_t)(pylm__hash_step(0, 'w') >> 32) | 1u) == PYLM_OK);
    REQUIRE(pylm__frequencies_table(&frequencies, 1, 100, &table, &nbytes) == PYLM_OK);
    pylm__buffer_bytes(image, table, nbytes);
    free(table);
    pylm__frequencies_free(&frequencies);
}

#define GRAFTED_WORDS 57u

static inline void graft_words(struct pylm__buffer *image, uint64_t *seed)
{
    static const uint8_t head[PYLM__WORDS_NBYTES] = {TOPIC_NUMBERS, 8, 5, 3};
    graft_part(image, PYLM__H_TOPIC);
    pylm__buffer_bytes(image, head, sizeof head);
    graft_table(image);
    graft_numbers(image, GRAFTED_WORDS * TOPIC_NUMBERS, seed);
}

static inline void graft_records(struct pylm__buffer *image, uint32_t n, uint32_t nbytes, uint64_t *seed)
{
    while (n--) {
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) % 401u - 200u) & 0xffffu, 16);
        pylm__buffer_bits(image, 4u + (uint32_t)(random_number(seed) % 4u), 8);
        pylm__buffer_bits(image, 0, 8);
        graft_numbers(image, nbytes, seed);
    }
}

/* Of each prefix, about one node in eight has a record of its own. */
static inline void graft_prefixes(struct pylm__buffer *image, uint32_t n_nodes, uint64_t *seed)
{
    uint64_t begin = image->n;
    uint32_t prefix, i, n = n_nodes;
    pylm__buffer_bits(image, 0, 32);
    graft_table(image);
    for (prefix = 0; prefix < GRAFTED_WORDS; prefix++) {
        uint8_t entry[PYLM__PREFIX_NBYTES];
        uint32_t ranks = 0;
        pylm__store32(entry + PYLM__PREFIX_FIRST, n);
        for (i = 0; i < 8u; i++) {
            uint64_t r = random_number(seed) & random_number(seed) & random_number(seed);
            uint32_t bits = (uint32_t)r & pylm__mask(i < 7u ? 32u : n_nodes % 32u);
            entry[PYLM__PREFIX_RANKS + i] = (uint8_t)ranks;
            pylm__store32(entry + PYLM__PREFIX_BITS + 4u * i, bits);
            ranks += pylm__count_bits(bits);
        }
        n += ranks;
        pylm__buffer_bytes(image, entry, sizeof entry);
    }
    pylm__store32(image->data + begin, n);
    graft_records(image, n, TOPIC_NUMBERS, seed);
}

/* Vectors of a tree's nodes, and weights for what they say, behind that of the constant. */
static inline void graft_tree(struct pylm__buffer *image, const struct pylm__model *model,
                              const struct pylm__tree *tree, uint32_t is_short, uint64_t *seed)
{
    const struct pylm__shape shape = pylm__tree_shape(tree);
    uint64_t head = (uint64_t)(tree->head - model->image), row, n_rows = 0;
    uint32_t i, before = 2u * (tree->n_templates + 1u), row_nbytes = 2u * pylm__n_stage1(tree);
    graft_part(image, head + PYLM__T_TOPIC);
    if (model->tokenizer == PYLM_TOKENIZER_BYTES)
        graft_prefixes(image, tree->n_symbols - 1u, seed);
    else
        graft_records(image, tree->n_symbols - 1u, pylm__topic_numbers_nbytes(PYLM__N_FADES * TOPIC_NUMBERS, is_short),
                      seed);
    for (i = 0; i < PYLM__N_FAMILIES; i++)
        n_rows += pylm__n_sets(i, &shape);
    graft_part(image, head + PYLM__T_WEIGHTS);
    for (row = 0; row < n_rows; row++) {
        const uint8_t *weights = tree->parts[PYLM__P_WEIGHTS] + (size_t)row * row_nbytes;
        pylm__buffer_bytes(image, weights, before);
        pylm__buffer_bits(image, (uint32_t)(random_number(seed) % 4001u - 1000u) & 0xffffu, 16);
        pylm__buffer_bytes(image, weights + before, row_nbytes - before);
    }
}

/* Frees the image.
 *   is_short   1: numbers of 4 bits */
static inline struct image with_topics(struct image plain, uint32_t is_short)
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
    if (view->tokenizer == PYLM_TOKENIZER_BYTES)
        graft_words(&out, &seed);
    else
        graft_symbols(&out, view->n_symbols, is_short, &seed);
    for (t = 0; t < view->n_trees; t++) {
        pylm__tree_view(view, t ? &tree : NULL, &tree);
        graft_tree(&out, view, &tree, is_short, &seed);
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
