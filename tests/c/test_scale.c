/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, contexts that occur too often for a count: what is scaled, and what is not.
 */
#include "check.h"
#include "train/count/scale.h"

#define LEAF_BITS 16u
#define KEY(hash, leaf) ((uint64_t)(hash) << LEAF_BITS | (leaf))
#define N 6u

/* Three contexts: of 9, of 6,000,000,000 and of 30 occurrences. */
static const uint64_t keys[N] = {KEY(1, 3), KEY(1, 4), KEY(5, 0), KEY(5, 2), KEY(5, 9), KEY(7, 1)};
static const uint64_t counts[N] = {4, 5, UINT64_C(3000000000), UINT64_C(2999999997), 3, 30};

/* Two blocks: in the second one, the rare successor of the frequent context stands three times. */
static const uint64_t of_blocks[7] = {KEY(5, 0), KEY(5, 9), KEY(1, 3), KEY(5, 9), KEY(5, 2), KEY(5, 9), KEY(5, 9)};

static void scale(uint64_t most, uint64_t *scaled)
{
    struct pylm__heldout heldout;
    uint64_t sums[N], sum = 0, i;
    memset(&heldout, 0, sizeof heldout);
    heldout.n_blocks = 2;
    heldout.begins[0] = 100;
    heldout.ends[0] = 103;
    heldout.begins[1] = 200;
    heldout.ends[1] = 204;
    for (i = 0; i < N; i++)
        sums[i] = sum += counts[i];
    REQUIRE(pylm__scale_contexts(&heldout, of_blocks, LEAF_BITS, keys, sums, N, most) == PYLM_OK);
    for (i = 0; i < N; i++)
        scaled[i] = sums[i] - (i ? sums[i - 1u] : 0u);
}

static void check(uint64_t most, const uint64_t *expected)
{
    uint64_t scaled[N];
    scale(most, scaled);
    CHECK(!memcmp(scaled, expected, sizeof scaled));
}

int main(void)
{
    /* a quarter, rounded up, but no less than in a block */
    static const uint64_t quarter[N] = {4, 5, 750000000, 750000000, 3, 30};
    static const uint64_t more[N] = {4, 5, 2862, 2862, 3, 30};
    check(UINT64_C(6000000000), counts);
    check(UINT64_C(5999999999), (const uint64_t[N]){4, 5, 1500000000, 1499999999, 3, 30});
    check(PYLM__MOST_OCCURRENCES, quarter);
    check(8, (const uint64_t[N]){2, 3, 3, 3, 3, 8});
    check(6000, more);
    return finish();
}
