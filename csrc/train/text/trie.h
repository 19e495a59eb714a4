/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trie.h: finds the longest of many pieces at the start of a text, byte by byte. A node is the slot of a hash table, by
 * the node before it and its byte; so a step is one look into memory.
 */
#ifndef PYLM_TRAIN_TRIE_H
#define PYLM_TRAIN_TRIE_H

#include "train/base/common.h"

struct pylm__trie_node {
    uint32_t parent; /* slot + 1; 0: this slot is free */
    uint32_t entry;  /* from the lowest bit: piece + 1, or 0 (22 bits); whether longer ones begin so; 0; the byte */
};

struct pylm__trie {
    struct pylm__trie_node *nodes;
    uint32_t first[256]; /* the node of each single byte */
    unsigned bits;       /* log2 of the number of nodes */
};

/* Makes the trie of n different pieces, at most 2^22 - 2.
 *   text_of   the text of a piece, given `user`; pieces that are empty, or longer than PYLM__MAX_PIECE_NBYTES, are left
 *             out.
 * PYLM_ERR_MEMORY or PYLM_ERR_LARGE; then too, it has to be freed. */
typedef const uint8_t *(*pylm__piece_text)(const void *user, uint32_t piece, uint64_t *nbytes);
int pylm__trie_init(struct pylm__trie *trie, uint32_t n, pylm__piece_text text_of, const void *user);
void pylm__trie_free(struct pylm__trie *trie);

#define PYLM__TRIE_PIECE UINT32_C(0x3fffff)
#define PYLM__TRIE_HAS_LONGER UINT32_C(0x400000)

/* Where the search for the node of a byte behind another node begins. */
static inline uint32_t pylm__trie_slot(const struct pylm__trie *trie, uint32_t node, uint8_t byte)
{
    return (uint32_t)((((uint64_t)node << 8 | byte) * UINT64_C(0x9e3779b97f4a7c15)) >> (64u - trie->bits));
}

/* The longest piece at the start of a text of at least one byte, and its length. Where there is none, in a damaged
 * image, piece 0 with one byte. */
static inline uint32_t pylm__trie_longest(const struct pylm__trie *trie, const uint8_t *text, uint64_t nbytes,
                                          uint32_t *length)
{
    const struct pylm__trie_node *nodes = trie->nodes;
    uint32_t node = trie->first[text[0]], mask = (UINT32_C(1) << trie->bits) - 1u, at = 1, best = 1;
    uint32_t entry = nodes[node].entry, piece = entry & PYLM__TRIE_PIECE;
    while (entry & PYLM__TRIE_HAS_LONGER && at < nbytes) {
        uint32_t slot = pylm__trie_slot(trie, node, text[at]), parent = node + 1u;
        while (nodes[slot].parent && (nodes[slot].parent != parent || nodes[slot].entry >> 24 != text[at]))
            slot = (slot + 1u) & mask;
        if (!nodes[slot].parent)
            break;
        node = slot;
        entry = nodes[node].entry;
        at++;
        if (entry & PYLM__TRIE_PIECE) {
            piece = entry & PYLM__TRIE_PIECE;
            best = at;
        }
    }
    *length = best;
    return piece ? piece - 1u : 0u;
}

#endif
