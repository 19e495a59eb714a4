/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * evidence_coded.c: see evidence_coded.h.
 */
#include "evidence_coded.h"

uint32_t pylm__coded_count_at(const struct pylm__evidence *e, uint32_t k, uint32_t i)
{
    return pylm__coded_add(e, k, i, 1u);
}

/* How many splits lie before `end`: of a damaged list too few. A list that is not damaged may seem to have more than it
 * has. */
static inline uint32_t splits_before(const struct pylm__evidence *e, uint32_t k, const uint8_t *at, const uint8_t *end)
{
    size_t nbytes = (size_t)(end - at), begin = (PYLM__SPLITS_AT(e, k) + 7u) / 8u;
    if (nbytes > UINT32_MAX / 8u)
        nbytes = UINT32_MAX / 8u;
    return nbytes < begin ? 0u : ((uint32_t)nbytes * 8u - PYLM__SPLITS_AT(e, k)) / PYLM__AT(e, k, split_bits);
}

/* The rest of a long list's header. Returns where its leaves begin; NULL if the list does not lie before `end`. */
static inline const uint8_t *open_long(const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                                       struct pylm__slices *s)
{
    uint32_t n_bits = pylm__width(PYLM__AT(s, k, n) - 1u), total = pylm__read_rest(&at, end), skip_bits;
    uint32_t total_bits = pylm__width(total);
    if (PYLM__DAMAGED(at >= end || *at > 24u || !total))
        return NULL;
    skip_bits = *at++;
    PYLM__AT(s, k, total) = total;
    if (!PYLM__READS_SPLITS)
        return at;
    PYLM__WIDTHS(e, k) = skip_bits | n_bits << 8 | total_bits << 16;
    PYLM__AT(e, k, split_bits) = skip_bits + n_bits + total_bits;
    if (!PYLM_TRUSTS)
        PYLM__AT(e, k, n_splits) = splits_before(e, k, at, end);
    return PYLM__DAMAGED(!PYLM__AT(e, k, n_splits)) ? NULL : at;
}

int pylm__coded_open(uint32_t first, const uint8_t *at, const uint8_t *end, uint32_t k, struct pylm__evidence *e,
                     struct pylm__slices *s)
{
    uint32_t n = PYLM__AT(s, k, n), code_bits = first >> 4 & 7u;
    PYLM__CODES_AT(e, k) = n * pylm__leaf_bits(e);
    PYLM__SPLITS_AT(e, k) = PYLM__CODES_AT(e, k) + n * code_bits; /* at most 2^24 * (24 + 7) */
    PYLM__AT(e, k, code_bits) = code_bits;
    PYLM__AT(s, k, total) = 0;
    if (pylm__coded_is_long(e, n)) {
        at = open_long(at, end, k, e, s);
        if (PYLM__DAMAGED(!at))
            return 0;
    } else if (PYLM__DAMAGED((PYLM__SPLITS_AT(e, k) + 7u) / 8u > (size_t)(end - at))) {
        return 0;
    }
    PYLM__AT(e, k, list) = at;
    PYLM__AT(s, k, at) = PYLM__AT(s, k, split) = 0;
    PYLM__PREFETCH(at + (PYLM__CODES_AT(e, k) >> 3));
    PYLM__PREFETCH(at + (PYLM__SPLITS_AT(e, k) >> 3));
    return 1;
}

void pylm__coded_opened(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t k)
{
    uint32_t n = PYLM__AT(s, k, n);
    PYLM__AT(s, k, first) = pylm__coded_leaf(e, k, 0);
    PYLM__LAST_LEAF(s, k) = pylm__coded_leaf(e, k, n - 1u);
    if (!PYLM__AT(s, k, total))
        PYLM__AT(s, k, total) = pylm__coded_add(e, k, 0, n); /* each is 1 or more */
}
