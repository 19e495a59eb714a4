/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sample.h: a part of a long text, for what is found once for all of it, and hardly changes with more: the pieces and
 * the classes. It is in stretches spread evenly. So it takes the same time and memory for a text of any length.
 */
#ifndef PYLM_TRAIN_SAMPLE_H
#define PYLM_TRAIN_SAMPLE_H

#include <stdint.h>

#define PYLM__STRETCHES 1024u

struct pylm__sample {
    uint64_t n; /* of the whole text */
    uint64_t length;
    uint32_t n_stretches; /* 1: it is all of the text */
};

/* At most `most` of n bytes or symbols. */
static inline struct pylm__sample pylm__sample_of(uint64_t n, uint64_t most)
{
    const struct pylm__sample all = {n, n, 1}, part = {n, most / PYLM__STRETCHES, PYLM__STRETCHES};
    return n <= most ? all : part;
}

/* Where a stretch begins; it has sample->length. */
static inline uint64_t pylm__stretch_begin(const struct pylm__sample *sample, uint32_t number)
{
    uint64_t step = sample->n / sample->n_stretches, rest = sample->n % sample->n_stretches;
    return step * number + rest * number / sample->n_stretches;
}

#endif
