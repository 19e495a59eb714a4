/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * mem.c: see string.h. Compiled with -fno-tree-loop-distribute-patterns, so that these loops do not become calls of
 * themselves.
 */
#include <stdint.h>
#include <string.h>

/* Words where both addresses allow it. */
void *memcpy(void *restrict to, const void *restrict from, size_t nbytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (!(((uintptr_t)t | (uintptr_t)f) & 3u))
        for (; nbytes >= 4u; nbytes -= 4u, t += 4, f += 4)
            *(uint32_t *)(void *)t = *(const uint32_t *)(const void *)f;
    while (nbytes--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t nbytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    size_t i;
    if ((uintptr_t)t <= (uintptr_t)f)
        for (i = 0; i < nbytes; i++)
            t[i] = f[i];
    else
        for (i = nbytes; i--;)
            t[i] = f[i];
    return to;
}

void *memset(void *at, int value, size_t nbytes)
{
    uint8_t *t = at;
    uint32_t word = (uint8_t)value * UINT32_C(0x01010101);
    if (!((uintptr_t)t & 3u))
        for (; nbytes >= 4u; nbytes -= 4u, t += 4)
            *(uint32_t *)(void *)t = word;
    while (nbytes--)
        *t++ = (uint8_t)value;
    return at;
}

int memcmp(const void *a, const void *b, size_t nbytes)
{
    const uint8_t *x = a, *y = b;
    for (; nbytes--; x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}
