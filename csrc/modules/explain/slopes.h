/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * slopes.h: what each number of a reading (core/topic.h) saves of a symbol's cost.
 *
 * What a decision saves by its topic is the topic's log-odds times a weight and a ratio (share.h). Log-odds are linear
 * in the reading, so savings are, too. Their slopes add up over decisions, and then every symbol that was read needs
 * one product with the sums only.
 */
#ifndef PYLM_EXPLAIN_SLOPES_H
#define PYLM_EXPLAIN_SLOPES_H

#include "core/topic.h"
#include "share.h"

struct pylm__slopes {
    int64_t of[PYLM__MAX_READING]; /* saved by one unit of each number of a reading, 1/65536 bit, q14 */
    int64_t offset;                /* saved by the offsets of the nodes, the same, q4 */
};

/* Adds those of a decision.
 *   record   of its node, as long as the reading says
 *   weight   q13, of the log-odds of going right; its negative if the symbol is on the left
 *   ratio    of savings to log-odds */
static inline void pylm__slopes_add(struct pylm__slopes *slopes, const uint8_t *record,
                                    const struct pylm__reading *reading, int64_t weight, struct pylm__ratio ratio)
{
    int64_t slope = pylm__times(weight * (1 << 14), ratio); /* of log-odds in q10; below 2^32 */
    int64_t divisor = INT64_C(1) << (record[PYLM__NODE_TOPIC_SHIFT] & 15u);
    uint8_t room[PYLM__MAX_READING];
    const uint8_t *numbers =
        pylm__topic_numbers(record + PYLM__NODE_TOPIC_NUMBERS, reading->n, reading->is_short, room);
    uint32_t i;
    slopes->offset += slope * pylm__image_i16(record + PYLM__NODE_TOPIC_OFFSET) / (1 << 10);
    for (i = 0; i < reading->n; i++)
        slopes->of[i] += slope * (int8_t)numbers[i] / divisor;
}

/* Moves the average of some trees on to that with one more.
 *   share   of the new tree in all of them */
static inline void pylm__slopes_average(struct pylm__slopes *all, const struct pylm__slopes *tree,
                                        struct pylm__ratio share)
{
    uint32_t i;
    for (i = 0; i < PYLM__MAX_READING; i++)
        all->of[i] += pylm__times(tree->of[i] - all->of[i], share);
    all->offset += pylm__times(tree->offset - all->offset, share);
}

#endif
