/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * scale.c: see scale.h.
 */
#include "scale.h"

#include <stdlib.h>

#include "train/base/sort.h"

/* The n keys of a context, and by key how often it stands in a block: in the one that is looked at, and at most. */
struct context {
    const uint64_t *keys;
    uint64_t n;
    uint32_t *here, *most;
};

/* Counts the keys of a context in a block of n symbols. */
static void count_block(struct context *c, const uint64_t *block, uint64_t n, unsigned leaf_bits)
{
    uint64_t i, at;
    for (i = 0; i < n; i++) {
        if (block[i] >> leaf_bits != c->keys[0] >> leaf_bits)
            continue;
        at = pylm__lower_bound(c->keys, 0, c->n, block[i]); /* it is there: the text has all blocks */
        c->here[at]++;
    }
    for (at = 0; at < c->n; at++) {
        c->most[at] = c->here[at] > c->most[at] ? c->here[at] : c->most[at];
        c->here[at] = 0;
    }
}

/* Scales the counts of a context: sums[i] less the sum before. */
static int scale(struct context *c, const struct pylm__heldout *heldout, const uint64_t *of_blocks, unsigned leaf_bits,
                 unsigned shift, uint64_t before, uint64_t *sums)
{
    uint64_t i, n, count, up = ((uint64_t)1 << shift) - 1u, sum = before;
    uint32_t b;
    c->here = pylm__array_new(c->n, sizeof *c->here);
    c->most = pylm__array_new(c->n, sizeof *c->most);
    for (b = 0; b < heldout->n_blocks && c->here && c->most; b++, of_blocks += n) {
        n = heldout->ends[b] - heldout->begins[b];
        count_block(c, of_blocks, n, leaf_bits);
    }
    for (i = 0; i < c->n && c->here && c->most; i++) {
        count = (sums[i] - before + up) >> shift;
        before = sums[i];
        sums[i] = sum += count > c->most[i] ? count : c->most[i];
    }
    free(c->here);
    free(c->most);
    return i == c->n ? PYLM_OK : PYLM_ERR_MEMORY;
}

int pylm__scale_contexts(const struct pylm__heldout *heldout, const uint64_t *of_blocks, unsigned leaf_bits,
                         const uint64_t *keys, uint64_t *sums, uint64_t n, uint64_t most)
{
    uint64_t from, to, i, old = 0, less = 0; /* sums are less by so much from here on */
    if (!n || sums[n - 1u] <= most)
        return PYLM_OK;
    for (from = 0; from < n; from = to) {
        struct context context = {keys + from, 0, NULL, NULL};
        uint64_t end, total;
        unsigned shift = 0;
        for (to = from; to < n && keys[to] >> leaf_bits == keys[from] >> leaf_bits; to++)
            continue;
        context.n = to - from;
        end = sums[to - 1u];
        for (total = end - old; total >> shift > most; shift++)
            continue;
        if (shift)
            PYLM__TRY(scale(&context, heldout, of_blocks, leaf_bits, shift, old, sums + from));
        for (i = from; i < to; i++)
            sums[i] -= less;
        old = end;
        less = end - sums[to - 1u];
    }
    return PYLM_OK;
}
