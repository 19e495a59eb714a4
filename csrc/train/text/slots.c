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

/* Two thirds of the slots are taken at most. */
static unsigned bits_for(uint32_t n)
{
    unsigned bits = 1;
    while ((uint64_t)1 << bits < (uint64_t)n + n / 2u)
        bits++;
    return bits;
}

/* Puts a string into a table. Whether it is near enough to its slot. */
static int put(const struct pylm__strings *strings, uint32_t number, const uint8_t *factor, uint32_t *slots,
               uint32_t mask)
{
    uint64_t nbytes, other_nbytes;
    const uint8_t *text = pylm__string_text(strings, number, &nbytes), *other;
    uint32_t at = pylm__slot(factor, pylm__hash_bytes(text, nbytes)), tries;
    for (tries = 0; nbytes && tries < PYLM__MOST_TRIED; tries++, at++) {
        uint32_t *slot = &slots[at & mask];
        if (!*slot) {
            *slot = number + 1u;
            return 1;
        }
        other = pylm__string_text(strings, *slot - 1u, &other_nbytes);
        if (nbytes == other_nbytes && memcmp(text, other, (size_t)nbytes) == 0)
            return 1;
    }
    return !nbytes;
}

int pylm__slots_make(const struct pylm__strings *strings, uint32_t n, const uint8_t *factor, uint32_t **slots,
                     unsigned *bits)
{
    uint32_t i = 0;
    *slots = NULL;
    for (*bits = bits_for(n); *bits <= PYLM__MOST_SLOT_BITS; ++*bits) {
        free(*slots);
        *slots = pylm__array_new((uint64_t)1 << *bits, sizeof **slots);
        if (!*slots)
            return PYLM_ERR_MEMORY;
        for (i = 0; i < n && put(strings, i, factor, *slots, (UINT32_C(1) << *bits) - 1u); i++)
            ;
        if (i == n)
            return PYLM_OK;
    }
    free(*slots);
    *slots = NULL;
    return PYLM_ERR_LARGE;
}
