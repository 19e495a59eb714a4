/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * coder.h: an arithmetic coder of decisions between two sides.
 *
 * A text is an interval of the numbers from 0 to 1: each decision keeps a part of it, as large as the decision was
 * probable. The packet is the shortest number in what is left at the end. The coder knows 32 bits of the lower end, and
 * of the width; both are moved up 8 bits when the width has less than 24, so a decision costs 2^-8 more than it should
 * at most, and 2^-16 in most cases. What lies before the 32 bits has been written. A carry goes back through it.
 */
#ifndef PYLM_PACK_CODER_H
#define PYLM_PACK_CODER_H

#include <stdint.h>

/* Packets that begin with this byte, or one above it, are not numbers of this coder: the first interval ends here. */
#define PYLM__PACK_FIRST 0xfcu

struct pylm__coder {
    uint32_t low;   /* writing: the lower end. Reading: how far above it the number lies; less than `range` */
    uint32_t range; /* width; 2^24 and more between decisions */
    uint8_t *out;   /* writing: the packet; NULL: reading */
    const uint8_t *in;
    uint64_t at;   /* bytes written, or asked for */
    uint64_t room; /* bytes that may be written, or that are there. Behind its end a packet has zeros */
};

/* Begins to write a packet, or to read one. */
void pylm__coder_write(struct pylm__coder *coder, uint8_t *out, uint64_t room);
void pylm__coder_read(struct pylm__coder *coder, const uint8_t *in, uint64_t nbytes);

/* One decision, written or read; returns the side: 1 is right.
 *   right_q16   how probable the right side is, 1 to 65535
 *   side        writing: the side that was taken */
int pylm__coder_decide(struct pylm__coder *coder, uint32_t right_q16, int side);

/* Writes the shortest number in the interval. `at` says how many bytes the packet has, or would have if it is more than
 * `room`. */
void pylm__coder_finish(struct pylm__coder *coder);

/* Whether more was read than a packet of this length can hold. */
static inline int pylm__coder_is_beyond(const struct pylm__coder *coder)
{
    return coder->at > coder->room + 4u;
}

/* Whether what was read is all of the packet, after the last decision. */
static inline int pylm__coder_is_whole(const struct pylm__coder *coder)
{
    return !pylm__coder_is_beyond(coder) && coder->at >= coder->room + 3u;
}

#endif
