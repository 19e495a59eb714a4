/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * overflow.c: see overflow.h. The heights of the two subtrees of a node differ by one at most. Where an entry that was
 * added made it two, one or two rotations on the way back to the root mend that.
 */
#include "overflow.h"

#include <stdlib.h>
#include <string.h>

#define MOST_HEIGHT 48u /* 1.44 log2(2^32) and some */
#define FIRST_NODES 64u

struct pylm__overflow_node {
    uint32_t number, child[2];
    uint32_t height; /* of its subtree; 0: none */
};

uint32_t pylm__overflow_find(const struct pylm__overflow *o, pylm__compare_entry compare, const void *table,
                             const void *key)
{
    uint32_t at = o->root;
    while (at) {
        int order = compare(table, key, o->nodes[at].number);
        if (!order)
            return o->nodes[at].number;
        at = o->nodes[at].child[order > 0];
    }
    return PYLM_NONE;
}

static uint32_t height_of(const struct pylm__overflow *o, uint32_t at, int side)
{
    return o->nodes[o->nodes[at].child[side]].height;
}

static void set_height(struct pylm__overflow *o, uint32_t at)
{
    uint32_t left = height_of(o, at, 0), right = height_of(o, at, 1);
    o->nodes[at].height = (left > right ? left : right) + 1u;
}

/* Puts the child of a side in its parent's place. Returns it. */
static uint32_t rotate(struct pylm__overflow *o, uint32_t at, int side)
{
    uint32_t up = o->nodes[at].child[side];
    o->nodes[at].child[side] = o->nodes[up].child[!side];
    o->nodes[up].child[!side] = at;
    set_height(o, at);
    set_height(o, up);
    return up;
}

/* Returns what stands in the place of a node when it is balanced. */
static uint32_t balance(struct pylm__overflow *o, uint32_t at)
{
    uint32_t left = height_of(o, at, 0), right = height_of(o, at, 1);
    int side = right > left;
    if (left + 1u >= right && right + 1u >= left) {
        set_height(o, at);
        return at;
    }
    if (height_of(o, o->nodes[at].child[side], !side) > height_of(o, o->nodes[at].child[side], side))
        o->nodes[at].child[side] = rotate(o, o->nodes[at].child[side], !side);
    return rotate(o, at, side);
}

static int make_room(struct pylm__overflow *o)
{
    uint32_t capacity = o->capacity ? 2u * o->capacity : FIRST_NODES;
    void *nodes;
    if (o->n + 1u < o->capacity)
        return PYLM_OK;
    nodes = pylm__array_grow(o->nodes, capacity, sizeof *o->nodes);
    if (!nodes)
        return PYLM_ERR_MEMORY;
    o->nodes = nodes;
    o->capacity = capacity;
    memset(&o->nodes[0], 0, sizeof o->nodes[0]);
    return PYLM_OK;
}

int pylm__overflow_add(struct pylm__overflow *o, pylm__compare_entry compare, const void *table, const void *key,
                       uint32_t number)
{
    uint32_t path[MOST_HEIGHT], n = 0, at;
    uint8_t sides[MOST_HEIGHT];
    PYLM__TRY(make_room(o));
    for (at = o->root; at; n++) {
        path[n] = at;
        sides[n] = compare(table, key, o->nodes[at].number) > 0;
        at = o->nodes[at].child[sides[n]];
    }
    at = ++o->n;
    memset(&o->nodes[at], 0, sizeof o->nodes[at]);
    o->nodes[at].number = number;
    o->nodes[at].height = 1;
    while (n--) {
        o->nodes[path[n]].child[sides[n]] = at;
        at = balance(o, path[n]);
    }
    o->root = at;
    return PYLM_OK;
}

void pylm__overflow_clear(struct pylm__overflow *o)
{
    o->n = o->root = 0;
}

void pylm__overflow_free(struct pylm__overflow *o)
{
    free(o->nodes);
    memset(o, 0, sizeof *o);
}
