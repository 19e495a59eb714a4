/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * coder.c: see coder.h.
 */
#include "coder.h"

#include "core/config.h"

#if PYLM_MODULE_PACK

#define LEAST_RANGE (UINT32_C(1) << 24)

static void put(struct pylm__coder *coder, uint32_t byte)
{
    if (coder->at < coder->room)
        coder->out[coder->at] = (uint8_t)byte;
    coder->at++;
}

/* There is always a byte that takes it: the first interval ends below 2^32. */
static void carry(struct pylm__coder *coder)
{
    uint64_t i = coder->at < coder->room ? coder->at : coder->room;
    while (i-- > 0 && ++coder->out[i] == 0) {
    }
}

static void shift(struct pylm__coder *coder)
{
    uint32_t next = 0;
    if (coder->out) {
        put(coder, coder->low >> 24);
    } else {
        next = coder->at < coder->room ? coder->in[coder->at] : 0u;
        coder->at++;
    }
    coder->low = coder->low << 8 | next;
}

static void begin(struct pylm__coder *coder)
{
    coder->low = 0;
    coder->range = (uint32_t)PYLM__PACK_FIRST << 24;
    coder->at = 0;
}

void pylm__coder_write(struct pylm__coder *coder, uint8_t *out, uint64_t room)
{
    coder->out = out;
    coder->room = room;
    begin(coder);
}

void pylm__coder_read(struct pylm__coder *coder, const uint8_t *in, uint64_t nbytes)
{
    uint32_t i;
    coder->out = 0;
    coder->in = in;
    coder->room = nbytes;
    begin(coder);
    for (i = 0; i < 4u; i++)
        shift(coder);
}

int pylm__coder_decide(struct pylm__coder *coder, uint32_t right_q16, int side)
{
    /* the right side lies below; both have 2^8 at least */
    uint32_t right = (coder->range >> 16) * right_q16 + ((coder->range & 0xffffu) * right_q16 >> 16);
    if (!coder->out)
        side = coder->low < right;
    if (side) {
        coder->range = right;
    } else {
        coder->range -= right;
        if (!coder->out) {
            coder->low -= right;
        } else {
            coder->low += right;
            if (coder->low < right)
                carry(coder);
        }
    }
    for (; coder->range < LEAST_RANGE; coder->range <<= 8)
        shift(coder);
    return side;
}

void pylm__coder_finish(struct pylm__coder *coder)
{
    uint32_t up = (coder->low + LEAST_RANGE - 1u) & ~(LEAST_RANGE - 1u), last = coder->low + coder->range - 1u;
    int is_above = last < coder->low; /* 2^32, which the carry makes of what was written, lies in the interval */
    if (coder->low && is_above)
        carry(coder);
    if (!coder->at || (coder->low && !is_above))
        put(coder, up >> 24);
}

#endif
