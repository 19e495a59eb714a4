/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trie.h: finds the longest of many pieces at the start of a text, byte by byte, in a double-array trie (Aoe 1989). The
 * node behind another one, by a byte, is in the slot base ^ byte; each base belongs to one node, so the byte tells
 * whether the slot is meant. What follows a node lies close to it, mostly in one line of the cache.
 */
#ifndef PYLM_TRAIN_TRIE_H
#define PYLM_TRAIN_TRIE_H

#include "train/base/common.h"

struct pylm__trie_node {
    uint32_t base;  /* 0: no longer piece begins so */
    uint32_t entry; /* from the lowest bit: piece + 1, or 0 (22 bits); 0; whether there is a node; its byte (8 bits) */
};

struct pylm__trie {
    struct pylm__trie_node *nodes; /* the first 256 are those of single bytes */
    uint32_t n;                    /* a multiple of 256 */
};

/* Makes the trie of n different pieces, at most 2^22 - 2.
 *   text_of   the text of a piece, given `user`; pieces that are empty, or longer than PYLM__MAX_PIECE_NBYTES, are left
 *             out.
 * PYLM_ERR_MEMORY or PYLM_ERR_LARGE. */
typedef const uint8_t *(*pylm__piece_text)(const void *user, uint32_t piece, uint64_t *nbytes);
int pylm__trie_init(struct pylm__trie *trie, uint32_t n, pylm__piece_text text_of, const void *user);
void pylm__trie_free(struct pylm__trie *trie);

#define PYLM__TRIE_PIECE UINT32_C(0x3fffff)
#define PYLM__TRIE_BYTE 23u /* from this bit on: that there is a node, and its byte */

/* The longest piece at the start of a text of at least one byte, and its length. Where there is none, in a damaged
 * image, piece 0 with one byte. */
static inline uint32_t pylm__trie_longest(const struct pylm__trie *trie, const uint8_t *text, uint64_t nbytes,
                                          uint32_t *length)
{
    const struct pylm__trie_node *node = &trie->nodes[text[0]], *nodes = trie->nodes;
    uint32_t at = 1, best = 1, piece = node->entry & PYLM__TRIE_PIECE;
    while (node->base && at < nbytes) {
        node = &nodes[node->base ^ text[at]];
        if (node->entry >> PYLM__TRIE_BYTE != ((uint32_t)text[at] << 1 | 1u))
            break;
        at++;
        if (node->entry & PYLM__TRIE_PIECE) {
            piece = node->entry & PYLM__TRIE_PIECE;
            best = at;
        }
    }
    *length = best;
    return piece ? piece - 1u : 0u;
}

#endif
