/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * slots.c: see slots.h.
 */
#include "slots.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "modules/text/vocabulary.h"

#define FIRST_COME 128u /* slots that a symbol may be away if each takes the first free one, which is simpler */
#define MOST_AWAY 64u   /* and if not; a smaller table, of fewer strings, may have more */
#define MORE_BITS 3u    /* tried if a table is too small */

struct table {
    const struct pylm__strings *strings;
    uint32_t *slots; /* index of an entry + 1, or 0 */
    uint32_t *homes; /* of each entry: its slot, in a table of 2^32 */
    uint32_t mask;
};

static unsigned bits_for(uint32_t n)
{
    unsigned bits = 1;
    while ((uint64_t)1 << bits < (uint64_t)n + n / 2u)
        bits++;
    return bits;
}

static int begin(struct table *t, const struct pylm__strings *strings, const uint32_t *order, uint32_t n)
{
    uint32_t i;
    t->strings = strings;
    t->slots = NULL;
    t->homes = pylm__array_new(n, sizeof *t->homes);
    if (!t->homes)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < n; i++) {
        uint64_t nbytes;
        const uint8_t *text = pylm__string_text(strings, order ? order[i] : i, &nbytes);
        t->homes[i] = (uint32_t)(pylm__hash_bytes(text, nbytes) >> 32);
    }
    return PYLM_OK;
}

static int clear(struct table *t, unsigned bits)
{
    free(t->slots);
    t->mask = (UINT32_C(1) << bits) - 1u;
    t->slots = pylm__array_new((uint64_t)t->mask + 1u, sizeof *t->slots);
    return t->slots ? PYLM_OK : PYLM_ERR_MEMORY;
}

/* Whether two entries, which are strings of the same numbers, have the same text. */
static int are_equal(const struct table *t, uint32_t a, uint32_t b)
{
    uint64_t a_nbytes, b_nbytes;
    const uint8_t *a_text = pylm__string_text(t->strings, a, &a_nbytes);
    const uint8_t *b_text = pylm__string_text(t->strings, b, &b_nbytes);
    return t->homes[a] == t->homes[b] && a_nbytes == b_nbytes && memcmp(a_text, b_text, (size_t)a_nbytes) == 0;
}

/* Puts an entry into the first free slot. Whether that is near enough. */
static int put_first(struct table *t, uint32_t entry)
{
    uint32_t away;
    for (away = 0; away < FIRST_COME; away++) {
        uint32_t *slot = &t->slots[(t->homes[entry] + away) & t->mask];
        if (!*slot) {
            *slot = entry + 1u;
            return 1;
        }
    }
    return 0;
}

/* How an entry is put into a table in which the one that is further from its slot stays. Those that make room move on;
 * none of them may come further than `most`. With `writes`, they do move. Whether there is room. */
static int put_fair(struct table *t, uint32_t entry, uint32_t most, int writes)
{
    uint32_t at = t->homes[entry] & t->mask, away, moving = entry + 1u;
    for (away = 0; away <= most; away++, at = (at + 1u) & t->mask) {
        uint32_t other = t->slots[at], its;
        if (!other) {
            t->slots[at] = writes ? moving : 0u;
            return 1;
        }
        its = (at - t->homes[other - 1u]) & t->mask;
        if (its < away) {
            if (writes)
                t->slots[at] = moving;
            moving = other;
            away = its;
        }
    }
    return 0;
}

int pylm__slots_choose(const struct pylm__strings *strings, const uint32_t *order, uint32_t n, uint32_t n_fixed,
                       uint8_t *fits)
{
    struct table t;
    uint32_t i;
    int status = begin(&t, strings, order, n);
    if (status == PYLM_OK)
        status = clear(&t, bits_for(n));
    for (i = 0; i < n && status == PYLM_OK; i++) {
        fits[i] = i < n_fixed || put_fair(&t, i, MOST_AWAY, 0);
        if (fits[i])
            (void)put_fair(&t, i, i < n_fixed ? t.mask : MOST_AWAY, 1);
    }
    free(t.slots);
    free(t.homes);
    return status;
}

/* Whether there is nothing to find: an empty string, or one that is there already. */
static int is_found(const struct table *t, uint32_t entry)
{
    uint64_t nbytes;
    uint32_t at = t->homes[entry] & t->mask, away;
    (void)pylm__string_text(t->strings, entry, &nbytes);
    for (away = 0; nbytes && away < PYLM__MOST_TRIED && t->slots[at]; away++, at = (at + 1u) & t->mask)
        if (are_equal(t, t->slots[at] - 1u, entry))
            return 1;
    return !nbytes;
}

/* Makes the table so that each entry is near enough. Whether that was possible. */
static int fill(struct table *t, uint32_t n, int fair)
{
    uint32_t i;
    for (i = 0; i < n; i++) {
        if (is_found(t, i))
            continue;
        if (!fair ? !put_first(t, i) : !put_fair(t, i, PYLM__MOST_TRIED - 1u, 1))
            return 0;
    }
    return 1;
}

int pylm__slots_make(const struct pylm__strings *strings, uint32_t n, uint32_t **slots, unsigned *bits)
{
    struct table t;
    unsigned fewest = bits_for(n), i;
    int status = begin(&t, strings, NULL, n), found = 0;
    for (i = 0; i <= MORE_BITS + 1u && !found && status == PYLM_OK; i++) {
        *bits = fewest + (i ? i - 1u : 0u);
        if (*bits > PYLM__MOST_SLOT_BITS)
            break;
        status = clear(&t, *bits);
        if (status == PYLM_OK)
            found = fill(&t, n, i > 0);
    }
    free(t.homes);
    if (status == PYLM_OK && !found)
        status = PYLM_ERR_LARGE;
    if (status != PYLM_OK) {
        free(t.slots);
        t.slots = NULL;
    }
    *slots = t.slots;
    return status;
}
