/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trie.c: see trie.h.
 */
#include "trie.h"

#include <stdlib.h>
#include <string.h>

#include "modules/text/vocabulary.h"

#define FEWEST_BITS 9u /* room for the single bytes, and never full */
#define MOST_BITS 28u
#define ROOT UINT32_MAX /* what stands before the single bytes */

/* The node of a byte behind another one, added if it is not there. */
static uint32_t step(struct pylm__trie *trie, uint32_t node, uint8_t byte, uint32_t *n_nodes)
{
    uint32_t mask = (UINT32_C(1) << trie->bits) - 1u, slot = pylm__trie_slot(trie, node, byte);
    uint32_t parent = node == ROOT ? ROOT : node + 1u;
    struct pylm__trie_node *found;
    for (;; slot = (slot + 1u) & mask) {
        found = &trie->nodes[slot];
        if (!found->parent)
            break;
        if (found->parent == parent && found->entry >> 24 == byte)
            return slot;
    }
    found->parent = parent;
    found->entry = (uint32_t)byte << 24;
    if (node != ROOT)
        trie->nodes[node].entry |= PYLM__TRIE_HAS_LONGER;
    ++*n_nodes;
    return slot;
}

/* Adds all pieces. Returns 0 if the nodes fill more than five eighths of the slots. */
static int fill(struct pylm__trie *trie, uint32_t n, pylm__piece_text text_of, const void *user)
{
    uint32_t i, at, n_nodes = 0, most = (UINT32_C(1) << trie->bits) / 8u * 5u;
    for (i = 0; i < 256u; i++)
        trie->first[i] = step(trie, ROOT, (uint8_t)i, &n_nodes);
    for (i = 0; i < n; i++) {
        uint64_t nbytes;
        const uint8_t *text = text_of(user, i, &nbytes);
        uint32_t node;
        if (!nbytes || nbytes > PYLM__MAX_PIECE_NBYTES)
            continue;
        if (n_nodes + nbytes > most)
            return 0;
        node = trie->first[text[0]];
        for (at = 1; at < nbytes; at++)
            node = step(trie, node, text[at], &n_nodes);
        if (!(trie->nodes[node].entry & PYLM__TRIE_PIECE))
            trie->nodes[node].entry |= i + 1u;
    }
    return 1;
}

int pylm__trie_init(struct pylm__trie *trie, uint32_t n, pylm__piece_text text_of, const void *user)
{
    memset(trie, 0, sizeof *trie);
    if (n >= PYLM__TRIE_PIECE)
        return PYLM_ERR_LARGE;
    for (trie->bits = FEWEST_BITS; (UINT64_C(1) << trie->bits) < 4u * (uint64_t)n;)
        trie->bits++;
    for (; trie->bits <= MOST_BITS; trie->bits++) {
        trie->nodes = pylm__array_new(UINT64_C(1) << trie->bits, sizeof *trie->nodes);
        if (!trie->nodes)
            return PYLM_ERR_MEMORY;
        if (fill(trie, n, text_of, user))
            return PYLM_OK;
        pylm__trie_free(trie);
    }
    return PYLM_ERR_LARGE;
}

void pylm__trie_free(struct pylm__trie *trie)
{
    free(trie->nodes);
    trie->nodes = NULL;
}
