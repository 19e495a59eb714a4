/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * trie.c: see trie.h. Pieces are sorted, so what begins alike is a range of them, and a node is made of a range: first
 * all nodes behind it, then, from the first of these on, those behind each.
 */
#include "trie.h"

#include <stdlib.h>
#include <string.h>

#include "modules/text/vocabulary.h"

#define BLOCK 256u /* slots that a node may lead to */
#define TRIES 64u  /* bases tried before a new block is begun */
#define MOST_RANGES ((size_t)PYLM__MAX_PIECE_NBYTES * BLOCK)

struct piece {
    const uint8_t *text;
    uint32_t nbytes, number;
};

/* Pieces that begin with the same bytes, `depth` of them, and their node. */
struct range {
    uint32_t begin, end, depth, slot;
};

struct making {
    struct pylm__trie *trie;
    uint8_t *has_base; /* by the base: whether a node has it */
    uint32_t free;     /* no slot before this one is free */
    struct piece *pieces;
    struct range *ranges; /* still to be done */
    uint32_t n_ranges;
};

static int compare(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    uint32_t n = p->nbytes < q->nbytes ? p->nbytes : q->nbytes;
    int order = memcmp(p->text, q->text, n);
    if (order)
        return order;
    if (p->nbytes != q->nbytes)
        return p->nbytes < q->nbytes ? -1 : 1;
    return p->number < q->number ? -1 : p->number > q->number;
}

static int is_free(const struct making *m, uint32_t slot)
{
    return !m->trie->nodes[slot].entry;
}

/* One more block of free slots. */
static int grow(struct making *m)
{
    struct pylm__trie *trie = m->trie;
    uint32_t n = trie->n + BLOCK;
    if (n > UINT32_MAX / 2u)
        return PYLM_ERR_LARGE;
    if (!(trie->n & (trie->n - 1u)) || !trie->n) { /* the room is a power of two */
        uint32_t room = trie->n ? 2u * trie->n : BLOCK;
        void *nodes = pylm__array_grow(trie->nodes, room, sizeof *trie->nodes), *has_base;
        if (nodes)
            trie->nodes = nodes;
        has_base = nodes ? pylm__array_grow(m->has_base, room, 1) : NULL;
        if (!has_base)
            return PYLM_ERR_MEMORY;
        m->has_base = has_base;
    }
    memset(trie->nodes + trie->n, 0, BLOCK * sizeof *trie->nodes);
    memset(m->has_base + trie->n, 0, BLOCK);
    trie->n = n;
    return PYLM_OK;
}

static int fits(const struct making *m, uint32_t base, const uint8_t *bytes, uint32_t n)
{
    uint32_t i;
    if (!base || m->has_base[base])
        return 0;
    for (i = 0; i < n && is_free(m, base ^ bytes[i]);)
        i++;
    return i == n;
}

/* A base from which all slots of some bytes are free. */
static int find_base(struct making *m, const uint8_t *bytes, uint32_t n, uint32_t *base)
{
    uint32_t slot, tries = 0;
    while (m->free < m->trie->n && !is_free(m, m->free))
        m->free++;
    for (slot = m->free; slot < m->trie->n && tries < TRIES; slot++) {
        *base = slot ^ bytes[0];
        if (!is_free(m, slot))
            continue;
        if (fits(m, *base, bytes, n))
            return PYLM_OK;
        tries++;
    }
    *base = m->trie->n;
    return grow(m);
}

static void put(struct making *m, uint32_t slot, uint8_t byte)
{
    m->trie->nodes[slot].entry = ((uint32_t)byte << 1 | 1u) << PYLM__TRIE_BYTE;
}

/* Makes the nodes behind that of a range. */
static int divide(struct making *m, struct range range)
{
    struct range parts[BLOCK];
    uint8_t bytes[BLOCK];
    uint32_t i, n = 0, base;
    for (i = range.begin; i < range.end && m->pieces[i].nbytes == range.depth; i++)
        if (!(m->trie->nodes[range.slot].entry & PYLM__TRIE_PIECE)) /* of equal ones the first */
            m->trie->nodes[range.slot].entry |= m->pieces[i].number + 1u;
    for (; i < range.end; i++) {
        uint8_t byte = m->pieces[i].text[range.depth];
        if (!n || bytes[n - 1u] != byte) {
            parts[n].begin = i;
            parts[n].depth = range.depth + 1u;
            bytes[n++] = byte;
        }
        parts[n - 1u].end = i + 1u;
    }
    if (!n)
        return PYLM_OK;
    PYLM__TRY(find_base(m, bytes, n, &base));
    m->has_base[base] = 1;
    m->trie->nodes[range.slot].base = base;
    while (n--) {
        parts[n].slot = base ^ bytes[n];
        put(m, parts[n].slot, bytes[n]);
        m->ranges[m->n_ranges++] = parts[n]; /* each level has 256 waiting at most */
    }
    return PYLM_OK;
}

static int make(struct making *m, uint32_t n)
{
    uint32_t i, begin;
    PYLM__TRY(grow(m));
    for (i = 0; i < BLOCK; i++)
        put(m, i, (uint8_t)i);
    for (i = 0; i < n; i = begin) {
        struct range range = {i, 0, 1, m->pieces[i].text[0]};
        for (begin = i; begin < n && m->pieces[begin].text[0] == range.slot;)
            begin++;
        range.end = begin;
        m->ranges[m->n_ranges++] = range;
        while (m->n_ranges)
            PYLM__TRY(divide(m, m->ranges[--m->n_ranges]));
    }
    return PYLM_OK;
}

int pylm__trie_init(struct pylm__trie *trie, uint32_t n, pylm__piece_text text_of, const void *user)
{
    struct making m = {NULL, NULL, 0, NULL, NULL, 0};
    uint32_t i, n_pieces = 0;
    int status = PYLM_ERR_MEMORY;
    memset(trie, 0, sizeof *trie);
    if (n >= PYLM__TRIE_PIECE)
        return PYLM_ERR_LARGE;
    m.trie = trie;
    m.pieces = pylm__array_new(n, sizeof *m.pieces);
    m.ranges = pylm__array_new(MOST_RANGES, sizeof *m.ranges);
    if (m.pieces && m.ranges) {
        for (i = 0; i < n; i++) {
            uint64_t nbytes;
            const uint8_t *text = text_of(user, i, &nbytes);
            struct piece piece = {text, (uint32_t)nbytes, i};
            if (nbytes && nbytes <= PYLM__MAX_PIECE_NBYTES)
                m.pieces[n_pieces++] = piece;
        }
        qsort(m.pieces, n_pieces, sizeof *m.pieces, compare);
        status = make(&m, n_pieces);
    }
    free(m.pieces);
    free(m.ranges);
    free(m.has_base);
    if (status != PYLM_OK)
        pylm__trie_free(trie);
    return status;
}

void pylm__trie_free(struct pylm__trie *trie)
{
    free(trie->nodes);
    trie->nodes = NULL;
}
